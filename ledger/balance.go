package ledger

import (
	"fmt"
	"math/bits"
	"strings"
)

// Balance is a signed number of a currency's smallest unit; positive means
// that the friend owes me. It holds 128 bits in two's complement. The zero
// value is 0. Values compare with ==.
type Balance struct {
	hi int64
	lo uint64
}

// NewBalance returns v as a Balance.
func NewBalance(v int64) Balance {
	if v < 0 {
		return Balance{hi: -1, lo: uint64(v)}
	}
	return Balance{lo: uint64(v)}
}

// Owed returns a as a positive balance, or ErrOverflow from 2^127.
func (a Amount) Owed() (Balance, error) {
	if a.hi>>63 != 0 {
		return Balance{}, ErrOverflow
	}
	return Balance{int64(a.hi), a.lo}, nil
}

// Sign returns -1, 0 or 1.
func (b Balance) Sign() int {
	switch {
	case b.hi < 0:
		return -1
	case b.hi == 0 && b.lo == 0:
		return 0
	default:
		return 1
	}
}

// Magnitude returns |b|.
func (b Balance) Magnitude() Amount {
	if b.hi >= 0 {
		return Amount{uint64(b.hi), b.lo}
	}
	lo, borrow := bits.Sub64(0, b.lo, 0)
	hi, _ := bits.Sub64(0, uint64(b.hi), borrow)
	return Amount{hi, lo}
}

// Neg returns −b, or ErrOverflow for −2^127.
func (b Balance) Neg() (Balance, error) {
	m := b.Magnitude()
	if b.hi < 0 {
		return m.Owed()
	}
	return balanceOf(m, true)
}

// IsCounter reports |b| < 2^CounterBits: what an opening may carry.
func (b Balance) IsCounter() bool { return b.Magnitude().IsCounter() }

func balanceOf(m Amount, negative bool) (Balance, error) {
	if !negative {
		return m.Owed()
	}
	if m.hi>>63 != 0 && (m.hi != 1<<63 || m.lo != 0) {
		return Balance{}, ErrOverflow
	}
	lo, borrow := bits.Sub64(0, m.lo, 0)
	hi, _ := bits.Sub64(0, m.hi, borrow)
	return Balance{int64(hi), lo}, nil
}

// Add returns b + c, or ErrOverflow outside [−2^127, 2^127).
func (b Balance) Add(c Balance) (Balance, error) {
	lo, carry := bits.Add64(b.lo, c.lo, 0)
	hi, _ := bits.Add64(uint64(b.hi), uint64(c.hi), carry)
	sum := Balance{int64(hi), lo}
	if (b.hi < 0) == (c.hi < 0) && (sum.hi < 0) != (b.hi < 0) {
		return Balance{}, ErrOverflow
	}
	return sum, nil
}

// Plus returns b + a, or ErrOverflow.
func (b Balance) Plus(a Amount) (Balance, error) {
	o, err := a.Owed()
	if err != nil {
		return Balance{}, err
	}
	return b.Add(o)
}

// Minus returns b − a, or ErrOverflow.
func (b Balance) Minus(a Amount) (Balance, error) {
	o, err := balanceOf(a, true)
	if err != nil {
		return Balance{}, err
	}
	return b.Add(o)
}

// Cmp returns -1, 0 or 1 as b is less than, equal to or greater than c.
func (b Balance) Cmp(c Balance) int {
	if b.hi != c.hi {
		if b.hi < c.hi {
			return -1
		}
		return 1
	}
	return Amount{0, b.lo}.Cmp(Amount{0, c.lo})
}

// String returns the decimal digits with a leading minus for debts.
func (b Balance) String() string {
	if b.hi < 0 {
		return "-" + b.Magnitude().String()
	}
	return b.Magnitude().String()
}

// ParseBalance reads an optional minus and decimal digits.
func ParseBalance(s string) (Balance, error) {
	digits, negative := strings.CutPrefix(s, "-")
	m, err := ParseAmount(digits)
	if err != nil {
		return Balance{}, err
	}
	b, err := balanceOf(m, negative)
	if err != nil {
		return Balance{}, fmt.Errorf("balance %.40q is out of range: %w", s, err)
	}
	return b, nil
}

// MarshalText implements encoding.TextMarshaler with String.
func (b Balance) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler with ParseBalance.
func (b *Balance) UnmarshalText(t []byte) error {
	v, err := ParseBalance(string(t))
	if err != nil {
		return err
	}
	*b = v
	return nil
}
