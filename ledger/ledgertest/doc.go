// Package ledgertest drives two sides of a friendship against each other in one
// goroutine and without a clock of its own: real Ed25519 keys, frames that pass
// through their wire bytes, queues that can be cut, disks that survive a crash.
// Everything a run does follows from the calls made on it, so a failing run is
// repeated by repeating the calls.
//
// Model is the reference: the state that two logs describe, computed from
// scratch with plain maps. Liar is a friend that knows its own key and signs
// whatever the test wants.
package ledgertest
