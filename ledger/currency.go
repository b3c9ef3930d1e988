package ledger

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Currency is what two friends count in: a name and the number of decimals of
// its smallest unit. Two currencies with one name and different decimals are
// different currencies: 1.00 is 100 for one and 100,000 for the other.
type Currency struct {
	Name     string // 1–16 bytes of [A-Z0-9._-]
	Decimals uint8  // 0–18
}

// Validate reports whether the name and the decimals are within bounds.
func (c Currency) Validate() error {
	if err := ValidateCurrencyName(c.Name); err != nil {
		return err
	}
	if c.Decimals > DecimalsMax {
		return fmt.Errorf("currency %s has %d decimals, at most %d are allowed", c.Name, c.Decimals, DecimalsMax)
	}
	return nil
}

// ValidateCurrencyName reports whether name is 1–16 bytes of [A-Z0-9._-].
func ValidateCurrencyName(name string) error {
	if name == "" {
		return errors.New("currency name is empty: write one like EUR")
	}
	if len(name) > CurrencyNameMax {
		return fmt.Errorf("currency name %.20q is longer than %d bytes", name, CurrencyNameMax)
	}
	for i := range len(name) {
		ch := name[i]
		switch {
		case ch >= 'A' && ch <= 'Z', ch >= '0' && ch <= '9', ch == '.', ch == '_', ch == '-':
		default:
			return fmt.Errorf("currency name %.20q: only A-Z, 0-9, '.', '_' and '-' are allowed", name)
		}
	}
	return nil
}

// Less orders currencies by name, then decimals.
func (c Currency) Less(d Currency) bool {
	if c.Name != d.Name {
		return c.Name < d.Name
	}
	return c.Decimals < d.Decimals
}

// String returns "NAME/decimals", the text that ParseCurrency reads.
func (c Currency) String() string { return c.Name + "/" + strconv.Itoa(int(c.Decimals)) }

// ParseCurrency reads "NAME/decimals", or "NAME" with decimals 2.
func ParseCurrency(s string) (Currency, error) {
	name, dec, found := strings.Cut(s, "/")
	c := Currency{Name: name, Decimals: DefaultDecimals}
	if found {
		n, err := strconv.ParseUint(dec, 10, 8)
		if err != nil {
			return Currency{}, fmt.Errorf("currency %.30q: decimals must be a number from 0 to %d", s, DecimalsMax)
		}
		c.Decimals = uint8(n)
	}
	return c, c.Validate()
}

// DefaultDecimals is what a currency written without decimals has: cents.
const DefaultDecimals = 2

// Format renders an amount with the currency's decimals and name, for people:
// 12345 of EUR/2 is "123.45 EUR".
func (c Currency) Format(a Amount) string { return c.decimal(a.String()) + " " + c.Name }

// FormatBalance is Format for a signed balance.
func (c Currency) FormatBalance(b Balance) string {
	sign := ""
	if b.Sign() < 0 {
		sign = "-"
	}
	return sign + c.decimal(b.Magnitude().String()) + " " + c.Name
}

func (c Currency) decimal(digits string) string {
	n := int(c.Decimals)
	if n == 0 {
		return digits
	}
	if len(digits) <= n {
		digits = strings.Repeat("0", n-len(digits)+1) + digits
	}
	return digits[:len(digits)-n] + "." + digits[len(digits)-n:]
}

// MarshalText implements encoding.TextMarshaler with String.
func (c Currency) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler with ParseCurrency.
func (c *Currency) UnmarshalText(b []byte) error {
	v, err := ParseCurrency(string(b))
	if err != nil {
		return err
	}
	*c = v
	return nil
}
