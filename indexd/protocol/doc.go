// Package protocol is what index servers say: to the nodes that report to them
// and ask them for routes (IndexID), to each other about trust (TrustID), and
// to each other about the pages they hold (SyncID). Server and client both
// build on it and neither imports the other.
//
// All messages travel in length-prefixed frames of bounded size. Every message
// is a Go type; Encode turns it into the bytes of a frame, and a Decode function
// per direction turns them back and checks every bound, so what it returns can
// be used without another look at lengths. Decoding fails with a *FaultError
// when the peer is to blame, and with ErrVersion when it speaks a version that
// this program does not know.
//
// # A session
//
//	node                          server
//	NodeHello          ->
//	                   <-         Welcome{clock, epoch, seq}
//	Pages …            ->
//	                   <-         Refused{reason, count}   (only if some were)
//	Query{id}          ->
//	                   <-         Answer{id}
//	Beat{n}            ->                                  (every BeatEvery)
//	                   <-         Beat{n, clock}
//
// Epoch and seq are the highest the server remembers of the node, so a node
// that lost its memory still issues pages that count as new. Whoever hears
// nothing for SilenceMax ends the session.
//
// # Trust
//
// Either server opens a stream, says whether it lists the other, and is told
// the same; that is the whole stream. Both then know. It is said again on every
// new connection, every so often, and when a list changes.
//
// # Catch-up
//
// The server that may lack pages asks, one question at a time: for digests of
// all ranges within a window of times of issue, for the names in ranges that
// differ, and for the pages it does not have.
package protocol
