package engine_test

import (
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

func TestPaymentCrossesThreeFriendships(t *testing.T) {
	w := chain(t, 1, 10_000, "alice", "bob", "carol", "dave")
	bob, carol := w.node("bob"), w.node("carol")
	// 1 % + 7 at bob, 0.5 % + 3 at carol.
	bob.must(engine.SetRate{Friend: w.node("alice").id, Currency: eur, Rate: ledger.Rate{Mul: 42_949_673, Add: 7}})
	carol.must(engine.SetRate{Friend: bob.id, Currency: eur, Rate: ledger.Rate{Mul: 21_474_837, Add: 3}})
	v := w.node("dave").sell(1000)
	id := w.node("alice").buy(v, 100)
	w.run(5 * time.Second)

	r := w.wantPayment("alice", id, engine.Settled, "")
	// carol: 1000·0.5 % + 3 = 8; bob: 1008·1 % + 7 = 17.
	if r.Fee != amount(25) || r.Attempts != 1 || r.Finished.IsZero() {
		t.Errorf("fee %v after %d attempts, want 25 after 1", r.Fee, r.Attempts)
	}
	w.wantOwed("alice", "bob", -1025)
	w.wantOwed("bob", "carol", -1008)
	w.wantOwed("carol", "dave", -1000)
	sold := w.node("dave").disk.invoice(v.ID)
	if sold.State != engine.InvoicePaid || sold.Paid != amount(1000) || sold.Payment != id || sold.Note != "for bread" {
		t.Errorf("sold: %+v", sold)
	}
	w.checkRest()
}
