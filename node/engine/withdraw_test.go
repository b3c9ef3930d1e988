package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// withdraws are the requests of the engine that it has asked the puppet for.
func (p *puppet) withdraws() (n int) {
	for q := range p.book.AllPending(p.book.Me().Other()) {
		if q.Withdrawn {
			n++
		}
	}
	return n
}

// TestWithdraw: the user gives up; the parts that are out are asked back, and the
// payment has failed when all of them are.
func TestWithdraw(t *testing.T) {
	for _, restart := range []bool{false, true} {
		testWithdraw(t, restart)
	}
}

func testWithdraw(t *testing.T, restart bool) {
	t.Helper()
	w := newWallet(t, 500, "first", "second", "seller")
	first, second, seller := w.puppets[0], w.puppets[1], w.puppets[2]
	w.pay()
	a, _ := w.planned(1, 300, 300, first, hop(seller, 300))
	b, _ := w.planned(2, 200, 200, second, hop(seller, 200))
	w.step(answer(w.question(), a, b))
	second.hangUp()
	w.must(engine.Withdraw{Payment: w.id})
	w.want(engine.Sending, "withdrawn")
	if first.withdraws() != 1 {
		t.Error("the part is not asked back")
	}
	w.must(engine.Withdraw{Payment: w.id}) // again: said once
	w.pass(time.Minute)
	if restart {
		w.restart()
	}
	second.connect()
	if second.withdraws() != 1 {
		t.Error("what was away is not asked back when it returns")
	}
	if restart {
		first.connect()
	}
	first.say(&ledger.Cancel{Ordinal: 1, Reason: ledger.Withdrawn, Reporter: seller.id})
	w.want(engine.Sending, "withdrawn")
	second.say(&ledger.Cancel{Ordinal: 1, Reason: ledger.Withdrawn, Reporter: seller.id})
	if r := w.want(engine.Failed, "withdrawn"); r.Text == "" || !r.IsEnded() || r.IsUnknown() {
		t.Errorf("payment: %+v", r)
	}
	if len(w.asked) != 0 {
		t.Error("a part was planned again")
	}
	if _, err := w.do(engine.Withdraw{Payment: w.id}); err == nil || err.Reason != "unknown_payment" {
		t.Errorf("withdrawn again: %+v", err)
	}
}

// TestWithdrawTooLate: what the seller takes all the same settles the payment.
func TestWithdrawTooLate(t *testing.T) {
	w := newWallet(t, 500, "first", "seller")
	first, seller := w.puppets[0], w.puppets[1]
	w.pay()
	a, key := w.planned(1, 300, 300, first, hop(seller, 300))
	b, _ := w.planned(2, 200, 200, first, hop(seller, 200))
	w.step(answer(w.question(), a, b))
	w.must(engine.Withdraw{Payment: w.id})
	first.say(&ledger.Collect{Ordinal: 1, Key: w.key, PartKey: key})
	if r := w.want(engine.Settled, ""); r.Receipt() == nil {
		t.Error("no receipt")
	}
	if _, err := w.do(engine.Withdraw{Payment: w.id}); err == nil || err.Reason != "payment_settled" {
		t.Errorf("a settled payment: %+v", err)
	}
}

// TestWithdrawBeforeSending: what is asked for, or waits for its entry, is not
// sent any more.
func TestWithdrawBeforeSending(t *testing.T) {
	w := newWallet(t, 500, "first", "seller")
	first, seller := w.puppets[0], w.puppets[1]
	w.pay()
	q := w.question()
	w.must(engine.Withdraw{Payment: w.id})
	w.want(engine.Failed, "withdrawn")
	a, _ := w.planned(1, 500, 500, first, hop(seller, 500))
	w.step(answer(q, a))

	w.id[0]++
	w.pay()
	first.fill()
	w.step(answer(w.question(), a))
	w.want(engine.Sending, "")
	w.must(engine.Withdraw{Payment: w.id})
	if r := w.want(engine.Failed, "withdrawn"); r.Parts[0].Cancelled != ledger.Withdrawn {
		t.Errorf("part: %+v", r.Parts[0])
	}
	first.hear()
	w.pass(5 * time.Second)
	if len(first.got) != 0 {
		t.Error("a part that was withdrawn was sent")
	}
}

// TestOthersWithdraw: a part comes back as withdrawn that this node has not asked
// for. Somebody on its way has, so it goes another way.
func TestOthersWithdraw(t *testing.T) {
	w := newWallet(t, 1000, "first", "seller")
	first, seller := w.puppets[0], w.puppets[1]
	w.pay()
	w.send(w.question(), 1, seller)
	w.refuse(seller, ledger.Withdrawn, seller.id)
	key := w.send(w.question(), 2, first, hop(seller, 1000))
	first.say(&ledger.Collect{Ordinal: 1, Key: w.key, PartKey: key})
	w.want(engine.Settled, "")
}

// TestMediatorPassesWithdrawOn once, and waits for what the next friend says.
func TestMediatorPassesWithdrawOn(t *testing.T) {
	for _, restart := range []bool{false, true} {
		r := newRig(t, "up", "down")
		up, down := r.puppets[0], r.puppets[1]
		req, k := up.request(100, hop(down, 90))
		up.say(req)
		row := up.sent(req)
		down.hangUp()
		up.say(&ledger.Withdraw{Ordinal: row.Ordinal})
		r.pass(time.Hour)
		if len(up.ended) != 0 {
			t.Fatal("advice resolved a request")
		}
		if restart {
			r.restart()
			up.connect()
		}
		down.connect()
		if down.withdraws() != 1 {
			t.Fatal("the advice was not passed on")
		}
		down.say(collect(down.now(req.PartLock), k)) // too late
		up.wantCollect()
	}
}

// TestWithdrawWhatWaits: a request that is in no entry yet is given back at once.
func TestWithdrawWhatWaits(t *testing.T) {
	r := newRig(t, "up", "down")
	up, down := r.puppets[0], r.puppets[1]
	down.fill()
	req, _ := up.request(100, hop(down, 90))
	up.say(req)
	up.say(&ledger.Withdraw{Ordinal: up.sent(req).Ordinal})
	up.wantCancel(ledger.Withdrawn, r.id)
	down.hear()
	if len(down.got) != 0 {
		t.Error("it was sent on")
	}
}

// TestSellerObeys: a part that is asked back is given back; the others of its
// payment wait on, for one that replaces it.
func TestSellerObeys(t *testing.T) {
	s := newShop(t, 1000, "left", "right")
	left, right := s.puppets[0], s.puppets[1]
	a, _ := s.part(left, 1, 1000, 400)
	b, _ := s.part(right, 1, 1000, 500)
	left.say(a)
	right.say(b)
	left.say(&ledger.Withdraw{Ordinal: left.sent(a).Ordinal})
	left.wantCancel(ledger.Withdrawn, s.id)
	if len(right.ended) != 0 {
		t.Fatal("another part was given back")
	}
	c, _ := s.part(right, 1, 1000, 100)
	right.say(c)
	if s.state().State != engine.InvoiceOpen {
		t.Fatal("a part that was given back counts as arrived")
	}
	d, _ := s.part(left, 1, 1000, 400)
	left.say(d)
	left.wantCollect()
	if v := s.state(); v.Paid != amount(1000) {
		t.Errorf("received %v", v.Paid)
	}
}

// TestWithdrawAfterRestart: the seller obeys before anybody has opened the part
// again.
func TestWithdrawAfterRestart(t *testing.T) {
	s := newShop(t, 1000, "left")
	left := s.puppets[0]
	a, _ := s.part(left, 1, 1000, 400)
	left.say(a)
	s.restart()
	left.connect()
	left.say(&ledger.Withdraw{Ordinal: left.sent(a).Ordinal})
	left.wantCancel(ledger.Withdrawn, s.id)
	s.answerOpen()
	if len(left.ended) != 1 {
		t.Error("decided twice")
	}
}

// TestWithdrawInANewEpoch: what was asked back stays asked back, said once in
// each epoch.
func TestWithdrawInANewEpoch(t *testing.T) {
	r := newRig(t, "up", "down")
	up, down := r.puppets[0], r.puppets[1]
	req, _ := up.request(100, hop(down, 90))
	up.say(req)
	up.say(&ledger.Withdraw{Ordinal: up.sent(req).Ordinal})
	down.makeUp(0, down.now(req.PartLock))
	if down.withdraws() != 1 {
		t.Error("the new epoch has forgotten it")
	}
	up.makeUp(0, up.sent(req))
	up.say(&ledger.Withdraw{Ordinal: up.sent(req).Ordinal})
	down.say(&ledger.Cancel{Ordinal: 1, Reason: ledger.Withdrawn, Reporter: down.id})
	up.wantCancel(ledger.Withdrawn, down.id)
}

// TestWithdrawMidPayment gives a payment up at each of its moments: it fails or
// settles, whole, and nothing stays frozen.
func TestWithdrawMidPayment(t *testing.T) {
	ends := map[engine.PaymentState]int{}
	for at := range 60 {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			w := chain(t, uint64(at%7), 10_000, "alice", "bob", "carol", "dave")
			v := w.node("dave").sell(1000)
			id := w.node("alice").buy(v, 0)
			for range at {
				w.act()
			}
			_, _ = w.node("alice").do(engine.Withdraw{Payment: id})
			w.run(30 * time.Second)
			ends[w.node("alice").disk.payment(id).State]++
			w.checkRest()
			w.checkWorth()
		})
	}
	if ends[engine.Failed] == 0 || ends[engine.Settled] == 0 || len(ends) != 2 {
		t.Errorf("ends: %v", ends)
	}
}
