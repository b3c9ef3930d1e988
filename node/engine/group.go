package engine

import (
	"maps"
	"slices"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// group is the parts of one payment that wait at the seller for the rest: all
// are collected, or none.
type group struct {
	id      ledger.Hash
	sale    *sale
	payment ledger.PaymentID
	total   ledger.Amount // of all parts, as each of them says
	sum     ledger.Amount // of the parts that are here
	parts   []heldPart
}

// heldPart is a pending request with the part that was sealed in it.
type heldPart struct {
	friend  *friend
	pending *friendship.Pending
	part    *ledger.Part
}

var groupTag = ledger.NewTag("offset/group/1")

func groupID(v ledger.InvoiceID, p ledger.PaymentID) ledger.Hash {
	return groupTag.Hash(append(v[:], p[:]...))
}

// join adds a part to its payment, or returns why it does not belong there. The
// part that completes the total makes the seller collect all of them.
func (s *step) join(v *sale, h heldPart) ledger.Reason {
	id := groupID(v.rec.Invoice.ID, h.part.Payment)
	g := s.groups[id]
	if g == nil {
		g = &group{id: id, sale: v, payment: h.part.Payment, total: h.part.Total}
	}
	sum, err := g.sum.Add(h.part.Amount)
	switch {
	case g.total != h.part.Total || err != nil || g.total.Less(sum):
		return ledger.WrongAmount
	case slices.ContainsFunc(g.parts, func(o heldPart) bool {
		return o.pending.Request.PartLock == h.pending.Request.PartLock
	}):
		return ledger.DuplicateLock
	}
	if all := (&group{total: g.total, sum: sum, parts: append(slices.Clip(g.parts), h)}); all.complete() {
		g.parts = all.parts
		s.collectGroup(g)
		return 0
	}
	switch {
	case len(g.parts) == ledger.PartsMax:
		return ledger.TooManyPending
	case len(g.parts) == 0:
		if !s.makeRoom(v, sum) {
			return ledger.TooManyPending
		}
		v.groups = append(v.groups, g)
		s.groups[id] = g
		s.alarms.set(groupKey(id), s.now.Mono+ledger.HoldExpress)
	}
	g.parts = append(g.parts, h)
	g.sum = sum
	h.friend.held[h.pending.Ordinal] = g
	return 0
}

// makeRoom lets one more payment of an invoice wait of which sum has arrived. It
// gives back the one of which least has, if that is less: who wants to keep others
// from paying has to freeze more than they do, in every place.
func (s *step) makeRoom(v *sale, sum ledger.Amount) bool {
	if len(v.groups) < GroupsMax {
		return true
	}
	least := v.groups[0]
	for _, g := range v.groups {
		if g.sum.Less(least.sum) {
			least = g
		}
	}
	if !least.sum.Less(sum) {
		return false
	}
	s.cancelGroup(least, ledger.TooManyPending)
	return true
}

// complete reports whether all parts are here. What arrived in a ledger that is
// closed may never be collected, so it has not arrived.
func (g *group) complete() bool {
	return g.sum == g.total && !slices.ContainsFunc(g.parts, func(h heldPart) bool { return h.friend.book.Closed() })
}

// collectGroup takes the payment: all its parts in one batch. Every other
// payment of the invoice is given back.
func (s *step) collectGroup(g *group) {
	v := g.sale
	v.rec.State, v.rec.PaidAt, v.rec.Payment = InvoicePaid, s.now.Wall, g.payment
	for _, h := range g.parts {
		paid, err := v.rec.Paid.Add(h.pending.Request.Amount)
		if err != nil { // PartsMax amounts below 2^AmountBits
			panic("engine: a payment exceeds an amount")
		}
		v.rec.Paid = paid
		v.rec.Note = h.part.Note
		s.collect(h.friend, h.pending, v.rec.Key, *h.part.PartKey)
	}
	s.forget(g)
	s.cancelGroups(v, g, ledger.AlreadyPaid)
	s.soldChanged(v)
}

// holdOver gives a payment back whose parts did not all arrive in time.
func (s *step) holdOver(id ledger.Hash) {
	if g := s.groups[id]; g != nil {
		s.cancelGroup(g, ledger.Expired)
	}
}

// cancelGroups gives back all payments of an invoice but one.
func (s *step) cancelGroups(v *sale, but *group, reason ledger.Reason) {
	for _, g := range slices.Clone(v.groups) {
		if g != but {
			s.cancelGroup(g, reason)
		}
	}
}

func (s *step) cancelGroup(g *group, reason ledger.Reason) {
	for _, h := range g.parts {
		s.refuse(h.friend, h.pending, reason)
	}
	s.forget(g)
}

// forget ends a group that is decided.
func (s *step) forget(g *group) {
	for _, h := range g.parts {
		delete(h.friend.held, h.pending.Ordinal)
	}
	g.sale.groups = slices.DeleteFunc(g.sale.groups, func(o *group) bool { return o == g })
	delete(s.groups, g.id)
	s.alarms.clear(groupKey(g.id))
}

// dropHeld takes the parts of a friend that is removed out of their groups: they
// have not arrived.
func (s *step) dropHeld(f *friend) {
	for _, g := range f.heldGroups() {
		s.keepParts(g, func(h heldPart) bool { return h.friend != f })
	}
	clear(f.held)
}

// relinkHeld finds the parts of f again that the groups hold, after a new epoch:
// what it does not keep has not arrived. What waited for the epoch to open may
// be complete now.
func (s *step) relinkHeld(f *friend) {
	groups := f.heldGroups()
	clear(f.held)
	for _, g := range groups {
		for i := range g.parts {
			h := &g.parts[i]
			if h.friend != f {
				continue
			}
			old := h.pending.Request
			h.pending = f.incoming(old.PartLock)
			if h.pending != nil && h.pending.Request.Hash() == old.Hash() {
				f.held[h.pending.Ordinal] = g
			} else {
				h.pending = nil
			}
		}
		s.keepParts(g, func(h heldPart) bool { return h.pending != nil })
	}
	for _, g := range groups {
		if s.groups[g.id] == g && g.complete() {
			s.collectGroup(g)
		}
	}
}

// heldGroups returns the groups that have parts of f, by their oldest part.
func (f *friend) heldGroups() []*group {
	var list []*group
	for _, ordinal := range slices.Sorted(maps.Keys(f.held)) {
		if g := f.held[ordinal]; !slices.Contains(list, g) {
			list = append(list, g)
		}
	}
	return list
}

// keepParts takes all other parts out of a group, which ends it when none is
// left.
func (s *step) keepParts(g *group, keep func(heldPart) bool) {
	g.parts = slices.DeleteFunc(g.parts, func(h heldPart) bool { return !keep(h) })
	g.sum = ledger.Amount{}
	for _, h := range g.parts {
		g.sum, _ = g.sum.Add(h.part.Amount) // at most the total
	}
	if len(g.parts) == 0 {
		s.forget(g)
	}
}
