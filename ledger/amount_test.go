package ledger_test

import (
	"errors"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/ledger"
)

// edges are the amounts at which a bound or a carry lies (2^n and its
// neighbours), as decimal text.
var edges = []string{
	"0", "1", "2", "9", "10",
	"9223372036854775807", "9223372036854775808", // 2^63
	"18446744073709551615", "18446744073709551616", "18446744073709551617", // 2^64
	"9999999999999999999", "10000000000000000000", "10000000000000000001", // the chunk of String
	"79228162514264337593543950335", "79228162514264337593543950336", // 2^96
	"1329227995784915872903807060280344575", "1329227995784915872903807060280344576", // 2^120
	"170141183460469231731687303715884105727", "170141183460469231731687303715884105728", // 2^127
	"340282366920938463463374607431768211455", // 2^128 − 1
}

func pow2(n uint) *big.Int { return new(big.Int).Lsh(big.NewInt(1), n) }

func big10(t interface{ Fatalf(string, ...any) }, s string) *big.Int {
	b, ok := new(big.Int).SetString(s, 10)
	if !ok {
		t.Fatalf("%q is no number", s)
	}
	return b
}

func toBig(a ledger.Amount) *big.Int {
	hi, lo := a.Parts()
	b := new(big.Int).Lsh(new(big.Int).SetUint64(hi), 64)
	return b.Or(b, new(big.Int).SetUint64(lo))
}

// anyAmount draws amounts near the edges as often as others.
func anyAmount(t *rapid.T, label string) ledger.Amount {
	if rapid.Bool().Draw(t, label+" edge") {
		a, err := ledger.ParseAmount(rapid.SampledFrom(edges).Draw(t, label))
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	return ledger.AmountFromParts(rapid.Uint64().Draw(t, label+" hi"), rapid.Uint64().Draw(t, label+" lo"))
}

func TestAmountText(t *testing.T) {
	for _, s := range edges {
		a, err := ledger.ParseAmount(s)
		if err != nil {
			t.Errorf("%s: %v", s, err)
			continue
		}
		if a.String() != s || toBig(a).String() != s {
			t.Errorf("%s became %s, %s", s, a, toBig(a))
		}
	}
	for _, s := range []string{
		"", " 1", "1 ", "-1", "+1", "00", "01", "1.0", "1_000", "0x10", "١", "1e3",
		"340282366920938463463374607431768211456", // 2^128
		"3402823669209384634633746074317682114550", "99999999999999999999999999999999999999999999",
	} {
		if a, err := ledger.ParseAmount(s); err == nil {
			t.Errorf("%q became %s", s, a)
		}
	}
	if _, err := ledger.ParseAmount("340282366920938463463374607431768211456"); !errors.Is(err, ledger.ErrOverflow) {
		t.Errorf("2^128: %v", err)
	}
}

func TestAmountBounds(t *testing.T) {
	for _, s := range edges {
		a, _ := ledger.ParseAmount(s)
		b := big10(t, s)
		below := func(n uint) bool { return b.Cmp(pow2(n)) < 0 }
		if a.IsZero() != (b.Sign() == 0) || a.IsLimit() != below(96) || a.IsCounter() != below(120) ||
			a.IsRequestable() != (below(96) && b.Sign() > 0) {
			t.Errorf("%s: zero %v limit %v counter %v requestable %v", s, a.IsZero(), a.IsLimit(), a.IsCounter(), a.IsRequestable())
		}
		if v, fits := a.Uint64(); fits != below(64) || fits && v != b.Uint64() {
			t.Errorf("%s: Uint64 %d, %v", s, v, fits)
		}
		if _, err := a.Owed(); (err == nil) != below(127) {
			t.Errorf("%s: Owed: %v", s, err)
		}
	}
}

func TestAmountArithmetic(t *testing.T) {
	limit := pow2(128)
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyAmount(t, "a"), anyAmount(t, "b")
		x, y := toBig(a), toBig(b)
		sum, err := a.Add(b)
		if want := new(big.Int).Add(x, y); want.Cmp(limit) >= 0 {
			if !errors.Is(err, ledger.ErrOverflow) || !sum.IsZero() {
				t.Fatalf("%s + %s = %s, %v", a, b, sum, err)
			}
		} else if err != nil || toBig(sum).Cmp(want) != 0 {
			t.Fatalf("%s + %s = %s, %v", a, b, sum, err)
		}
		diff, err := a.Sub(b)
		if want := new(big.Int).Sub(x, y); want.Sign() < 0 {
			if !errors.Is(err, ledger.ErrOverflow) || !a.SubFloor(b).IsZero() {
				t.Fatalf("%s − %s = %s, %v", a, b, diff, err)
			}
		} else if err != nil || toBig(diff).Cmp(want) != 0 || a.SubFloor(b) != diff {
			t.Fatalf("%s − %s = %s, %v", a, b, diff, err)
		}
		if a.Cmp(b) != x.Cmp(y) || a.Less(b) != (x.Cmp(y) < 0) {
			t.Fatalf("%s against %s: %d", a, b, a.Cmp(b))
		}
		if smaller := ledger.MinAmount(a, b); smaller != a && smaller != b || a.Less(smaller) || b.Less(smaller) {
			t.Fatalf("smaller of %s and %s is %s", a, b, smaller)
		}
		if got, err := ledger.ParseAmount(a.String()); err != nil || got != a || a.String() != x.String() {
			t.Fatalf("%s: %s, %v", x, got, err)
		}
	})
}

func TestAmountMarshalText(t *testing.T) {
	a := ledger.NewAmount(77)
	text, err := a.MarshalText()
	if err != nil || string(text) != "77" {
		t.Fatalf("%s, %v", text, err)
	}
	var b ledger.Amount
	if err := b.UnmarshalText(text); err != nil || b != a {
		t.Fatalf("%s, %v", b, err)
	}
	if err := b.UnmarshalText([]byte("x")); err == nil || b != a {
		t.Fatalf("%s after a bad text, %v", b, err)
	}
}

func FuzzParseAmount(f *testing.F) {
	for _, s := range edges {
		f.Add(s)
	}
	f.Add("-0")
	f.Fuzz(func(t *testing.T, s string) {
		if a, err := ledger.ParseAmount(s); err == nil && a.String() != s {
			t.Fatalf("%q became %s", s, a)
		}
	})
}

func toBigBalance(b ledger.Balance) *big.Int {
	m := toBig(b.Magnitude())
	if b.Sign() < 0 {
		m.Neg(m)
	}
	return m
}

func anyBalance(t *rapid.T, label string) ledger.Balance {
	for {
		s := anyAmount(t, label).String()
		if rapid.Bool().Draw(t, label+" negative") {
			s = "-" + s
		}
		if b, err := ledger.ParseBalance(s); err == nil {
			return b
		}
	}
}

func TestBalanceArithmetic(t *testing.T) {
	low, high := new(big.Int).Neg(pow2(127)), pow2(127)
	inside := func(b *big.Int) bool { return b.Cmp(low) >= 0 && b.Cmp(high) < 0 }
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := anyBalance(t, "a"), anyBalance(t, "b"), anyAmount(t, "c")
		x, y, z := toBigBalance(a), toBigBalance(b), toBig(c)
		same := func(what string, got ledger.Balance, err error, want *big.Int) {
			t.Helper()
			if !inside(want) {
				if !errors.Is(err, ledger.ErrOverflow) {
					t.Fatalf("%s: %s, %v, want an overflow", what, got, err)
				}
			} else if err != nil || toBigBalance(got).Cmp(want) != 0 {
				t.Fatalf("%s: %s, %v, want %s", what, got, err, want)
			}
		}
		sum, err := a.Add(b)
		same("a + b", sum, err, new(big.Int).Add(x, y))
		neg, err := a.Neg()
		same("−a", neg, err, new(big.Int).Neg(x))
		if z.Cmp(high) < 0 { // Plus takes amounts below 2^127
			plus, err := a.Plus(c)
			same("a + c", plus, err, new(big.Int).Add(x, z))
			minus, err := a.Minus(c)
			same("a − c", minus, err, new(big.Int).Sub(x, z))
		} else if _, err := a.Plus(c); !errors.Is(err, ledger.ErrOverflow) {
			t.Fatalf("%s + %s: %v", a, c, err)
		}
		if a.Cmp(b) != x.Cmp(y) || a.Sign() != x.Sign() || a.IsCounter() != (new(big.Int).Abs(x).Cmp(pow2(120)) < 0) {
			t.Fatalf("%s against %s: %d, sign %d", a, b, a.Cmp(b), a.Sign())
		}
		if got, err := ledger.ParseBalance(a.String()); err != nil || got != a || a.String() != x.String() {
			t.Fatalf("%s: %s, %v", x, got, err)
		}
	})
}

func TestBalanceEdges(t *testing.T) {
	least := "-170141183460469231731687303715884105728" // −2^127
	b, err := ledger.ParseBalance(least)
	if err != nil || b.String() != least || b.Sign() != -1 {
		t.Fatalf("%s, %v", b, err)
	}
	if _, err := b.Neg(); !errors.Is(err, ledger.ErrOverflow) {
		t.Errorf("2^127 is a balance: %v", err)
	}
	if _, err := b.Minus(ledger.NewAmount(1)); !errors.Is(err, ledger.ErrOverflow) {
		t.Errorf("−2^127 − 1: %v", err)
	}
	for _, s := range []string{"", "-", "--1", "+1", "170141183460469231731687303715884105728", "-170141183460469231731687303715884105729"} {
		if b, err := ledger.ParseBalance(s); err == nil {
			t.Errorf("%q became %s", s, b)
		}
	}
	for _, v := range []int64{0, 1, -1, 1<<63 - 1, -1 << 63} {
		if got := toBigBalance(ledger.NewBalance(v)); got.Cmp(big.NewInt(v)) != 0 {
			t.Errorf("%d became %s", v, got)
		}
	}
	var c ledger.Balance
	text, _ := ledger.NewBalance(-12).MarshalText()
	if err := c.UnmarshalText(text); err != nil || c != ledger.NewBalance(-12) {
		t.Errorf("%s became %s, %v", text, c, err)
	}
	if err := c.UnmarshalText([]byte("x")); err == nil || c != ledger.NewBalance(-12) {
		t.Errorf("%s after a bad text, %v", c, err)
	}
}

func TestRateFee(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := ledger.Rate{Mul: rapid.Uint32().Draw(t, "mul"), Add: rapid.Uint64().Draw(t, "add")}
		x := anyAmount(t, "x")
		want := new(big.Int).Mul(toBig(x), big.NewInt(int64(r.Mul)))
		want.Rsh(want, 32).Add(want, new(big.Int).SetUint64(r.Add))
		got, err := r.Fee(x)
		if want.Cmp(pow2(96)) >= 0 {
			if !errors.Is(err, ledger.ErrOverflow) {
				t.Fatalf("%v of %s: %s, %v", r, x, got, err)
			}
		} else if err != nil || toBig(got).Cmp(want) != 0 {
			t.Fatalf("%v of %s: %s, %v, want %s", r, x, got, err, want)
		}
	})
	onePercent := ledger.Rate{Mul: 42_949_673, Add: 5}
	for x, want := range map[uint64]uint64{0: 5, 99: 5, 100: 6, 1000: 15, 12_345: 128} {
		if got, err := onePercent.Fee(ledger.NewAmount(x)); err != nil || got != ledger.NewAmount(want) {
			t.Errorf("fee of %d: %s, %v, want %d", x, got, err, want)
		}
	}
	if got := onePercent.String(); got != "1% + 5" {
		t.Errorf("rate reads %q", got)
	}
	if got, err := (ledger.Rate{}).Fee(ledger.AmountFromParts(1<<64-1, 1<<64-1)); err != nil || !got.IsZero() {
		t.Errorf("no rate costs %s, %v", got, err)
	}
}
