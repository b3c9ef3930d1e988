package engine

import (
	"bytes"
	"slices"
	"strings"

	"github.com/offset-p2p/offset/ledger"
)

// incomeKey names an IncomeRecord.
type incomeKey struct {
	from     ledger.NodeID
	currency ledger.Currency
}

// Income returns what forwarding has brought, by friend and currency, also of
// friends that are removed.
func (e *Engine) Income() []IncomeRecord {
	out := make([]IncomeRecord, 0, len(e.income))
	for _, r := range e.income {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b IncomeRecord) int {
		if c := bytes.Compare(a.From[:], b.From[:]); c != 0 {
			return c
		}
		return strings.Compare(a.Currency.String(), b.Currency.String())
	})
	return out
}

// earned counts a forward that is collected on both sides.
func (s *step) earned(fw *forward) {
	key := incomeKey{fw.From, fw.Currency}
	r := s.income[key]
	if r == nil {
		r = &IncomeRecord{From: fw.From, Currency: fw.Currency}
		s.income[key] = r
	}
	r.Count++
	r.Forwarded = saturate(r.Forwarded, fw.Out)
	r.Earned = saturate(r.Earned, fw.In.SubFloor(fw.Out))
	r.Last = s.now.Wall
	if !slices.Contains(s.earnings, r) {
		s.earnings = append(s.earnings, r)
	}
}

// saturate adds to a sum that has no bound of its own.
func saturate(sum, a ledger.Amount) ledger.Amount {
	if next, err := sum.Add(a); err == nil {
		return next
	}
	return sum
}
