// Package friendship is the ledger of one friendship as a pure machine: values
// and verified entries in, effects out. It starts no goroutine, reads no clock
// and draws no randomness; the caller passes those in Env.
//
// # Two logs, two replicas
//
// Each side appends signed entries to its own log whenever it may (Ready and
// WindowOpen). A side keeps the state that both logs describe twice:
//
//	here    my whole log and all that I hold of the friend's
//	there   my log up to what the friend has acknowledged, and all that I hold of
//	        the friend's: exactly what the friend saw when it signed its newest entry
//
// What I sign is judged by here, what the friend signed is judged by there, so
// honest sides never reject one another, whatever crosses on the way. Both
// replicas share one row per request. Here and there differ only by my entries
// that are not acknowledged yet; those wait as deltas in a queue, and an
// acknowledgement applies them to there.
//
// # Life of a friendship
//
// A stream comes up (LinkUp), both sides say Hello, and nothing is signed before
// the friend's Hello has named the same epoch and no more of my log than I hold.
// A new friendship has no epoch: one side proposes terms, the other accepts, the
// first confirms, both say Hello again. Entries that the friend lacks are sent
// again, byte for byte.
//
// # Forgetting
//
// A friendship does not grow with its history. Now and then an entry ends with a
// Checkpoint, a digest of the state in its author's view. As soon as a signed
// entry of the other side acknowledges it, the state that it covers (a Snapshot)
// takes the place of the entries up to it, in one batch of writes. New starts
// from the snapshot and replays what came later. Entries that were signed before
// their author saw the Checkpoint may lie above it; they were judged by a state
// that is gone, so they are applied without being judged again.
//
// # Faults
//
// Bytes that do not decode or are signed by somebody else drop the stream
// (Effects.Drop): a flipped bit must not lock a ledger. An entry that is validly
// signed and contradicts the friend's log, or breaks a rule, makes the ledger
// inconsistent: the evidence is stored, here stands, and nothing more is signed
// in this epoch. A Proof convinces a third party of it.
//
// # Making up
//
// Both sides then propose terms for a new epoch: their view of the balances, and
// the requests that stay pending. What terms cost the other side is a pure
// function of its state (read, in cost.go). Terms that cost nothing are accepted
// by the node itself, which ends most quarrels in a round trip; others wait for
// the user, who sees both sides (Disagreement) and allows a cost (Allow). An
// acceptance closes the epoch for who signed it, and the next one opens with the
// confirmation. Kept requests are pending there under new ordinals; what a side
// had said of them it says again in its first entries.
//
// # The caller's part
//
// The caller commits Effects.Writes durably in one batch before any of
// Effects.Frames leaves, fills in its own signatures (frames and openings carry
// zero in their place; Ed25519 is deterministic, so they need no storage), closes
// the stream when Drop is set, and calls Tick when Wake says so. If a commit
// fails the process must end: the machine's memory is ahead of the disk.
package friendship
