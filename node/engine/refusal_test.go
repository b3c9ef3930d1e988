package engine_test

import (
	"testing"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// ofInvoice are the reasons that end a payment when the seller gives them.
var ofInvoice = []ledger.Reason{
	ledger.UnknownInvoice, ledger.AlreadyPaid, ledger.WrongAmount, ledger.Expired, ledger.Withdrawn, ledger.Refunded,
}

// refuse makes first cancel its newest request of the engine.
func (w *wallet) refuse(first *puppet, reason ledger.Reason, reporter ledger.NodeID) {
	w.t.Helper()
	first.say(&ledger.Cancel{Ordinal: first.got[len(first.got)-1].Ordinal, Reason: reason, Reporter: reporter})
}

// send answers the question with one part of 1,000 over these nodes.
func (w *wallet) send(q *engine.PlanQuestion, n byte, first *puppet, hops ...ledger.Hop) ledger.Key {
	w.t.Helper()
	part, key := w.planned(n, 1000, 1000, first, hops...)
	w.step(answer(q, part))
	return key
}

func (w *wallet) noRoute() {
	w.t.Helper()
	q := w.question()
	w.step(engine.Planned{Payment: q.Payment, Attempt: q.Attempt, Failure: &engine.PlanFailure{Reason: "no_route", Text: "no other route"}})
}

// TestSellerEndsPayment at once when it is the friend who signs it, and only then
// with a word about the invoice.
func TestSellerEndsPayment(t *testing.T) {
	for _, reason := range ofInvoice {
		if reason == ledger.Withdrawn {
			continue // the buyer knows better: see TestOthersWithdraw
		}
		w := newWallet(t, 1000, "first", "seller")
		seller := w.puppets[1]
		w.pay()
		w.send(w.question(), 1, seller)
		w.refuse(seller, reason, seller.id)
		w.want(engine.Failed, reason.String())
		if len(w.asked) != 0 {
			t.Errorf("%v: a hopeless payment is planned again", reason)
		}
	}
}

// TestMediatorEndsNoPayment: what a mediator says in the seller's name, or makes
// the seller say, only keeps the payment off that way.
func TestMediatorEndsNoPayment(t *testing.T) {
	for _, reason := range ofInvoice {
		w := newWallet(t, 1000, "first", "second", "seller")
		first, second, seller := w.puppets[0], w.puppets[1], w.puppets[2]
		w.pay()
		w.send(w.question(), 1, first, hop(seller, 1000))
		w.refuse(first, reason, seller.id)
		q := w.question()
		if want := (engine.Edge{From: first.id, To: seller.id}); len(q.Exclude) != 1 || q.Exclude[0] != want {
			t.Fatalf("%v: excludes %v, want %v", reason, q.Exclude, want)
		}
		key := w.send(q, 2, second, hop(seller, 1000))
		second.say(&ledger.Collect{Ordinal: 1, Key: w.key, PartKey: key})
		w.want(engine.Settled, "")
	}
}

// TestOneLiarOnTwoRoutes is left out from then on: two refusals that went through
// one mediator are still the word of one.
func TestOneLiarOnTwoRoutes(t *testing.T) {
	_, far := keyOf("far")
	t.Run("first hop", func(t *testing.T) {
		w := newWallet(t, 1000, "liar", "second", "seller")
		liar, second, seller := w.puppets[0], w.puppets[1], w.puppets[2]
		w.pay()
		w.send(w.question(), 1, liar, hop(seller, 1000))
		w.refuse(liar, ledger.AlreadyPaid, seller.id)
		w.send(w.question(), 2, liar, ledger.Hop{Node: far, Amount: amount(1000)}, hop(seller, 1000))
		w.refuse(liar, ledger.AlreadyPaid, seller.id)
		q := w.question()
		if want := (engine.Edge{From: w.rig.id, To: liar.id}); q.Exclude[len(q.Exclude)-1] != want {
			t.Fatalf("excludes %v, want %v at last", q.Exclude, want)
		}
		key := w.send(q, 3, second, hop(seller, 1000))
		second.say(&ledger.Collect{Ordinal: 1, Key: w.key, PartKey: key})
		w.want(engine.Settled, "")
	})
	t.Run("farther", func(t *testing.T) {
		w := newWallet(t, 1000, "first", "second", "seller")
		first, second, seller := w.puppets[0], w.puppets[1], w.puppets[2]
		_, liar := keyOf("liar")
		over := ledger.Hop{Node: liar, Amount: amount(1000)}
		w.pay()
		w.send(w.question(), 1, first, over, hop(seller, 1000))
		w.refuse(first, ledger.Refunded, seller.id)
		w.send(w.question(), 2, second, over, ledger.Hop{Node: far, Amount: amount(1000)}, hop(seller, 1000))
		w.refuse(second, ledger.Refunded, seller.id)
		q := w.question()
		if want := (engine.Edge{From: second.id, To: liar}); q.Exclude[len(q.Exclude)-1] != want {
			t.Errorf("excludes %v, want %v at last", q.Exclude, want)
		}
	})
}

// TestTwoRoutesEndPayment: the same reason over routes with no mediator in common
// is the seller's.
func TestTwoRoutesEndPayment(t *testing.T) {
	for _, second := range []ledger.Reason{ledger.AlreadyPaid, ledger.Refunded} {
		w := newWallet(t, 1000, "first", "second", "seller")
		a, b, seller := w.puppets[0], w.puppets[1], w.puppets[2]
		w.pay()
		w.send(w.question(), 1, a, hop(seller, 1000))
		w.refuse(a, ledger.AlreadyPaid, seller.id)
		w.send(w.question(), 2, b, hop(seller, 1000))
		w.refuse(b, second, seller.id)
		if second == ledger.AlreadyPaid {
			w.want(engine.Failed, "already_paid")
		} else {
			w.want(engine.Planning, "") // one of the two was made up
			w.noRoute()
			w.want(engine.Failed, "refunded")
		}
	}
}

// TestRefusalIsTheFailure when no other route remains, also when something else
// was tried in between.
func TestRefusalIsTheFailure(t *testing.T) {
	w := newWallet(t, 1000, "first", "second", "seller")
	first, second, seller := w.puppets[0], w.puppets[1], w.puppets[2]
	w.pay()
	w.send(w.question(), 1, first, hop(seller, 1000))
	w.refuse(first, ledger.AlreadyPaid, seller.id)
	w.send(w.question(), 2, second, hop(seller, 1000))
	w.refuse(second, ledger.OverLimit, second.id)
	w.noRoute()
	w.want(engine.Failed, "already_paid")
}

// TestRefusalWithoutTheSellersName is one of an edge, whatever it says.
func TestRefusalWithoutTheSellersName(t *testing.T) {
	w := newWallet(t, 1000, "first", "second", "seller")
	first, second, seller := w.puppets[0], w.puppets[1], w.puppets[2]
	w.pay()
	w.send(w.question(), 1, first, hop(seller, 1000))
	w.refuse(first, ledger.AlreadyPaid, first.id)
	w.send(w.question(), 2, second, hop(seller, 1000))
	w.refuse(second, ledger.AlreadyPaid, second.id)
	w.question()
	w.want(engine.Planning, "")
}
