package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// forge puts an illegal entry in place of one that is on its way, signed by the
// sender as if its disk or its memory were broken. It returns false when that
// wire carries no entry that can be told to be illegal.
func (w *world) forge(d [2]string) bool {
	wi := w.wires[d]
	if wi == nil {
		return false
	}
	for i, fr := range wi.frames {
		e, ok := fr.(*ledger.SignedEntry)
		if !ok {
			continue
		}
		n, err := ledger.DecodeEntry(e.Body)
		if err != nil || len(n.Totals) == 0 {
			continue
		}
		author := n.Author
		n.Totals[0].Logs[author].Requested, _ = n.Totals[0].Logs[author].Requested.Add(amount(1))
		w.broken = true
		wi.frames[i] = w.node(d[0]).sign(&ledger.SignedEntry{Body: n.Encode()})
		return true
	}
	return false
}

// TestMakingUp: ledgers break at random moments of many payments, with requests
// of both directions open on both sides of mediators, and processes die. Both
// friends make up by themselves, because nobody's terms cost anybody anything,
// and nothing is lost, frozen or paid by half.
func TestMakingUp(t *testing.T) {
	seeds, forged, settled := uint64(120), 0, 0
	if testing.Short() {
		seeds = 30
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			names := []string{"alice", "bob", "carol", "dave"}
			w := chain(t, seed, 10_000, names...)
			calm, crashes := true, seed%3 == 2
			w.crash = func(*node, bool) bool { return crashes && !calm && w.rnd.IntN(80) == 0 }
			type order struct {
				name string
				id   ledger.PaymentID
			}
			var orders []order
			for round := range 4 {
				calm = true
				w.run(0)
				for _, p := range [][2]string{{"alice", "dave"}, {"dave", "alice"}, {"bob", "dave"}, {"carol", "alice"}} {
					if w.node(p[0]).eng != nil && w.node(p[1]).eng != nil {
						v := w.node(p[1]).sell(uint64(100 + round))
						orders = append(orders, order{p[0], w.node(p[0]).buy(v, 0)})
					}
				}
				calm = false
				for broken := false; !broken && w.act(); {
					i := w.rnd.IntN(len(names) - 1)
					d := [2]string{names[i], names[i+1]}
					if w.rnd.IntN(2) == 0 {
						d[0], d[1] = d[1], d[0]
					}
					if broken = w.rnd.IntN(8) == 0 && w.forge(d); broken {
						forged++
					}
				}
				w.run(time.Duration(w.rnd.IntN(8_000)) * time.Millisecond)
			}
			calm = true
			w.run(10 * time.Minute)
			for _, name := range names {
				for _, f := range w.node(name).eng.Friends() {
					if !f.Ready || f.Evidence != nil || f.Disagreement != nil {
						t.Errorf("%s and %s have not made up: %s", name, f.Record.Name, f.Status)
					}
				}
			}
			for _, o := range orders {
				if r := w.node(o.name).disk.payment(o.id); r.State == engine.Settled {
					settled++
				}
			}
			w.checkRest()
			w.checkWorth()
		})
	}
	t.Logf("%d ledgers broken, %d payments settled", forged, settled)
	if !t.Failed() && (forged < int(seeds) || settled < 4*int(seeds)) {
		t.Errorf("too quiet: %d ledgers broken, %d payments settled", forged, settled)
	}
}

// checkWorth: at rest, and without fees, a node is worth what it sold less what
// it bought: mediators have neither lost nor gained.
func (w *world) checkWorth() {
	w.t.Helper()
	for _, name := range w.names {
		var want ledger.Balance
		n := w.node(name)
		for _, b := range n.disk.invoices {
			want, _ = want.Plus(decode[engine.InvoiceRecord](n.disk, b).Paid)
		}
		for _, b := range n.disk.payments {
			if r := decode[engine.PaymentRecord](n.disk, b); r.State == engine.Settled {
				want, _ = want.Minus(r.Invoice.Amount)
			}
		}
		if got := n.worth(); got != want {
			w.t.Errorf("%s is worth %v, it has sold and bought for %v", name, got, want)
		}
	}
}
