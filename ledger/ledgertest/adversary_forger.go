package ledgertest

import (
	"fmt"
	"maps"
	"slices"

	"github.com/offset-p2p/offset/ledger"
)

// Forger signs entries that break rules: operations that are illegal in its
// view, totals that do not follow, keys that open nothing. Now and then it
// signs a legal one, to look honest and to have something to forge about.
type Forger struct{ *Rogue }

// Move sends one entry.
func (f *Forger) Move(dice Dice) error {
	if err := f.talks(); err != nil {
		return err
	}
	if f.Victim().F.Opening() == nil {
		return nil
	}
	if dice(3) > 0 {
		return f.legal(dice)
	}
	n, err := f.Entry()
	if err != nil {
		return err
	}
	f.spoil(n, dice)
	return f.Send(n)
}

// legal sends an entry that an honest side could have signed.
func (r *Rogue) legal(dice Dice) error {
	op := r.op(dice)
	if op == nil {
		return nil
	}
	n, err := r.Entry(op)
	if err != nil {
		return err
	}
	return r.Send(n)
}

// op returns a legal operation in the newest view, or nil.
func (r *Rogue) op(dice Dice) ledger.Op {
	f := r.Victim().F
	theirs := slices.Collect(f.AllPending(ledger.Author(r.victim)))
	switch k := dice(6); {
	case k == 0 || len(f.Currencies()) == 0:
		return Credit(EUR, uint64(dice(2000)))
	case k <= 2:
		for _, v := range f.Currencies() {
			if v.Active {
				q := r.request(1 + dice(700))
				q.Currency = v.Currency
				return q
			}
		}
	case len(theirs) > 0:
		p := theirs[dice(len(theirs))]
		if n, ok := KeyNumber(p.Request); ok && k <= 4 {
			return Collect(p.Ordinal, n)
		}
		return Cancel(p.Ordinal)
	}
	return nil
}

// spoil makes one thing of a legal empty entry illegal.
func (f *Forger) spoil(n *ledger.Entry, dice Dice) {
	s := f.Victim()
	lies := Lies()
	if len(n.Totals) == 0 {
		delete(lies, "balance") // it has none to change
		delete(lies, "totals")
	}
	names := slices.Sorted(maps.Keys(lies))
	switch dice(4) {
	case 0: // keys that open something else
		n.Ops = []ledger.Op{Collect(uint64(1+dice(20)), 999_999)}
	case 1: // resolves what was never asked
		n.Ops = []ledger.Op{Cancel(s.F.NextOrdinal() + uint64(dice(3)))}
	case 2: // an amount at the edge
		edge := []ledger.Amount{{}, ledger.AmountFromParts(1<<32, 0), ledger.AmountFromParts(1<<63, 0), ledger.AmountFromParts(1<<64-1, 1<<64-1)}
		q := Request(EUR, 0, 1)
		q.Amount = edge[dice(len(edge))]
		n.Ops = []ledger.Op{q}
	default:
		lies[names[dice(len(names))]](n)
	}
	if dice(4) == 0 && len(n.Totals) > 0 {
		n.Totals = slices.Clone(n.Totals)
		n.Totals[0].Logs[dice(2)].Cancelled = ledger.NewAmount(uint64(dice(100)))
	}
	if dice(8) == 0 {
		n.Totals = append(slices.Clone(n.Totals), ledger.Totals{Currency: ledger.Currency{Name: fmt.Sprintf("Z%d", dice(9))}})
	}
}
