package ledgertest

import (
	"crypto/sha256"
	"fmt"

	"github.com/offset-p2p/offset/ledger"
)

// EUR is the currency of most tests.
var EUR = ledger.Currency{Name: "EUR", Decimals: 2}

// Keys returns key pair number n of a request: the invoice's and the part's.
func Keys(n int) (key, part ledger.Key) {
	return sha256.Sum256(fmt.Appendf(nil, "key %d", n)), sha256.Sum256(fmt.Appendf(nil, "part key %d", n))
}

// Request returns a request that Keys(n) opens.
func Request(c ledger.Currency, amount uint64, n int) *ledger.Request {
	key, part := Keys(n)
	return &ledger.Request{
		Currency: c, Amount: ledger.NewAmount(amount), Lock: key.Lock(), PartLock: part.Lock(), Hold: 60,
		Path: ledger.NewPath(), Sealed: fmt.Appendf(nil, "part %d", n),
	}
}

// Collect returns the operation that collects request ordinal with Keys(n).
func Collect(ordinal uint64, n int) *ledger.Collect {
	key, part := Keys(n)
	return &ledger.Collect{Ordinal: ordinal, Key: key, PartKey: part}
}

// Cancel returns the operation that cancels request ordinal.
func Cancel(ordinal uint64) *ledger.Cancel {
	return &ledger.Cancel{Ordinal: ordinal, Reason: ledger.OverLimit}
}

// Credit returns the operation that offers c with a limit.
func Credit(c ledger.Currency, limit uint64) *ledger.Credit {
	return &ledger.Credit{Currency: c, Limit: ledger.NewAmount(limit)}
}

// OpenWith opens the pair and activates EUR with this limit on both sides.
func (p *Pair) OpenWith(limit uint64) error {
	if err := p.Open(); err != nil {
		return err
	}
	for i := range p.Sides {
		if err := p.Append(i, Credit(EUR, limit)); err != nil {
			return fmt.Errorf("offering: %w", err)
		}
	}
	if err := p.Settle(); err != nil {
		return err
	}
	for _, s := range p.Sides {
		s.Changes = nil
	}
	return p.CheckAgreed()
}
