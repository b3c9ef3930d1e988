package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// TestCrashAtEveryBoundary lets each process of a payment die once, at each
// boundary of each of its steps: before the commit, and after it before anything
// leaves.
func TestCrashAtEveryBoundary(t *testing.T) {
	total := payOnce(t, 0)
	if total < 20 {
		t.Fatalf("a payment took %d boundaries only", total)
	}
	settled := 0
	for at := 1; at <= total; at++ {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			if payOnce(t, at) > 0 {
				settled++
			}
		})
	}
	if settled < total/2 {
		t.Errorf("%d of %d payments with one crash settled", settled, total)
	}
}

// payOnce runs one payment with a crash at the boundary of that number, 0 for
// none. It returns the number of boundaries if the payment settled, else 0.
func payOnce(t *testing.T, at int) int {
	w := chain(t, 7, 10_000, "alice", "bob", "carol", "dave")
	v := w.node("dave").sell(1000)
	order := w.node("alice").order(v, 100)
	start := w.boundaries
	w.crash = func(*node, bool) bool { return w.boundaries-start == at }
	alice := w.node("alice")
	alice.inbox = append(alice.inbox, engine.Command{ID: 1, Do: order})
	w.run(3 * time.Minute)
	w.checkRest()
	if t.Failed() {
		return 0
	}
	if _, stored := alice.disk.payments[order.Payment]; !stored {
		return 0 // the process died before the command was durable
	}
	r := alice.disk.payment(order.Payment)
	if r.State == engine.Settled {
		w.wantOwed("dave", "carol", 1000)
		w.wantOwed("alice", "bob", -1000)
		return w.boundaries - start
	}
	w.wantOwed("dave", "carol", 0)
	return 0
}

// TestMarkOutlivesRestart: a mediator has the keys and cannot tell its upstream;
// it dies, and tells after the restart.
func TestMarkOutlivesRestart(t *testing.T) {
	w := chain(t, 3, 10_000, "alice", "bob", "carol")
	v := w.node("carol").sell(500)
	id := w.node("alice").buy(v, 0)
	bob := w.node("bob")
	for !bob.holds(w.node("alice"), 500) {
		if !w.act() {
			t.Fatal("the request never arrived at bob")
		}
	}
	w.cut("alice", "bob") // bob has forwarded, alice is gone
	w.run(10 * time.Second)
	if len(bob.disk.marks) != 1 || len(bob.disk.forwards) != 0 {
		t.Fatalf("bob has %d marks and %d forwards on disk, want the mark to collect", len(bob.disk.marks), len(bob.disk.forwards))
	}
	bob.die()
	w.run(10 * time.Second)
	w.wantOwed("bob", "carol", -500)
	w.wantOwed("bob", "alice", 0)
	w.heal("alice", "bob")
	w.run(10 * time.Second)
	w.wantPayment("alice", id, engine.Settled, "")
	w.wantOwed("bob", "alice", 500)
	w.checkRest()
}

// holds reports whether a request of that amount from the friend is pending, and
// one that forwards it.
func (n *node) holds(from *node, value uint64) bool {
	out, in := n.frozen()
	f, _ := n.eng.Friend(from.id)
	return out == amount(value) && in == amount(value) && f.Currencies[0].FrozenIn == amount(value)
}

// TestForwardWaitsThroughEverything: once a request is forwarded, neither time,
// restart, disabling nor the upstream resolves it; only the next friend does.
func TestForwardWaitsThroughEverything(t *testing.T) {
	w := chain(t, 5, 10_000, "alice", "bob", "carol")
	v := w.node("carol").sell(500)
	id := w.node("alice").buy(v, 0)
	bob := w.node("bob")
	for !bob.holds(w.node("alice"), 500) {
		if !w.act() {
			t.Fatal("the request never arrived at bob")
		}
	}
	w.cut("bob", "carol")
	off, on := false, true
	bob.must(engine.EditFriend{Friend: w.node("carol").id, Enabled: &off})
	w.run(2 * time.Hour)
	bob.die()
	w.run(time.Hour)
	if !bob.holds(w.node("alice"), 500) {
		t.Fatal("bob resolved a forwarded request without the next friend's word")
	}
	if r := w.node("alice").disk.payment(id); r.State != engine.Sending {
		t.Fatalf("payment is %v, want sending", r.State)
	}
	w.heal("bob", "carol")
	w.run(3 * time.Minute)
	// The invoice has expired in the two hours, so carol gives it back; disabled
	// friends still resolve what is pending.
	w.wantPayment("alice", id, engine.Failed, ledger.Expired.String())
	w.wantOwed("bob", "carol", 0)
	bob.must(engine.EditFriend{Friend: w.node("carol").id, Enabled: &on})
	w.run(time.Second)
	w.checkRest()
}

// TestForwardOutlivesRestart: the part hangs at a mediator that restarts while
// the seller is away, and settles when it is back.
func TestForwardOutlivesRestart(t *testing.T) {
	w := chain(t, 6, 10_000, "alice", "bob", "carol")
	v := w.node("carol").sell(500)
	id := w.node("alice").buy(v, 0)
	bob := w.node("bob")
	for !bob.holds(w.node("alice"), 500) {
		w.act()
	}
	w.cut("bob", "carol")
	bob.die()
	w.run(30 * time.Second)
	if len(bob.disk.forwards) != 1 || !bob.holds(w.node("alice"), 500) {
		t.Fatal("bob forgot the forward")
	}
	w.heal("bob", "carol")
	w.run(30 * time.Second)
	w.wantPayment("alice", id, engine.Settled, "")
	w.checkRest()
}
