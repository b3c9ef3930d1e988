package route

import (
	"slices"

	"github.com/offset-p2p/offset/gossip/graph"
	"github.com/offset-p2p/offset/ledger"
)

// end says how a search ended.
type end uint8

const (
	_ end = iota
	endFound
	// endSource and endDestination: all that can be reached from this side was
	// seen, and the other side was not there.
	endSource
	endDestination
	// endLong: what was found to be reachable is too many hops away.
	endLong
	// endNone: there is no route within the bounds (cheapest only).
	endNone
	// endBudget: the search budget was spent.
	endBudget
)

// mark is what a breadth-first search knows of a node; it counts only if its
// run is the present one, so that marks need not be cleared.
type mark struct {
	run    uint32
	parent graph.ID
	depth  uint8
}

// half is one side of a bidirectional breadth-first search.
type half struct {
	marks    []mark
	frontier []graph.ID
	next     []graph.ID
	depth    uint8
	reached  int
}

func (h *half) start(size int, run uint32, root graph.ID) {
	if len(h.marks) < size {
		h.marks = append(h.marks, make([]mark, size-len(h.marks))...)
	}
	h.frontier = append(h.frontier[:0], root)
	h.depth, h.reached = 0, 1
	h.marks[root] = mark{run: run, parent: root}
}

// nextRun makes all marks void.
func (p *Planner) nextRun() {
	if p.run++; p.run == 0 { // after 2^32 runs old marks would count again
		clear(p.fwd.marks)
		clear(p.bwd.marks)
		p.run = 1
	}
}

// shortest looks for a route of the fewest hops over edges that have room for
// amount, fees left aside: if it finds none there is none. The result is the
// nodes from source to destination.
func (p *Planner) shortest(n *network, amount ledger.Amount, maxHops int) ([]graph.ID, end) {
	p.nextRun()
	n.scanned = 0
	fwd, bwd := &p.fwd, &p.bwd
	fwd.start(n.len(), p.run, n.src)
	bwd.start(n.len(), p.run, n.dst)
	for int(fwd.depth)+int(bwd.depth) < maxHops {
		// The side with fewer vertices grows; an empty one ends the search.
		side, other, links, cut := fwd, bwd, n.out, endSource
		if len(bwd.frontier) < len(fwd.frontier) {
			side, other, links, cut = bwd, fwd, n.in, endDestination
		}
		switch meet, how := p.grow(n, side, other, links, amount); {
		case how == endFound:
			return p.join(n, meet), endFound
		case how == endNone:
			return nil, cut
		case how == endBudget:
			return nil, endBudget
		}
	}
	return nil, endLong
}

// grow takes one side a level further. It returns endFound and a node at which
// the sides meet on a shortest way, endNone when there is no further,
// endBudget, or endLong to go on.
func (p *Planner) grow(n *network, side, other *half, links func(graph.ID) []link, amount ledger.Amount) (graph.ID, end) {
	if len(side.frontier) == 0 {
		return 0, endNone
	}
	side.depth++
	side.next = side.next[:0]
	for _, id := range side.frontier {
		if n.scanned+n.degree(id) > SearchEdgesMax {
			return 0, endBudget
		}
		for _, l := range links(id) {
			if side.marks[l.peer].run == p.run || l.room.Less(amount) {
				continue
			}
			side.marks[l.peer] = mark{run: p.run, parent: id, depth: side.depth}
			side.next = append(side.next, l.peer)
			// Every shorter way was ruled out by the levels before, so the
			// first meeting is one of the shortest.
			if other.marks[l.peer].run == p.run {
				return l.peer, endFound
			}
		}
	}
	side.reached += len(side.next)
	side.frontier, side.next = side.next, side.frontier
	return 0, endLong
}

// narrower goes on with a search that found nothing until the side from which
// fewer nodes can be reached has no further to go, and returns that side: near
// its end lies what is too small.
func (p *Planner) narrower(n *network, amount ledger.Amount) *half {
	for {
		side, other, links := &p.fwd, &p.bwd, n.out
		if p.bwd.reached < p.fwd.reached {
			side, other, links = &p.bwd, &p.fwd, n.in
		}
		if len(side.frontier) == 0 || side.depth == HopsMax {
			return side
		}
		if _, how := p.grow(n, side, other, links, amount); how != endLong {
			return side
		}
	}
}

// join returns the nodes from source to destination by way of meet.
func (p *Planner) join(n *network, meet graph.ID) []graph.ID {
	var path []graph.ID
	for id := meet; ; id = p.fwd.marks[id].parent {
		path = append(path, id)
		if id == n.src {
			break
		}
	}
	slices.Reverse(path)
	for id := meet; id != n.dst; {
		id = p.bwd.marks[id].parent
		path = append(path, id)
	}
	return path
}
