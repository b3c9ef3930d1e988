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
// All that is ready goes in together and at most one entry per friend comes
// out: that is the batching, many payments share one entry, one signature and
// one sync.
//
// # Rules
//
// The rules are those of the design's sections 3.1 to 3.7; the central one, the
// forwarding rule of 3.4, stands in one file: once the outgoing request is in a
// batch, the incoming one is resolved only by what the next friend signs, never
// by time, restart, disabling or anything upstream.
package engine
