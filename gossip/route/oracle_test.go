package route

import (
	"slices"

	"github.com/offset-p2p/offset/gossip/graph"
	"github.com/offset-p2p/offset/ledger"
)

var eur = ledger.Currency{Name: "EUR", Decimals: 2}

// node returns the i-th node of the tests.
func node(i int) ledger.NodeID { return ledger.NodeID{0: 1, 30: byte(i >> 8), 31: byte(i)} }

func amt(v uint64) ledger.Amount { return ledger.NewAmount(v) }

// pair names a directed edge by the numbers of its nodes.
type pair struct{ a, b int }

// world is a graph in maps: slow, and so plain that it is surely right. It is
// the View of most tests and what the oracle reads.
type world struct {
	nodes int
	edges map[pair]graph.Edge
	// quotes are rates of b for a that have no edge.
	quotes map[pair]ledger.Rate
}

func newWorld(nodes int) *world {
	return &world{nodes: nodes, edges: map[pair]graph.Edge{}, quotes: map[pair]ledger.Rate{}}
}

// edge adds an edge whose capacity and transit are the same.
func (w *world) edge(a, b int, room uint64, rate ledger.Rate) *world {
	return w.edge2(a, b, room, room, rate)
}

func (w *world) edge2(a, b int, capacity, transit uint64, rate ledger.Rate) *world {
	w.edges[pair{a, b}] = graph.Edge{Peer: graph.ID(b), Capacity: amt(capacity), Transit: amt(transit), Rate: rate}
	return w
}

func (w *world) Len() int { return w.nodes }

func (w *world) Lookup(n ledger.NodeID) (graph.ID, bool) {
	for i := range w.nodes {
		if node(i) == n {
			return graph.ID(i), true
		}
	}
	return 0, false
}

func (w *world) Key(id graph.ID) ledger.NodeID { return node(int(id)) }

func (w *world) Degree(id graph.ID) int { return max(len(w.Out(id, nil)), len(w.In(id, nil))) }

func (w *world) Out(id graph.ID, buf []graph.Edge) []graph.Edge {
	for b := range w.nodes {
		if e, ok := w.edges[pair{int(id), b}]; ok {
			buf = append(buf, e)
		}
	}
	return buf
}

func (w *world) In(id graph.ID, buf []graph.Edge) []graph.Edge {
	for a := range w.nodes {
		if e, ok := w.edges[pair{a, int(id)}]; ok {
			e.Peer = graph.ID(a)
			buf = append(buf, e)
		}
	}
	return buf
}

func (w *world) Edge(a, b graph.ID) (graph.Edge, bool) {
	e, ok := w.edges[pair{int(a), int(b)}]
	return e, ok
}

func (w *world) Rate(n, friend graph.ID) (ledger.Rate, bool) {
	if e, ok := w.edges[pair{int(friend), int(n)}]; ok {
		return e.Rate, true
	}
	r, ok := w.quotes[pair{int(friend), int(n)}]
	return r, ok
}

// oracle answers queries by trying every simple path.
type oracle struct {
	w     *world
	q     *Query
	share ledger.Amount
	nodes []ledger.NodeID // all that any path could touch
	// best is the least total over paths within the caps; hops the fewest hops
	// that reach it.
	found bool
	best  ledger.Amount
	hops  int
	// chain: some path exists, whatever it carries; uncapped: some path carries
	// the share if fees do not matter.
	chain, uncapped bool
}

func ask(w *world, q *Query, share ledger.Amount) *oracle {
	o := &oracle{w: w, q: q, share: share}
	for i := range w.nodes {
		o.nodes = append(o.nodes, node(i))
	}
	add := func(n ledger.NodeID) {
		if !slices.Contains(o.nodes, n) {
			o.nodes = append(o.nodes, n)
		}
	}
	add(q.Source)
	add(q.Destination)
	for _, h := range q.FirstHops {
		add(h.Friend)
	}
	for _, h := range q.Hints {
		add(h.Friend)
	}
	o.walk([]ledger.NodeID{q.Source})
	return o
}

// edge says what one edge can carry for this query and what its end charges.
func (o *oracle) edge(a, b ledger.NodeID) (room ledger.Amount, rate ledger.Rate, ok bool) {
	if slices.Contains(o.q.ExcludeNodes, a) || slices.Contains(o.q.ExcludeNodes, b) ||
		slices.Contains(o.q.ExcludeEdges, EdgeKey{a, b}) {
		return room, rate, false
	}
	ia, knownA := o.w.Lookup(a)
	ib, knownB := o.w.Lookup(b)
	known := knownA && knownB
	if a == o.q.Source && len(o.q.FirstHops) > 0 {
		for _, h := range o.q.FirstHops {
			if h.Friend != b {
				continue
			}
			if b == o.q.Destination {
				return h.CanSend, rate, true
			}
			if known {
				rate, ok = o.w.Rate(ib, ia)
			}
			return h.CanSend, rate, ok
		}
		return room, rate, false
	}
	if known {
		if e, ok := o.w.Edge(ia, ib); ok {
			if a == o.q.Source {
				return e.Capacity, e.Rate, true
			}
			return e.Transit, e.Rate, true
		}
	}
	for _, h := range o.q.Hints {
		if h.Friend == a && b == o.q.Destination && a != o.q.Source {
			return h.Receivable, rate, true
		}
	}
	return room, rate, false
}

func (o *oracle) walk(path []ledger.NodeID) {
	last := path[len(path)-1]
	if last == o.q.Destination {
		o.weigh(path)
		return
	}
	if len(path)-1 == o.q.MaxHops {
		return
	}
	for _, n := range o.nodes {
		if slices.Contains(path, n) {
			continue
		}
		if _, _, ok := o.edge(last, n); ok {
			o.walk(append(path, n))
		}
	}
}

// weigh puts the share through a path, from its end.
func (o *oracle) weigh(path []ledger.NodeID) {
	o.chain = true
	x := o.share
	for i := len(path) - 2; i >= 0; i-- {
		room, rate, _ := o.edge(path[i], path[i+1])
		if i+1 < len(path)-1 {
			fee, err := rate.Fee(x)
			if err != nil {
				return
			}
			if x, err = x.Add(fee); err != nil || !x.IsRequestable() {
				return
			}
		}
		if room.Less(x) {
			return
		}
	}
	o.uncapped = true
	if o.q.MaxFee.Less(x.SubFloor(o.share)) {
		return
	}
	hops := len(path) - 1
	if !o.found || x.Less(o.best) || x == o.best && hops < o.hops {
		o.found, o.best, o.hops = true, x, hops
	}
}

// largest returns the largest amount below the query's that has a route.
func largest(w *world, q *Query) ledger.Amount {
	for a := q.Amount.SubFloor(amt(1)); !a.IsZero(); a = a.SubFloor(amt(1)) {
		if ask(w, q, a).found {
			return a
		}
	}
	return ledger.Amount{}
}

// reach counts the nodes that edges with room for the amount lead to from the
// source, and from which they lead to the destination, ends included.
func reach(w *world, q *Query) (fwd, bwd int, joined bool) {
	o := &oracle{w: w, q: q}
	for i := range w.nodes + 1 { // the tests have one node outside of the graph
		o.nodes = append(o.nodes, node(i))
	}
	spread := func(root ledger.NodeID, forward bool) []ledger.NodeID {
		seen := []ledger.NodeID{root}
		for i := 0; i < len(seen); i++ {
			for _, n := range o.nodes {
				a, b := seen[i], n
				if !forward {
					a, b = n, seen[i]
				}
				if room, _, ok := o.edge(a, b); ok && !room.Less(q.Amount) && !slices.Contains(seen, n) {
					seen = append(seen, n)
				}
			}
		}
		return seen
	}
	f, b := spread(q.Source, true), spread(q.Destination, false)
	return len(f), len(b), slices.Contains(f, q.Destination)
}
