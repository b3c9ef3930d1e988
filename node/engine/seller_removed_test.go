package engine_test

import (
	"testing"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// TestSaleOfRemovedFriend: the friend is removed before the Collect is signed.
// Nothing of the payment was taken and no key has left, so the sale is open again.
func TestSaleOfRemovedFriend(t *testing.T) {
	for _, before := range []bool{false, true} { // in one step, and when it waits as a mark
		s := newShop(t, 1000, "left", "right")
		left, right := s.puppets[0], s.puppets[1]
		a, _ := s.part(left, 1, 1000, 1000)
		left.append(a)
		in := left.input(left.queue[len(left.queue)-1])
		left.down()
		remove := engine.Command{ID: 7, Do: engine.RemoveFriend{Friend: left.id, MayLose: true}}
		if before {
			s.step(in, engine.LinkDown{Friend: left.id, Link: left.link})
			if s.state().State != engine.InvoicePaid {
				t.Fatal("not taken")
			}
			s.step(remove)
		} else {
			s.step(in, remove)
		}
		if v := s.state(); v.State != engine.InvoiceOpen || !v.Paid.IsZero() || v.Payment != (ledger.PaymentID{}) {
			t.Fatalf("the sale is %v, paid %v", v.State, v.Paid)
		}
		if len(s.disk.marks) != 0 {
			t.Error("the mark stays on the disk")
		}
		b, _ := s.part(right, 2, 1000, 1000)
		right.say(b)
		right.wantCollect()
		if v := s.state(); v.State != engine.InvoicePaid || v.Paid != amount(1000) || v.Payment[0] != 2 {
			t.Errorf("the sale is %v, paid %v", v.State, v.Paid)
		}
	}
}

// TestHalfASaleOfRemovedFriend: the other part was taken, so the sale is paid,
// and says how little has come.
func TestHalfASaleOfRemovedFriend(t *testing.T) {
	s := newShop(t, 1000, "left", "right")
	left, right := s.puppets[0], s.puppets[1]
	a, _ := s.part(left, 1, 1000, 400)
	b, _ := s.part(right, 1, 1000, 600)
	left.say(a)
	left.hangUp()
	right.say(b)
	right.wantCollect()
	s.must(engine.RemoveFriend{Friend: left.id, MayLose: true})
	if v := s.state(); v.State != engine.InvoicePaid || v.Paid != amount(600) {
		t.Errorf("the sale is %v, paid %v", v.State, v.Paid)
	}
}
