package ledger_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/ledger"
)

func TestCurrencyParse(t *testing.T) {
	eur, yen := ledger.Currency{Name: "EUR", Decimals: 2}, ledger.Currency{Name: "JPY"}
	wei := ledger.Currency{Name: "ETH", Decimals: 18}
	for _, tc := range []struct {
		currency ledger.Currency
		text     string
		want     string
	}{
		{eur, "12.50", "1250"},
		{eur, "12.5", "1250"},
		{eur, "12", "1200"},
		{eur, "0.01", "1"},
		{eur, "0", "0"},
		{eur, "0.00", "0"},
		{yen, "7", "7"},
		{wei, "0.000000000000000001", "1"},
		{wei, "1", "1000000000000000000"},
		// 2^128 − 1 in hundredths is the largest there is.
		{eur, "3402823669209384634633746074317682114.55", "340282366920938463463374607431768211455"},
	} {
		got, err := tc.currency.Parse(tc.text)
		if err != nil || got.String() != tc.want {
			t.Errorf("%v.Parse(%q) = %v, %v; want %s", tc.currency, tc.text, got, err, tc.want)
		}
	}
}

func TestCurrencyParseRefuses(t *testing.T) {
	eur, yen := ledger.Currency{Name: "EUR", Decimals: 2}, ledger.Currency{Name: "JPY"}
	for _, tc := range []struct {
		currency ledger.Currency
		text     string
		says     string
	}{
		{eur, "", "empty"},
		{eur, "-1", "negative"},
		{eur, "+1", "not a number"},
		{eur, ".5", "both sides"},
		{eur, "5.", "both sides"},
		{eur, "12.500", "3 decimals"},
		{eur, "1,50", "point before"},
		{eur, "1.000,50", "point before"},
		{eur, "1e3", "not a number"},
		{eur, "1.-5", "not a number"},
		{eur, "1.2.3", "decimals"},
		{eur, "١.٥", "not a number"},
		{eur, "12 ", "not a number"},
		{eur, "007", "leading zeros"},
		{eur, "0x1", "leading zeros"},
		{yen, "7.0", "whole number"},
		{eur, "3402823669209384634633746074317682114.56", "too large"},
		{eur, strings.Repeat("9", 10_000), "too large"},
	} {
		got, err := tc.currency.Parse(tc.text)
		if err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%v.Parse(%.60q) = %v, %v; want an error that says %q", tc.currency, tc.text, got, err, tc.says)
		}
		if err != nil && len(err.Error()) > 300 {
			t.Errorf("%v.Parse(%.60q): the error quotes everything: %d bytes", tc.currency, tc.text, len(err.Error()))
		}
	}
	if _, err := eur.Parse("3402823669209384634633746074317682114.56"); !errors.Is(err, ledger.ErrOverflow) {
		t.Errorf("too large an amount is %v, not ErrOverflow", err)
	}
}

// What Format shows to people, Parse reads back, in every currency.
func TestCurrencyParseReadsFormat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := ledger.Currency{Name: "X", Decimals: uint8(rapid.IntRange(0, ledger.DecimalsMax).Draw(t, "decimals"))}
		a := ledger.AmountFromParts(rapid.Uint64().Draw(t, "hi"), rapid.Uint64().Draw(t, "lo"))
		text := strings.TrimSuffix(c.Format(a), " X")
		got, err := c.Parse(text)
		if err != nil || got != a {
			t.Fatalf("%v.Parse(%q) = %v, %v; want %v", c, text, got, err, a)
		}
	})
}

func FuzzCurrencyParse(f *testing.F) {
	for _, s := range []string{"12.50", "0.01", "-1", "1e9", "1.2.3", ".", "340282366920938463463374607431768211456"} {
		f.Add(s, uint8(2))
	}
	f.Fuzz(func(t *testing.T, s string, decimals uint8) {
		c := ledger.Currency{Name: "X", Decimals: decimals % (ledger.DecimalsMax + 1)}
		a, err := c.Parse(s)
		if err != nil {
			return
		}
		// Whatever is read means what is shown, up to zeros at the end.
		shown := strings.TrimSuffix(c.Format(a), " X")
		whole, fraction, _ := strings.Cut(s, ".")
		if pad := strings.Repeat("0", int(c.Decimals)-len(fraction)); c.Decimals > 0 {
			whole += "." + fraction + pad
		}
		if whole != shown {
			t.Errorf("%q of %v is read as %q", s, c, shown)
		}
	})
}
