package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// TestRandomWorlds lets random people pay one another over random routes while
// processes die and links break, and looks at the invariants of ledger.md 3.8:
// after every step what is sent on is covered, at rest all balances sum to zero,
// nothing is frozen, and every payment is atomic.
func TestRandomWorlds(t *testing.T) {
	seeds := uint64(250)
	if testing.Short() {
		seeds = 40
	}
	var sum tally
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { sum.add(randomWorld(t, seed)) })
	}
	t.Logf("%+v", sum)
	if !t.Failed() && (sum.settled < sum.payments/3 || sum.crashes < int(seeds) || sum.cuts < int(seeds) || sum.failed < 10) {
		t.Errorf("the worlds are too quiet: %+v", sum)
	}
}

type tally struct{ payments, settled, failed, crashes, cuts int }

func (t *tally) add(u tally) {
	t.payments += u.payments
	t.settled += u.settled
	t.failed += u.failed
	t.crashes += u.crashes
	t.cuts += u.cuts
}

func randomWorld(t *testing.T, seed uint64) (sum tally) {
	names := []string{"alice", "bob", "carol", "dave", "erin"}
	w := newWorld(t, seed, names...)
	if seed%2 == 1 {
		w.plan = w.planSplit
	}
	for i, a := range names { // a ring with some chords
		for j, b := range names[i+1:] {
			if j == 0 || i == 0 && b == "erin" || w.rnd.IntN(3) == 0 {
				w.befriend(a, b, eur, uint64(500+w.rnd.IntN(3000)))
			}
		}
	}
	for _, name := range names {
		for _, f := range w.node(name).eng.Friends() {
			w.node(name).must(engine.SetRate{Friend: f.Record.Friend, Currency: eur, Rate: ledger.Rate{Mul: w.rnd.Uint32N(1 << 28), Add: w.rnd.Uint64N(5)}})
		}
	}
	w.run(5 * time.Second)
	calm := true
	w.crash = func(*node, bool) bool {
		if calm || w.rnd.IntN(60) != 0 {
			return false
		}
		sum.crashes++
		return true
	}
	var invoices []*ledger.Invoice
	for range 12 {
		seller, buyer := w.node(names[w.rnd.IntN(len(names))]), w.node(names[w.rnd.IntN(len(names))])
		if seller == buyer {
			continue
		}
		calm = true // the user's commands are given to a process that lives
		w.run(0)
		if len(invoices) == 0 || w.rnd.IntN(4) != 0 {
			invoices = append(invoices, seller.sell(uint64(1+w.rnd.IntN(800))))
		}
		v := invoices[w.rnd.IntN(len(invoices))]
		if v.Seller != buyer.id {
			buyer.do(buyer.order(v, 200))
			sum.payments++
		}
		calm = false
		for range w.rnd.IntN(60) {
			w.act()
		}
		if w.rnd.IntN(3) == 0 {
			a, b := names[w.rnd.IntN(len(names))], names[w.rnd.IntN(len(names))]
			w.cut(a, b)
			sum.cuts++
			for range w.rnd.IntN(60) {
				w.act()
			}
			w.heal(a, b)
		}
		w.run(time.Duration(w.rnd.IntN(3000)) * time.Millisecond)
	}
	calm = true
	w.run(5 * time.Minute)
	w.checkRest()
	for _, name := range names {
		for _, b := range w.node(name).disk.payments {
			switch decode[engine.PaymentRecord](w.node(name).disk, b).State {
			case engine.Settled:
				sum.settled++
			case engine.Failed:
				sum.failed++
			}
		}
	}
	return sum
}

// TestSameSeedSameWorld: the engine is a function of its inputs. Nothing that a
// map orders may reach its effects.
func TestSameSeedSameWorld(t *testing.T) {
	trace := func() string {
		w := chain(t, 11, 10_000, "alice", "bob", "carol", "dave")
		var ids []ledger.PaymentID
		for range 5 {
			ids = append(ids, w.node("alice").buy(w.node("dave").sell(100), 0))
		}
		w.run(time.Minute)
		out := fmt.Sprint(w.boundaries)
		for _, id := range ids {
			out += fmt.Sprintf(" %+v", w.node("alice").disk.payment(id).Finished)
		}
		for _, name := range w.names {
			out += fmt.Sprintf(" %d", len(w.node(name).events))
		}
		return out
	}
	if a, b := trace(), trace(); a != b {
		t.Errorf("two runs of one seed differ:\n%s\n%s", a, b)
	}
}
