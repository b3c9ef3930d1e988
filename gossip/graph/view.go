package graph

import (
	"github.com/offset-p2p/offset/ledger"
)

// ID is a node's number in the graph of one currency. It is good for the Read
// in which it was seen and no longer: ids are used again.
type ID uint32

// Edge is a directed edge as seen from one of its ends.
type Edge struct {
	Peer ID // the other end
	// Capacity is what one request of the edge's first node could freeze.
	Capacity ledger.Amount
	// Transit is what a stranger's request that passes through the edge's
	// first node may use; at most Capacity.
	Transit ledger.Amount
	// Rate is what the edge's second node charges for a request that arrives
	// over the edge.
	Rate ledger.Rate
}

// View is the graph of one currency during a Read. Nothing changes while it is
// open; it must not be kept. It may be used by several goroutines at once. The
// zero View is a graph without nodes: for a currency that has none.
type View struct{ s *shard }

// Len returns a number above every ID in use.
func (v View) Len() int {
	if v.s == nil {
		return 0
	}
	return len(v.s.keys)
}

// Lookup returns the ID of a node that declares something or of whom
// something is declared.
func (v View) Lookup(node ledger.NodeID) (ID, bool) {
	if v.s == nil {
		return 0, false
	}
	id, ok := v.s.ids[node]
	return id, ok
}

// Key returns the node with an ID obtained from this view.
func (v View) Key(id ID) ledger.NodeID { return v.s.keys[id] }

// Out appends the edges from id to its peers to buf and returns it.
func (v View) Out(id ID, buf []Edge) []Edge {
	for i := range v.s.blocks[id].decls {
		d := &v.s.blocks[id].decls[i]
		if d.twin != none {
			buf = append(buf, edge(d, v.s.twin(d), d.peer))
		}
	}
	return buf
}

// In appends the edges from its peers to id to buf and returns it.
func (v View) In(id ID, buf []Edge) []Edge {
	for i := range v.s.blocks[id].decls {
		d := &v.s.blocks[id].decls[i]
		if d.twin != none {
			buf = append(buf, edge(v.s.twin(d), d, d.peer))
		}
	}
	return buf
}

// Degree returns how many declarations id has made: at least its edges in
// either direction.
func (v View) Degree(id ID) int { return len(v.s.blocks[id].decls) }

// Edge returns the edge from a to b; its Peer is b.
func (v View) Edge(a, b ID) (Edge, bool) {
	i := v.s.blocks[a].find(b)
	if i == none {
		return Edge{}, false
	}
	d := &v.s.blocks[a].decls[i]
	if d.twin == none {
		return Edge{}, false
	}
	return edge(d, v.s.twin(d), b), true
}

// Rate returns what node charges for requests that come from friend, as node
// declares it, whether or not friend declares node.
func (v View) Rate(node, friend ID) (ledger.Rate, bool) {
	i := v.s.blocks[node].find(friend)
	if i == none {
		return ledger.Rate{}, false
	}
	return v.s.blocks[node].decls[i].rate, true
}

// edge makes the edge from the author of from to the author of to.
func edge(from, to *decl, peer ID) Edge {
	return Edge{
		Peer:     peer,
		Capacity: ledger.MinAmount(from.canSend, to.canReceive),
		Transit:  ledger.MinAmount(from.transit, to.canReceive),
		Rate:     to.rate,
	}
}
