// Package link keeps one stream to every friend and turns its bytes into
// checked frames and back (network.md 2).
//
// Either side dials; only configured friends get past the handler. The newest
// authenticated stream replaces the older one, because a half-open dead stream
// must never win; only when the Hellos of two streams crossed does the one that
// the lower peer ID dialled stay, else both sides would drop the other's for
// ever. A stream that was dialled while another came in is closed unused.
//
//	          Hello arrives on another stream
//	dialled, unanswered ── I am lower ──> the dialled one stays
//	dialled, unanswered ── I am higher ─> the new one replaces it
//	answered, or taken  ────────────────> the new one replaces it
//
// On the stream's own goroutine, away from the engine's, entries are decoded,
// their signatures checked and sealed parts that end here opened. What is wrong
// with bytes or signatures is the peer's fault, costs the stream, and is counted;
// it proves nothing against the friend. An entry that the friend repeats is such
// a fault before it costs anything: signatures and sealed parts are dear. Pings and pongs stay inside the package:
// a friend is known to be gone five seconds after its last sign of life.
//
// The Handler may block; then the stream is not read, and the friend feels it
// in libp2p's flow control. What waits to be sent is bounded; a friend that does
// not take it loses the stream, and Hello finds out later what it lacks.
//
// A link carries what it is given, once it is durable: this package knows of
// stores as little as of the engine. Names of friends, and what their ledgers
// hold, are not logged.
package link
