package ledger

import (
	"fmt"
	"strings"
)

// Parse reads an amount as people write it, the inverse of Format without the
// name: "12.5" of EUR/2 is 1250. It is exact: more decimals than the currency
// has are an error, even zeros, since whoever writes them counts in something
// else. There is no sign, no exponent and no separator of thousands; a point
// needs a digit on both sides. The result is below 2^128; what uses it checks
// its own bound.
func (c Currency) Parse(s string) (Amount, error) {
	whole, fraction, pointed := strings.Cut(s, ".")
	switch {
	case s == "":
		return Amount{}, fmt.Errorf("amount is empty: write one like %s", c.example())
	case strings.HasPrefix(s, "-"):
		return Amount{}, fmt.Errorf("amount %.50q is negative: write it without a sign", s)
	case whole == "" || pointed && fraction == "":
		return Amount{}, fmt.Errorf("amount %.50q: write a digit on both sides of the point, like %s", s, c.example())
	case strings.Contains(s, ","):
		return Amount{}, fmt.Errorf("amount %.50q: write a point before the decimals and nothing between thousands, like %s", s, c.example())
	case pointed && c.Decimals == 0:
		return Amount{}, fmt.Errorf("amount %.50q: %s has no decimals, write a whole number", s, c.Name)
	case len(fraction) > int(c.Decimals):
		return Amount{}, fmt.Errorf("amount %.50q has %d decimals, but %s has %d: write one like %s",
			s, len(fraction), c.Name, c.Decimals, c.example())
	case len(whole) > 1 && whole[0] == '0':
		return Amount{}, fmt.Errorf("amount %.50q has leading zeros", s)
	}
	digits := whole + fraction + strings.Repeat("0", int(c.Decimals)-len(fraction))
	if rest := strings.TrimLeft(digits, "0"); rest != "" {
		digits = rest
	} else {
		digits = "0"
	}
	a, err := ParseAmount(digits)
	if err != nil && strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }) {
		return Amount{}, fmt.Errorf("amount %.50q is not a number like %s", s, c.example())
	}
	if err != nil {
		return Amount{}, fmt.Errorf("amount %.50q is too large: %w", s, ErrOverflow)
	}
	return a, nil
}

// example is an amount as it is written in the currency.
func (c Currency) example() string { return c.decimal("1" + strings.Repeat("2", int(c.Decimals))) }
