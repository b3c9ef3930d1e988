package ledger_test

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/offset-p2p/offset/ledger"
)

// edgeValues are the amounts at which a width, a bound or a sign ends.
func edgeValues() (all []*big.Int) {
	less1 := func(n uint) *big.Int { return new(big.Int).Sub(pow2(n), big.NewInt(1)) }
	return []*big.Int{
		big.NewInt(0), big.NewInt(1), pow2(63), pow2(64), less1(96), pow2(96), pow2(120), less1(127), pow2(127), less1(128),
	}
}

func amountOf(t *testing.T, b *big.Int) ledger.Amount {
	t.Helper()
	a, err := ledger.ParseAmount(b.String())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// within checks a result against exact arithmetic: it is right, or reported as
// out of [low, high).
func within(t *testing.T, what string, got, want, low, high *big.Int, err error) {
	t.Helper()
	if want.Cmp(low) < 0 || want.Cmp(high) >= 0 {
		if !errors.Is(err, ledger.ErrOverflow) {
			t.Errorf("%s = %s, %v, want an overflow", what, got, err)
		}
	} else if err != nil || got.Cmp(want) != 0 {
		t.Errorf("%s = %s, %v, want %s", what, got, err, want)
	}
}

// TestAmountEdges does every operation on every pair of edges.
func TestAmountEdges(t *testing.T) {
	zero, end := big.NewInt(0), pow2(128)
	for _, x := range edgeValues() {
		for _, y := range edgeValues() {
			a, b := amountOf(t, x), amountOf(t, y)
			sum, err := a.Add(b)
			within(t, x.String()+" + "+y.String(), toBig(sum), new(big.Int).Add(x, y), zero, end, err)
			diff, err := a.Sub(b)
			within(t, x.String()+" − "+y.String(), toBig(diff), new(big.Int).Sub(x, y), zero, end, err)
			if a.Cmp(b) != x.Cmp(y) || a.Less(b) != (x.Cmp(y) < 0) || (a == b) != (x.Cmp(y) == 0) {
				t.Errorf("%s against %s: %d", x, y, a.Cmp(b))
			}
		}
	}
}

// TestBalanceOperationsAtEdges does every operation on every pair of edges of
// both signs.
func TestBalanceOperationsAtEdges(t *testing.T) {
	low, high := new(big.Int).Neg(pow2(127)), pow2(127)
	for _, x := range edgeValues() {
		for _, negative := range []bool{false, true} {
			want := new(big.Int).Set(x)
			if negative {
				want.Neg(want)
			}
			b, err := ledger.ParseBalance(want.String())
			if want.Cmp(low) < 0 || want.Cmp(high) >= 0 {
				if !errors.Is(err, ledger.ErrOverflow) {
					t.Errorf("%s is a balance: %v", want, err)
				}
				continue
			}
			if want.Sign() == 0 && negative {
				continue
			}
			if err != nil || toBigBalance(b).Cmp(want) != 0 {
				t.Errorf("%s reads as %s, %v", want, b, err)
				continue
			}
			neg, err := b.Neg()
			within(t, "−("+want.String()+")", toBigBalance(neg), new(big.Int).Neg(want), low, high, err)
			if got := toBig(b.Magnitude()); got.Cmp(x) != 0 {
				t.Errorf("|%s| = %s", want, got)
			}
			for _, y := range edgeValues() {
				a := amountOf(t, y)
				minus, err := b.Minus(a)
				if new(big.Int).Neg(y).Cmp(low) < 0 { // no balance goes so low
					if !errors.Is(err, ledger.ErrOverflow) {
						t.Errorf("%s − %s: %v", want, y, err)
					}
				} else {
					within(t, want.String()+" − "+y.String(), toBigBalance(minus), new(big.Int).Sub(want, y), low, high, err)
				}
				plus, err := b.Plus(a)
				if y.Cmp(high) >= 0 {
					if !errors.Is(err, ledger.ErrOverflow) {
						t.Errorf("%s + %s: %v", want, y, err)
					}
					continue
				}
				within(t, want.String()+" + "+y.String(), toBigBalance(plus), new(big.Int).Add(want, y), low, high, err)
				owed, err := a.Owed()
				if err != nil || toBigBalance(owed).Cmp(y) != 0 {
					t.Errorf("%s owed is %s, %v", y, owed, err)
				}
				sum, err := b.Add(owed)
				within(t, want.String()+" + owed "+y.String(), toBigBalance(sum), new(big.Int).Add(want, y), low, high, err)
			}
		}
	}
}

// TestFeeAtEdges: the product has up to 160 bits and the result below 96.
func TestFeeAtEdges(t *testing.T) {
	zero, end := big.NewInt(0), pow2(96)
	for _, x := range edgeValues() {
		for _, mul := range []uint32{0, 1, 1 << 31, 1<<32 - 1} {
			for _, more := range []uint64{0, 1, 1 << 63, 1<<64 - 1} {
				r := ledger.Rate{Mul: mul, Add: more}
				want := new(big.Int).Mul(x, new(big.Int).SetUint64(uint64(mul)))
				want.Rsh(want, 32).Add(want, new(big.Int).SetUint64(more))
				got, err := r.Fee(amountOf(t, x))
				within(t, r.String()+" of "+x.String(), toBig(got), want, zero, end, err)
			}
		}
	}
}

// TestWireWidthsAtEdges: what is below a width comes back, what is not does not
// decode (a counter, a balance) or is refused before it is written (an amount).
func TestWireWidthsAtEdges(t *testing.T) {
	for _, x := range edgeValues() {
		a := amountOf(t, x)
		if a.IsLimit() {
			var e ledger.Encoder
			e.Amount(a)
			d := ledger.NewDecoder(e.Bytes())
			if got := d.Amount(); got != a || d.Done() != nil || e.Len() != 12 {
				t.Errorf("amount %s comes back as %s in %d bytes", x, got, e.Len())
			}
		}
		if a.IsLimit() != (x.Cmp(pow2(96)) < 0) || a.IsRequestable() != (x.Sign() > 0 && x.Cmp(pow2(96)) < 0) {
			t.Errorf("%s may be requested: %v", x, a.IsRequestable())
		}
		var e ledger.Encoder
		e.Counter(a)
		d := ledger.NewDecoder(e.Bytes())
		got := d.Counter()
		if fits := x.Cmp(pow2(120)) < 0; fits != (d.Done() == nil) || fits && got != a || fits != a.IsCounter() {
			t.Errorf("counter %s comes back as %s, %v", x, got, d.Err())
		}
		b, err := a.Owed()
		if err != nil {
			continue
		}
		neg, err := b.Neg()
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range []ledger.Balance{b, neg} {
			var e ledger.Encoder
			e.Balance(b)
			d := ledger.NewDecoder(e.Bytes())
			got := d.Balance()
			if fits := x.Cmp(pow2(120)) < 0; fits != (d.Done() == nil) || fits && got != b || fits != b.IsCounter() {
				t.Errorf("balance %s comes back as %s, %v", b, got, d.Err())
			}
		}
	}
}

// TestCurrencyTextAtEdges: an amount shown with decimals reads back as itself.
func TestCurrencyTextAtEdges(t *testing.T) {
	for _, x := range edgeValues() {
		a := amountOf(t, x)
		for _, decimals := range []uint8{0, 1, 2, ledger.DecimalsMax} {
			c := ledger.Currency{Name: "EUR", Decimals: decimals}
			text := strings.TrimSuffix(c.Format(a), " EUR")
			got, err := c.Parse(text)
			if err != nil || got != a {
				t.Errorf("%s shown as %q reads as %s, %v", x, text, got, err)
			}
		}
	}
}
