package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// wantUnknown expects that the payment failed without anybody's word for it.
func (w *wallet) wantUnknown() engine.PaymentRecord {
	w.t.Helper()
	r := w.want(engine.Failed, "friend_removed")
	if !r.IsUnknown() || !r.IsEnded() || !strings.Contains(r.Text, "may have been paid") {
		w.t.Fatalf("payment: %+v", r)
	}
	return r
}

// TestRemovedFriendHadAPart: whether it was paid is not known, so the invoice is
// not paid again, neither before nor after a restart.
func TestRemovedFriendHadAPart(t *testing.T) {
	w := newWallet(t, 1000, "first", "seller")
	first, seller := w.puppets[0], w.puppets[1]
	w.pay()
	w.send(w.question(), 1, first, hop(seller, 1000))
	w.must(engine.RemoveFriend{Friend: first.id, MayLose: true})
	r := w.wantUnknown()
	if part := r.Parts[0]; !part.Lost || part.Cancelled != 0 || part.Collected {
		t.Errorf("part: %+v", part)
	}
	again := w.order()
	again.Payment = ledger.PaymentID{2}
	for _, stored := range []*engine.PaymentRecord{nil, &r} {
		again.Previous = stored
		if _, err := w.do(again); err == nil || err.Reason != "payment_unknown" || !strings.Contains(err.Text, "Ask the seller") {
			t.Errorf("paid again: %v", err)
		}
		w.restart()
	}
	if _, err := w.do(again); err == nil || err.Reason != "payment_unknown" {
		t.Errorf("after a restart: %v", err)
	}
	same := again
	same.Payment = w.id
	if got := w.must(same).(engine.PaymentRecord); got.State != engine.Failed || got.ID != w.id {
		t.Errorf("the same payment is %v", got.State)
	}
	w.pass(time.Hour)
	if _, err := w.do(again); err == nil || err.Reason != "invoice_expired" {
		t.Errorf("after the invoice expired: %v", err)
	}
	if len(w.asked) != 0 || len(seller.got) != 0 {
		t.Error("something was planned or sent")
	}
}

// TestRemovedFriendHadOneOfTwoParts: the other part decides, and a cancelled one
// does not make the outcome known.
func TestRemovedFriendHadOneOfTwoParts(t *testing.T) {
	for _, collect := range []bool{false, true} {
		w := newWallet(t, 1000, "left", "right", "seller")
		left, right, seller := w.puppets[0], w.puppets[1], w.puppets[2]
		w.pay()
		a, key := w.planned(1, 400, 400, left, hop(seller, 400))
		b, _ := w.planned(2, 600, 600, right, hop(seller, 600))
		w.step(answer(w.question(), a, b))
		w.must(engine.RemoveFriend{Friend: right.id, MayLose: true})
		w.want(engine.Sending, "friend_removed")
		if collect {
			left.say(&ledger.Collect{Ordinal: 1, Key: w.key, PartKey: key})
			if r := w.want(engine.Settled, ""); r.IsUnknown() || !r.IsEnded() {
				t.Errorf("settled: %+v", r)
			}
		} else {
			left.say(&ledger.Cancel{Ordinal: 1, Reason: ledger.Expired, Reporter: seller.id})
			w.wantUnknown()
		}
		if len(w.asked) != 0 {
			t.Error("planned again")
		}
	}
}

// TestRemovedFriendHadAQueuedPart: a request that was in no entry is not lost, it
// was never made.
func TestRemovedFriendHadAQueuedPart(t *testing.T) {
	w := newWallet(t, 1000, "first", "seller")
	first, seller := w.puppets[0], w.puppets[1]
	first.fill()
	w.pay()
	w.send(w.question(), 1, first, hop(seller, 1000))
	w.must(engine.RemoveFriend{Friend: first.id, MayLose: true})
	if r := w.want(engine.Planning, ""); r.Parts[0].Lost || r.Parts[0].Cancelled != ledger.FriendOffline {
		t.Errorf("part: %+v", r.Parts[0])
	}
	key := w.send(w.question(), 2, seller)
	seller.say(&ledger.Collect{Ordinal: 1, Key: w.key, PartKey: key})
	w.want(engine.Settled, "")
}
