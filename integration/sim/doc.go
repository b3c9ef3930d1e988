// Package sim runs a whole Offset network in one process and in virtual time:
// real node engines with real ledgers and real Ed25519 signatures, on simulated
// disks and links. One seed decides everything, so a run that fails is repeated
// by its seed.
//
// # What is real and what is not
//
// Every node is a node/engine fed as a node's shell feeds it: what is ready goes
// into one step, the writes of a step are committed as one batch, and only then
// its frames are signed and leave. Entries are signed with Ed25519 and verified
// by friendship.Verify, each of them, by everybody who receives them. All other
// frames pass through their wire bytes.
//
// Simulated are the disk (a batch is there as a whole or not at all; records are
// kept as values, not as bytes), the links (FIFO, with latency; what is on its
// way when a link breaks is lost), the index server (breadth first over what the
// nodes report) and the sealing of parts (a table in place of HPKE). Invoices
// are signed but their signatures are not checked by the buyers, whose shell
// does that in a node.
//
// # Faults
//
// Processes die before the commit of a step, after it, and between two of its
// frames. Links break one by one, by groups (a partition, a relay that is gone)
// and are found broken late. People disable friends, remove them and add them
// again. Clocks are wrong by up to five minutes. See Fault. Then everything is
// repaired, and all payments must end.
//
// # Invariants
//
// Beside each engine runs a reference: the state that its disk describes,
// computed in the plainest form from the writes alone (side.go). After every
// commit it is compared with what the engine says, and the batch is checked
// against the invariants of the ledger's design: hop order, limits, atomicity,
// no loss in the middle, no fork, nothing signed before both Hellos agree, all
// parts of a payment or none (check*.go). At rest all that is left is checked:
// balances mirror each other, nothing is frozen, each receipt has its collect.
// The first violation ends the run; Run then repeats it with a trace of the last
// events.
package sim
