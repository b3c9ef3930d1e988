package route

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/offset-p2p/offset/ledger"
)

var (
	free    = ledger.Rate{}
	percent = ledger.Rate{Mul: 42_949_673} // 1 %
)

// query asks for amount from node 0 to node dst, with caps that do not bind.
func query(dst int, amount uint64) *Query {
	return &Query{
		Currency: eur, Amount: amt(amount), Source: node(0), Destination: node(dst),
		MaxFee: amountMax, MaxHops: HopsMax, MaxRoutes: 1,
	}
}

// line is 0 → 1 → … → n, every edge with room and rate.
func line(n int, room uint64, rate ledger.Rate) *world {
	w := newWorld(n + 1)
	for i := range n {
		w.edge(i, i+1, room, rate)
	}
	return w
}

func hop(i int, amount uint64) ledger.Hop { return ledger.Hop{Node: node(i), Amount: amt(amount)} }

func amounts(r Route) []uint64 {
	var out []uint64
	for _, h := range r.Hops {
		v, _ := h.Amount.Uint64()
		out = append(out, v)
	}
	return out
}

func mustPlan(t *testing.T, w *world, q *Query) Route {
	t.Helper()
	answers, err := NewPlanner().Plan(w, q)
	if err != nil {
		t.Fatalf("Plan: %v", err)
	}
	if len(answers) != 1 || answers[0].Kind != KindSingle || len(answers[0].Routes) != 1 {
		t.Fatalf("answers %v, want one single route", answers)
	}
	return answers[0].Routes[0]
}

func mustRefuse(t *testing.T, w *world, q *Query) NoRouteError {
	t.Helper()
	answers, err := NewPlanner().Plan(w, q)
	var none *NoRouteError
	if !errors.As(err, &none) {
		t.Fatalf("Plan: %v, %v, want no route", answers, err)
	}
	return *none
}

// Fees are added towards the source, each on what its node forwards; the
// destination's own rate does not count. (Offset summed them the other way.)
func TestFeesAddUpTowardsTheSource(t *testing.T) {
	w := newWorld(4)
	w.edge(0, 1, 1_000_000, ledger.Rate{Add: 5})                // 1 charges 5
	w.edge(1, 2, 1_000_000, percent)                            // 2 charges 1 %
	w.edge(2, 3, 1_000_000, ledger.Rate{Mul: 1 << 31, Add: 99}) // 3 is the destination
	got := mustPlan(t, w, query(3, 10_000))
	want := Route{
		Hops:  []ledger.Hop{hop(1, 10_105), hop(2, 10_100), hop(3, 10_000)},
		Share: amt(10_000),
		Fee:   amt(105),
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(ledger.Amount{})); diff != "" {
		t.Error(diff)
	}
}

// The fee of a node depends on where the request comes from.
func TestFeeIsThatOfTheArrivingEdge(t *testing.T) {
	w := newWorld(4)
	w.edge(0, 1, 1000, free).edge(0, 2, 1000, free)
	w.edge(1, 3, 1000, ledger.Rate{Add: 1}).edge(2, 3, 1000, ledger.Rate{Add: 9})
	w.nodes = 5
	w.edge(3, 4, 1000, free)
	if got := amounts(mustPlan(t, w, query(4, 100))); !cmp.Equal(got, []uint64{101, 101, 100}) {
		t.Errorf("amounts %v: not by way of 1, which 3 charges less", got)
	}
}

func TestCheaperBeatsShorter(t *testing.T) {
	w := line(3, 1000, ledger.Rate{Add: 1})
	w.nodes = 5
	w.edge(0, 4, 1000, ledger.Rate{Add: 50}).edge(4, 3, 1000, free)
	if got := mustPlan(t, w, query(3, 100)); got.Fee != amt(2) || len(got.Hops) != 3 {
		t.Errorf("fee %v in %d hops, want 2 in 3", got.Fee, len(got.Hops))
	}
	q := query(3, 100)
	q.MaxHops = 2
	if got := mustPlan(t, w, q); got.Fee != amt(50) || len(got.Hops) != 2 {
		t.Errorf("within 2 hops: fee %v in %d hops, want 50 in 2", got.Fee, len(got.Hops))
	}
}

// A node may have to be reached the dear and short way although a cheap and
// long way to it was found first.
func TestHopLimitKeepsDearerNearerWay(t *testing.T) {
	w := newWorld(6)
	// From 1 to 4: 1→4 dear, 1→2→3→4 for nothing.
	w.edge(0, 1, 1000, ledger.Rate{Add: 1}).edge(1, 4, 1000, ledger.Rate{Add: 20})
	w.edge(1, 2, 1000, free).edge(2, 3, 1000, free).edge(3, 4, 1000, free).edge(4, 5, 1000, free)
	q := query(5, 100)
	for hops, fee := range map[int]uint64{3: 21, 4: 21, 5: 1} {
		q.MaxHops = hops
		if got := mustPlan(t, w, q); got.Fee != amt(fee) {
			t.Errorf("within %d hops: fee %v, want %d", hops, got.Fee, fee)
		}
	}
}

// The source's own capacity counts on the first edge, transit on the others.
func TestTransitCountsForStrangersOnly(t *testing.T) {
	w := newWorld(3)
	w.edge2(0, 1, 100, 0, free)
	w.edge2(1, 2, 100, 60, free)
	if got := mustPlan(t, w, query(1, 100)); got.Share != amt(100) {
		t.Errorf("share %v over the first edge", got.Share)
	}
	mustPlan(t, w, query(2, 60))
	none := mustRefuse(t, w, query(2, 61))
	if none.Reason != ReasonCapacityDestination || none.Largest != amt(60) {
		t.Errorf("got %+v, want capacity near destination, largest 60", none)
	}
}

func TestEdgesHaveADirection(t *testing.T) {
	w := newWorld(3)
	w.edge(0, 1, 100, free).edge(2, 1, 100, free)
	if none := mustRefuse(t, w, query(2, 1)); none.Reason != ReasonNoPath {
		t.Errorf("reason %v, want no path", none.Reason)
	}
}

func TestFirstHopsReplaceTheGraphs(t *testing.T) {
	w := line(2, 100, ledger.Rate{Add: 3})
	q := query(2, 50)
	q.FirstHops = []FirstHop{{node(1), amt(53)}}
	if got := amounts(mustPlan(t, w, q)); !cmp.Equal(got, []uint64{53, 50}) {
		t.Errorf("amounts %v, want 53, 50 with the rate of the graph", got)
	}
	q.FirstHops[0].CanSend = amt(52)
	if none := mustRefuse(t, w, q); none.Largest != amt(49) {
		t.Errorf("got %+v, want largest 49: 52 less the fee", none)
	}
}

// A friend whose rate nobody has published can be paid, not passed through.
func TestFirstHopWithoutAPage(t *testing.T) {
	w := newWorld(2)
	w.edge(0, 1, 100, free)
	q := query(77, 50)
	q.FirstHops = []FirstHop{{node(77), amt(50)}}
	if got := amounts(mustPlan(t, w, q)); !cmp.Equal(got, []uint64{50}) {
		t.Errorf("amounts %v of a direct payment", got)
	}
	q.Destination = node(78)
	q.Hints = []ledger.Hint{{Friend: node(77), Receivable: amt(100)}}
	if none := mustRefuse(t, w, q); none.Reason != ReasonNoPath {
		t.Errorf("reason %v: passed through a friend of unknown rate", none.Reason)
	}
	w.nodes = 78
	w.quotes = map[pair]ledger.Rate{{0, 77}: {Add: 4}}
	q.FirstHops[0].CanSend = amt(54)
	if got := amounts(mustPlan(t, w, q)); !cmp.Equal(got, []uint64{54, 50}) {
		t.Errorf("amounts %v with the friend's one-sided rate", got)
	}
}

func TestHints(t *testing.T) {
	w := line(2, 100, free)
	q := query(50, 40) // a seller whom the graph does not know
	q.Hints = []ledger.Hint{{Friend: node(2), Receivable: amt(40), Rate: ledger.Rate{Add: 1000}}}
	if got := amounts(mustPlan(t, w, q)); !cmp.Equal(got, []uint64{40, 40, 40}) {
		t.Errorf("amounts %v, want 40 all along", got)
	}
	q.Hints[0].Receivable = amt(39)
	if none := mustRefuse(t, w, q); none.Reason != ReasonCapacityDestination || none.Largest != amt(39) {
		t.Errorf("got %+v, want capacity near destination, largest 39", none)
	}
	// What both sides have published counts more than the invoice.
	q = query(2, 90)
	w.edge(1, 2, 80, free)
	q.Hints = []ledger.Hint{{Friend: node(1), Receivable: amt(1000)}}
	if none := mustRefuse(t, w, q); none.Largest != amt(80) {
		t.Errorf("got %+v, want largest 80 by the graph's edge", none)
	}
}

func TestExclusions(t *testing.T) {
	w := newWorld(4)
	w.edge(0, 1, 100, free).edge(1, 3, 100, free)
	w.edge(0, 2, 100, ledger.Rate{Add: 1}).edge(2, 3, 100, free)
	tests := []struct {
		name    string
		exclude func(*Query)
		via     int // 0: no route
	}{
		{"nothing", func(*Query) {}, 1},
		{"node", func(q *Query) { q.ExcludeNodes = []ledger.NodeID{node(1)} }, 2},
		{"edge", func(q *Query) { q.ExcludeEdges = []EdgeKey{{node(1), node(3)}} }, 2},
		{"edge the other way", func(q *Query) { q.ExcludeEdges = []EdgeKey{{node(3), node(1)}} }, 1},
		{"both nodes", func(q *Query) { q.ExcludeNodes = []ledger.NodeID{node(1), node(2)} }, 0},
		{"unknown node", func(q *Query) { q.ExcludeNodes = []ledger.NodeID{node(99)} }, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q := query(3, 100-1)
			tt.exclude(q)
			if tt.via == 0 {
				mustRefuse(t, w, q)
				return
			}
			if got := mustPlan(t, w, q); got.Hops[0].Node != node(tt.via) {
				t.Errorf("by way of %v, want node %d", got.Hops[0].Node, tt.via)
			}
		})
	}
}

func TestReasons(t *testing.T) {
	narrow := line(3, 1000, free)
	narrow.edge(0, 1, 10, free)
	narrowEnd := line(3, 1000, free)
	narrowEnd.edge(2, 3, 10, free)
	dear := line(3, 1000, ledger.Rate{Add: 30})
	full := line(3, 100, ledger.Rate{Add: 30})
	tests := []struct {
		name    string
		w       *world
		set     func(*Query)
		reason  Reason
		largest uint64
	}{
		{"source unknown", line(3, 1000, free), func(q *Query) { q.Source = node(44) }, ReasonNoPath, 0},
		{"destination unknown", line(3, 1000, free), func(q *Query) { q.Destination = node(44) }, ReasonNoPath, 0},
		{"too far", line(3, 1000, free), func(q *Query) { q.MaxHops = 2 }, ReasonNoPath, 0},
		{"source narrow", narrow, func(*Query) {}, ReasonCapacitySource, 10},
		{"destination narrow", narrowEnd, func(*Query) {}, ReasonCapacityDestination, 10},
		{"fees above the cap", dear, func(q *Query) { q.MaxFee = amt(59) }, ReasonFeeCap, 0},
		{"no room for the fees", full, func(*Query) {}, ReasonCapacitySource, 40},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q := query(3, 100)
			tt.set(q)
			none := mustRefuse(t, tt.w, q)
			if none.Reason != tt.reason || none.Largest != amt(tt.largest) {
				t.Errorf("got %v, largest %v, want %v, %d", none.Reason, none.Largest, tt.reason, tt.largest)
			}
			if none.Error() == "" {
				t.Error("no text")
			}
		})
	}
}

// Amounts at the end of their range are refused, never wrapped.
func TestLargestAmounts(t *testing.T) {
	w := newWorld(3)
	w.edge(0, 1, 0, ledger.Rate{Mul: 1<<32 - 1}).edge(1, 2, 0, free)
	for at, e := range w.edges {
		e.Capacity, e.Transit = amountMax, amountMax
		w.edges[at] = e
	}
	q := query(2, 1)
	q.Amount = amountMax
	none := mustRefuse(t, w, q)
	half := ledger.AmountFromParts(1<<31, 0) // x and almost x fit into 2^96
	if none.Largest.IsZero() || half.Less(none.Largest) {
		t.Errorf("largest %v, want at most 2^95", none.Largest)
	}
	q.Amount = none.Largest
	mustPlan(t, w, q)

	w.edge(0, 1, 0, free)
	for at, e := range w.edges {
		e.Capacity, e.Transit = amountMax, amountMax
		w.edges[at] = e
	}
	q.Amount = amountMax
	if got := mustPlan(t, w, q); got.Hops[0].Amount != amountMax || !got.Fee.IsZero() {
		t.Errorf("got %v, want 2^96 − 1 without fee", got)
	}
}

func TestNamesOfKindsAndReasons(t *testing.T) {
	seen := map[string]bool{}
	for r := ReasonNoPath; r <= ReasonBudget; r++ {
		if seen[r.String()] || r.String() == "" {
			t.Errorf("reason %d is called %q", r, r)
		}
		seen[r.String()] = true
	}
	if got := Reason(0).String(); got != "reason(0)" {
		t.Errorf("zero reason is called %q", got)
	}
	if KindSingle.String() != "single" || Kind(9).String() != "kind(9)" {
		t.Errorf("kinds are called %v, %v", KindSingle, Kind(9))
	}
}
