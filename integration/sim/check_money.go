package sim

import (
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// collectedOwn judges a Collect that no friend beyond has caused: it must be the
// sale of an invoice.
func (ref *reference) collectedOwn(q *req) {
	c := ref.n.s.seals[q.r.PartLock]
	v := ref.sales[q.r.Lock]
	switch {
	case v == nil:
		ref.fail("a request of %s is collected without a paid invoice or a collect beyond", ref.nameOf(q.side))
	case c == nil || c.seller != ref.n.id || c.part.Payment != v.payment:
		ref.fail("a part of another payment than the one that was sold to is collected")
	}
}

// soldNow notes the invoices that this batch says are paid.
func (ref *reference) soldNow(b *batch) []engine.InvoiceRecord {
	var now []engine.InvoiceRecord
	for _, r := range b.sold {
		old := ref.sales[r.Invoice.Lock]
		switch {
		case old != nil && (r.State != engine.InvoicePaid || r.Payment != old.payment):
			ref.fail("an invoice that was paid is %v, by another payment", r.State)
		case old == nil && r.State == engine.InvoicePaid:
			ref.sales[r.Invoice.Lock] = &sale{payment: r.Payment, amount: r.Paid, currency: r.Invoice.Currency.Name}
			now = append(now, r)
		}
	}
	return now
}

// allOrNone judges an invoice that is paid: in the batch that says so all parts
// of one payment are collected, or decided to be.
func (ref *reference) allOrNone(b *batch, r engine.InvoiceRecord) {
	v := r.Invoice
	var got, share, total ledger.Amount
	take := func(q *req) {
		c := ref.n.s.seals[q.r.PartLock]
		if q.r.Lock != v.Lock || q.link != nil || c == nil || c.part.Payment != r.Payment || q.r.Currency != v.Currency {
			return
		}
		got, share, total = plus(got, q.r.Amount), plus(share, c.part.Amount), c.part.Total
	}
	for _, q := range b.resolved {
		if q.state == collected {
			take(q)
		}
	}
	for _, m := range b.marks {
		if q := ref.side(m.Friend).incoming(m.PartLock); q != nil && m.Key != nil && q.decided == collected {
			take(q)
		}
	}
	if b.removed && got.Less(r.Paid) {
		// What was sold went with the friend that is removed in the same step.
		lost, _ := r.Paid.SubFloor(got).Owed()
		ref.accept(v.Currency.Name, lost)
		return
	}
	switch {
	case got.Less(v.Amount):
		ref.fail("an invoice of %v is paid with %v", v.Amount, got)
	case share != total:
		ref.fail("parts of %v are collected of a payment of %v", share, total)
	case got != r.Paid:
		ref.fail("an invoice was paid with %v, its record says %v", got, r.Paid)
	}
}

// paidChanged judges the record of an own payment.
func (ref *reference) paidChanged(r engine.PaymentRecord) {
	p := ref.payments[r.ID]
	if p == nil {
		p = &paid{currency: r.Invoice.Currency.Name}
		ref.payments[r.ID] = p
	}
	if p.settled && r.State != engine.Settled {
		ref.fail("payment %v was settled and is %v", r.ID, r.State)
	}
	p.ended, p.settled, p.failure = r.IsEnded(), r.State == engine.Settled, r.Failure
	p.unknown = r.IsUnknown()
	if p.settled {
		ref.receipt(&r)
	}
	var share, fee ledger.Amount
	for i := range r.Parts {
		q := &r.Parts[i]
		if q.Cancelled == 0 {
			share, fee = plus(share, q.Share), plus(fee, q.Amount.SubFloor(q.Share))
		} else if d := ref.side(q.Friend); d.ours(q.PartLock) != nil {
			ref.fail("payment %v: a part that is pending with %s counts as cancelled", r.ID, ref.nameOf(d))
		}
		if q.Collected && p.failure != "" && r.State == engine.Failed && !p.unknown {
			ref.fail("payment %v has failed and a part of it was collected", r.ID)
		}
	}
	switch {
	case r.Invoice.Amount.Less(share):
		ref.fail("payment %v has parts of %v out for %v", r.ID, share, r.Invoice.Amount)
	case r.MaxFee.Less(fee):
		ref.fail("payment %v costs fees of %v, at most %v were allowed", r.ID, fee, r.MaxFee)
	}
}

// receipt judges a receipt: its seller has collected this payment, durably and
// before.
func (ref *reference) receipt(r *engine.PaymentRecord) {
	if rec := r.Receipt(); rec == nil || rec.Key.Lock() != r.Invoice.Lock {
		ref.fail("payment %v is settled without its receipt", r.ID)
		return
	}
	seller := ref.n.s.byID[r.Invoice.Seller]
	if seller.villain != nil {
		return
	}
	if v := seller.ref.sales[r.Invoice.Lock]; v == nil || v.payment != r.ID {
		ref.fail("payment %v has a receipt, and %s has not collected it", r.ID, seller.name)
	}
}

// ownEnded judges the end of a part of an own payment: its record knows it in
// the same batch.
func (ref *reference) ownEnded(q *req) {
	part := ref.ownPart(q)
	if part == nil {
		ref.fail("a part of %v that %s has ended is in no stored payment", q.r.Amount, ref.nameOf(q.side))
		return
	}
	p := ref.payments[ref.n.s.seals[q.r.PartLock].part.Payment]
	if q.state == cancelled {
		if part.Cancelled == 0 && !part.Lost {
			ref.fail("a part that %s has cancelled is not cancelled in its payment's record", ref.nameOf(q.side))
		}
		return
	}
	if !part.Lost && (!part.Collected || !p.settled) {
		ref.fail("a part that %s has collected is not collected in its payment's record", ref.nameOf(q.side))
	}
	p.spent = plus(p.spent, q.r.Amount)
}
