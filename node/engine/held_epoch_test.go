package engine_test

import (
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/node/engine"
)

// TestHeldPartsInANewEpoch: a part that the new epoch keeps still waits for the
// rest; one that it does not keep has not arrived.
func TestHeldPartsInANewEpoch(t *testing.T) {
	for _, kept := range []bool{true, false} {
		s := newShop(t, 1000, "left", "right")
		left, right := s.puppets[0], s.puppets[1]
		a, _ := s.part(left, 1, 1000, 400)
		left.say(a)
		s.pass(40 * time.Second)
		if kept {
			left.makeUp(0, left.sent(a))
			if len(s.asked) != 0 {
				t.Error("a part that is held is opened again")
			}
		} else {
			left.makeUp(0) // costs the seller nothing: it has not collected
		}
		b, _ := s.part(right, 1, 1000, 600)
		right.say(b)
		if kept {
			left.wantCollect()
			right.wantCollect()
			continue
		}
		if s.state().State != engine.InvoiceOpen || len(right.ended) != 0 {
			t.Fatal("a part that is gone counts as arrived")
		}
		c, _ := s.part(left, 1, 1000, 400)
		left.say(c)
		right.wantCollect()
		if v := s.state(); v.Paid != amount(1000) {
			t.Errorf("received %v", v.Paid)
		}
	}
}

// TestHoldGoesOnInANewEpoch: a new epoch does not let a part wait for longer.
func TestHoldGoesOnInANewEpoch(t *testing.T) {
	s := newShop(t, 1000, "left")
	left := s.puppets[0]
	a, _ := s.part(left, 1, 1000, 400)
	left.say(a)
	s.pass(ledger.HoldExpress - 15*time.Second)
	left.makeUp(0, left.sent(a))
	if len(left.ended) != 0 {
		t.Fatal("making up ended the part")
	}
	s.pass(20 * time.Second)
	left.wantCancel(ledger.Expired, s.id)
}

// TestCompleteWhenTheEpochOpens: the last part arrives while another one's epoch
// is closed; the payment is taken when the next one has opened and keeps it.
func TestCompleteWhenTheEpochOpens(t *testing.T) {
	s := newShop(t, 1000, "left", "right")
	left, right := s.puppets[0], s.puppets[1]
	a, _ := s.part(left, 1, 1000, 400)
	b, _ := s.part(right, 1, 1000, 600)
	left.say(a)
	keep := left.sent(a)
	o := left.accepted(left.terms(0, keep))
	right.say(b)
	if s.state().State != engine.InvoiceOpen || len(right.ended) != 0 {
		t.Fatal("a part in a closed epoch counts as arrived")
	}
	left.confirm(o, keep)
	left.wantCollect()
	right.wantCollect()
	if v := s.state(); v.Paid != amount(1000) {
		t.Errorf("received %v", v.Paid)
	}
}

// TestSeenFirstInTerms: a request that this side has never seen, and whose epoch
// is new, ends like one that arrives: the seller looks at it, and nothing else
// is passed on any more.
func TestSeenFirstInTerms(t *testing.T) {
	for _, value := range []uint64{1_000, 10_001} {
		s := newShop(t, value, "left", "right")
		left, right := s.puppets[0], s.puppets[1]
		left.manual = true // what it says gets lost
		sale, _ := s.part(left, 1, value, value)
		on, _ := left.request(50, hop(right, 50))
		if value > 10_000 {
			sale.Amount = amount(value)
		}
		left.append(sale, on)
		left.queue = nil
		keep := []*friendship.Pending{left.sent(sale), left.sent(on)}
		s.step(engine.FrameArrived{Friend: left.id, Link: left.link, Frame: &ledger.Supply{Requests: []*ledger.Request{sale, on}}})
		left.confirm(left.accepted(left.terms(0, keep...)), keep...)
		if value <= 10_000 {
			s.answerOpen()
			left.wantCollect()
		}
		if len(left.ended) != 2 || len(right.got) != 0 {
			t.Fatalf("%d of 2 have ended, %d were passed on", len(left.ended), len(right.got))
		}
		for _, p := range left.ended {
			if p.Request.Amount == amount(10_001) && (p.Cancel == nil || p.Cancel.Reason != ledger.OverLimit) ||
				p.Request.Amount == amount(50) && (p.Cancel == nil || p.Cancel.Reason != ledger.FriendOffline) {
				t.Errorf("ended: %+v", p)
			}
		}
	}
}
