package protocol

import (
	"testing"

	"github.com/offset-p2p/offset/gossip/route"
	"github.com/offset-p2p/offset/ledger"
)

func id(b byte) ledger.NodeID { return ledger.NodeID{b, 31: 1} }

// goodAnswer pays 100 from 1 to 9 over 2 and 3, for fees of 2 and 1.
func goodAnswer() (*route.Query, []route.Answer) {
	n := ledger.NewAmount
	q := &route.Query{
		Amount: n(100), Source: id(1), Destination: id(9), MaxFee: n(3), MaxHops: 3, MaxRoutes: 2,
		ExcludeNodes: []ledger.NodeID{id(7)}, ExcludeEdges: []route.EdgeKey{{From: id(3), To: id(8)}},
	}
	return q, []route.Answer{{Kind: route.KindSingle, Routes: []route.Route{{
		Hops:  []ledger.Hop{{Node: id(2), Amount: n(103)}, {Node: id(3), Amount: n(101)}, {Node: id(9), Amount: n(100)}},
		Share: n(100), Fee: n(3),
	}}}}
}

func TestCheckAnswerTakesWhatIsRight(t *testing.T) {
	q, a := goodAnswer()
	if err := CheckAnswer(q, a); err != nil {
		t.Error(err)
	}
	half := func(via byte) route.Route {
		return route.Route{
			Hops:  []ledger.Hop{{Node: id(via), Amount: ledger.NewAmount(50)}, {Node: id(9), Amount: ledger.NewAmount(50)}},
			Share: ledger.NewAmount(50),
		}
	}
	if err := CheckAnswer(q, []route.Answer{{Routes: []route.Route{half(2), half(3)}}}); err != nil {
		t.Error(err)
	}
}

func TestCheckAnswerRefusesWhatIsWrong(t *testing.T) {
	n := ledger.NewAmount
	first := func(a []route.Answer) *route.Route { return &a[0].Routes[0] }
	cases := map[string]func(*route.Query, []route.Answer){
		"share too small":     func(q *route.Query, _ []route.Answer) { q.Amount = n(101) },
		"too dear":            func(q *route.Query, _ []route.Answer) { q.MaxFee = n(2) },
		"too long":            func(q *route.Query, _ []route.Answer) { q.MaxHops = 2 },
		"ends elsewhere":      func(q *route.Query, _ []route.Answer) { q.Destination = id(10) },
		"excluded node":       func(q *route.Query, _ []route.Answer) { q.ExcludeNodes[0] = id(3) },
		"excluded edge":       func(q *route.Query, _ []route.Answer) { q.ExcludeEdges[0].To = id(9) },
		"excluded first edge": func(q *route.Query, _ []route.Answer) { q.ExcludeEdges[0] = route.EdgeKey{From: id(1), To: id(2)} },
		"back to the source":  func(_ *route.Query, a []route.Answer) { first(a).Hops[1].Node = id(1) },
		"twice":               func(_ *route.Query, a []route.Answer) { first(a).Hops[1].Node = id(2) },
		"amounts rise":        func(_ *route.Query, a []route.Answer) { first(a).Hops[1].Amount = n(104) },
		"fee is another":      func(_ *route.Query, a []route.Answer) { first(a).Fee = n(2) },
		"last is not share":   func(_ *route.Query, a []route.Answer) { first(a).Hops[2].Amount = n(99) },
		"no hops":             func(_ *route.Query, a []route.Answer) { first(a).Hops = nil },
		"too many routes":     func(q *route.Query, a []route.Answer) { q.MaxRoutes = 0 },
		"sum overflows": func(_ *route.Query, a []route.Answer) {
			huge := ledger.AmountFromParts(1<<64-1, 1<<64-1)
			first(a).Fee = huge
		},
	}
	for name, spoil := range cases {
		q, a := goodAnswer()
		spoil(q, a)
		if CheckAnswer(q, a) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestReasonsHaveNames(t *testing.T) {
	for r := RefusedFaulty; r < refusedReasons; r++ {
		if s := r.String(); s == "" || s == "unknown" {
			t.Errorf("reason %d is %q", r, s)
		}
	}
	for r := QueryPace; r < queryRefusals; r++ {
		if s := r.String(); s == "" || s == "unknown" {
			t.Errorf("reason %d is %q", r, s)
		}
	}
	if RefusedReason(1<<31).String() != "unknown" || QueryRefused(1<<31).String() != "unknown" {
		t.Error("a reason of a newer server has a name")
	}
}
