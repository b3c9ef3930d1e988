package market

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/offset-p2p/offset/gossip/route"
	"github.com/offset-p2p/offset/indexd/client"
	"github.com/offset-p2p/offset/indexd/protocol"
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/seal"
)

var amounts = cmp.AllowUnexported(ledger.Amount{})

// opened checks a part as the seller does, and returns what is inside.
func opened(t *testing.T, q Question, p Part) *ledger.Part {
	t.Helper()
	got, err := seal.NewKeys(shop).OpenPart(q.Invoice.Lock, p.PartLock, p.Sealed)
	if err != nil {
		t.Fatalf("the seller cannot open its part: %v", err)
	}
	if got.Payment != q.Payment || got.Total != q.Total || got.Amount != p.Share || got.Note != q.Note ||
		got.Invoice != q.Invoice.ID || got.InvoiceAmount != q.Invoice.Amount || got.Currency != eur || got.Expires != q.Invoice.Expires {
		t.Errorf("sealed %+v", got)
	}
	// The buyer finds the key again from what its friend still holds.
	salt, ok := seal.SaltOf(p.Sealed)
	if !ok || seal.NewKeys(me).PartKey(q.Invoice.Lock, salt).Lock() != p.PartLock {
		t.Error("the part's key does not come out of the buyer's identity")
	}
	return got
}

func TestDirectFriendNeedsNoServer(t *testing.T) {
	m, f := newFake(&memory{})
	f.err = client.ErrUnreachable
	q := question(edge(anna, eur, 5000), edge(seller, eur, 100))
	parts, failure := m.Plan(t.Context(), q)
	if failure != nil || len(parts) != 1 {
		t.Fatalf("%d parts, %+v", len(parts), failure)
	}
	want := Part{Friend: seller, Amount: amount(100), Share: amount(100), Path: ledger.NewPath(), PartLock: parts[0].PartLock, Sealed: parts[0].Sealed}
	if diff := cmp.Diff(want, parts[0], amounts); diff != "" {
		t.Errorf("part (-want +got):\n%s", diff)
	}
	if in := opened(t, q, parts[0]); in.PartKey == nil {
		t.Error("an express part without its key")
	}
	if f.asked() != nil {
		t.Error("a server was told of a payment between friends")
	}
	again, _ := m.Plan(t.Context(), q)
	if again[0].PartLock == parts[0].PartLock {
		t.Error("a part key was used twice")
	}
}

func TestRouteBecomesAPart(t *testing.T) {
	m, f := newFake(&memory{})
	r := route.Route{
		Hops:  []ledger.Hop{{Node: anna, Amount: amount(107)}, {Node: bert, Amount: amount(103)}, {Node: seller, Amount: amount(100)}},
		Share: amount(100), Fee: amount(7),
	}
	f.answers = []route.Answer{{Kind: route.KindSingle, Routes: []route.Route{r}}}
	q := question(edge(bert, eur, 90), edge(anna, eur, 107), edge(anna, usd, 10_000), edge(seller, eur, 99))
	q.Invoice = invoice(3600)
	q.Exclude = []route.EdgeKey{{From: self, To: bert}, {From: bert, To: anna}}
	q.MaxParts = 40
	parts, failure := m.Plan(t.Context(), q)
	if failure != nil || len(parts) != 1 {
		t.Fatalf("%d parts, %+v", len(parts), failure)
	}
	p := parts[0]
	if p.Friend != anna || p.Amount != amount(107) || p.Share != amount(100) {
		t.Errorf("part %+v", p)
	}
	if err := p.Path.Validate(self, anna); err != nil || !p.Path.Equal(ledger.NewPath(r.Hops[1:]...)) {
		t.Errorf("path %+v: %v", p.Path, err)
	}
	if in := opened(t, q, p); in.PartKey != nil {
		t.Error("a reserved part gives its key away")
	}
	want := &route.Query{
		Currency: eur, Amount: amount(100), Source: self, Destination: seller,
		FirstHops:    []route.FirstHop{{Friend: anna, CanSend: amount(107)}, {Friend: seller, CanSend: amount(99)}},
		ExcludeEdges: q.Exclude, MaxFee: amount(10), MaxHops: route.HopsMax, MaxRoutes: route.RoutesMax,
	}
	if diff := cmp.Diff(want, f.asked(), amounts); diff != "" {
		t.Errorf("query (-want +got):\n%s", diff)
	}
}

// An answer that does not fit through the node's own edges is passed over.
func TestAnswersMustFitTheFirstHops(t *testing.T) {
	via := func(friend ledger.NodeID, share uint64) route.Route {
		return route.Route{Hops: []ledger.Hop{{Node: friend, Amount: amount(share)}, {Node: seller, Amount: amount(share)}}, Share: amount(share)}
	}
	for name, tc := range map[string]struct {
		answers [][]route.Route
		want    int // parts; 0: a failure
	}{
		"unknown friend":  {[][]route.Route{{via(ledger.NodeID{99}, 100)}}, 0},
		"too much":        {[][]route.Route{{via(anna, 100)}}, 0},
		"twice too much":  {[][]route.Route{{via(anna, 50), via(anna, 50)}}, 0},
		"split":           {[][]route.Route{{via(anna, 40), via(bert, 60)}}, 2},
		"second one fits": {[][]route.Route{{via(anna, 100)}, {via(anna, 40), via(bert, 60)}}, 2},
		"nothing at all":  {nil, 0},
	} {
		m, f := newFake(&memory{})
		for _, routes := range tc.answers {
			f.answers = append(f.answers, route.Answer{Routes: routes})
		}
		q := question(edge(anna, eur, 60), edge(bert, eur, 60))
		q.MaxParts = 2
		parts, failure := m.Plan(t.Context(), q)
		if len(parts) != tc.want || (failure == nil) != (tc.want > 0) {
			t.Errorf("%s: %d parts, %+v", name, len(parts), failure)
		}
		locks := map[ledger.Lock]bool{}
		for _, p := range parts {
			opened(t, q, p)
			locks[p.PartLock] = true
		}
		if len(locks) != len(parts) {
			t.Errorf("%s: parts share a lock", name)
		}
	}
}

func TestFailuresSayWhatToDo(t *testing.T) {
	rich := []Capacity{edge(anna, eur, 5000)}
	no := func(r route.Reason, largest uint64) error {
		return &route.NoRouteError{Reason: r, Largest: amount(largest)}
	}
	for name, tc := range map[string]struct {
		hops   []Capacity
		err    error
		reason string
		text   string
		asked  bool
	}{
		"no friend":      {nil, nil, ReasonCapacityNearSource, "0.00 EUR at most", false},
		"poor":           {[]Capacity{edge(anna, eur, 60), edge(bert, eur, 39), edge(bert, usd, 999)}, nil, ReasonCapacityNearSource, "0.99 EUR at most", false},
		"no path":        {rich, no(route.ReasonNoPath, 0), ReasonNoRoute, "no chain of friends", true},
		"budget":         {rich, no(route.ReasonBudget, 0), ReasonNoRoute, "try again", true},
		"source":         {rich, no(route.ReasonCapacitySource, 42), ReasonCapacityNearSource, "0.42 EUR would find a route", true},
		"destination":    {rich, no(route.ReasonCapacityDestination, 0), ReasonCapacityNearDestination, "cannot receive", true},
		"fee":            {rich, no(route.ReasonFeeCap, 0), ReasonFeeCap, "allow a higher fee", true},
		"nobody":         {rich, errors.Join(client.ErrUnreachable), ReasonNoIndexServer, "add one", true},
		"refused":        {rich, &client.RefusedError{Reason: protocol.QueryPace}, ReasonNoIndexServer, "try again in a minute", true},
		"time":           {rich, context.DeadlineExceeded, ReasonNoIndexServer, "try again", true},
		"reason of 2099": {rich, no(200, 0), ReasonNoRoute, "no chain of friends", true},
	} {
		m, f := newFake(&memory{})
		f.err = tc.err
		parts, failure := m.Plan(t.Context(), question(tc.hops...))
		if parts != nil || failure == nil || failure.Reason != tc.reason || !strings.Contains(failure.Text, tc.text) {
			t.Errorf("%s: %d parts, %+v", name, len(parts), failure)
		}
		if (f.asked() != nil) != tc.asked {
			t.Errorf("%s: a server was asked: %v", name, f.asked() != nil)
		}
		var none *route.NoRouteError
		if errors.As(tc.err, &none) && failure != nil && failure.Largest != none.Largest {
			t.Errorf("%s: largest %v", name, failure.Largest)
		}
	}
}

func TestInvoicesThatCannotBePaid(t *testing.T) {
	m, _ := newFake(&memory{})
	own := question(edge(anna, eur, 5000))
	v := *own.Invoice
	v.Seller = self
	own.Invoice = &v
	if _, failure := m.Plan(t.Context(), own); failure == nil || failure.Reason != ReasonNoRoute {
		t.Errorf("its own invoice: %+v", failure)
	}
	bad := question(edge(seller, eur, 5000))
	w := *bad.Invoice
	w.SealKey = [32]byte{}
	bad.Invoice = &w
	if _, failure := m.Plan(t.Context(), bad); failure == nil || failure.Reason != ReasonInvoice {
		t.Errorf("an invoice with a bad seal key: %+v", failure)
	}
}

func TestManyHopsHintsAndExclusionsAreCut(t *testing.T) {
	m, f := newFake(&memory{})
	q := question()
	for i := range route.FirstHopsMax + 10 {
		q.FirstHops = append(q.FirstHops, edge(ledger.NodeID{9, byte(i), byte(i >> 8)}, eur, uint64(i+1)))
	}
	for i := range route.ExcludesMax + 3 {
		q.Exclude = append(q.Exclude, route.EdgeKey{From: anna, To: ledger.NodeID{8, byte(i)}})
	}
	v := *q.Invoice
	v.Hints = []ledger.Hint{{Friend: seller, Receivable: amount(5)}, {}, {Friend: bert, Receivable: amount(5)}}
	q.Invoice = &v
	if _, failure := m.Plan(t.Context(), q); failure == nil {
		t.Fatal("a plan out of nothing")
	}
	got := f.asked()
	if got == nil || len(got.FirstHops) != route.FirstHopsMax || got.FirstHops[0].CanSend != amount(route.FirstHopsMax+10) {
		t.Fatalf("first hops of the query: %+v", got)
	}
	if len(got.ExcludeEdges) != route.ExcludesMax || got.ExcludeEdges[0] != q.Exclude[3] {
		t.Error("the newest exclusions do not count")
	}
	if len(got.Hints) != 1 || got.Hints[0].Friend != bert {
		t.Errorf("hints %+v", got.Hints)
	}
}
