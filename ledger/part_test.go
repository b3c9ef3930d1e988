package ledger_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/offset-p2p/offset/ledger"
)

func testPart(express bool) *ledger.Part {
	p := &ledger.Part{
		Payment:       ledger.PaymentID{1},
		Total:         ledger.NewAmount(500),
		Amount:        ledger.NewAmount(200),
		Invoice:       ledger.InvoiceID{2},
		InvoiceAmount: ledger.NewAmount(500),
		Currency:      ledger.Currency{Name: "HOURS", Decimals: 1},
		Expires:       1_800_000_000,
		Note:          "thanks",
	}
	if express {
		p.PartKey = &ledger.Key{8}
	}
	return p
}

func TestPartRoundTrip(t *testing.T) {
	for _, express := range []bool{true, false} {
		want := testPart(express).Encode()
		got, err := ledger.DecodePart(want)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Encode(), want) || (got.PartKey != nil) != express {
			t.Errorf("express %v: decode∘encode is not the identity", express)
		}
	}
}

// A sealed part must fit a request together with what sealing adds.
func TestLargestPartFitsSealed(t *testing.T) {
	p := testPart(true)
	p.Note = string(bytes.Repeat([]byte("n"), ledger.NoteBytesMax))
	p.Currency.Name = "SIXTEEN.BYTES-16"
	const hpkeOverhead = 32 + 16 // encapsulated key and tag of X25519 with ChaCha20-Poly1305
	if n := len(p.Encode()) + len(ledger.PartSalt{}) + hpkeOverhead; n > ledger.SealedBytesMax {
		t.Errorf("the largest part needs %d bytes, %d are allowed", n, ledger.SealedBytesMax)
	}
}

func TestPartInfoBindsBothLocks(t *testing.T) {
	a := ledger.PartInfo(ledger.Lock{1}, ledger.Lock{2})
	if bytes.Equal(a, ledger.PartInfo(ledger.Lock{1}, ledger.Lock{3})) || bytes.Equal(a, ledger.PartInfo(ledger.Lock{3}, ledger.Lock{2})) {
		t.Error("a part could move to a request with another lock")
	}
}

func TestDecodePartRefuses(t *testing.T) {
	good := testPart(true).Encode()
	for i := range good {
		if _, err := ledger.DecodePart(good[:i]); !errors.Is(err, ledger.ErrBytes) {
			t.Fatalf("cut at %d: got %v", i, err)
		}
	}
	if _, err := ledger.DecodePart(append(bytes.Clone(good), 0)); !errors.Is(err, ledger.ErrBytes) {
		t.Errorf("trailing byte: got %v", err)
	}
	bad := testPart(false)
	bad.Note = "\xff"
	if _, err := ledger.DecodePart(bad.Encode()); !errors.Is(err, ledger.ErrBytes) {
		t.Errorf("note that is not UTF-8: got %v", err)
	}
}

func FuzzDecodePart(f *testing.F) {
	f.Add(testPart(true).Encode())
	f.Add(testPart(false).Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ledger.DecodePart(b)
		if err == nil && !bytes.Equal(p.Encode(), b) {
			t.Error("two encodings of one part")
		}
	})
}

func TestReasonText(t *testing.T) {
	for n := 1; n < 256; n++ {
		want := ledger.Reason(n)
		b, err := want.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var got ledger.Reason
		if err := got.UnmarshalText(b); err != nil || got != want {
			t.Errorf("reason %d reads back as %d: %v", want, got, err)
		}
	}
	var r ledger.Reason
	if err := r.UnmarshalText([]byte("nonsense")); err == nil {
		t.Error("an unknown reason was accepted")
	}
}

func TestReasonsOfInvoice(t *testing.T) {
	if !ledger.AlreadyPaid.IsOfInvoice() || ledger.OverLimit.IsOfInvoice() {
		t.Error("a buyer must retry an edge's refusal and give up on an invoice's")
	}
}
