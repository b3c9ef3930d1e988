package ledgertest

import "github.com/offset-p2p/offset/ledger"

// ClockLiar uses up numbers: it names and proposes ones that are far ahead, so
// that the friendship can never open again, or so far that only its own clock
// allows the next.
type ClockLiar struct{ *Rogue }

// farNumber is one of the numbers that a ClockLiar likes, of its parity.
func (c *ClockLiar) farNumber(dice Dice) uint64 {
	far := []uint64{1<<64 - 3, 1 << 63, 1 << 53, 1_700_000_000_000, 1_700_000_600_001, 9_999_999_999_999}[dice(6)]
	if far%2 != uint64(1-c.side) {
		far++
	}
	return far
}

// Move names a number.
func (c *ClockLiar) Move(dice Dice) error {
	if err := c.talks(); err != nil {
		return err
	}
	far := c.farNumber(dice)
	switch dice(4) {
	case 0:
		if err := c.pair.Connect(); err != nil {
			return err
		}
		c.pair.Discard(c.victim)
		h := c.Hello()
		h.Highest = far
		return c.SendFrame(h)
	case 1:
		return c.SendFrame(&ledger.Refuse{Terms: ledger.Hash{1}, Highest: far, Clock: far, Reason: ledger.RefuseStale})
	case 2:
		return c.SendFrame(&ledger.Accept{Terms: ledger.Hash{1}, Highest: far, Epoch: ledger.Hash{1}})
	}
	t := c.Terms()
	t.Number = far
	answer, err := c.Propose(t)
	if a, ok := answer.(*ledger.Accept); ok && err == nil {
		err = c.Confirm(a)
	}
	return err
}
