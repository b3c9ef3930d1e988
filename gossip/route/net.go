package route

import (
	"github.com/offset-p2p/offset/gossip/graph"
	"github.com/offset-p2p/offset/ledger"
)

// link is a usable edge of a query's network.
type link struct {
	peer graph.ID
	// room is what a request of this payment may freeze on it: the capacity
	// of the source's edges, the transit of all others.
	room ledger.Amount
	rate ledger.Rate // of the edge's second node
}

// edgeIDs names a directed edge.
type edgeIDs struct{ from, to graph.ID }

// network is the graph as one query sees it: with the payer's own edges and
// the invoice's hints, without what is excluded. Nodes that the graph does not
// know have IDs from the view's length on.
type network struct {
	view     View
	size     graph.ID // the view's length
	extra    []ledger.NodeID
	extraIDs map[ledger.NodeID]graph.ID
	src, dst graph.ID
	own      bool   // the query gives the source's edges, the graph's do not count
	first    []link // the source's edges that the query gives; peer is the friend
	firstAt  map[graph.ID]int
	hints    []link // edges into the destination; peer is its friend
	noNode   map[graph.ID]bool
	noEdge   map[edgeIDs]bool
	scanned  int // edges looked at, by links
	edges    []graph.Edge
	links    []link
}

func newNetwork(v View, q *Query) *network {
	n := &network{
		view:     v,
		size:     graph.ID(v.Len()),
		extraIDs: map[ledger.NodeID]graph.ID{},
		own:      len(q.FirstHops) > 0,
		firstAt:  make(map[graph.ID]int, len(q.FirstHops)),
		noNode:   map[graph.ID]bool{},
		noEdge:   map[edgeIDs]bool{},
	}
	n.src, n.dst = n.id(q.Source), n.id(q.Destination)
	for _, x := range q.ExcludeNodes {
		n.noNode[n.id(x)] = true
	}
	for _, x := range q.ExcludeEdges {
		n.noEdge[edgeIDs{n.id(x.From), n.id(x.To)}] = true
	}
	for _, h := range q.FirstHops {
		n.addFirst(n.id(h.Friend), h.CanSend)
	}
	for _, h := range q.Hints {
		n.addHint(n.id(h.Friend), h.Receivable)
	}
	return n
}

// addFirst adds an edge of the source, if it can be used: what the friend
// charges must be known, unless it is the destination.
func (n *network) addFirst(friend graph.ID, room ledger.Amount) {
	l := link{peer: friend, room: room}
	if !n.allowed(edgeIDs{n.src, friend}) {
		return
	}
	if friend != n.dst {
		if friend >= n.size || n.src >= n.size {
			return
		}
		var known bool
		if l.rate, known = n.view.Rate(friend, n.src); !known {
			return
		}
	}
	n.firstAt[friend] = len(n.first)
	n.first = append(n.first, l)
}

// addHint adds an edge into the destination, if the graph has none there.
func (n *network) addHint(friend graph.ID, room ledger.Amount) {
	x := edgeIDs{friend, n.dst}
	if _, known := n.graphEdge(x); known || friend == n.src || !n.allowed(x) {
		return
	}
	if _, known := n.hint(friend); !known {
		n.hints = append(n.hints, link{peer: friend, room: room})
	}
}

func (n *network) hint(friend graph.ID) (link, bool) {
	for _, h := range n.hints {
		if h.peer == friend {
			return h, true
		}
	}
	return link{}, false
}

// id returns the ID of a node, an extra one if the graph does not know it.
func (n *network) id(node ledger.NodeID) graph.ID {
	if id, ok := n.view.Lookup(node); ok {
		return id
	}
	id, ok := n.extraIDs[node]
	if !ok {
		id = n.size + graph.ID(len(n.extra))
		n.extraIDs[node] = id
		n.extra = append(n.extra, node)
	}
	return id
}

func (n *network) key(id graph.ID) ledger.NodeID {
	if id < n.size {
		return n.view.Key(id)
	}
	return n.extra[id-n.size]
}

// len returns a number above every ID of the network.
func (n *network) len() int { return int(n.size) + len(n.extra) }

// degree returns at least the number of edges that in or out will scan.
func (n *network) degree(id graph.ID) int {
	d := 1 + len(n.hints)
	if id == n.src && n.own {
		return d + len(n.first)
	}
	if id < n.size {
		d += n.view.Degree(id)
	}
	return d
}

func (n *network) graphEdge(x edgeIDs) (graph.Edge, bool) {
	if x.from >= n.size || x.to >= n.size {
		return graph.Edge{}, false
	}
	return n.view.Edge(x.from, x.to)
}

// in returns the usable edges into id; the result is good until the next in or
// out. Nothing leads into the source.
func (n *network) in(id graph.ID) []link {
	n.links = n.links[:0]
	if id == n.src || n.noNode[id] {
		return nil
	}
	n.scanned++
	if id < n.size {
		n.edges = n.view.In(id, n.edges[:0])
		n.scanned += len(n.edges)
		for i := range n.edges {
			e := &n.edges[i]
			n.keep(edgeIDs{e.Peer, id}, e.Peer, e)
		}
	}
	if i, ok := n.firstAt[id]; ok && n.allowed(edgeIDs{n.src, id}) {
		n.links = append(n.links, link{peer: n.src, room: n.first[i].room, rate: n.first[i].rate})
	}
	if id == n.dst {
		n.scanned += len(n.hints)
		for _, h := range n.hints {
			if n.allowed(edgeIDs{h.peer, id}) {
				n.links = append(n.links, h)
			}
		}
	}
	return n.links
}

// out returns the usable edges from id; the result is good until the next in
// or out. Nothing leads out of the destination.
func (n *network) out(id graph.ID) []link {
	n.links = n.links[:0]
	if id == n.dst || n.noNode[id] {
		return nil
	}
	n.scanned++
	if id == n.src && n.own {
		n.scanned += len(n.first)
		for _, l := range n.first {
			if n.allowed(edgeIDs{id, l.peer}) {
				n.links = append(n.links, l)
			}
		}
		return n.links
	}
	if id < n.size {
		n.edges = n.view.Out(id, n.edges[:0])
		n.scanned += len(n.edges)
		for i := range n.edges {
			e := &n.edges[i]
			n.keep(edgeIDs{id, e.Peer}, e.Peer, e)
		}
	}
	if h, ok := n.hint(id); ok && n.allowed(edgeIDs{id, n.dst}) {
		n.links = append(n.links, link{peer: n.dst, room: h.room})
	}
	return n.links
}

// keep adds an edge of the graph to the links if it may be used.
func (n *network) keep(x edgeIDs, peer graph.ID, e *graph.Edge) {
	if l, ok := n.usable(x, e); ok {
		l.peer = peer
		n.links = append(n.links, l)
	}
}

// usable returns an edge of the graph as this query may use it.
func (n *network) usable(x edgeIDs, e *graph.Edge) (link, bool) {
	switch {
	case !n.allowed(x) || x.from == n.src && n.own:
		return link{}, false
	case x.from == n.src:
		return link{room: e.Capacity, rate: e.Rate}, true
	default:
		return link{room: e.Transit, rate: e.Rate}, true
	}
}

// link looks one edge up. Its peer is not set.
func (n *network) link(x edgeIDs) (link, bool) {
	if !n.allowed(x) {
		return link{}, false
	}
	if x.from == n.src && n.own {
		if i, ok := n.firstAt[x.to]; ok {
			return n.first[i], true
		}
		return link{}, false
	}
	if e, ok := n.graphEdge(x); ok {
		return n.usable(x, &e)
	}
	if x.to == n.dst {
		return n.hint(x.from)
	}
	return link{}, false
}

func (n *network) allowed(x edgeIDs) bool {
	return x.to != n.src && x.from != n.dst &&
		!n.noNode[x.from] && !n.noNode[x.to] && !n.noEdge[x]
}
