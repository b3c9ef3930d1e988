package route

import (
	"container/heap"

	"github.com/offset-p2p/offset/gossip/graph"
	"github.com/offset-p2p/offset/ledger"
)

// label is one way from a node to the destination.
type label struct {
	node   graph.ID
	hops   uint8
	next   int32         // the label of the next node on the way, −1 at the destination
	amount ledger.Amount // what is frozen on the edge to the next node
}

// labels is a heap of labels by (amount, hops), the older one first.
type labels struct {
	all   []label
	queue []int32
}

func (l *labels) Len() int { return len(l.queue) }

func (l *labels) Less(i, j int) bool {
	a, b := &l.all[l.queue[i]], &l.all[l.queue[j]]
	if c := a.amount.Cmp(b.amount); c != 0 {
		return c < 0
	}
	if a.hops != b.hops {
		return a.hops < b.hops
	}
	return l.queue[i] < l.queue[j]
}

func (l *labels) Swap(i, j int) { l.queue[i], l.queue[j] = l.queue[j], l.queue[i] }

// Push implements heap.Interface.
func (l *labels) Push(x any) { l.queue = append(l.queue, x.(int32)) }

// Pop implements heap.Interface.
func (l *labels) Pop() any {
	last := len(l.queue) - 1
	x := l.queue[last]
	l.queue = l.queue[:last]
	return x
}

func (l *labels) add(v label) {
	l.all = append(l.all, v)
	heap.Push(l, int32(len(l.all)-1))
}

// bounds are what a route of the cheapest search has to keep.
type bounds struct {
	share    ledger.Amount // what arrives
	maxTotal ledger.Amount // the most that may leave the source
	maxHops  int
	edges    int // budget of edges to scan
}

// cheapest looks for the route on which least leaves the source, of those the
// one with fewest hops. It works backwards from the destination, because the
// fee of a node depends on what it forwards. Labels of a node come out of the
// heap with rising amounts, so a later one matters only if it is nearer to the
// destination; that also keeps a node from being on a way twice: a way that
// comes back to a node is neither cheaper nor shorter than the part of it
// without the detour.
//
// It returns endFound, endNone when there is surely none, or endBudget.
func (p *Planner) cheapest(n *network, b bounds) ([]graph.ID, end) {
	p.nextRun()
	n.scanned = 0
	p.fwd.start(n.len(), p.run, n.dst)
	settled := p.fwd.marks // depth: the fewest hops of the node's settled labels
	settled[n.dst] = mark{}
	q := &p.labels
	q.all, q.queue = q.all[:0], q.queue[:0]
	q.add(label{node: n.dst, next: -1, amount: b.share})
	for q.Len() > 0 {
		at := heap.Pop(q).(int32)
		l := q.all[at]
		if m := settled[l.node]; m.run == p.run && m.depth <= l.hops {
			continue
		}
		settled[l.node] = mark{run: p.run, depth: l.hops}
		if l.node == n.src {
			return q.way(at), endFound
		}
		if int(l.hops) == b.maxHops {
			continue
		}
		if n.scanned+n.degree(l.node) > b.edges {
			return nil, endBudget
		}
		for _, e := range n.in(l.node) {
			amount, ok := arriving(&l, n.dst, e.rate)
			if !ok || e.room.Less(amount) || b.maxTotal.Less(amount) {
				continue
			}
			if m := settled[e.peer]; m.run != p.run || m.depth > l.hops+1 {
				q.add(label{node: e.peer, hops: l.hops + 1, next: at, amount: amount})
			}
		}
	}
	return nil, endNone
}

// arriving returns what has to arrive at a label's node over an edge with this
// rate, and whether that is an amount that a request can carry.
func arriving(l *label, dst graph.ID, rate ledger.Rate) (ledger.Amount, bool) {
	if l.node == dst {
		return l.amount, true
	}
	return withFee(l.amount, rate)
}

// withFee returns x and the fee on it.
func withFee(x ledger.Amount, rate ledger.Rate) (ledger.Amount, bool) {
	fee, err := rate.Fee(x)
	if err != nil {
		return ledger.Amount{}, false
	}
	sum, err := x.Add(fee)
	return sum, err == nil && sum.IsRequestable()
}

// way returns the nodes from a label's to the destination.
func (l *labels) way(at int32) []graph.ID {
	var path []graph.ID
	for ; at >= 0; at = l.all[at].next {
		path = append(path, l.all[at].node)
	}
	return path
}
