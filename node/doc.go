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
// The queue of inputs is bounded: a full one makes its sources wait, which slows
// a busy friend's stream down and nobody else. Questions of the engine wait in
// lists that are bounded by what the engine may have under way.
package node
