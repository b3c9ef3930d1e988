// Package frame puts messages on libp2p streams and stands guard over the
// streams that strangers open.
//
// A message is a 4-byte big-endian length followed by that many bytes. The
// reader is told the largest message it may expect and refuses a longer one
// before it allocates anything, so a prefix of 4 GiB costs four bytes; and it
// allocates as bytes arrive, so a prefix that is not followed by bytes costs
// nothing either.
//
// Every protocol of Offset is served by the one skeleton in this package, see
// Serve. For each stream a peer opens it takes, in this order: a place among
// the handlers of that peer and of the protocol; the service's scope and a
// memory reservation in libp2p's resource manager; a deadline; the first
// message through a bounded reader; and only then does it call the protocol's
// Handler. Whatever happens, the stream is closed (or reset, on any error), a
// panic is caught and counted, and the places are given back. A stream that
// says nothing, sends random bytes or a huge prefix therefore costs little and
// not for long.
//
// One-shot protocols (a request, an answer, end) keep the deadline for the
// whole exchange: set Protocol.Lifetime. Long-lived ones (a friend link) set
// no Lifetime; the deadline then covers the first message only, and liveness
// is theirs to watch.
//
// The other side of a stream is Dial, and Exchange for one-shot requests.
package frame
