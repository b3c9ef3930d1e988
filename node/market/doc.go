// Package market is the node's side of the market for routes: it tells index
// servers what the node's friendships can carry, and turns a payment into
// sealed parts on routes.
//
// # Capacities
//
// Update takes every change of an edge. The Market rounds it to the coarse grid
// of gossip/capacity, builds the pages of the currency, signs those that say
// something new and publishes them within a second; all are issued again at a
// third of their life. A currency that is given up sends one empty page. Pages
// carry (epoch, seq): the epoch rises with each start and is stored before it is
// used, and a server that remembers a higher one is believed within bounds, so
// a node whose store was lost is heard again.
//
// # Plans
//
// Plan answers with parts that can be sent as they are. A direct friend that can
// take the whole amount needs no server. Otherwise an index server is asked, with
// the node's own exact edges as first hops, and what it says is checked. The
// server learns that somebody asks for a route from this node to that one; the
// seller learns nothing of the buyer, for a part names neither it nor the route.
// Each part has a salt of its own, from which the buyer's identity derives the
// part's key: no key is ever used twice.
//
// A failure has a reason for programs and a text for people that says what to
// do.
package market
