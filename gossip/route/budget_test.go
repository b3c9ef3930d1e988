package route

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/gossip/graph"
	"github.com/offset-p2p/offset/ledger"
)

// counting is a View that counts the edges it hands out.
type counting struct {
	View
	edges int
}

func (c *counting) Out(id graph.ID, buf []graph.Edge) []graph.Edge {
	n := len(buf)
	buf = c.View.Out(id, buf)
	c.edges += len(buf) - n
	return buf
}

func (c *counting) In(id graph.ID, buf []graph.Edge) []graph.Edge {
	n := len(buf)
	buf = c.View.In(id, buf)
	c.edges += len(buf) - n
	return buf
}

// web fills a graph with n nodes of about degree friends each, by preferential
// attachment: few have many friends, most have few.
func web(n, degree int, seed uint64) *graph.Graph {
	r := rand.New(rand.NewPCG(seed, 1))
	entries := make([]map[int]capacity.Entry, n)
	for i := range entries {
		entries[i] = map[int]capacity.Entry{}
	}
	word := func(a, b int) {
		can := uint64(r.ExpFloat64() * 10_000)
		entries[a][b] = capacity.Entry{
			Friend: node(b), CanSend: amt(can), CanReceive: amt(uint64(r.ExpFloat64() * 20_000)), Transit: amt(can / 2),
			Rate: ledger.Rate{Mul: r.Uint32N(1 << 27), Add: r.Uint64N(4)}, // up to 3 %
		}
	}
	ends := []int{0}
	for i := 1; i < n; i++ {
		for range (degree + 1) / 2 {
			j := ends[r.IntN(len(ends))]
			if _, have := entries[i][j]; have || i == j {
				continue
			}
			word(i, j)
			word(j, i)
			ends = append(ends, i, j)
		}
	}
	g := graph.New()
	for i, m := range entries {
		for _, e := range m {
			g.Apply(capacity.Change{Node: node(i), Currency: eur, After: []capacity.Entry{e}})
		}
	}
	return g
}

// On a real graph.View far larger than the tests above: every answer holds
// when it is checked on its own, and the work is bounded, misses included.
func TestPlanWithinBudget(t *testing.T) {
	g := web(8_000, 8, 7)
	p := NewPlanner()
	r := rand.New(rand.NewPCG(1, 2))
	found, missed, worst := 0, 0, 0
	g.Read(eur, func(v graph.View) {
		for range 100 {
			q := query(r.IntN(8_000), 1+r.Uint64N(20_000))
			q.Source = node(r.IntN(8_000))
			q.MaxFee = amt(r.Uint64N(3000))
			if q.Source == q.Destination {
				continue
			}
			c := &counting{View: v}
			answers, err := p.Plan(c, q)
			worst = max(worst, c.edges)
			var none *NoRouteError
			switch {
			case errors.As(err, &none):
				missed++
				if !none.Largest.IsZero() {
					q.Amount = none.Largest
					if _, err := p.Plan(v, q); err != nil {
						t.Errorf("the largest amount, %v, has no route: %v", none.Largest, err)
					}
				}
			case err != nil:
				t.Fatal(err)
			default:
				found++
				if err := Check(v, q, answers[0].Routes[0]); err != nil {
					t.Error(err)
				}
			}
		}
	})
	t.Logf("found %d, missed %d, most edges scanned for one plan %d", found, missed, worst)
	if found < 20 || missed < 20 {
		t.Errorf("found %d, missed %d: the test is blind on one side", found, missed)
	}
	if worst > SearchesMax*SearchEdgesMax {
		t.Errorf("%d edges scanned for one plan", worst)
	}
}

// A node with more edges than a search may scan ends it, whichever side meets
// it; what is on the near side is still found.
func TestHubOverBudget(t *testing.T) {
	hub := &hub{leaves: SearchEdgesMax + 10}
	q := query(2, 10)
	q.Source, q.Destination = node(1), node(2)
	none := &NoRouteError{}
	if _, err := NewPlanner().Plan(hub, q); !errors.As(err, &none) || none.Reason != ReasonBudget {
		t.Errorf("got %v, want the search budget as reason", err)
	}
	if hub.asked {
		t.Error("the hub was expanded")
	}
	q.Destination = node(0)
	q.MaxHops = 1
	if _, err := NewPlanner().Plan(hub, q); err != nil {
		t.Errorf("from a leaf to the hub: %v", err)
	}
}

// hub is a star: node 0 in the middle, with an edge to and from every leaf.
type hub struct {
	leaves int
	asked  bool
}

func (h *hub) Len() int { return h.leaves + 1 }

func (h *hub) Lookup(n ledger.NodeID) (graph.ID, bool) { return graph.ID(index(n)), true }

func (h *hub) Key(id graph.ID) ledger.NodeID { return node(int(id)) }

func (h *hub) Degree(id graph.ID) int {
	if id == 0 {
		return h.leaves
	}
	return 1
}

func (h *hub) Out(id graph.ID, buf []graph.Edge) []graph.Edge { return h.In(id, buf) }

func (h *hub) In(id graph.ID, buf []graph.Edge) []graph.Edge {
	if id == 0 {
		h.asked = true
		return buf
	}
	return append(buf, graph.Edge{Peer: 0, Capacity: amt(100), Transit: amt(100)})
}

func (h *hub) Edge(a, b graph.ID) (graph.Edge, bool) {
	return graph.Edge{Peer: b, Capacity: amt(100), Transit: amt(100)}, a == 0 || b == 0
}

func (h *hub) Rate(graph.ID, graph.ID) (ledger.Rate, bool) { return ledger.Rate{}, true }

func BenchmarkPlan(b *testing.B) {
	const nodes = 20_000
	g := web(nodes, 10, 3)
	p := NewPlanner()
	r := rand.New(rand.NewPCG(5, 6))
	g.Read(eur, func(v graph.View) {
		for b.Loop() {
			q := query(1+r.IntN(nodes-1), 500)
			q.MaxFee = amt(500)
			_, _ = p.Plan(v, q)
		}
	})
}
