package ledgertest

import (
	"slices"

	"github.com/offset-p2p/offset/ledger"
)

// Forker signs two bodies for one number: of its newest entry, of an older one,
// or with another predecessor. The victim keeps the first, with the second as
// evidence.
type Forker struct{ *Rogue }

// Move signs an entry of its log again, with something else in it.
func (f *Forker) Move(dice Dice) error {
	if err := f.talks(); err != nil {
		return err
	}
	log := f.Victim().Disk.Log(ledger.Author(f.side))
	if len(log) == 0 || dice(3) == 0 {
		return f.legal(dice)
	}
	old := log[len(log)-1-dice(min(len(log), 3))]
	n := *old
	n.Ops = slices.Concat(old.Ops, []ledger.Op{Credit(EUR, uint64(1_000_000+dice(9)))})
	if dice(3) == 0 {
		n.Prev[dice(len(n.Prev))]++
	}
	return f.Send(&n)
}
