package friendship

import (
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
)

// TestCounterBound: cumulative counters stay below 2^120, whatever is requested.
func TestCounterBound(t *testing.T) {
	c := ledger.Currency{Name: "EUR", Decimals: 2}
	terms := &ledger.Terms{Low: ledger.NodeID{1}, High: ledger.NodeID{2}, Number: 1}
	e, err := newEpoch(0, &ledger.Opening{Terms: terms}, nil)
	if err != nil {
		t.Fatal(err)
	}
	a := e.accounts.ensure(c.Name)
	a.offers = [2]offer{{set: true, decimals: 2}, {set: true, decimals: 2}}
	a.mineThere = a.offers[0]
	most := ledger.AmountFromParts(1<<56-1, 1<<64-1) // 2^120 − 1
	for author := range ledger.Author(2) {
		room := ledger.NewAmount(5)
		e.counters(a, author)[author].Requested = sub(most, room)
		over, fits := &ledger.Request{Currency: c, Amount: ledger.NewAmount(6)}, &ledger.Request{Currency: c, Amount: room}
		if why := e.stage(author, []ledger.Op{over}); why != "counter over its bound" {
			t.Errorf("author %d: one too many: %q", author, why)
		}
		if why := e.stage(author, []ledger.Op{fits}); why != "" {
			t.Errorf("author %d: exactly the bound: %s", author, why)
		}
	}
}

func TestOpeningBalanceOfBothSides(t *testing.T) {
	most := ledger.AmountFromParts(1<<56-1, 1<<64-1)
	b, err := most.Owed()
	if err != nil {
		t.Fatal(err)
	}
	terms := &ledger.Terms{Low: ledger.NodeID{1}, High: ledger.NodeID{2}, Number: 1, Balances: []ledger.TermsBalance{
		{Currency: ledger.Currency{Name: "EUR", Decimals: 2}, Balance: b},
	}}
	for me := range ledger.Author(2) {
		e, err := newEpoch(me, &ledger.Opening{Terms: terms}, nil)
		if err != nil {
			t.Fatal(err)
		}
		a := e.accounts.find("EUR")
		// Both have collected as much as counters allow.
		for author := range a.here {
			a.here[author] = ledger.Counters{Requested: most, Collected: most}
		}
		want := b
		if me == 1 {
			want = negated(b)
		}
		if got := a.balance(me); got != want {
			t.Errorf("side %d: balance %s, want %s", me, got, want)
		}
		a.here[me].Collected = ledger.Amount{}
		if got := a.balance(me); got.Magnitude().IsCounter() == (me == 0) {
			t.Errorf("side %d: balance %s", me, got)
		}
	}
}

func TestBucket(t *testing.T) {
	b := newBucket(time.Minute, 3)
	taken := func(now time.Duration) (n int) {
		for b.take(now) {
			n++
		}
		return n
	}
	for i, step := range []struct {
		at   time.Duration
		want int
	}{{0, 3}, {time.Minute - 1, 0}, {time.Minute, 1}, {2 * time.Minute, 1}, {time.Hour, 3}, {time.Hour + 2*time.Minute, 2}} {
		if got := taken(step.at); got != step.want {
			t.Errorf("step %d: %d at %v, want %d", i, got, step.at, step.want)
		}
		if next := b.next(); next <= step.at || next > step.at+time.Minute {
			t.Errorf("step %d: next at %v", i, next)
		}
	}
}

func TestDeltaQueue(t *testing.T) {
	var d deltaQueue
	next, popped := uint64(1), uint64(0)
	for range 50 {
		for range 100 {
			d.push(delta{seq: next})
			next++
		}
		for range 90 {
			x, ok := d.pop(next)
			if !ok || x.seq != popped+1 {
				t.Fatalf("popped %d, %v after %d", x.seq, ok, popped)
			}
			popped = x.seq
		}
	}
	if _, ok := d.pop(popped); ok {
		t.Fatal("popped above the bound")
	}
	if len(d.q) > 2*ledger.EntryOpsMax {
		t.Fatalf("%d kept for %d", len(d.q), next-1-popped)
	}
	for popped+1 < next {
		x, ok := d.pop(next)
		if !ok || x.seq != popped+1 {
			t.Fatalf("popped %d, %v after %d", x.seq, ok, popped)
		}
		popped = x.seq
	}
	if len(d.q) != 0 {
		t.Fatalf("%d left", len(d.q))
	}
}
