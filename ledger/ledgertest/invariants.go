package ledgertest

import (
	"fmt"

	"github.com/offset-p2p/offset/ledger"
)

// Check compares each side's machine with the reference model of what its disk
// holds, and each side's copy of the other's log with the original.
func (p *Pair) Check() error {
	for i, s := range p.Sides {
		if err := p.CheckSide(i); err != nil {
			return err
		}
		if s.F.Opening() == nil || s.F.Epoch() != p.Sides[1-i].F.Epoch() {
			continue
		}
		copied, original := s.F.Status().Theirs.Seq, p.Sides[1-i].F.Status().Mine.Seq
		if copied > original {
			return fmt.Errorf("side %d holds entry %d of the other, which signed %d", i, copied, original)
		}
	}
	return nil
}

// CheckSide compares side i's machine with the reference model of what its disk
// holds: for a side whose friend lies.
func (p *Pair) CheckSide(i int) error {
	s := p.Sides[i]
	if s.F.Opening() == nil {
		return nil
	}
	m, err := NewModel(s.F.Opening(), [2][]*ledger.Entry{s.Disk.Log(0), s.Disk.Log(1)}, s.Disk.Kept()...)
	if err == nil {
		err = m.Check(s.F)
	}
	if err != nil {
		return fmt.Errorf("side %d: %w", i, err)
	}
	return nil
}

// CheckAgreed is Check, and that both sides, with nothing on the way, see the
// same state from opposite sides.
func (p *Pair) CheckAgreed() error {
	if err := p.Check(); err != nil {
		return err
	}
	a, b := p.Sides[0].F, p.Sides[1].F
	if a.Epoch() != b.Epoch() {
		return fmt.Errorf("the sides are in epochs %d and %d", a.Status().Number, b.Status().Number)
	}
	if a.Status().Mine != b.Status().Theirs || b.Status().Mine != a.Status().Theirs {
		return fmt.Errorf("the sides hold different logs")
	}
	for _, c := range a.Currencies() {
		d, ok := b.Currency(c.Currency)
		if !ok {
			if c.Active {
				return fmt.Errorf("%s is active on one side only", c.Currency)
			}
			continue
		}
		sum, err := c.Balance.Add(d.Balance)
		if err != nil || sum.Sign() != 0 || c.FrozenIn != d.FrozenOut || c.FrozenOut != d.FrozenIn ||
			c.Active != d.Active || c.Limit != d.FriendLimit {
			return fmt.Errorf("%s: %+v is not the mirror of %+v", c.Currency, c, d)
		}
	}
	return nil
}
