package engine_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// TestIncome counts what was collected on both sides, and nothing else; it is in
// the batch of the Collect and outlives restarts and friends.
func TestIncome(t *testing.T) {
	r := newRig(t, "up", "down", "last")
	up, down, last := r.puppets[0], r.puppets[1], r.puppets[2]
	forward := func(from, to *puppet, in, out uint64) (*ledger.Request, keys) {
		req, k := from.request(in, hop(to, out))
		from.say(req)
		return req, k
	}
	a, k := forward(up, down, 100, 90)
	if len(r.eng.Income()) != 0 {
		t.Error("a pending request is income")
	}
	b, _ := forward(up, down, 1_000, 900)
	down.say(collect(down.now(a.PartLock), k), &ledger.Cancel{Ordinal: down.now(b.PartLock).Ordinal, Reason: ledger.NoRoute, Reporter: down.id})
	first := r.wall()
	a, k = forward(up, last, 57, 50)
	last.say(collect(last.now(a.PartLock), k))
	a, k = forward(last, up, 20, 20)
	r.pass(time.Minute)
	up.say(collect(up.now(a.PartLock), k))
	want := []engine.IncomeRecord{
		{From: up.id, Currency: eur, Count: 2, Forwarded: amount(140), Earned: amount(17), Last: first},
		{From: last.id, Currency: eur, Count: 1, Forwarded: amount(20), Last: r.wall()},
	}
	if last.id.Less(up.id) {
		want[0], want[1] = want[1], want[0]
	}
	if d := cmp.Diff(want, r.eng.Income(), sameAmount); d != "" {
		t.Errorf("income (-want +got):\n%s", d)
	}
	r.must(engine.RemoveFriend{Friend: up.id, MayLose: true})
	r.restart()
	if d := cmp.Diff(want, r.eng.Income(), sameAmount); d != "" {
		t.Errorf("after a restart:\n%s", d)
	}
}

// TestMayPay says what Pay would.
func TestMayPay(t *testing.T) {
	w := newWallet(t, 100, "seller")
	if err := w.eng.MayPay(w.invoice, w.wall()); err != nil {
		t.Errorf("in order: %v", err)
	}
	tests := map[string]func(v *ledger.Invoice){
		"invoice_invalid":      func(v *ledger.Invoice) { v.Expires = v.Created - 1 },
		"own_invoice":          func(v *ledger.Invoice) { v.Seller = w.rig.id },
		"amount_zero":          func(v *ledger.Invoice) { v.Amount = amount(0) },
		"reserved_unsupported": func(v *ledger.Invoice) { v.Reserved = 60 },
		"invoice_expired":      func(v *ledger.Invoice) { v.Created, v.Expires = 1, 2 },
		"currency_decimals":    func(v *ledger.Invoice) { v.Currency.Decimals++ },
		"currency_unknown":     func(v *ledger.Invoice) { v.Currency.Name = "USD" },
	}
	for reason, change := range tests {
		v := *w.invoice
		change(&v)
		if err := w.eng.MayPay(&v, w.wall()); err == nil || err.Reason != reason {
			t.Errorf("%s: %+v", reason, err)
		}
		order := w.order()
		order.Invoice = &v
		if _, err := w.do(order); err == nil || err.Reason != reason {
			t.Errorf("%s: Pay says %+v", reason, err)
		}
	}
	if err := w.eng.MayPay(nil, w.wall()); err == nil || err.Reason != "invoice_missing" {
		t.Errorf("nothing: %+v", err)
	}
	seller := w.puppets[0]
	w.step(engine.FrameArrived{Friend: seller.id, Link: seller.link, Frame: seller.proof()})
	if err := w.eng.MayPay(w.invoice, w.wall()); err == nil || err.Reason != "recovering" {
		t.Errorf("recovering: %+v", err)
	}
}
