package ledger

import (
	"errors"
	"fmt"
	"math/bits"
)

// ErrOverflow reports arithmetic that would leave the range of its type. No
// amount ever wraps.
var ErrOverflow = errors.New("amount out of range")

// Amount is an unsigned number of a currency's smallest unit. The type holds
// 128 bits; what may appear in a request (IsRequestable) and in a counter
// (IsCounter) is less. The zero value is 0. Values compare with ==.
type Amount struct{ hi, lo uint64 }

// NewAmount returns v as an Amount.
func NewAmount(v uint64) Amount { return Amount{lo: v} }

// AmountFromParts returns hi·2^64 + lo.
func AmountFromParts(hi, lo uint64) Amount { return Amount{hi: hi, lo: lo} }

// Parts returns the upper and lower 64 bits.
func (a Amount) Parts() (hi, lo uint64) { return a.hi, a.lo }

// Uint64 returns the amount as uint64 and whether it fits.
func (a Amount) Uint64() (uint64, bool) { return a.lo, a.hi == 0 }

// IsZero reports whether a is 0.
func (a Amount) IsZero() bool { return a.hi == 0 && a.lo == 0 }

// IsRequestable reports 0 < a < 2^AmountBits: what one request may carry.
func (a Amount) IsRequestable() bool { return !a.IsZero() && a.fits(AmountBits) }

// IsLimit reports a < 2^AmountBits: what a credit limit, a fee's fixed part or
// a hop's amount may be.
func (a Amount) IsLimit() bool { return a.fits(AmountBits) }

// IsCounter reports a < 2^CounterBits: what a cumulative counter may reach.
func (a Amount) IsCounter() bool { return a.fits(CounterBits) }

func (a Amount) fits(n uint) bool { return a.hi>>(n-64) == 0 }

// Cmp returns -1, 0 or 1 as a is less than, equal to or greater than b.
func (a Amount) Cmp(b Amount) int {
	switch {
	case a == b:
		return 0
	case a.hi < b.hi || (a.hi == b.hi && a.lo < b.lo):
		return -1
	default:
		return 1
	}
}

// Less reports a < b.
func (a Amount) Less(b Amount) bool { return a.Cmp(b) < 0 }

// Add returns a + b, or ErrOverflow at 2^128.
func (a Amount) Add(b Amount) (Amount, error) {
	lo, carry := bits.Add64(a.lo, b.lo, 0)
	hi, over := bits.Add64(a.hi, b.hi, carry)
	if over != 0 {
		return Amount{}, ErrOverflow
	}
	return Amount{hi, lo}, nil
}

// Sub returns a − b, or ErrOverflow when b > a.
func (a Amount) Sub(b Amount) (Amount, error) {
	lo, borrow := bits.Sub64(a.lo, b.lo, 0)
	hi, under := bits.Sub64(a.hi, b.hi, borrow)
	if under != 0 {
		return Amount{}, ErrOverflow
	}
	return Amount{hi, lo}, nil
}

// SubFloor returns a − b, or 0 when b > a.
func (a Amount) SubFloor(b Amount) Amount {
	d, err := a.Sub(b)
	if err != nil {
		return Amount{}
	}
	return d
}

// MinAmount returns the smaller of a and b.
func MinAmount(a, b Amount) Amount {
	if b.Less(a) {
		return b
	}
	return a
}

// mulAdd10 returns a·10 + d.
func (a Amount) mulAdd10(d uint64) (Amount, error) {
	carryHi, lo := bits.Mul64(a.lo, 10)
	over, hi := bits.Mul64(a.hi, 10)
	if over != 0 {
		return Amount{}, ErrOverflow
	}
	hi, c := bits.Add64(hi, carryHi, 0)
	if c != 0 {
		return Amount{}, ErrOverflow
	}
	return Amount{hi, lo}.Add(NewAmount(d))
}

// String returns the decimal digits of a, without separators.
func (a Amount) String() string {
	if a.hi == 0 {
		return fmt.Sprintf("%d", a.lo)
	}
	const chunk = 1e19 // the largest power of ten in a uint64
	qhi, r := a.hi/chunk, a.hi%chunk
	qlo, rest := bits.Div64(r, a.lo, chunk)
	return fmt.Sprintf("%s%019d", Amount{qhi, qlo}, rest)
}

// ParseAmount reads decimal digits: no sign, no separators, no leading zeros
// beyond a single "0", at most 2^128 − 1.
func ParseAmount(s string) (Amount, error) {
	if s == "" {
		return Amount{}, errors.New("amount is empty: write whole numbers of the smallest unit")
	}
	if len(s) > 1 && s[0] == '0' {
		return Amount{}, fmt.Errorf("amount %.40q has leading zeros", s)
	}
	var a Amount
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return Amount{}, fmt.Errorf("amount %.40q is not a whole number of the smallest unit", s)
		}
		var err error
		if a, err = a.mulAdd10(uint64(s[i] - '0')); err != nil {
			return Amount{}, fmt.Errorf("amount %.40q is too large: %w", s, err)
		}
	}
	return a, nil
}

// MarshalText implements encoding.TextMarshaler with String.
func (a Amount) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler with ParseAmount.
func (a *Amount) UnmarshalText(b []byte) error {
	v, err := ParseAmount(string(b))
	if err != nil {
		return err
	}
	*a = v
	return nil
}
