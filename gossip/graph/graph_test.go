package graph

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/ledger"
)

var (
	eur  = ledger.Currency{Name: "EUR", Decimals: 2}
	eur3 = ledger.Currency{Name: "EUR", Decimals: 3}
)

func node(i int) ledger.NodeID { return ledger.NodeID{0: 1, 30: byte(i >> 8), 31: byte(i)} }

func amt(v uint64) ledger.Amount { return ledger.NewAmount(v) }

// say is a declaration about friend: can_send, can_receive, transit, and a
// rate told by its fixed part.
func say(friend int, canSend, canReceive, transit, add uint64) capacity.Entry {
	return capacity.Entry{
		Friend: node(friend), CanSend: amt(canSend), CanReceive: amt(canReceive), Transit: amt(transit),
		Rate: ledger.Rate{Add: add},
	}
}

// declare is the change by which node says entries, and nothing before.
func declare(n int, entries ...capacity.Entry) capacity.Change {
	return capacity.Change{Node: node(n), Currency: eur, After: entries}
}

// plain is an edge with names instead of IDs, to compare.
type plain struct {
	From, To           int
	Capacity, Transit  uint64
	Fee                uint64
	OutAgrees, InAgree bool
}

// edgesOf lists all edges of a currency by name, and whether Out, In and Edge
// say the same.
func edgesOf(g *Graph, c ledger.Currency, nodes int) []plain {
	var out []plain
	g.Read(c, func(v View) {
		for i := range nodes {
			for j := range nodes {
				a, okA := v.Lookup(node(i))
				b, okB := v.Lookup(node(j))
				if !okA || !okB {
					continue
				}
				e, ok := v.Edge(a, b)
				back := e
				if ok && e.Peer != b {
					continue // the edge is missing, as far as the test goes
				}
				e.Peer, back.Peer = b, a
				outs, ins := slices.Contains(v.Out(a, nil), e), slices.Contains(v.In(b, nil), back)
				if !ok && !outs && !ins {
					continue
				}
				capacity, _ := e.Capacity.Uint64()
				transit, _ := e.Transit.Uint64()
				out = append(out, plain{i, j, capacity, transit, e.Rate.Add, ok && outs, ok && ins})
			}
		}
	})
	return out
}

func expect(t *testing.T, g *Graph, want ...plain) {
	t.Helper()
	for i := range want {
		want[i].OutAgrees, want[i].InAgree = true, true
	}
	if diff := cmp.Diff(want, edgesOf(g, eur, 10)); diff != "" {
		t.Errorf("edges (-want +got):\n%s", diff)
	}
}

// Each direction is the smaller of both words, and its fee that of the node at
// its end.
func TestEdgeNeedsBothSides(t *testing.T) {
	g := New()
	g.Apply(declare(1, say(2, 100, 50, 80, 7)))
	expect(t, g)
	g.Apply(declare(2, say(1, 40, 90, 30, 9)))
	expect(t, g,
		plain{From: 1, To: 2, Capacity: 90, Transit: 80, Fee: 9},
		plain{From: 2, To: 1, Capacity: 40, Transit: 30, Fee: 7})
	g.Apply(declare(2, say(1, 60, 70, 60, 9)))
	expect(t, g,
		plain{From: 1, To: 2, Capacity: 70, Transit: 70, Fee: 9},
		plain{From: 2, To: 1, Capacity: 50, Transit: 50, Fee: 7})
}

// A node that goes takes its own edges and no others. (In Offset one removed
// node wiped its neighbours' currencies.)
func TestRemovedNodeTakesItsOwnEdgesOnly(t *testing.T) {
	g := New()
	one := say(2, 10, 10, 10, 0)
	g.Apply(
		declare(1, one),
		declare(2, say(1, 10, 10, 10, 0), say(3, 10, 10, 10, 0)),
		declare(3, say(2, 10, 10, 10, 0)),
	)
	g.Apply(capacity.Change{Node: node(1), Currency: eur, Before: []capacity.Entry{one}})
	expect(t, g,
		plain{From: 2, To: 3, Capacity: 10, Transit: 10},
		plain{From: 3, To: 2, Capacity: 10, Transit: 10})
	// What 2 still says of 1 counts again as soon as 1 is back.
	g.Apply(declare(1, one))
	if got := len(edgesOf(g, eur, 10)); got != 4 {
		t.Errorf("%d edges after the node came back, want 4", got)
	}
}

func TestDecimalsAreAnotherGraph(t *testing.T) {
	g := New()
	g.Apply(declare(1, say(2, 10, 10, 10, 0)))
	c := declare(2, say(1, 10, 10, 10, 0))
	c.Currency = eur3
	g.Apply(c)
	expect(t, g)
	want := []Stats{{Currency: eur, Nodes: 2, Declarations: 1}, {Currency: eur3, Nodes: 2, Declarations: 1}}
	if diff := cmp.Diff(want, g.Stats()); diff != "" {
		t.Error(diff)
	}
}

// Before and After are compared by friend: who is in both is changed in place,
// who is only in Before goes.
func TestApplyReplacesAPage(t *testing.T) {
	g := New()
	before := []capacity.Entry{say(2, 1, 1, 1, 0), say(3, 1, 1, 1, 0), say(5, 1, 1, 1, 0)}
	after := []capacity.Entry{say(3, 2, 2, 2, 0), say(4, 2, 2, 2, 0), say(6, 2, 2, 2, 0)}
	g.Apply(declare(1, before...))
	g.Apply(capacity.Change{Node: node(1), Currency: eur, Before: before, After: after})
	for i := 2; i <= 6; i++ {
		g.Apply(declare(i, say(1, 9, 9, 9, 0)))
	}
	var to []int
	for _, e := range edgesOf(g, eur, 10) {
		if e.From == 1 {
			to = append(to, e.To)
		}
	}
	if !slices.Equal(to, []int{3, 4, 6}) {
		t.Errorf("edges to %v, want 3, 4, 6", to)
	}
}

func TestRateOfOneSide(t *testing.T) {
	g := New()
	g.Apply(declare(1, say(2, 0, 0, 0, 7)))
	g.Read(eur, func(v View) {
		one, _ := v.Lookup(node(1))
		two, ok := v.Lookup(node(2))
		if !ok {
			t.Fatal("a node that is only spoken of is unknown")
		}
		if r, ok := v.Rate(one, two); !ok || r.Add != 7 {
			t.Errorf("rate %v, %v, want 7", r, ok)
		}
		if _, ok := v.Rate(two, one); ok {
			t.Error("a node that says nothing has a rate")
		}
		if v.Degree(one) != 1 || v.Degree(two) != 0 {
			t.Errorf("degrees %d and %d, want 1 and 0", v.Degree(one), v.Degree(two))
		}
	})
}

func TestNothingLeft(t *testing.T) {
	g := New()
	e := []capacity.Entry{say(2, 1, 1, 1, 0)}
	g.Apply(capacity.Change{Node: node(1), Currency: eur, Before: e}) // of what was never said
	g.Apply(declare(1, e...))
	g.Apply(capacity.Change{Node: node(1), Currency: eur, Before: e})
	if got := g.Stats(); len(got) != 0 {
		t.Errorf("%v left of a graph without declarations", got)
	}
	if g.Read(eur, func(View) { t.Error("read") }) {
		t.Error("there is a graph to read")
	}
}
