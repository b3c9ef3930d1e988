package engine

import (
	"slices"
	"time"
	"unicode/utf8"

	"github.com/offset-p2p/offset/ledger"
)

func (s *step) createInvoice(a CreateInvoice) *CommandError {
	v := a.Invoice
	if v == nil {
		return refuse(Invalid, "invoice_missing", "no invoice is given")
	}
	if bad := v.Validate(); bad != nil {
		return refuse(Invalid, "invoice_invalid", "%v", bad)
	}
	switch {
	case v.Seller != s.self || a.Key.Lock() != v.Lock:
		return refuse(Invalid, "invoice_foreign", "the invoice is not this node's")
	case v.Amount.IsZero():
		return refuse(Invalid, "amount_zero", "an invoice needs an amount above 0")
	case v.Reserved != 0:
		return refuse(Invalid, "reserved_unsupported", "this version makes invoices for express payment only")
	case v.ExpiredAt(s.now.Wall):
		return refuse(Invalid, "invoice_expired", "the invoice expires before it can be paid: choose a later time")
	case s.invoices[v.ID] != nil:
		return refuse(Exists, "invoice_exists", "there is an invoice with this ID already")
	}
	if len(s.invoices) >= InvoicesMax {
		s.forgetLapsed()
	}
	if len(s.invoices) >= InvoicesMax {
		return refuse(Exhausted, "too_many_invoices", "the node has %d invoices that have not expired: wait, or choose shorter times", InvoicesMax)
	}
	n := &sale{rec: InvoiceRecord{Invoice: v, Key: a.Key, State: InvoiceOpen}}
	s.invoices[v.ID] = n
	s.atWall(invoiceKey(v.ID), time.Unix(v.Expires, 0))
	s.soldChanged(n)
	return nil
}

func (s *step) cancelInvoice(id ledger.InvoiceID) *CommandError {
	v := s.invoices[id]
	if v != nil {
		s.judgeExpiry(v)
	}
	switch {
	case v == nil:
		return refuse(NotFound, "unknown_invoice", "there is no open invoice %v", id)
	case v.rec.State != InvoiceOpen:
		return refuse(Precondition, "invoice_"+v.rec.State.String(), "the invoice is %v: only an open one can be cancelled", v.rec.State)
	}
	v.rec.State = InvoiceCancelled
	s.cancelGroups(v, nil, ledger.Refunded)
	s.soldChanged(v)
	return nil
}

// pay begins a payment, or returns the earlier one that it repeats.
func (s *step) pay(a Pay) (*payment, *PaymentRecord, *CommandError) {
	if err := s.payable(a); err != nil {
		return nil, nil, err
	}
	if old, err := s.repeats(a); old != nil || err != nil {
		return nil, old, err
	}
	if err := s.maySign(); err != nil {
		return nil, nil, err
	}
	v := a.Invoice
	if err := s.stillPayable(v, s.now.Wall); err != nil {
		return nil, nil, err
	}
	if len(s.payments) >= PaymentsMax {
		return nil, nil, refuse(Exhausted, "too_many_payments", "%d payments are under way: wait until some have ended", PaymentsMax)
	}
	timeout := a.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	p := s.addPayment(PaymentRecord{
		ID: a.Payment, Invoice: v, State: Planning, MaxFee: a.MaxFee, Note: a.Note,
		Created: s.now.Wall, Deadline: s.now.Wall.Add(timeout),
	})
	s.atWall(paymentKey(p.rec.ID), p.rec.Deadline)
	s.advance(p)
	return p, nil, nil
}

// MayPay returns what Pay would refuse at once for an invoice at that time, or
// nil. It does not know of earlier payments, and a payment may still find no
// route.
func (e *Engine) MayPay(v *ledger.Invoice, wall time.Time) *CommandError {
	if err := e.invoicePayable(v); err != nil {
		return err
	}
	if err := e.maySign(); err != nil {
		return err
	}
	return e.stillPayable(v, wall)
}

// invoicePayable checks what can never be right of an invoice.
func (e *Engine) invoicePayable(v *ledger.Invoice) *CommandError {
	if v == nil {
		return refuse(Invalid, "invoice_missing", "no invoice is given")
	}
	if bad := v.Validate(); bad != nil {
		return refuse(Invalid, "invoice_invalid", "%v", bad)
	}
	switch {
	case v.Seller == e.self:
		return refuse(Invalid, "own_invoice", "this invoice is your own: only somebody else can pay it")
	case v.Amount.IsZero():
		return refuse(Invalid, "amount_zero", "the invoice names no amount: ask the seller for one that does")
	case v.Reserved != 0:
		return refuse(Invalid, "reserved_unsupported", "the invoice asks for a reserved payment, which this version cannot make: ask for an express one")
	default:
		return nil
	}
}

// stillPayable checks what was right of an invoice and may not be any more.
func (e *Engine) stillPayable(v *ledger.Invoice, wall time.Time) *CommandError {
	if v.ExpiredAt(wall) {
		return refuse(Precondition, "invoice_expired", "the invoice expired on %s: ask the seller for a new one",
			time.Unix(v.Expires, 0).UTC().Format(time.RFC3339))
	}
	return e.canUse(v.Currency)
}

// payable checks what can never be right.
func (s *step) payable(a Pay) *CommandError {
	if err := s.invoicePayable(a.Invoice); err != nil {
		return err
	}
	switch {
	case a.Payment == ledger.PaymentID{}:
		return refuse(Invalid, "payment_id_missing", "the payment has no ID")
	case !a.MaxFee.IsLimit():
		return refuse(Invalid, "amount_out_of_range", "the fee limit must be below 2^%d of the smallest unit", ledger.AmountBits)
	case a.Timeout < 0 || a.Timeout > TimeoutMax:
		return refuse(Invalid, "timeout_out_of_range", "the time for a payment must be between 0 and %v", TimeoutMax)
	case len(a.Note) > ledger.NoteBytesMax || !utf8.ValidString(a.Note):
		return refuse(Invalid, "note_invalid", "the note must be text of at most %d bytes", ledger.NoteBytesMax)
	default:
		return nil
	}
}

// repeats returns the payment that a Pay asks for again: one with its ID, or one
// of its invoice that is under way or settled. Only a failed payment of the
// invoice lets a new one begin, and not one that may have been paid after all.
func (s *step) repeats(a Pay) (*PaymentRecord, *CommandError) {
	hash := a.Invoice.Hash()
	stale := a.Previous != nil && !a.Previous.State.IsFinal()
	for _, old := range s.earlier(a, hash) {
		same := old.Invoice.Hash() == hash
		switch {
		case old.ID == a.Payment && !same:
			return nil, refuse(Exists, "payment_exists", "the payment ID is taken by the payment of another invoice: use a new one")
		case old.ID == a.Payment, same && old.State != Failed:
			return old, nil
		case same && old.IsUnknown() && !a.Invoice.ExpiredAt(s.now.Wall):
			return nil, refuse(Precondition, "payment_unknown", "an earlier payment of this invoice may have been paid: %s", old.Text)
		}
		stale = stale && old.ID != a.Previous.ID
	}
	if stale {
		return nil, refuse(Precondition, "payment_ending", "a payment of this invoice ends just now: try again")
	}
	return nil, nil
}

// earlier returns the payments that may be what a Pay repeats: those under way,
// then those that ended lately, then the one on the disk, if it is final there
// too.
func (s *step) earlier(a Pay, hash ledger.Hash) []*PaymentRecord {
	var list []*PaymentRecord
	if p := s.payments[a.Payment]; p != nil {
		list = append(list, &p.rec)
	}
	if p := s.byHash[hash]; p != nil {
		list = append(list, &p.rec)
	}
	for i := range slices.Backward(s.recent) {
		if r := &s.recent[i]; r.ID == a.Payment || r.Invoice.ID == a.Invoice.ID {
			list = append(list, r)
		}
	}
	if a.Previous != nil && a.Previous.State.IsFinal() {
		list = append(list, a.Previous)
	}
	return list
}

// canUse reports why no friend can carry a currency at all.
func (e *Engine) canUse(c ledger.Currency) *CommandError {
	var other *ledger.Currency
	known := false
	for _, f := range e.order {
		set := f.settingNamed(c.Name)
		switch {
		case set == nil:
		case set.Currency != c:
			other = &set.Currency
		case f.usable(c):
			return nil
		default:
			known = true
		}
	}
	switch {
	case known:
		return refuse(Precondition, "currency_inactive", "%s is not active with any friend: both sides must offer it, see `stctrl friends`", c.Name)
	case other != nil:
		return refuse(Invalid, "currency_decimals", "the invoice counts %s with %d decimals, you and your friends with %d: these are different currencies",
			c.Name, c.Decimals, other.Decimals)
	default:
		return refuse(Invalid, "currency_unknown", "you have no friend with the currency %s: agree on it first with `stctrl credit set`", c.Name)
	}
}
