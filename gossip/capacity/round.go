package capacity

import (
	"math/bits"

	"github.com/offset-p2p/offset/ledger"
)

// Round returns a rounded down to its keep most significant bits: RoundBits by
// default, RoundBitsExact for a itself. Less than 1 counts as 1. Rounding is
// monotone and never raises an amount, so nobody plans with more than there
// is; two amounts in one step of the grid round to the same.
func Round(a ledger.Amount, keep int) ledger.Amount {
	hi, lo := a.Parts()
	length := bits.Len64(lo)
	if hi != 0 {
		length = 64 + bits.Len64(hi)
	}
	drop := length - max(keep, 1)
	switch {
	case drop <= 0:
		return a
	case drop < 64:
		return ledger.AmountFromParts(hi, lo>>drop<<drop)
	default:
		return ledger.AmountFromParts(hi>>(drop-64)<<(drop-64), 0)
	}
}

// Round returns e with its amounts rounded down (see Round).
func (e Entry) Round(keep int) Entry {
	e.CanSend = Round(e.CanSend, keep)
	e.CanReceive = Round(e.CanReceive, keep)
	e.Transit = Round(e.Transit, keep)
	return e
}
