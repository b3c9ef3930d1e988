package engine

import (
	"github.com/offset-p2p/offset/ledger"
)

// setCredit offers a currency. The end of the step says it in the ledger, now or
// when it may be signed.
func (s *step) setCredit(a SetCredit) *CommandError {
	f, err := s.known(a.Friend)
	if err != nil {
		return err
	}
	if bad := a.Currency.Validate(); bad != nil {
		return refuse(Invalid, "currency_invalid", "%v", bad)
	}
	if !a.Limit.IsLimit() {
		return refuse(Invalid, "amount_out_of_range", "the limit must be below 2^%d of the smallest unit", ledger.AmountBits)
	}
	set := f.settingNamed(a.Currency.Name)
	switch {
	case set != nil && set.Currency != a.Currency:
		return refuse(Invalid, "currency_decimals", "%s has %d decimals with %q, not %d: a currency's decimals never change",
			a.Currency.Name, set.Currency.Decimals, f.rec.Name, a.Currency.Decimals)
	case set == nil && len(f.rec.Currencies) >= ledger.CurrenciesMax:
		return refuse(Exhausted, "too_many_currencies", "%q has %d currencies, more are not possible", f.rec.Name, ledger.CurrenciesMax)
	case set == nil:
		f.rec.Currencies = append(f.rec.Currencies, CurrencySetting{Currency: a.Currency, Limit: a.Limit})
	default:
		set.Limit = a.Limit
	}
	s.recorded(f)
	return nil
}

func (s *step) setRate(a SetRate) *CommandError {
	f, set, err := s.offered(a.Friend, a.Currency)
	if err != nil {
		return err
	}
	set.Rate = a.Rate
	s.recorded(f)
	return nil
}

func (s *step) setOpen(a SetOpen) *CommandError {
	f, set, err := s.offered(a.Friend, a.Currency)
	if err != nil {
		return err
	}
	set.Closed = !a.Open
	s.retryWaiting()
	s.recorded(f)
	return nil
}

// offered returns what this node's user said of a currency with a friend.
func (s *step) offered(id ledger.NodeID, c ledger.Currency) (*friend, *CurrencySetting, *CommandError) {
	f, err := s.known(id)
	if err != nil {
		return nil, nil, err
	}
	set := f.setting(c)
	if set == nil {
		return nil, nil, refuse(NotFound, "unknown_currency", "%s with %d decimals is not used with %q: offer it first with `stctrl credit set`",
			c.Name, c.Decimals, f.rec.Name)
	}
	return f, set, nil
}
