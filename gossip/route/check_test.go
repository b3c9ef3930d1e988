package route

import (
	"strings"
	"testing"

	"github.com/offset-p2p/offset/ledger"
)

// Check refuses every route that differs from a good one in one thing.
func TestCheck(t *testing.T) {
	w := line(3, 1000, ledger.Rate{Add: 5})
	w.edge(1, 3, 1000, free)
	w.edge(2, 1, 1000, free)
	q := query(3, 100)
	good := Route{
		Hops:  []ledger.Hop{hop(1, 110), hop(2, 105), hop(3, 100)},
		Share: amt(100), Fee: amt(10),
	}
	tests := []struct {
		name string
		spot func(q *Query, r *Route)
		want string // in the error
	}{
		{"good", func(*Query, *Route) {}, ""},
		{"bad query", func(q *Query, _ *Route) { q.MaxHops = 0 }, "max hops"},
		{"no hops", func(_ *Query, r *Route) { r.Hops = nil }, "0 hops"},
		{"too many hops", func(q *Query, _ *Route) { q.MaxHops = 2 }, "3 hops"},
		{"other end", func(_ *Query, r *Route) { r.Hops = r.Hops[:2] }, "destination"},
		{"share of nothing", func(_ *Query, r *Route) { r.Share = amt(0) }, "share"},
		{"share above the amount", func(q *Query, _ *Route) { q.Amount = amt(99) }, "share"},
		{"fee above the cap", func(q *Query, _ *Route) { q.MaxFee = amt(9) }, "cap"},
		{"fee understated", func(_ *Query, r *Route) { r.Fee = amt(9) }, "fee"},
		{"node twice", func(_ *Query, r *Route) {
			r.Hops = []ledger.Hop{hop(1, 115), hop(2, 110), hop(1, 105), hop(3, 100)}
		}, "twice"},
		{"through the source", func(_ *Query, r *Route) {
			r.Hops = []ledger.Hop{hop(1, 115), hop(0, 110), hop(3, 100)}
		}, "twice"},
		{"no such edge", func(_ *Query, r *Route) { r.Hops = []ledger.Hop{hop(2, 105), hop(3, 100)} }, "cannot carry"},
		{"unknown node", func(_ *Query, r *Route) { r.Hops[1].Node = node(80) }, "cannot carry"},
		{"amount too low", func(_ *Query, r *Route) { r.Hops[1].Amount = amt(104) }, "amount of hop 1"},
		{"amount too high", func(_ *Query, r *Route) { r.Hops[0].Amount = amt(111) }, "amount of hop 0"},
		{"excluded node", func(q *Query, _ *Route) { q.ExcludeNodes = []ledger.NodeID{node(2)} }, "cannot carry"},
		{"excluded edge", func(q *Query, _ *Route) { q.ExcludeEdges = []EdgeKey{{node(1), node(2)}} }, "cannot carry"},
		{"first hop smaller", func(q *Query, _ *Route) { q.FirstHops = []FirstHop{{node(1), amt(109)}} }, "cannot carry"},
		{"first hop elsewhere", func(q *Query, _ *Route) { q.FirstHops = []FirstHop{{node(2), amt(1000)}} }, "cannot carry"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q2, r := *q, good
			r.Hops = append([]ledger.Hop(nil), good.Hops...)
			tt.spot(&q2, &r)
			err := Check(w, &q2, r)
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, want an error about %q", err, tt.want)
			}
		})
	}
}

// A part of the amount is a share like any other.
func TestCheckShare(t *testing.T) {
	w := line(1, 10, free)
	r := Route{Hops: []ledger.Hop{hop(1, 10)}, Share: amt(10)}
	if err := Check(w, query(1, 25), r); err != nil {
		t.Error(err)
	}
}
