package engine

import (
	"slices"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// payment is a payment that this node makes (ledger.md 3.7). What it owes to the
// seller is the sum of its parts' shares; the parts that are not cancelled by a
// signed entry, lost ones included, never exceed the total.
type payment struct {
	rec     PaymentRecord
	asked   ledger.Amount // by the PlanQuestion that is out; 0: none is
	waits   bool          // for a friend through whom it can be sent
	resumed bool          // by a restart: friends are not connected yet
	dirty   bool
}

func (e *Engine) addPayment(r PaymentRecord) *payment {
	p := &payment{rec: r}
	e.payments[r.ID] = p
	e.byHash[r.Invoice.Hash()] = p
	for i := range p.rec.Parts {
		if part := &p.rec.Parts[i]; !part.ended() {
			e.parts[part.PartLock] = p
		}
	}
	return p
}

func (p *payment) part(lock ledger.Lock) *PartRecord {
	for i := range p.rec.Parts {
		if p.rec.Parts[i].PartLock == lock {
			return &p.rec.Parts[i]
		}
	}
	return nil
}

// sums returns what the parts that are not cancelled bring to the seller and
// cost in fees, how many they are, and how many of them are still pending.
func (p *payment) sums() (share, fee ledger.Amount, parts, pending int) {
	for i := range p.rec.Parts {
		part := &p.rec.Parts[i]
		if part.Cancelled != 0 {
			continue
		}
		share, _ = share.Add(part.Share) // at most the total
		fee, _ = fee.Add(part.Amount.SubFloor(part.Share))
		parts++
		if !part.ended() {
			pending++
		}
	}
	return share, fee, parts, pending
}

// advance takes the next step of a payment to which something has happened.
func (s *step) advance(p *payment) {
	s.paidChanged(p)
	share, _, _, pending := p.sums()
	switch {
	case p.rec.State.IsFinal():
	case p.rec.Failure != "":
		if pending == 0 {
			p.rec.State, p.rec.Finished = Failed, s.now.Wall
		}
	case !p.asked.IsZero():
	case share.Less(p.rec.Invoice.Amount):
		s.ask(p, p.rec.Invoice.Amount.SubFloor(share))
	}
	if p.rec.IsEnded() {
		s.endPayment(p)
	}
}

// giveUp makes no new attempt. The payment has failed when its last part is
// cancelled; a part that is collected after all settles it.
func (s *step) giveUp(p *payment, reason, text string, largest ledger.Amount) {
	p.rec.Failure, p.rec.Text, p.rec.Largest = reason, text, largest
	s.setWaits(p, false)
	s.withdrawParts(p)
	s.advance(p)
}

// partCollected takes the seller's Collect of an own part: the first one is the
// receipt.
func (s *step) partCollected(f *friend, in *friendship.Pending) {
	lock := in.Request.PartLock
	p := s.parts[lock]
	if p == nil {
		return
	}
	part := p.part(lock)
	if part.Friend != f.id {
		return
	}
	delete(s.parts, lock)
	part.Collected = true
	fee, err := p.rec.Fee.Add(part.Amount.SubFloor(part.Share))
	if err != nil { // PartsMax amounts below 2^AmountBits
		panic("engine: the fees of a payment exceed an amount")
	}
	p.rec.Fee = fee
	if key := in.Collect.Key; p.rec.Key == nil && key.Lock() == p.rec.Invoice.Lock {
		p.rec.Key = &key
		p.rec.State, p.rec.Finished = Settled, s.now.Wall
		p.rec.Failure, p.rec.Text, p.rec.Largest = "", "", ledger.Amount{}
		s.setWaits(p, false)
	}
	s.advance(p)
}

// partCancelled takes the end of an own part that moved nothing: a signed
// Cancel, or a request that was never made. It is planned again unless the seller
// surely refuses the payment.
func (s *step) partCancelled(lock ledger.Lock, friend ledger.NodeID, reason ledger.Reason, reporter ledger.NodeID) {
	p := s.parts[lock]
	if p == nil {
		return
	}
	part := p.part(lock)
	if part.Friend != friend {
		return
	}
	delete(s.parts, lock)
	part.Cancelled, part.Reporter = reason, reporter
	switch {
	case p.rec.Failure != "": // given up before: the reason of that stands
		s.advance(p)
		return
	case p.refusedBySeller(part):
		s.giveUp(p, reason.String(), reasonText(reason), ledger.Amount{})
		return
	}
	p.exclude(s.self, part)
	s.advance(p)
}

// partsLost plans again what was sent to f and is gone with its epoch.
func (s *step) partsLost(f *friend) {
	for _, p := range s.sortedPayments() {
		for i := range p.rec.Parts {
			part := &p.rec.Parts[i]
			if part.ended() || part.Friend != f.id || f.waiting(part.PartLock) || f.ours(part.PartLock) != nil {
				continue
			}
			s.partCancelled(part.PartLock, f.id, ledger.FriendOffline, s.self)
		}
	}
}

// waiting reports whether a request with this part lock is in the queue.
func (f *friend) waiting(lock ledger.Lock) bool {
	return slices.ContainsFunc(f.queue, func(o *outgoing) bool { return o.request.PartLock == lock })
}

// resume goes on with a payment after a restart. A part that is not pending was
// in no entry: what ends one is stored in the same batch as its end here.
func (s *step) resume(p *payment) {
	p.resumed = true
	s.atWall(paymentKey(p.rec.ID), p.rec.Deadline)
	for i := range p.rec.Parts {
		part := &p.rec.Parts[i]
		if f := s.friends[part.Friend]; part.ended() || f != nil && f.ours(part.PartLock) != nil {
			continue
		}
		delete(s.parts, part.PartLock)
		part.Cancelled, part.Reporter = ledger.FriendOffline, s.self
	}
	if share, _, _, _ := p.sums(); p.rec.Attempts > 0 && share.Less(p.rec.Invoice.Amount) {
		p.rec.Attempts-- // the attempt that the restart cut off
	}
	if p.rec.Failure != "" {
		s.withdrawParts(p)
	}
	s.advance(p)
}

// deadline gives up a payment that lacks a part when its time is over. Parts that
// are out decide for themselves; an answer that is awaited may never come.
func (s *step) deadline(p *payment) {
	if p.rec.Deadline.After(s.now.Wall) {
		s.atWall(paymentKey(p.rec.ID), p.rec.Deadline)
		return
	}
	lacks := !p.asked.IsZero() || p.waits
	p.asked = ledger.Amount{}
	if _, _, _, pending := p.sums(); (lacks || pending == 0) && !p.rec.State.IsFinal() && p.rec.Failure == "" {
		s.tooLate(p)
	}
}

// setWaits counts the payments that wait for a friend to connect.
func (s *step) setWaits(p *payment, waits bool) {
	if p.waits == waits {
		return
	}
	p.waits = waits
	if waits {
		s.waiting++
	} else {
		s.waiting--
	}
}

// endPayment lets go of a payment to which nothing can happen any more.
func (s *step) endPayment(p *payment) {
	if s.payments[p.rec.ID] != p {
		return
	}
	delete(s.payments, p.rec.ID)
	if hash := p.rec.Invoice.Hash(); s.byHash[hash] == p {
		delete(s.byHash, hash)
	}
	s.alarms.clear(paymentKey(p.rec.ID))
	if len(s.recent) == recentMax {
		s.recent = slices.Delete(s.recent, 0, 1)
	}
	s.recent = append(s.recent, p.rec.clone())
}

// paidChanged lets the end of the step store and tell a payment.
func (s *step) paidChanged(p *payment) {
	if !p.dirty {
		p.dirty = true
		s.paid = append(s.paid, p)
	}
}

// clone returns a copy that shares nothing that changes.
func (p *PaymentRecord) clone() PaymentRecord {
	c := *p
	c.Parts, c.Exclude = slices.Clone(p.Parts), slices.Clone(p.Exclude)
	return c
}
