package route

import (
	"strings"
	"testing"

	"github.com/offset-p2p/offset/ledger"
)

func TestQueryValidate(t *testing.T) {
	tooLarge := ledger.AmountFromParts(1<<32, 0) // 2^96
	tests := []struct {
		name string
		set  func(*Query)
		want string // in the error; empty: valid
	}{
		{"valid", func(*Query) {}, ""},
		{"largest amount", func(q *Query) { q.Amount = amountMax }, ""},
		{"no fee", func(q *Query) { q.MaxFee = amt(0) }, ""},
		{"no currency", func(q *Query) { q.Currency = ledger.Currency{} }, "currency"},
		{"amount 0", func(q *Query) { q.Amount = amt(0) }, "amount"},
		{"amount 2^96", func(q *Query) { q.Amount = tooLarge }, "amount"},
		{"no source", func(q *Query) { q.Source = ledger.NodeID{} }, "source"},
		{"no destination", func(q *Query) { q.Destination = ledger.NodeID{} }, "destination"},
		{"to itself", func(q *Query) { q.Destination = q.Source }, "same node"},
		{"fee cap 2^96", func(q *Query) { q.MaxFee = tooLarge }, "fee cap"},
		{"0 hops", func(q *Query) { q.MaxHops = 0 }, "max hops"},
		{"20 hops", func(q *Query) { q.MaxHops = HopsMax + 1 }, "max hops"},
		{"0 routes", func(q *Query) { q.MaxRoutes = 0 }, "max routes"},
		{"17 routes", func(q *Query) { q.MaxRoutes = RoutesMax + 1 }, "max routes"},
		{"64 exclusions", func(q *Query) {
			q.ExcludeNodes = make([]ledger.NodeID, ExcludesMax-1)
			q.ExcludeEdges = make([]EdgeKey, 1)
		}, ""},
		{"65 exclusions", func(q *Query) {
			q.ExcludeNodes = make([]ledger.NodeID, ExcludesMax)
			q.ExcludeEdges = make([]EdgeKey, 1)
		}, "exclusions"},
		{"source excluded", func(q *Query) { q.ExcludeNodes = []ledger.NodeID{q.Source} }, "excluded"},
		{"destination excluded", func(q *Query) { q.ExcludeNodes = []ledger.NodeID{q.Destination} }, "excluded"},
		{"hints", func(q *Query) { q.Hints = make([]ledger.Hint, ledger.InvoiceHintsMax+1) }, "hints"},
		{"hint at itself", func(q *Query) { q.Hints = []ledger.Hint{{Friend: q.Destination}} }, "hint"},
		{"hint of nobody", func(q *Query) { q.Hints = []ledger.Hint{{}} }, "hint"},
		{"hint of 2^96", func(q *Query) { q.Hints = []ledger.Hint{{Friend: node(5), Receivable: tooLarge}} }, "hint"},
		{"first hops", func(q *Query) { q.FirstHops = make([]FirstHop, FirstHopsMax+1) }, "first hops"},
		{"first hop twice", func(q *Query) { q.FirstHops = []FirstHop{{node(5), amt(1)}, {node(5), amt(2)}} }, "first hop"},
		{"first hop to itself", func(q *Query) { q.FirstHops = []FirstHop{{q.Source, amt(1)}} }, "first hop"},
		{"first hop to nobody", func(q *Query) { q.FirstHops = []FirstHop{{}} }, "first hop"},
		{"first hop of 2^96", func(q *Query) { q.FirstHops = []FirstHop{{node(5), tooLarge}} }, "first hop"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q := query(3, 100)
			tt.set(q)
			err := q.Validate()
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, want an error about %q", err, tt.want)
			}
			if tt.want != "" {
				if _, err := NewPlanner().Plan(newWorld(4), q); err == nil {
					t.Error("planned all the same")
				}
			}
		})
	}
}
