package engine

import (
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// sale is an invoice of this node with the payments of it that are not complete.
type sale struct {
	rec    InvoiceRecord
	groups []*group
	dirty  bool
}

// partArrived takes a request whose route ends here. Part is what was sealed in
// it, nil when it did not open.
func (s *step) partArrived(f *friend, p *friendship.Pending, part *ledger.Part) {
	v, reason := s.saleOf(p.Request, part)
	if reason == 0 {
		reason = s.join(v, heldPart{friend: f, pending: p, part: part})
	}
	if reason != 0 {
		s.refuse(f, p, reason)
	}
}

// saleOf returns the open invoice that a part pays, or why there is none.
func (s *step) saleOf(r *ledger.Request, part *ledger.Part) (*sale, ledger.Reason) {
	if part == nil || part.PartKey == nil || part.PartKey.Lock() != r.PartLock {
		return nil, ledger.UnknownInvoice
	}
	v := s.invoices[part.Invoice]
	switch {
	case v == nil && part.Expires <= s.now.Wall.Unix():
		return nil, ledger.Expired
	case v == nil || v.rec.Invoice.Lock != r.Lock:
		return nil, ledger.UnknownInvoice
	case v.rec.State == InvoicePaid:
		return nil, ledger.AlreadyPaid
	case v.rec.State == InvoiceCancelled:
		return nil, ledger.UnknownInvoice // its user wants no payment of it
	case v.rec.Invoice.ExpiredAt(s.now.Wall):
		return nil, ledger.Expired
	case !agrees(v.rec.Invoice, r, part):
		return nil, ledger.WrongAmount
	default:
		return v, 0
	}
}

// agrees reports whether request, sealed part and invoice say the same. What
// arrives may be more than what was sealed: leftover fees reach the seller.
func agrees(v *ledger.Invoice, r *ledger.Request, part *ledger.Part) bool {
	return r.Currency == v.Currency && part.Currency == v.Currency &&
		part.InvoiceAmount == v.Amount && part.Expires == v.Expires &&
		!v.Amount.IsZero() && !part.Total.Less(v.Amount) &&
		part.Amount.IsRequestable() && !part.Total.Less(part.Amount) && !r.Amount.Less(part.Amount)
}

// partsOpened goes on with the parts that waited for a restart to open them.
func (s *step) partsOpened(i PartsOpened) {
	f := s.friends[i.Friend]
	if f == nil || f.questions == 0 {
		return
	}
	f.questions--
	for p := range f.book.AllPending(f.book.Me().Other()) {
		lock := p.Request.PartLock
		if !forSeller(p.Request) || f.decided[p.Ordinal] != nil || f.held[p.Ordinal] != nil {
			continue
		}
		part, opened := i.Parts[lock]
		switch {
		case f.incoming(lock) != p:
			s.refuse(f, p, ledger.DuplicateLock)
		case opened || f.questions == 0: // else a later answer is about it
			s.partArrived(f, p, part)
		}
	}
}

// invoiceDue ends an invoice whose time is over: an open one has expired, one
// that is paid need no longer be told from one that never was.
func (s *step) invoiceDue(v *sale) {
	id := v.rec.Invoice.ID
	if !v.rec.Invoice.ExpiredAt(s.now.Wall) {
		s.atWall(invoiceKey(id), time.Unix(v.rec.Invoice.Expires, 0))
		return
	}
	if v.rec.State == InvoiceOpen {
		v.rec.State = InvoiceExpired
		s.soldChanged(v)
	}
	s.cancelGroups(v, nil, ledger.Expired)
	delete(s.invoices, id)
}

// soldChanged lets the end of the step store and tell an invoice.
func (s *step) soldChanged(v *sale) {
	if !v.dirty {
		v.dirty = true
		s.sold = append(s.sold, v)
	}
}
