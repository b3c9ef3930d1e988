package ledger

import (
	"fmt"
	"math/bits"
)

// Rate is what a mediator charges for forwarding, per friend from whom the
// request comes and per currency. The zero value forwards for nothing.
type Rate struct {
	// Mul is the proportional part in units of 2^-32 of the forwarded amount:
	// 42,949,673 is 1 %.
	Mul uint32 `json:"mul"`
	// Add is the fixed part in smallest units, below 2^64.
	Add uint64 `json:"add,string"`
}

// Fee returns floor(x·Mul / 2^32) + Add for the forwarded amount x
// (ledger.md 3.3), computed in 192 bits, or ErrOverflow when the result is not
// below 2^AmountBits.
func (r Rate) Fee(x Amount) (Amount, error) {
	hiHi, hiLo := bits.Mul64(x.hi, uint64(r.Mul))
	loHi, loLo := bits.Mul64(x.lo, uint64(r.Mul))
	mid, carry := bits.Add64(hiLo, loHi, 0)
	top := hiHi + carry
	if top>>32 != 0 {
		return Amount{}, ErrOverflow
	}
	scaled := Amount{hi: top<<32 | mid>>32, lo: mid<<32 | loLo>>32}
	fee, err := scaled.Add(NewAmount(r.Add))
	if err != nil || !fee.IsLimit() {
		return Amount{}, ErrOverflow
	}
	return fee, nil
}

// String renders the rate as "x% + add".
func (r Rate) String() string {
	return fmt.Sprintf("%.4g%% + %d", float64(r.Mul)*100/(1<<32), r.Add)
}
