package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// TestTwoBuyersOneInvoice: exactly one payment settles; the other is cancelled
// already_paid and costs nothing, in whatever order things arrive.
func TestTwoBuyersOneInvoice(t *testing.T) {
	wins := map[string]int{}
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWorld(t, seed, "alice", "anton", "bob", "carol")
			w.befriend("alice", "bob", eur, 10_000)
			w.befriend("anton", "bob", eur, 10_000)
			w.befriend("bob", "carol", eur, 10_000)
			w.run(5 * time.Second)
			bob := w.node("bob")
			for _, name := range []string{"alice", "anton"} {
				bob.must(engine.SetRate{Friend: w.node(name).id, Currency: eur, Rate: ledger.Rate{Add: 5}})
			}
			v := w.node("carol").sell(1000)
			ids := map[string]ledger.PaymentID{"alice": w.node("alice").buy(v, 10), "anton": w.node("anton").buy(v, 10)}
			w.run(10 * time.Second)
			for name, id := range ids {
				if r := w.node(name).disk.payment(id); r.State == engine.Settled {
					wins[name]++
					w.wantPayment(name, id, engine.Settled, "")
					w.wantOwed(name, "bob", -1005)
				} else {
					w.wantPayment(name, id, engine.Failed, "already_paid")
					w.wantOwed(name, "bob", 0)
				}
			}
			w.wantOwed("carol", "bob", 1000)
			w.checkRest()
		})
	}
	if wins["alice"]+wins["anton"] != 60 || wins["alice"] == 0 || wins["anton"] == 0 {
		t.Errorf("wins: %v", wins)
	}
}

// TestMediatorWithTheInvoiceKey: bob sees the invoice's key in one payment and
// tries to collect another with it. It lacks the part's key, so the entry is
// illegal and the buyer's ledger with it stands.
func TestMediatorWithTheInvoiceKey(t *testing.T) {
	w := newWallet(t, 1000, "thief", "seller")
	thief, seller := w.puppets[0], w.puppets[1]
	w.pay()
	part, _ := w.planned(1, 1000, 1000, thief, hop(seller, 1000))
	w.step(answer(w.question(), part))
	p := thief.got[0]
	// An honest ledger refuses to sign it, so the thief signs by hand.
	if _, err := thief.book.Append(thief.env(), []ledger.Op{&ledger.Collect{Ordinal: p.Ordinal, Key: w.key, PartKey: w.key}}); err == nil {
		t.Fatal("a collect without the part's key can be signed")
	}
	st := thief.book.Status()
	totals := ledger.Totals{Currency: eur}
	author := ledger.AuthorOf(w.rig.id, thief.id)
	totals.Logs[author] = ledger.Counters{Requested: amount(1000), Collected: amount(1000)}
	n := &ledger.Entry{
		Epoch: st.Epoch, Author: author.Other(), Seq: st.Mine.Seq + 1, Prev: st.Mine.Hash, Ack: st.Theirs,
		Ops:    []ledger.Op{&ledger.Collect{Ordinal: p.Ordinal, Key: w.key, PartKey: w.key}},
		Totals: []ledger.Totals{totals},
	}
	w.step(thief.input(signFrame(thief.key, thief.id, &ledger.SignedEntry{Body: n.Encode()})))
	f, _ := w.eng.Friend(thief.id)
	if f.Ready || f.Currencies[0].Balance.Sign() != 0 || w.disk.ledgers[thief.id].Inconsistent == nil {
		t.Errorf("after the theft: ready %v, balance %v, status %s", f.Ready, f.Currencies[0].Balance, f.Status)
	}
	if r := w.disk.payment(w.id); r.State == engine.Settled || r.Receipt() != nil {
		t.Error("the theft made a receipt")
	}
	if len(thief.drops) == 0 {
		t.Error("the link stays up")
	}
}

// TestLinkDownMidPayment cuts each link of the route at each moment of a payment
// and heals it later.
func TestLinkDownMidPayment(t *testing.T) {
	for _, link := range [][2]string{{"alice", "bob"}, {"bob", "carol"}, {"carol", "dave"}} {
		for at := 1; at <= 24; at++ {
			t.Run(fmt.Sprintf("%s-%s-%d", link[0], link[1], at), func(t *testing.T) {
				w := chain(t, uint64(at), 10_000, "alice", "bob", "carol", "dave")
				v := w.node("dave").sell(1000)
				id := w.node("alice").buy(v, 0)
				for range at {
					w.act()
				}
				w.cut(link[0], link[1])
				w.run(20 * time.Second)
				w.heal(link[0], link[1])
				w.run(2 * time.Minute)
				if r := w.node("alice").disk.payment(id); !r.State.IsFinal() {
					t.Errorf("payment is %v", r.State)
				}
				w.checkRest()
			})
		}
	}
}

// TestPartsOverTwoRoutes: a payment that no single route carries.
func TestPartsOverTwoRoutes(t *testing.T) {
	for seed := range uint64(20) {
		w := newWorld(t, seed, "alice", "bob", "carol", "dave")
		for _, via := range []string{"bob", "carol"} {
			w.befriend("alice", via, eur, 600)
			w.befriend(via, "dave", eur, 1200) // of which alice may use half
		}
		w.run(5 * time.Second)
		w.node("bob").must(engine.SetRate{Friend: w.node("alice").id, Currency: eur, Rate: ledger.Rate{Add: 3}})
		w.plan = func(n *node, q *engine.PlanQuestion) engine.Planned {
			a := engine.Planned{Payment: q.Payment, Attempt: q.Attempt}
			for via, share := range map[string]uint64{"bob": 500, "carol": 450} {
				a.Parts = append(a.Parts, w.partOver([]*node{n, w.node(via), w.node("dave")}, q, amount(share)))
			}
			return a
		}
		v := w.node("dave").sell(950)
		id := w.node("alice").buy(v, 10)
		w.run(10 * time.Second)
		if r := w.wantPayment("alice", id, engine.Settled, ""); r.Fee != amount(3) || len(r.Parts) != 2 {
			t.Errorf("fee %v over %d parts", r.Fee, len(r.Parts))
		}
		w.wantOwed("dave", "bob", 500)
		w.wantOwed("dave", "carol", 450)
		w.wantOwed("alice", "bob", -503)
		w.checkRest()
	}
}

// TestHalfOfAPaymentIsGivenBack: one route breaks for good, so the buyer asks for
// the part back that the seller holds, long before its hold ends.
func TestHalfOfAPaymentIsGivenBack(t *testing.T) {
	w := newWorld(t, 4, "alice", "bob", "carol", "dave")
	for _, via := range []string{"bob", "carol"} {
		w.befriend("alice", via, eur, 600)
		w.befriend(via, "dave", eur, 1200) // of which alice may use half
	}
	w.run(5 * time.Second)
	w.plan = func(n *node, q *engine.PlanQuestion) engine.Planned {
		a := engine.Planned{Payment: q.Payment, Attempt: q.Attempt}
		if q.Attempt > 1 {
			a.Failure = &engine.PlanFailure{Reason: "capacity_near_destination", Text: "only half can reach dave", Largest: amount(600)}
			return a
		}
		for _, via := range []string{"bob", "carol"} {
			a.Parts = append(a.Parts, w.partOver([]*node{n, w.node(via), w.node("dave")}, q, amount(475)))
		}
		return a
	}
	w.cut("carol", "dave")
	w.run(time.Second)
	v := w.node("dave").sell(950)
	id := w.node("alice").buy(v, 10)
	w.run(5 * time.Second)
	if r := w.wantPayment("alice", id, engine.Failed, "friend_offline"); r.Largest != amount(600) {
		t.Errorf("largest is %v", r.Largest)
	}
	if s := w.node("dave").disk.invoice(v.ID).State; s != engine.InvoiceOpen {
		t.Errorf("invoice is %v", s)
	}
	w.heal("carol", "dave")
	w.run(time.Second)
	w.checkRest()
}
