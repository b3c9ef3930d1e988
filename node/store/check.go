package store

import (
	"errors"
	"slices"
	"strings"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// The checks are made of every record before it is written and after it was
// read: what could not be read again must not be written. They get the names in
// the row's key. Signatures are checked after reading only, for they cost a
// hundred times the rest.

// errKey reports a record under another one's key.
var errKey = errors.New("the record is not the one that its key names")

func checkApp(a *engine.AppRecord, names []string) error {
	if !slices.Equal(names, []string{a.Key.String()}) {
		return errKey
	}
	return nil
}

func (s *Store) checkFriend(f *engine.FriendRecord, names []string) error {
	switch {
	case !slices.Equal(names, []string{f.Friend.String()}):
		return errKey
	case f.Friend == s.self:
		return errors.New("the node is its own friend")
	case len(f.Addresses) > ledger.AddressesMax:
		return errors.New("too many addresses")
	}
	seen := map[ledger.Currency]bool{}
	for _, c := range f.Currencies {
		if err := c.Currency.Validate(); err != nil {
			return err
		}
		if seen[c.Currency] || !c.Limit.IsLimit() {
			return errors.New("a currency stands twice or its limit is out of bounds")
		}
		seen[c.Currency] = true
	}
	return nil
}

func checkForward(f *engine.ForwardRecord, names []string) error {
	switch {
	case !slices.Equal(names, []string{f.PartLock.String()}):
		return errKey
	case f.From.IsZero() || f.To.IsZero():
		return errors.New("a friend is missing")
	case !f.In.IsRequestable() || !f.Out.IsRequestable() || f.In.Less(f.Out):
		return errors.New("its amounts are out of bounds")
	}
	return f.Currency.Validate()
}

func checkIncome(r *engine.IncomeRecord, names []string) error {
	switch {
	case strings.Join(names, "/") != r.From.String()+"/"+r.Currency.String():
		return errKey
	case r.Count == 0:
		return errors.New("it counts no forward")
	}
	return r.Currency.Validate()
}

func checkMark(m *engine.MarkRecord, names []string) error {
	switch {
	case !slices.Equal(names, []string{m.Friend.String(), m.PartLock.String()}):
		return errKey
	case (m.Key == nil) != (m.PartKey == nil):
		return errors.New("one of its keys is missing")
	case (m.Key == nil) == (m.Reason == 0):
		return errors.New("it decides neither or both of collect and cancel")
	case m.PartKey != nil && m.PartKey.Lock() != m.PartLock:
		return errors.New("its part key does not open its lock")
	}
	return nil
}

func (s *Store) checkInvoice(v *engine.InvoiceRecord, names []string) error {
	switch {
	case v.Invoice == nil:
		return errors.New("the invoice is missing")
	case !slices.Equal(names, []string{v.Invoice.ID.String()}):
		return errKey
	case v.Invoice.Seller != s.self:
		return errors.New("it is another seller's")
	case v.Key.Lock() != v.Invoice.Lock:
		return errors.New("its key does not open its lock")
	case v.State < engine.InvoiceOpen || v.State > engine.InvoiceExpired:
		return errors.New("its state is unknown")
	}
	return v.Invoice.Validate()
}

func checkPayment(p *engine.PaymentRecord, names []string) error {
	switch {
	case p.Invoice == nil:
		return errors.New("the invoice is missing")
	case !slices.Equal(names, []string{p.ID.String()}):
		return errKey
	case p.State < engine.Planning || p.State > engine.Failed:
		return errors.New("its state is unknown")
	case (p.State == engine.Settled) != (p.Key != nil):
		return errors.New("it is settled without a key, or has one and is not")
	case p.Key != nil && p.Key.Lock() != p.Invoice.Lock:
		return errors.New("its key does not open the invoice's lock")
	case !p.MaxFee.IsLimit():
		return errors.New("its fee cap is out of bounds")
	}
	seen := map[ledger.Lock]bool{}
	for _, part := range p.Parts {
		switch {
		case seen[part.PartLock]:
			return errors.New("a part stands twice")
		case !part.Share.IsRequestable() || !part.Amount.IsRequestable() || part.Amount.Less(part.Share):
			return errors.New("a part's amounts are out of bounds")
		case part.Collected && part.Cancelled != 0:
			return errors.New("a part is both collected and cancelled")
		}
		seen[part.PartLock] = true
	}
	return p.Invoice.Validate()
}
