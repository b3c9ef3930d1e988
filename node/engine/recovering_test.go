package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// proof is an opening that the engine signed with the puppet and does not have.
func (p *puppet) proof() *ledger.Opened {
	low, high := p.id, p.r.id
	if high.Less(low) {
		low, high = high, low
	}
	o := &ledger.Opening{
		Terms:    &ledger.Terms{Low: low, High: high, Number: p.book.Highest() + 2, Nonce: ledger.Nonce{1}},
		Acceptor: ledger.Nonce{2},
	}
	for _, n := range []*node{{key: p.key, id: p.id}, {key: p.r.key, id: p.r.id}} {
		o = n.sign(&ledger.Opened{Opening: o}).(*ledger.Opened).Opening
	}
	return &ledger.Opened{Opening: o}
}

// wantSilent lets time pass in which the engine signs nothing with any friend.
func (r *rig) wantSilent(entries int, friends ...*puppet) {
	r.t.Helper()
	signed := r.signed
	r.pass(5 * time.Minute)
	if r.signed != signed {
		r.t.Errorf("%d frames left with a signature", r.signed-signed)
	}
	mine := 0
	for _, p := range friends {
		mine += len(r.disk.ledgers[p.id].Mine)
		f, _ := r.eng.Friend(p.id)
		if f.Ready || !strings.Contains(f.Status, "has lost data that friend \"a\" can prove") || !strings.Contains(f.Status, "stctrl recover") {
			r.t.Errorf("%s: ready=%v, %q", p.name, f.Ready, f.Status)
		}
		if p.up && p.book.Ready() {
			r.t.Errorf("%s does not know that the node is recovering", p.name)
		}
	}
	if mine != entries {
		r.t.Errorf("%d own entries are on the disk, want %d", mine, entries)
	}
}

func (r *rig) entries(friends ...*puppet) (n int) {
	for _, p := range friends {
		n += len(r.disk.ledgers[p.id].Mine)
	}
	return n
}

// TestLostDataStopsTheNode: what friend a proves holds towards b and after a
// restart, also when a hides it then.
func TestLostDataStopsTheNode(t *testing.T) {
	r := newRig(t, "a", "b")
	a, b := r.puppets[0], r.puppets[1]
	req, _ := b.request(100, hop(a, 90))
	b.append(req) // b is owed an acknowledgement and an answer
	r.stepOnce(b.input(b.queue[0]), engine.FrameArrived{Friend: a.id, Link: a.link, Frame: a.proof()})
	b.queue = nil
	entries := r.entries(a, b)
	if r.last.Writes == nil || !r.last.Reconfigured {
		t.Fatal("nothing was stored")
	}
	if rec := r.eng.Config().Settings.Recovering; rec == nil || rec.Friend != a.id || rec.Name != "a" || rec.Number != a.proof().Opening.Terms.Number {
		t.Fatalf("recovering: %+v", rec)
	}
	if len(b.drops) != 1 || len(a.drops) != 0 {
		t.Errorf("drops: a %q, b %q", a.drops, b.drops)
	}
	for _, p := range []*puppet{a, b} {
		p.hangUp()
		p.connect()
	}
	r.wantSilent(entries, a, b)
	if b.book.Status().Acknowledged > uint64(len(r.disk.ledgers[b.id].Theirs)) || len(b.ended) != 0 {
		t.Error("b was answered")
	}
}

func TestLostDataAfterRestart(t *testing.T) {
	r := newRig(t, "a", "b")
	a, b := r.puppets[0], r.puppets[1]
	r.step(engine.FrameArrived{Friend: a.id, Link: a.link, Frame: a.proof()})
	entries := r.entries(a, b)
	for range 2 {
		r.restart()
		a.connect()
		b.connect()
		r.wantSilent(entries, a, b)
	}
	if len(r.eng.Capacities()) != 0 {
		t.Error("edges are told that cannot be used")
	}

	// A friend that is added later gets no opening, a removed one no lower number.
	late := r.puppet("late")
	r.must(engine.AddFriend{Friend: late.id, Name: "late"})
	late.connect()
	r.wantSilent(entries, a, b, late)
	if n := r.disk.ledgers[late.id].Highest; n != 0 {
		t.Errorf("opening %d was signed", n)
	}
	number := r.eng.Config().Settings.Recovering.Number
	r.must(engine.RemoveFriend{Friend: a.id, MayLose: true})
	if got := r.eng.Config().Settings.Tombstones; len(got) != 1 || got[0].Highest != number {
		t.Errorf("tombstones %+v, want %d", got, number)
	}
	r.wantSilent(r.entries(b, late), b, late)
}

// TestLostDataRefusesCommands that need a signature, and no others.
func TestLostDataRefusesCommands(t *testing.T) {
	w := newWallet(t, 1000, "a", "seller")
	a, seller := w.puppets[0], w.puppets[1]
	old := w.order()
	old.Payment, old.Invoice = ledger.PaymentID{2}, invoiceLike(w, 9)
	w.must(old)
	w.asked = nil
	w.step(engine.FrameArrived{Friend: a.id, Link: a.link, Frame: a.proof()})
	mine, key := (&node{w: &world{epoch: w.wall()}, key: w.rig.key, id: w.rig.id}).invoice(50, time.Hour)
	for _, do := range []engine.Action{
		w.order(),
		engine.CreateInvoice{Invoice: mine, Key: key},
		engine.SetCredit{Friend: seller.id, Currency: eur, Limit: amount(1)},
	} {
		_, err := w.do(do)
		if err == nil || err.Code != engine.Precondition || err.Reason != "recovering" || !strings.Contains(err.Text, "friend \"a\" can prove") {
			t.Errorf("%T: %v", do, err)
		}
	}
	if v := w.must(old).(engine.PaymentRecord); v.ID != old.Payment {
		t.Errorf("an earlier payment is %v", v.ID)
	}
	name := "anna"
	w.must(engine.EditFriend{Friend: a.id, Name: &name})
	if _, err := w.do(w.order()); err == nil || !strings.Contains(err.Text, "friend \"anna\"") {
		t.Errorf("after renaming: %v", err)
	}
	w.restart()
	if r := w.disk.payment(old.Payment); r.State != engine.Failed || r.Failure != "recovering" {
		t.Errorf("the payment that was under way is %v %q", r.State, r.Failure)
	}
}

// invoiceLike is another invoice of the wallet's seller.
func invoiceLike(w *wallet, id byte) *ledger.Invoice {
	v := *w.invoice
	v.ID = ledger.InvoiceID{id}
	seller := w.puppets[len(w.puppets)-1]
	(&node{key: seller.key, id: seller.id}).resign(&v)
	return &v
}

// TestLostDataSignsNothingAgain: what was signed before and not acknowledged is
// not resent either.
func TestLostDataSignsNothingAgain(t *testing.T) {
	r := newRig(t, "a", "b")
	a, b := r.puppets[0], r.puppets[1]
	b.deaf = true
	r.must(engine.SetCredit{Friend: b.id, Currency: eur, Limit: amount(5)})
	if len(b.missed) == 0 {
		t.Fatal("nothing waits for an acknowledgement")
	}
	signed := r.signed
	r.step(engine.FrameArrived{Friend: a.id, Link: a.link, Frame: a.proof()})
	b.hangUp()
	b.deaf = false
	b.connect()
	if r.signed != signed {
		t.Errorf("%d frames left with a signature", r.signed-signed)
	}
	if st := b.book.Status(); st.Blocked != "the friend's node is recovering lost data" {
		t.Errorf("b is told %q", st.Blocked)
	}
}
