// Package gossip is the federation of index servers: what one server learns
// about capacities travels to every server that is reachable by trust.
//
// Capacity pages are signed by the nodes they speak of, so a server needs no
// trust in another to believe a page; it needs trust to spend its bandwidth,
// memory and good name on what another sends. Trust is mutual or it is nothing:
// both operators list each other and both servers have said so in a handshake
// (Trust holds the outcome; the handshake itself is a stream protocol of the
// index server). As long as it is not mutual nothing is shared in either
// direction, and there are three walls, because each alone was seen to leak:
//
//   - pubsub does not hear of a peer before trust is mutual, so no stream is
//     opened to it, and streams from it are reset (gate);
//   - the RPC inspector refuses whole RPCs of peers without mutual trust, and
//     whatever is over the quota of their link, before anything is marked as
//     seen (inspector);
//   - the peer filter keeps them out of every mesh.
//
// When trust ends at run time the peer is disconnected as well.
//
// # What travels
//
// GossipSub carries batches of pages over one topic per shard (capacity.ShardOf
// the currency). Messages carry neither author nor signature and are named by
// their content, so nobody learns at which server a node is connected.
//
// A batch is forwarded unchanged only if every page in it was new and good.
// If some were known or stale already the batch ends here and the new pages
// travel on in batches of this server; so junk that rides with a good page is
// never forwarded in an honest server's name. If anything in it is wrong
// whatever the time and the state (a bad signature, bytes that do not decode)
// the link gets a strike; after StrikesMax of them it is cut and the operator
// is told. Unknown versions are ignored, not punished: an upgrade must not cut
// neighbours.
//
// GossipSub loses messages between few peers and does not notice. What makes
// the sets equal in the end is the catch-up of the index server, not this
// package.
package gossip
