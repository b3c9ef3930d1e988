package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

func (r *rig) wantNoWriteOff(a engine.WriteOff, code engine.Code, reason, says string) {
	r.t.Helper()
	if _, err := r.do(a); err == nil || err.Code != code || err.Reason != reason || !strings.Contains(err.Text, says) {
		r.t.Errorf("writing off: %+v, want %s with %q", err, reason, says)
	}
}

// TestWriteOffAForward: the user gives back what was sent to it, and bears it
// when the next friend collects after all.
func TestWriteOffAForward(t *testing.T) {
	r := newRig(t, "up", "down", "other")
	up, down, other := r.puppets[0], r.puppets[1], r.puppets[2]
	req, k := up.request(100, hop(down, 90))
	up.say(req)
	off := engine.WriteOff{Friend: down.id, PartLock: req.PartLock}
	r.wantNoWriteOff(off, engine.Precondition, "may_lose", "0.90 EUR")
	r.wantNoWriteOff(engine.WriteOff{Friend: up.id, PartLock: req.PartLock, MayLose: true}, engine.NotFound, "not_pending", "")
	r.wantNoWriteOff(engine.WriteOff{Friend: other.id, PartLock: req.PartLock, MayLose: true}, engine.NotFound, "not_pending", "")
	r.wantNoWriteOff(engine.WriteOff{Friend: down.id, PartLock: ledger.Lock{1}, MayLose: true}, engine.NotFound, "not_pending", "")
	r.wantNoWriteOff(engine.WriteOff{Friend: ledger.NodeID{1}, MayLose: true}, engine.NotFound, "unknown_friend", "")
	if len(up.ended) != 0 {
		t.Fatal("a refusal gave the request back")
	}
	off.MayLose = true
	r.must(off)
	up.wantCancel(ledger.FriendOffline, r.id)
	r.wantRows(0, 0)
	r.wantNoWriteOff(off, engine.NotFound, "not_pending", "")
	if c := r.capacity(down); c.CanSend != amount(9_910) {
		t.Errorf("the credit is free while the friend may collect: %+v", c)
	}
	again := *req
	up.say(&again) // one that is pending there is not sent twice
	up.wantCancel(ledger.DuplicateLock, r.id)
	r.restart()
	up.connect()
	down.connect()
	down.say(collect(down.now(req.PartLock), k))
	if len(up.ended) != 2 || r.balance(down) != ledger.NewBalance(-90) || r.balance(up).Sign() != 0 || len(r.eng.Income()) != 0 {
		t.Errorf("balances %v and %v", r.balance(up), r.balance(down))
	}
	r.wantRows(0, 0)
}

// TestWriteOffWaiting: what is in no entry yet cannot be collected, and ends by
// itself.
func TestWriteOffWaiting(t *testing.T) {
	r := newRig(t, "up", "down")
	up, down := r.puppets[0], r.puppets[1]
	down.fill()
	req, _ := up.request(100, hop(down, 90))
	up.say(req)
	r.wantNoWriteOff(engine.WriteOff{Friend: down.id, PartLock: req.PartLock, MayLose: true}, engine.NotFound, "not_pending", "")
}

// TestWriteOffAPart: the payment fails without proof that it did, and is not paid
// again.
func TestWriteOffAPart(t *testing.T) {
	w := newWallet(t, 500, "first", "second", "seller")
	first, second, seller := w.puppets[0], w.puppets[1], w.puppets[2]
	w.pay()
	a, _ := w.planned(1, 300, 300, first, hop(seller, 300))
	b, _ := w.planned(2, 200, 200, second, hop(seller, 200))
	w.step(answer(w.question(), a, b))
	off := engine.WriteOff{Friend: first.id, PartLock: a.PartLock}
	w.wantNoWriteOff(off, engine.Precondition, "may_lose", "3.00 EUR")
	w.wantNoWriteOff(engine.WriteOff{Friend: second.id, PartLock: a.PartLock, MayLose: true}, engine.NotFound, "not_pending", "")
	off.MayLose = true
	w.must(off)
	if r := w.want(engine.Sending, "written_off"); !r.Parts[0].Lost || r.Parts[1].Lost {
		t.Errorf("parts: %+v", r.Parts)
	}
	second.say(&ledger.Cancel{Ordinal: 1, Reason: ledger.NoRoute, Reporter: second.id})
	if r := w.want(engine.Failed, "written_off"); !r.IsUnknown() || !r.IsEnded() {
		t.Errorf("payment: %+v", r)
	}
	again := w.order()
	again.Payment = ledger.PaymentID{77}
	if _, err := w.do(again); err == nil || err.Reason != "payment_unknown" {
		t.Errorf("a second payment: %+v", err)
	}
	w.pass(time.Minute)
	if len(w.asked) != 0 {
		t.Error("a part that is lost was planned again")
	}
}

// TestPendingOf shows what a friend has frozen, in the order in which it came.
func TestPendingOf(t *testing.T) {
	w := newWallet(t, 500, "up", "seller")
	up, seller := w.puppets[0], w.puppets[1]
	a, _ := up.request(100, hop(seller, 90))
	b, _ := up.request(70, hop(seller, 60))
	b.Hold = 3600
	up.say(a, b)
	up.say(&ledger.Withdraw{Ordinal: up.sent(b).Ordinal})
	w.pay()
	part, _ := w.planned(1, 500, 500, seller)
	w.step(answer(w.question(), part))
	back, _ := seller.request(30, hop(up, 20))
	seller.say(back)
	want := []engine.PendingView{
		{PartLock: a.PartLock, Currency: eur, Amount: amount(90), Hold: time.Minute, Outgoing: true},
		{PartLock: b.PartLock, Currency: eur, Amount: amount(60), Hold: time.Hour, Outgoing: true, Withdrawn: true},
		{PartLock: part.PartLock, Currency: eur, Amount: amount(500), Hold: time.Minute, Outgoing: true, Own: true},
		{PartLock: back.PartLock, Currency: eur, Amount: amount(30), Hold: time.Minute},
	}
	if d := cmp.Diff(want, w.eng.PendingOf(seller.id), sameAmount); d != "" {
		t.Errorf("pending (-want +got):\n%s", d)
	}
	if w.eng.PendingOf(ledger.NodeID{1}) != nil {
		t.Error("a stranger has requests")
	}
}
