package route

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/gossip/graph"
	"github.com/offset-p2p/offset/ledger"
)

// An edge is the same from its first node, from its second and looked up by
// both; and it is what the oracle says.
func TestNetworkAgreesWithItself(t *testing.T) {
	checks(t, "1000")
	rapid.Check(t, func(t *rapid.T) {
		w := genWorld(t)
		q := genQuery(t, w)
		n := newNetwork(w, q)
		o := &oracle{w: w, q: q}
		for a := range graph.ID(n.len()) {
			for b := range graph.ID(n.len()) {
				if a == b {
					continue
				}
				direct, known := n.link(edgeIDs{a, b})
				out, hasOut := toward(n.out(a), b)
				in, hasIn := toward(n.in(b), a)
				if known != hasOut || known != hasIn {
					t.Fatalf("edge %d → %d: looked up %v, out %v, in %v", a, b, known, hasOut, hasIn)
				}
				if !known {
					continue
				}
				out.peer, in.peer, direct.peer = 0, 0, 0
				if out != direct || in != direct {
					t.Fatalf("edge %d → %d: looked up %v, out %v, in %v", a, b, direct, out, in)
				}
				room, rate, ok := o.edge(n.key(a), n.key(b))
				if !ok || room != direct.room || b != n.dst && rate != direct.rate {
					t.Fatalf("edge %d → %d: %v, want %v, %v, %v", a, b, direct, room, rate, ok)
				}
			}
		}
	})
}

func toward(links []link, peer graph.ID) (found link, ok bool) {
	for _, l := range links {
		if l.peer == peer {
			if ok {
				panic("an edge is there twice")
			}
			found, ok = l, true
		}
	}
	return found, ok
}

// The same query gives the same answer, also from a planner that has done
// other work before; and neither graph nor query is changed.
func TestPlanIsDeterministic(t *testing.T) {
	used := NewPlanner()
	rapid.Check(t, func(t *rapid.T) {
		w := genWorld(t)
		q := genQuery(t, w)
		before := *q
		a, errA := NewPlanner().Plan(w, q)
		b, errB := used.Plan(w, q)
		if diff := cmp.Diff(a, b, cmp.AllowUnexported(ledger.Amount{})); diff != "" {
			t.Fatalf("answers differ:\n%s", diff)
		}
		if (errA == nil) != (errB == nil) || errA != nil && errA.Error() != errB.Error() {
			t.Fatalf("errors differ: %v, %v", errA, errB)
		}
		if diff := cmp.Diff(before, *q, cmp.AllowUnexported(ledger.Amount{})); diff != "" {
			t.Fatalf("the query was changed:\n%s", diff)
		}
	})
}

// graphOf says what a world's edges are in the words of both sides, for a real
// graph. Edges without one back get one that carries nothing; the world gets
// it too.
func graphOf(w *world) *graph.Graph {
	for at := range w.edges {
		if _, ok := w.edges[pair{at.b, at.a}]; !ok {
			w.edge2(at.b, at.a, 0, 0, ledger.Rate{})
		}
	}
	g := graph.New()
	for at, e := range w.edges {
		back := w.edges[pair{at.b, at.a}]
		g.Apply(capacity.Change{Node: node(at.a), Currency: eur, After: []capacity.Entry{{
			Friend: node(at.b), CanSend: e.Capacity, Transit: e.Transit,
			CanReceive: back.Capacity, Rate: back.Rate,
		}}})
	}
	return g
}

// On a graph.View, with its other ids and its edges put together from two
// pages, the planner does what it does on plain maps.
func TestPlanOnGraph(t *testing.T) {
	checks(t, "500")
	rapid.Check(t, func(t *rapid.T) {
		w := genWorld(t)
		q := genQuery(t, w)
		w.quotes = nil // a one-sided rate needs a page that graphOf does not make
		g := graphOf(w)
		want := ask(w, q, q.Amount)
		ok := g.Read(eur, func(v graph.View) {
			answers, err := NewPlanner().Plan(v, q)
			if (err == nil) != want.found {
				t.Fatalf("got %v, want a route: %v", err, want.found)
			}
			if err != nil {
				return
			}
			r := answers[0].Routes[0]
			if r.Hops[0].Amount != want.best || len(r.Hops) != want.hops {
				t.Fatalf("total %v in %d hops, want %v in %d", r.Hops[0].Amount, len(r.Hops), want.best, want.hops)
			}
		})
		if !ok && len(w.edges) > 0 {
			t.Fatal("no graph")
		}
	})
}

// Without any graph a friend can still be paid.
func TestPlanWithoutGraph(t *testing.T) {
	q := query(2, 50)
	q.FirstHops = []FirstHop{{node(2), amt(50)}, {node(1), amt(80)}}
	answers, err := NewPlanner().Plan(graph.View{}, q)
	if err != nil || len(answers[0].Routes[0].Hops) != 1 {
		t.Errorf("to a friend: %v, %v", answers, err)
	}
	q.Destination = node(3)
	var none *NoRouteError
	if _, err := NewPlanner().Plan(graph.View{}, q); !errors.As(err, &none) || none.Reason != ReasonNoPath {
		t.Errorf("to a stranger: %v, want no path", err)
	}
}
