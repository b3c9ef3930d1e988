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
	lapsed time.Duration // when the clock was first seen beyond its expiry; 0: it is not
	dirty  bool
	done   bool // it is among Engine.finished
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
	if v != nil {
		s.judgeExpiry(v)
	}
	switch {
	case v == nil && part.Expires <= s.now.Wall.Unix():
		return nil, ledger.Expired
	case v == nil || v.rec.Invoice.Lock != r.Lock:
		return nil, ledger.UnknownInvoice
	case v.lapsed > 0: // whatever became of it before: as when it is let go
		return nil, ledger.Expired
	case v.rec.State == InvoicePaid:
		return nil, ledger.AlreadyPaid
	case v.rec.State == InvoiceCancelled:
		return nil, ledger.UnknownInvoice // its user wants no payment of it
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
		if !forSeller(p.Request) || p.Again() || f.decided[p.Ordinal] != nil || f.held[p.Ordinal] != nil {
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

// invoiceDue looks at an invoice whose time may be over, and lets go of one that
// has been expired for long: an open one that expires is no more to be paid, one
// that is paid need no longer be told from one that never was.
func (s *step) invoiceDue(v *sale) {
	s.judgeExpiry(v)
	id := v.rec.Invoice.ID
	left := v.lapsed + lapsedKept - s.now.Mono
	switch {
	case v.lapsed == 0:
		s.atWall(invoiceKey(id), time.Unix(v.rec.Invoice.Expires, 0))
	case left > 0:
		s.alarms.set(invoiceKey(id), s.now.Mono+min(left, wallRecheck))
	default:
		delete(s.invoices, id)
	}
}

// judgeExpiry makes the state of an invoice agree with the wall clock as it is
// now. A clock that was ahead has not ended anything: when it is right again, so
// is the invoice. Only the payments that waited were given back.
func (s *step) judgeExpiry(v *sale) {
	expired := v.rec.Invoice.ExpiredAt(s.now.Wall)
	switch {
	case !expired:
		v.lapsed = 0
	case v.lapsed == 0:
		v.lapsed = s.now.Mono
		s.cancelGroups(v, nil, ledger.Expired)
	}
	switch {
	case expired && v.rec.State == InvoiceOpen:
		v.rec.State = InvoiceExpired
		s.soldChanged(v)
	case !expired && v.rec.State == InvoiceExpired:
		v.rec.State = InvoiceOpen
		s.soldChanged(v)
	}
}

// done lets go of the oldest invoice that is paid or cancelled when v is one more
// than may stay: memory is for what can still be paid.
func (e *Engine) done(v *sale) {
	if v.done || v.rec.State != InvoicePaid && v.rec.State != InvoiceCancelled {
		return
	}
	v.done = true
	e.finished = append(e.finished, v.rec.Invoice.ID)
	if len(e.finished) > DoneInvoicesMax {
		id := e.finished[0]
		e.finished = e.finished[1:]
		delete(e.invoices, id)
		e.alarms.clear(invoiceKey(id))
	}
}

// forgetLapsed makes room for new invoices.
func (s *step) forgetLapsed() {
	for id, v := range s.invoices {
		if v.lapsed > 0 {
			delete(s.invoices, id)
			s.alarms.clear(invoiceKey(id))
		}
	}
}

// soldChanged lets the end of the step store and tell an invoice.
func (s *step) soldChanged(v *sale) {
	if !v.dirty {
		v.dirty = true
		s.sold = append(s.sold, v)
	}
}
