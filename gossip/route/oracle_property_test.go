package route

import (
	"errors"
	"flag"
	"testing"

	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/ledger"
)

// checks makes rapid try more cases than its default for one test.
func checks(t *testing.T, n string) {
	t.Helper()
	f := flag.Lookup("rapid.checks")
	old := f.Value.String()
	if old != f.DefValue {
		return // asked for on the command line
	}
	if err := f.Value.Set(n); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Value.Set(old) })
}

func genRate(t *rapid.T, label string) ledger.Rate {
	return ledger.Rate{
		Mul: rapid.SampledFrom([]uint32{0, 0, 42_949_673, 1 << 30, 1<<32 - 1}).Draw(t, label+"Mul"),
		Add: rapid.SampledFrom([]uint64{0, 0, 1, 2, 7}).Draw(t, label+"Add"),
	}
}

// genWorld draws a graph of 2 to 7 nodes with small capacities, so that paths,
// capacities and fees all bind often.
func genWorld(t *rapid.T) *world {
	w := newWorld(rapid.IntRange(2, 7).Draw(t, "nodes"))
	density := rapid.IntRange(1, 4).Draw(t, "density")
	for a := range w.nodes {
		for b := range w.nodes {
			if a == b || rapid.IntRange(0, 4).Draw(t, "edge") >= density {
				continue
			}
			capacity := rapid.Uint64Range(0, 60).Draw(t, "capacity")
			transit := rapid.Uint64Range(0, capacity).Draw(t, "transit")
			if rapid.Bool().Draw(t, "open") {
				transit = capacity
			}
			w.edge2(a, b, capacity, transit, genRate(t, "rate"))
		}
	}
	return w
}

func genQuery(t *rapid.T, w *world) *Query {
	// Sometimes an end or a friend is not in the graph.
	end := rapid.IntRange(0, w.nodes)
	q := &Query{
		Currency:  eur,
		Amount:    amt(rapid.Uint64Range(1, 40).Draw(t, "amount")),
		Source:    node(end.Draw(t, "source")),
		MaxFee:    amt(rapid.SampledFrom([]uint64{0, 3, 10, 40, 1000}).Draw(t, "maxFee")),
		MaxHops:   rapid.IntRange(1, 7).Draw(t, "maxHops"),
		MaxRoutes: 1,
	}
	q.Destination = node(end.Filter(func(i int) bool { return node(i) != q.Source }).Draw(t, "destination"))
	other := func(not ledger.NodeID) *rapid.Generator[int] {
		return end.Filter(func(i int) bool { return node(i) != not })
	}
	distinct := func(i int) int { return i }
	if rapid.Bool().Draw(t, "ownEdges") {
		for _, f := range rapid.SliceOfNDistinct(other(q.Source), 0, 3, distinct).Draw(t, "firstHops") {
			q.FirstHops = append(q.FirstHops, FirstHop{node(f), amt(rapid.Uint64Range(0, 60).Draw(t, "canSend"))})
		}
		w.quotes[pair{index(q.Source), rapid.IntRange(0, w.nodes-1).Draw(t, "quoting")}] = genRate(t, "quote")
	}
	if rapid.Bool().Draw(t, "hinted") {
		for _, f := range rapid.SliceOfNDistinct(other(q.Destination), 0, 2, distinct).Draw(t, "hints") {
			q.Hints = append(q.Hints, ledger.Hint{
				Friend: node(f), Receivable: amt(rapid.Uint64Range(0, 60).Draw(t, "receivable")),
				Rate: genRate(t, "ignored"),
			})
		}
	}
	if rapid.Bool().Draw(t, "excluding") {
		inner := end.Filter(func(i int) bool { return node(i) != q.Source && node(i) != q.Destination })
		if w.nodes > 2 {
			q.ExcludeNodes = append(q.ExcludeNodes, node(inner.Draw(t, "node")))
		}
		q.ExcludeEdges = append(q.ExcludeEdges, EdgeKey{node(end.Draw(t, "from")), node(end.Draw(t, "to"))})
	}
	return q
}

func index(n ledger.NodeID) int { return int(n[30])<<8 | int(n[31]) }

// The planner finds the cheapest route whenever there is one, and otherwise
// says truly why not and what would fit.
func TestPlanAgainstOracle(t *testing.T) {
	checks(t, "6000")
	p := NewPlanner() // one for all: marks of old queries must not count
	outcomes := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		w := genWorld(t)
		q := genQuery(t, w)
		want := ask(w, q, q.Amount)
		answers, err := p.Plan(w, q)
		var none *NoRouteError
		switch {
		case errors.As(err, &none):
			outcomes[none.Reason.String()]++
			checkNoRoute(t, w, q, want, none)
		case err != nil:
			t.Fatalf("Plan: %v", err)
		case !want.found:
			t.Fatalf("route %v where there is none", answers)
		default:
			outcomes["found"]++
			r := answers[0].Routes[0]
			if err := Check(w, q, r); err != nil {
				t.Fatal(err)
			}
			if total := r.Hops[0].Amount; total != want.best || len(r.Hops) != want.hops {
				t.Fatalf("total %v in %d hops, want %v in %d: %v", total, len(r.Hops), want.best, want.hops, r)
			}
		}
	})
	t.Logf("outcomes: %v", outcomes)
	for _, o := range []string{"found", "no_path", "capacity_near_source", "capacity_near_destination", "fee_cap"} {
		if outcomes[o] == 0 && !t.Failed() {
			t.Errorf("no case with outcome %s: the test is blind to it", o)
		}
	}
}

func checkNoRoute(t *rapid.T, w *world, q *Query, want *oracle, got *NoRouteError) {
	switch {
	case want.found:
		t.Fatalf("no route (%v) where there is one for %v", got, want.best)
	case !want.chain && got.Reason != ReasonNoPath:
		t.Fatalf("reason %v without any chain of friends", got.Reason)
	case want.chain && got.Reason == ReasonNoPath:
		t.Fatal("no path said where there is a chain of friends")
	case want.uncapped != (got.Reason == ReasonFeeCap):
		t.Fatalf("reason %v, but a route above the fee cap: %v", got.Reason, want.uncapped)
	case got.Reason == ReasonBudget:
		t.Fatal("budget spent on a tiny graph")
	}
	if fwd, bwd, joined := reach(w, q); want.chain && !joined {
		side := ReasonCapacityDestination
		if fwd <= bwd {
			side = ReasonCapacitySource
		}
		if got.Reason != side {
			t.Fatalf("reason %v with %d nodes in reach of the source and %d of the destination", got.Reason, fwd, bwd)
		}
	}
	if l := largest(w, q); l != got.Largest {
		t.Fatalf("largest amount %v, want %v", got.Largest, l)
	}
}
