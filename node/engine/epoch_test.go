package engine_test

import (
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/node/engine"
)

// lose makes the engine's next start find a fresh ledger with the puppet, as if
// both had opened a new epoch in which nothing is kept, and the puppet agrees.
func (r *rig) lose(p *puppet) {
	r.t.Helper()
	highest := r.disk.ledgers[p.id].Highest
	r.disk.ledgers[p.id] = friendship.Stored{Highest: highest}
	book, err := friendship.New(p.id, r.id, friendship.Stored{Highest: highest + 1})
	if err != nil {
		r.t.Fatal(err)
	}
	p.book = book
}

// TestNewEpochWithoutTheRequest: what was sent to a friend and is not in its new
// epoch is resolved: cancelled upstream, an own part planned again (3.4 c).
func TestNewEpochWithoutTheRequest(t *testing.T) {
	w := newWallet(t, 1000, "up", "down", "seller")
	up, down, seller := w.puppets[0], w.puppets[1], w.puppets[2]
	req, _ := up.request(100, hop(down, 90))
	up.say(req)
	w.pay()
	part, _ := w.planned(1, 1000, 1000, down, hop(seller, 1000))
	w.step(answer(w.question(), part))
	w.lose(down)
	w.restart()
	up.connect()
	up.wantCancel(ledger.FriendOffline, w.rig.id)
	if len(w.disk.forwards) != 0 {
		t.Error("the forward stays on the disk")
	}
	if q := w.question(); q.Amount != amount(1000) || q.Attempt != 1 {
		t.Errorf("question: %+v", q)
	}
	down.connect()
	down.say(&ledger.Credit{Currency: eur, Limit: amount(10_000)})
	if c := w.capacity(down); c.CanSend != amount(10_000) || c.CanReceive != amount(10_000) {
		t.Errorf("the credits were not said again: %+v", c)
	}
}

// TestNewEpochWithoutTheIncoming: the forward goes on, and what it brings has
// nobody to be passed to.
func TestNewEpochWithoutTheIncoming(t *testing.T) {
	r := newRig(t, "up", "down")
	up, down := r.puppets[0], r.puppets[1]
	req, k := up.request(100, hop(down, 90))
	up.say(req)
	r.lose(up)
	r.restart()
	down.connect()
	if len(r.disk.forwards) != 1 {
		t.Fatal("a forward that is pending was forgotten")
	}
	down.say(&ledger.Collect{Ordinal: 1, Key: k.lock, PartKey: k.part})
	if len(r.disk.forwards)+len(r.disk.marks) != 0 {
		t.Error("rows stay on the disk")
	}
}

// TestEpochOpensMeanwhile is the same without a restart: the new epoch opens on
// this side, and only then anything is resolved.
func TestEpochOpensMeanwhile(t *testing.T) {
	w := newWallet(t, 1000, "up", "down", "seller")
	up, down, seller := w.puppets[0], w.puppets[1], w.puppets[2]
	mine, key := (&node{w: &world{epoch: w.wall()}, key: w.rig.key, id: w.rig.id}).invoice(50, time.Hour)
	w.must(engine.CreateInvoice{Invoice: mine, Key: key})
	req, _ := up.request(100, hop(down, 90))
	up.say(req)
	half, k := down.request(20) // waits at this node's own sale
	half.Lock, half.PartLock = mine.Lock, k.part.Lock()
	w.parts[half.PartLock] = &ledger.Part{
		Payment: ledger.PaymentID{9}, Total: amount(50), Amount: amount(20), Invoice: mine.ID, InvoiceAmount: mine.Amount,
		Currency: eur, Expires: mine.Expires, PartKey: &k.part,
	}
	down.say(half)
	w.pay()
	part, _ := w.planned(1, 1000, 1000, down, hop(seller, 1000))
	w.step(answer(w.question(), part))
	up.ended = nil

	down.hangUp()
	w.eng.ForgetEpoch(down.id)
	w.lose(down)
	w.pass(20 * time.Second)
	if len(up.ended) != 0 || len(w.asked) != 0 {
		t.Fatal("resolved before the new epoch was open")
	}
	w.want(engine.Sending, "")
	down.connect()
	up.wantCancel(ledger.FriendOffline, w.rig.id)
	if r := w.disk.payment(w.id); r.Parts[0].Cancelled != ledger.FriendOffline {
		t.Errorf("part: %+v", r.Parts[0])
	}
	if len(w.disk.forwards) != 0 {
		t.Error("the forward stays on the disk")
	}
	down.say(&ledger.Credit{Currency: eur, Limit: amount(10_000)})
	for i, value := range []uint64{20, 30} { // the half of before does not count
		again, k := down.request(value)
		k.part[30] = byte(i + 1)
		again.Lock, again.PartLock = mine.Lock, k.part.Lock()
		part := *w.parts[half.PartLock]
		part.Amount, part.PartKey = amount(value), &k.part
		w.parts[again.PartLock] = &part
		down.say(again)
	}
	if v := w.disk.invoice(mine.ID); v.State != engine.InvoicePaid || v.Paid != amount(50) {
		t.Errorf("sold: %v %v", v.State, v.Paid)
	}
}

// TestMarkWithoutItsRequest is dropped at the start.
func TestMarkWithoutItsRequest(t *testing.T) {
	r := newRig(t, "up")
	up := r.puppets[0]
	req, _ := up.request(100)
	up.append(req)
	in := up.input(up.queue[0])
	up.down()
	r.step(in, engine.LinkDown{Friend: up.id, Link: up.link})
	if len(r.disk.marks) != 1 {
		t.Fatalf("%d marks", len(r.disk.marks))
	}
	r.lose(up)
	r.restart()
	if len(r.disk.marks) != 0 {
		t.Error("the mark stays on the disk")
	}
}

// TestRestartFindsUnforwardedRequest: the entry was stored, its forward was in no
// entry; the restart cancels it.
func TestRestartFindsUnforwardedRequest(t *testing.T) {
	r := newRig(t, "up", "down")
	up, down := r.puppets[0], r.puppets[1]
	down.fill()
	req, _ := up.request(100, hop(down, 90))
	up.say(req)
	if len(up.ended)+len(r.disk.forwards) != 0 {
		t.Fatal("the request did not wait")
	}
	r.restart()
	down.deaf, down.missed = false, nil
	up.connect()
	up.wantCancel(ledger.FriendOffline, r.id)
	down.connect()
	r.pass(time.Minute)
	if len(down.got) != 0 {
		t.Error("a request left that was cancelled upstream")
	}
}

// TestRemovedFriendLeavesTheGroup: its part has not arrived any more, the others
// wait on.
func TestRemovedFriendLeavesTheGroup(t *testing.T) {
	s := newShop(t, 1000, "left", "right")
	left, right := s.puppets[0], s.puppets[1]
	a, _ := s.part(left, 1, 1000, 400)
	b, _ := s.part(right, 1, 1000, 500)
	left.say(a)
	right.say(b)
	s.must(engine.RemoveFriend{Friend: left.id, MayLose: true})
	c, _ := s.part(right, 1, 1000, 100)
	right.say(c)
	if len(right.ended) != 0 || s.state().State != engine.InvoiceOpen {
		t.Fatal("a part of a removed friend counts as arrived")
	}
	d, _ := s.part(right, 1, 1000, 400)
	right.say(d)
	right.wantCollect()
	if v := s.state(); v.Paid != amount(1000) {
		t.Errorf("received %v", v.Paid)
	}

	s = newShop(t, 1000, "left", "right")
	a, _ = s.part(s.puppets[0], 1, 1000, 400)
	s.puppets[0].say(a)
	s.must(engine.RemoveFriend{Friend: s.puppets[0].id, MayLose: true}) // the group empties
	s.pass(2 * ledger.HoldExpress)
}
