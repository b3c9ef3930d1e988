package ledger_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/ledger"
)

func reservedInvoice() *ledger.Invoice {
	v := testInvoice()
	v.Reserved = 3600
	return signInvoice(v)
}

func testParts() []ledger.ReservedPart {
	return []ledger.ReservedPart{
		{Lock: ledger.Lock{3}, Amount: ledger.NewAmount(700)},
		{Lock: ledger.Lock{1}, Amount: ledger.NewAmount(500)},
		{Lock: ledger.Lock{2}, Amount: ledger.NewAmount(50)},
	}
}

// sign signs as the test seller.
func sign(h ledger.Hash) ledger.Signature { return ledger.Signature(ed25519.Sign(sellerKey, h[:])) }

func testReservation(t testing.TB) *ledger.Reservation {
	t.Helper()
	r, err := ledger.NewReservation(reservedInvoice(), ledger.PaymentID{9}, testParts())
	if err != nil {
		t.Fatal(err)
	}
	r.Signature = sign(r.Hash())
	return r
}

func recodeReservation(b []byte) ([]byte, error) {
	r, err := ledger.DecodeReservation(b)
	if err != nil {
		return nil, err
	}
	return r.Encode(), nil
}

func TestReservationVerifies(t *testing.T) {
	r := testReservation(t)
	if r.Total != ledger.NewAmount(1250) {
		t.Errorf("total %s", r.Total)
	}
	got, err := ledger.DecodeReservation(r.Encode())
	if err != nil {
		t.Fatal(err)
	}
	parts := testParts()
	parts[0], parts[2] = parts[2], parts[0] // the order in which they are known does not matter
	before := append([]ledger.ReservedPart(nil), parts...)
	if err := got.Verify(reservedInvoice(), ledger.PaymentID{9}, parts); err != nil {
		t.Error(err)
	}
	for i := range parts {
		if parts[i] != before[i] {
			t.Error("the caller's list was sorted")
		}
	}
}

// The buyer gives its keys away for exactly what it knows: each difference is
// found, also when the seller signed it.
func TestReservationOfSomethingElse(t *testing.T) {
	for name, edit := range map[string]func(r *ledger.Reservation){
		"another invoice":         func(r *ledger.Reservation) { r.Invoice[0] ^= 1 },
		"another payment":         func(r *ledger.Reservation) { r.Payment[0] ^= 1 },
		"another currency":        func(r *ledger.Reservation) { r.Currency.Name = "USD" },
		"another total":           func(r *ledger.Reservation) { r.Total = ledger.NewAmount(1251) },
		"another list of parts":   func(r *ledger.Reservation) { r.Parts[0] ^= 1 },
		"another hold":            func(r *ledger.Reservation) { r.Hold++ },
		"another currency's unit": func(r *ledger.Reservation) { r.Currency.Decimals = 3 },
	} {
		t.Run(name, func(t *testing.T) {
			r := testReservation(t)
			edit(r)
			r.Signature = sign(r.Hash())
			err := r.Verify(reservedInvoice(), ledger.PaymentID{9}, testParts())
			if err == nil || !strings.Contains(err.Error(), "names another") {
				t.Errorf("got %v", err)
			}
		})
	}
	for name, edit := range map[string]func(v *ledger.Invoice, payment *ledger.PaymentID, parts *[]ledger.ReservedPart){
		"another amount of a part": func(_ *ledger.Invoice, _ *ledger.PaymentID, parts *[]ledger.ReservedPart) {
			(*parts)[0].Amount, (*parts)[1].Amount = (*parts)[1].Amount, (*parts)[0].Amount
		},
		"a part less": func(_ *ledger.Invoice, _ *ledger.PaymentID, parts *[]ledger.ReservedPart) { *parts = (*parts)[:2] },
		"a part more": func(_ *ledger.Invoice, _ *ledger.PaymentID, parts *[]ledger.ReservedPart) {
			*parts = append(*parts, ledger.ReservedPart{Lock: ledger.Lock{4}, Amount: ledger.NewAmount(1)})
		},
		"no part":         func(_ *ledger.Invoice, _ *ledger.PaymentID, parts *[]ledger.ReservedPart) { *parts = nil },
		"my payment":      func(_ *ledger.Invoice, p *ledger.PaymentID, _ *[]ledger.ReservedPart) { p[15] ^= 1 },
		"express invoice": func(v *ledger.Invoice, _ *ledger.PaymentID, _ *[]ledger.ReservedPart) { v.Reserved = 0 },
		"dearer invoice": func(v *ledger.Invoice, _ *ledger.PaymentID, _ *[]ledger.ReservedPart) {
			v.Amount = ledger.NewAmount(1251)
		},
	} {
		t.Run(name, func(t *testing.T) {
			v, payment, parts := reservedInvoice(), ledger.PaymentID{9}, testParts()
			edit(v, &payment, &parts)
			if testReservation(t).Verify(v, payment, parts) == nil {
				t.Error("the reservation was accepted")
			}
		})
	}
}

func TestReservationOfAnotherSigner(t *testing.T) {
	r := testReservation(t)
	h := r.Hash()
	_, other := goldenKey(1)
	r.Signature = ledger.Signature(ed25519.Sign(other, h[:]))
	if err := r.Verify(reservedInvoice(), ledger.PaymentID{9}, testParts()); err == nil || !strings.Contains(err.Error(), "not signed by") {
		t.Errorf("got %v", err)
	}
	// A signature of the seller over another kind of bytes is none.
	v := reservedInvoice()
	r.Signature = v.Signature
	if r.Verify(v, ledger.PaymentID{9}, testParts()) == nil {
		t.Error("the signature of the invoice passes for one of the reservation")
	}
}

func TestReservationEveryByteCounts(t *testing.T) {
	good := testReservation(t).Encode()
	if len(good) > ledger.SealedBytesMax {
		t.Errorf("%d bytes do not fit into Reserve", len(good))
	}
	for i := range good {
		for _, x := range []byte{1, 0x80, 0xff} {
			b := bytes.Clone(good)
			b[i] ^= x
			r, err := ledger.DecodeReservation(b)
			if err == nil && r.Verify(reservedInvoice(), ledger.PaymentID{9}, testParts()) == nil {
				t.Fatalf("byte %d changed by %#x is not noticed", i, x)
			}
		}
		if _, err := ledger.DecodeReservation(good[:i]); !errors.Is(err, ledger.ErrBytes) {
			t.Fatalf("%d of %d bytes: %v", i, len(good), err)
		}
	}
	if _, err := ledger.DecodeReservation(append(good, 0)); !errors.Is(err, ledger.ErrBytes) {
		t.Errorf("one byte more: %v", err)
	}
}

func TestReservedPartsBounds(t *testing.T) {
	part := func(lock byte, amount ledger.Amount) ledger.ReservedPart {
		return ledger.ReservedPart{Lock: ledger.Lock{lock}, Amount: amount}
	}
	many := func(n int) (parts []ledger.ReservedPart) {
		for i := range n {
			parts = append(parts, part(byte(i), ledger.NewAmount(1)))
		}
		return parts
	}
	largest, one := ledger.AmountFromParts(1<<32-1, 1<<64-1), ledger.NewAmount(1)
	for name, c := range map[string]struct {
		parts []ledger.ReservedPart
		want  string // "": fine
	}{
		"none":        {nil, "1 to 16"},
		"one":         {many(1), ""},
		"most":        {many(ledger.PartsMax), ""},
		"too many":    {many(ledger.PartsMax + 1), "1 to 16"},
		"of zero":     {[]ledger.ReservedPart{part(1, ledger.Amount{})}, "out of bounds"},
		"of 2^96":     {[]ledger.ReservedPart{part(1, ledger.AmountFromParts(1<<32, 0))}, "out of bounds"},
		"one twice":   {[]ledger.ReservedPart{part(1, one), part(2, one), part(1, one)}, "one lock"},
		"largest":     {[]ledger.ReservedPart{part(1, largest)}, ""},
		"sum of 2^96": {[]ledger.ReservedPart{part(1, largest), part(2, one)}, ""},
	} {
		_, err := ledger.ReservedPartsHash(c.parts)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want an error with %q", name, err, c.want)
		}
	}
	v := reservedInvoice()
	if _, err := ledger.NewReservation(v, ledger.PaymentID{}, []ledger.ReservedPart{part(1, largest), part(2, one)}); err == nil {
		t.Error("a total of 2^96 was reserved")
	}
	if _, err := ledger.NewReservation(v, ledger.PaymentID{}, []ledger.ReservedPart{part(1, ledger.NewAmount(1249))}); err == nil {
		t.Error("less than the invoice's amount was reserved")
	}
}

func TestReservationValidate(t *testing.T) {
	for name, edit := range map[string]func(*ledger.Reservation){
		"no currency": func(r *ledger.Reservation) { r.Currency.Name = "" },
		"decimals":    func(r *ledger.Reservation) { r.Currency.Decimals = 19 },
		"total of 0":  func(r *ledger.Reservation) { r.Total = ledger.Amount{} },
		"no hold":     func(r *ledger.Reservation) { r.Hold = 0 },
		"long hold":   func(r *ledger.Reservation) { r.Hold = 14*24*3600 + 1 },
	} {
		r := testReservation(t)
		edit(r)
		if r.Validate() == nil {
			t.Errorf("%s: valid", name)
		}
		if _, err := ledger.DecodeReservation(r.Encode()); !errors.Is(err, ledger.ErrBytes) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func drawParts(t *rapid.T) []ledger.ReservedPart {
	n := rapid.IntRange(1, ledger.PartsMax).Draw(t, "parts")
	locks := rapid.SliceOfNDistinct(rapid.Uint16(), n, n, rapid.ID).Draw(t, "locks")
	parts := make([]ledger.ReservedPart, n)
	for i, l := range locks {
		parts[i].Lock = ledger.Lock{byte(l >> 8), byte(l)}
		parts[i].Amount = ledger.AmountFromParts(0, rapid.Uint64Range(1<<20, 1<<58).Draw(t, "amount"))
	}
	return parts
}

// The hash depends on the set of parts, whatever its order, and on each amount.
func TestReservedPartsHashProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := drawParts(t)
		want, err := ledger.ReservedPartsHash(parts)
		if err != nil {
			t.Fatal(err)
		}
		shuffled := rapid.Permutation(parts).Draw(t, "shuffled")
		if got, err := ledger.ReservedPartsHash(shuffled); err != nil || got != want {
			t.Fatalf("the order counts: %v", err)
		}
		i := rapid.IntRange(0, len(parts)-1).Draw(t, "at")
		if rapid.Bool().Draw(t, "lock") {
			shuffled[i].Lock[31] ^= 1
		} else {
			shuffled[i].Amount, _ = shuffled[i].Amount.Add(ledger.NewAmount(1))
		}
		if got, err := ledger.ReservedPartsHash(shuffled); err != nil || got == want {
			t.Fatalf("another list has this hash: %v", err)
		}
		v := reservedInvoice()
		v.Amount = ledger.Amount{}
		r, err := ledger.NewReservation(v, ledger.PaymentID{1}, parts)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := recodeReservation(r.Encode()); err != nil || !bytes.Equal(again, r.Encode()) {
			t.Fatalf("decode∘encode is not the identity: %v", err)
		}
	})
}

func FuzzDecodeReservation(f *testing.F) {
	fuzzIdentity(f, recodeReservation, testReservation(f).Encode())
}
