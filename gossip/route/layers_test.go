package route

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/offset-p2p/offset/ledger"
)

// layers is a second reference, for graphs too large to try every path: the
// least amount that must leave each node to pay q with at most h more hops,
// for rising h. Fees rise with amounts, so nothing else needs to be kept.
func layers(w *world, q *Query) (best ledger.Amount, found bool) {
	src, _ := w.Lookup(q.Source)
	dst, _ := w.Lookup(q.Destination)
	limit, _ := q.Amount.Add(q.MaxFee)
	need := map[int]ledger.Amount{int(dst): q.Amount}
	for range q.MaxHops {
		next := map[int]ledger.Amount{}
		for n, x := range need {
			next[n] = x
		}
		for at, e := range w.edges {
			x, ok := need[at.b]
			if !ok || at.a == int(dst) || at.b == int(src) {
				continue
			}
			if at.b != int(dst) {
				fee, err := e.Rate.Fee(x)
				if err != nil {
					continue
				}
				if x, err = x.Add(fee); err != nil {
					continue
				}
			}
			room := e.Transit
			if at.a == int(src) {
				room = e.Capacity
			}
			if room.Less(x) || limit.Less(x) {
				continue
			}
			if old, ok := next[at.a]; !ok || x.Less(old) {
				next[at.a] = x
			}
		}
		need = next
	}
	best, found = need[int(src)]
	return best, found
}

// On sparse graphs of 40 nodes, where routes are long and the hop limit binds,
// the planner's total is the least there is.
func TestPlanAgainstLayers(t *testing.T) {
	const nodes = 40
	r := rand.New(rand.NewPCG(11, 12))
	p := NewPlanner()
	found, missed, long := 0, 0, 0
	for range 400 {
		w := newWorld(nodes)
		for a := range nodes {
			for range 3 {
				// Friends are near each other, so the graph is a long ring.
				b := (a + 1 + r.IntN(4)) % nodes
				rate := ledger.Rate{Mul: r.Uint32N(1 << 28), Add: r.Uint64N(30)}
				w.edge2(a, b, 200+r.Uint64N(2000), 200+r.Uint64N(1500), rate)
				w.edge2(b, a, 200+r.Uint64N(2000), 200+r.Uint64N(1500), rate)
			}
		}
		q := query(1+r.IntN(nodes-1), 100+r.Uint64N(600))
		q.MaxFee = amt(r.Uint64N(800))
		q.MaxHops = 3 + r.IntN(12)
		want, ok := layers(w, q)
		answers, err := p.Plan(w, q)
		var none *NoRouteError
		switch {
		case errors.As(err, &none):
			missed++
			if ok {
				t.Fatalf("no route (%v) where one costs %v: %+v", none, want, q)
			}
		case err != nil:
			t.Fatal(err)
		default:
			found++
			route := answers[0].Routes[0]
			if len(route.Hops) > 6 {
				long++
			}
			if got := route.Hops[0].Amount; !ok || got != want {
				t.Fatalf("total %v, want %v (%v): %+v", got, want, ok, q)
			}
			if err := Check(w, q, route); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Logf("found %d, of them %d with more than 6 hops; missed %d", found, long, missed)
	if found < 100 || missed < 50 || long < 20 {
		t.Errorf("found %d, long %d, missed %d: the test is blind somewhere", found, long, missed)
	}
}
