// Package fault proves on real processes that what people and strangers do
// wrong does no harm. It holds tests only.
//
// Three kinds of harm are tried. A person writes something that cannot be
// right (an invoice with a letter changed, an amount that does not exist, the
// ticket of nobody): the program says what is wrong and what to do next, exits
// with a code other than 0, and the ledgers, invoices and payments of all nodes
// are the same as before, to the byte. A program is started on files it must
// not use (a key that others can read, a database that is open elsewhere): it
// refuses, and whoever uses them already is not disturbed. A stranger opens
// libp2p streams to our protocols and sends noise, the prefix of a message of
// 4 GiB, or nothing at all: every stream is closed in time, the memory of the
// attacked process stays flat, and payments settle as before.
//
// And a machine fails: nodes die at every point of a step, before and after each
// kind of write, and at random instants, while they are paid through. They serve
// again in two seconds with a long past on their disks; nothing that an
// application was told is lost, nothing is paid twice, every cent is where the
// receipts say (TestCrash; its long run is in crash_test.go).
//
// The sockets of these tests are on the loopback interface only.
package fault
