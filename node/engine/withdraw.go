package engine

import (
	"slices"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// A buyer that gives up asks for its parts back (ledger.md 3.5). That is advice:
// it travels along the route, resolves nothing on its way, and the seller obeys.
// Nothing of it is stored beside the ledgers: who has asked stands in the incoming
// request, who has passed it on in the outgoing one.

// withdrawPayment gives up a payment by its user's wish.
func (s *step) withdrawPayment(a Withdraw) *CommandError {
	p := s.payments[a.Payment]
	switch {
	case p == nil:
		return refuse(NotFound, "unknown_payment", "no payment with this ID is under way")
	case p.rec.State.IsFinal():
		return refuse(Precondition, "payment_"+p.rec.State.String(), "the payment is %v: it cannot be withdrawn any more", p.rec.State)
	}
	if err := s.maySign(); err != nil {
		return err
	}
	p.asked = ledger.Amount{}
	s.giveUp(p, ledger.Withdrawn.String(), "you have withdrawn it; a part that the seller takes all the same settles it", ledger.Amount{})
	return nil
}

// withdrawParts asks for the parts of a payment back that can never be complete.
func (s *step) withdrawParts(p *payment) {
	for i := range p.rec.Parts {
		part := &p.rec.Parts[i]
		if f := s.friends[part.Friend]; f != nil && !part.ended() {
			s.withdraw(f, part.PartLock)
		}
	}
}

// withdraw lets the end of the step ask f to cancel a request of this node. One
// that waits for its entry is given up there.
func (s *step) withdraw(f *friend, lock ledger.Lock) {
	if !slices.Contains(f.withdrawals, lock) {
		f.withdrawals = append(f.withdrawals, lock)
	}
	s.touch(f)
}

// withdrawOps returns what must still be said to f, and forgets the rest: what
// is resolved, and what it was asked already.
func (f *friend) withdrawOps() []ledger.Op {
	var ops []ledger.Op
	f.withdrawals = slices.DeleteFunc(f.withdrawals, func(lock ledger.Lock) bool {
		p := f.ours(lock)
		if p == nil || p.Withdrawn {
			return true
		}
		ops = append(ops, &ledger.Withdraw{Ordinal: p.Ordinal})
		return false
	})
	return ops
}

// withdrawAsked passes on that the buyer wants a request of f back, or obeys as
// the seller.
func (s *step) withdrawAsked(f *friend, p *friendship.Pending) {
	fw := s.forwards[p.Request.PartLock]
	switch {
	case p.Again():
	case f.held[p.Ordinal] != nil:
		g := f.held[p.Ordinal]
		delete(f.held, p.Ordinal)
		s.keepParts(g, func(h heldPart) bool { return h.pending != p })
		s.refuse(f, p, ledger.Withdrawn)
	case forSeller(p.Request): // nobody has looked into it yet
		s.refuse(f, p, ledger.Withdrawn)
	case fw != nil && fw.From == f.id && f.incoming(p.Request.PartLock) == p && s.friends[fw.To] != nil:
		s.withdraw(s.friends[fw.To], fw.PartLock)
	}
}

// withdrawn reports whether what a waiting request is for was withdrawn.
func (s *step) withdrawn(o *outgoing) bool {
	if o.forward == nil {
		p := s.parts[o.request.PartLock]
		return p != nil && p.rec.Failure != ""
	}
	_, in := s.source(o.forward)
	return in != nil && in.Withdrawn
}
