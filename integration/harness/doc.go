// Package harness runs a whole Offset network of real operating-system
// processes on this machine: a relay, index servers and nodes, each in a
// directory of its own, talking over loopback. The lab program and the
// integration tests are built on it.
//
// A Lab owns what it starts: Close ends every process, and on Linux the kernel
// ends them when the owner itself is killed.
package harness
