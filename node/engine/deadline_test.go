package engine_test

import (
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// askedAgain is a wallet that has one part out over left and waits for the
// planner's word on the other one.
func askedAgain(t *testing.T) (*wallet, *engine.PlanQuestion, ledger.Key) {
	t.Helper()
	w := newWallet(t, 1000, "left", "right", "seller")
	left, right, seller := w.puppets[0], w.puppets[1], w.puppets[2]
	w.pay()
	a, ka := w.planned(1, 400, 400, left, hop(seller, 400))
	b, _ := w.planned(2, 600, 600, right, hop(seller, 600))
	w.step(answer(w.question(), a, b))
	right.say(&ledger.Cancel{Ordinal: 1, Reason: ledger.Quota, Reporter: right.id})
	return w, w.question(), ka
}

// TestLostPlanAnswer: a payment whose question is never answered ends once its
// parts are resolved, and an answer after that is ignored.
func TestLostPlanAnswer(t *testing.T) {
	for _, collect := range []bool{false, true} {
		w, q, key := askedAgain(t)
		left, seller := w.puppets[0], w.puppets[2]
		w.pass(31 * time.Second)
		w.want(engine.Sending, "quota")
		late, _ := w.planned(3, 600, 600, left, hop(seller, 600))
		w.step(answer(q, late))
		if len(left.got) != 1 {
			t.Fatal("a plan that came too late was sent")
		}
		if collect {
			left.say(&ledger.Collect{Ordinal: 1, Key: w.key, PartKey: key})
			w.want(engine.Settled, "")
		} else {
			left.say(&ledger.Cancel{Ordinal: 1, Reason: ledger.Expired, Reporter: seller.id})
			w.want(engine.Failed, "quota")
		}
		if len(w.eng.Payments()) != 0 || len(w.asked) != 0 {
			t.Error("the payment goes on")
		}
	}
}

// TestLostAnswerAfterAClockJump: the wall clock was ahead when the deadline was
// looked at, and right again when the question was asked.
func TestLostAnswerAfterAClockJump(t *testing.T) {
	w := newWallet(t, 1000, "first", "seller")
	first, seller := w.puppets[0], w.puppets[1]
	w.pay()
	part, _ := w.planned(1, 1000, 1000, first, hop(seller, 1000))
	w.step(answer(w.question(), part))
	w.ahead = time.Hour
	w.pass(40 * time.Second)
	w.ahead = -30 * time.Second
	first.say(&ledger.Cancel{Ordinal: 1, Reason: ledger.Quota, Reporter: first.id})
	w.question()
	w.pass(time.Minute)
	w.want(engine.Failed, "quota")
}
