// Package node runs one person's node: it wires the pure engine to the
// database, the friend links, the market of routes and the interface for
// applications.
//
// # The loop
//
// One goroutine owns the engine. It gathers everything that is ready, steps the
// engine once, commits all writes of the step in one atomic synced batch, signs
// the new entries while the database syncs, and only then lets frames, answers
// and events out. When a commit fails the process ends: memory must never be
// ahead of the disk, and the next start finds the last state that was.
//
//	links ──┐                      ┌─ commit ─┐
//	market ─┼─▶ queue ─▶ Step ─────┤          ├─▶ links, market, applications
//	apps  ──┘   (bounded)          └─ sign  ──┘
//
// A payment that is alone is stepped at once. When steps have many inputs the loop
// lets up to three milliseconds pass between two of them, so that one sync, one
// signature and one frame for each friend serve all that came meanwhile.
//
// The queue of inputs is bounded, in number and in bytes that friends sent: a full
// one makes its sources wait, which slows a busy friend's stream down and nobody
// else. Questions of the engine wait in lists that are bounded by what the engine
// may have under way.
//
// # Looking inside
//
// Users of this machine find Prometheus counters at /metrics and Go's profiles at
// /debug/pprof/ on the node's socket:
//
//	curl --unix-socket DIR/app.sock http://node/metrics
//
// Programs built with the tag faultinject, for integration/fault only, die where
// they are told to: before and after the commit of a step, after its frames are
// let out, after its answers are given.
package node
