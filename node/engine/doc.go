// Package engine is the node as one deterministic machine: friendships,
// forwards, payments and invoices. Inputs go in, effects come out; it holds no
// goroutine, clock, randomness or I/O, so the same machine runs in a node, in
// tests and in the simulator with thousands of nodes in virtual time.
//
// # Use
//
// One goroutine, the shell's loop, owns an Engine:
//
//	gather everything that is ready            []Input
//	effects := e.Step(now, inputs)
//	commit effects.Writes                      one atomic, synced batch
//	(meanwhile) sign the frames
//	send effects.Frames, answer effects.Replies, publish effects.Events,
//	ask effects.Questions, drop effects.Drops
//	sleep until effects.Wake or the next input
//
// Nothing may leave the process before the writes of its step are durable. When
// the commit fails the process ends: memory must never be ahead of the disk.
//
// All that is ready goes in together and at most one entry with operations per
// friend comes out: that is the batching, many payments share one entry, one
// signature and one sync. Besides it a ledger may sign empty entries in the same
// step, where an acknowledgement is due by time or by number.
//
// # Rules
//
// The rules are those of the design's section 3; the central one, the
// forwarding rule of 3.4, stands in one file, forward.go: once the outgoing
// request is in a batch, the incoming one is resolved only by what the next
// friend signs, never by time, restart, disabling or anything upstream.
//
// # Decisions
//
// Every incoming request ends in one decision, to collect it or to cancel it.
// It is taken in the step that has its cause, and is signed in the entry of that
// step or stored as a mark in the batch of that step, so that cause and
// consequence are durable together. A request that waits for a place in an
// entry is the opposite: it is not durable, and counts as never made after
// RequestWait or a restart.
//
// # Payments
//
// This version makes and takes express payments, in one part or several. A buyer
// that gives up asks for its parts back (withdraw.go).
// Reserved payments are not built; what belongs to them in the ledger is
// ignored.
//
// # Quotas
//
// Who sends requests through a node freezes credit that is not its own.
// quota.go bounds that by friend and by class; what is left to a stranger is in
// every Capacity as Transit. Own payments are exempt.
//
// # Lost data
//
// When a friend shows something that this node signed and does not have, the
// node stops signing, durably and towards all friends (recovering.go). The way
// out of that state is not built.
package engine
