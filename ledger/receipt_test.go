package ledger_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/ledger"
)

func testReceipt() *ledger.Receipt {
	return &ledger.Receipt{Invoice: testInvoice(), Key: ledger.Key{1, 2, 3}}
}

// proves reports whether a third party that has only these bytes takes them for
// a receipt.
func proves(b []byte) bool {
	r, err := ledger.DecodeReceipt(b)
	return err == nil && r.Verify() == nil
}

// Every change of a receipt's bytes is detected: by one bit, by more, cut off,
// extended, or two bytes exchanged.
func TestReceiptChangedBytes(t *testing.T) {
	good := testReceipt().Encode()
	if !proves(good) {
		t.Fatal("the unchanged receipt is refused")
	}
	for i := range good {
		for _, x := range []byte{1, 2, 0x40, 0x80, 0xff} {
			b := bytes.Clone(good)
			b[i] ^= x
			if proves(b) {
				t.Fatalf("byte %d changed by %#x is not noticed", i, x)
			}
		}
		if proves(good[:i]) {
			t.Fatalf("%d of %d bytes are a receipt", i, len(good))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		b := bytes.Clone(good)
		i, j := rapid.IntRange(0, len(b)-1).Draw(t, "i"), rapid.IntRange(0, len(b)-1).Draw(t, "j")
		switch rapid.IntRange(0, 2).Draw(t, "how") {
		case 0:
			b[i] ^= rapid.ByteRange(1, 255).Draw(t, "by")
		case 1:
			b[i], b[j] = b[j], b[i]
		default:
			b = append(b, rapid.SliceOfN(rapid.Byte(), 1, 9).Draw(t, "more")...)
		}
		if !bytes.Equal(b, good) && proves(b) {
			t.Fatal("a changed receipt is accepted")
		}
	})
}

func TestReceiptChangedText(t *testing.T) {
	want := testReceipt()
	text := want.Text()
	for i := range text {
		for _, c := range []byte{'a', '7', 'Q', '0', ' '} {
			if text[i] == c {
				continue
			}
			if _, err := ledger.ParseReceipt(text[:i] + string(c) + text[i+1:]); err == nil {
				t.Fatalf("character %d changed from %c to %c was accepted", i, text[i], c)
			}
		}
	}
	for _, text := range []string{strings.ToUpper(text), "\n" + text + "\r\n"} {
		got, err := ledger.ParseReceipt(text)
		if err != nil || !bytes.Equal(got.Encode(), want.Encode()) {
			t.Errorf("%.20q…: %v", text, err)
		}
	}
}

func TestReceiptRefuses(t *testing.T) {
	other, forged := testReceipt(), testReceipt()
	other.Key[31] ^= 1
	forged.Invoice.Amount = ledger.NewAmount(1)
	moved := testReceipt()
	moved.Invoice.Lock = ledger.Key{4}.Lock() // whose key the forger knows
	moved.Key = ledger.Key{4}
	for name, c := range map[string]struct {
		r    *ledger.Receipt
		want string
	}{
		"key of another lock":     {other, "does not open"},
		"invoice of another sum":  {forged, "not signed by the seller"},
		"lock of the forger's":    {moved, "not signed by the seller"},
		"invoice out of bounds":   {&ledger.Receipt{Invoice: signInvoice(&ledger.Invoice{Currency: ledger.Currency{Name: "EUR"}})}, "expires before"},
		"nothing that was signed": {&ledger.Receipt{Invoice: &ledger.Invoice{Currency: ledger.Currency{Name: "EUR"}, Expires: 1}}, "not signed by"},
	} {
		if err := c.r.Verify(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, c.want)
		}
		if _, err := ledger.ParseReceipt(c.r.Text()); err == nil {
			t.Errorf("%s: its text is accepted", name)
		}
	}
	for _, b := range [][]byte{nil, make([]byte, 31), make([]byte, 32), make([]byte, 300)} {
		if _, err := ledger.DecodeReceipt(b); !errors.Is(err, ledger.ErrBytes) {
			t.Errorf("%d bytes: %v", len(b), err)
		}
	}
	if _, err := ledger.ParseReceipt(testInvoice().Text()); err == nil || !strings.Contains(err.Error(), "must begin with offset:r1") {
		t.Errorf("an invoice: %v", err)
	}
}

func FuzzDecodeReceipt(f *testing.F) {
	fuzzIdentity(f, func(b []byte) ([]byte, error) {
		r, err := ledger.DecodeReceipt(b)
		if err != nil {
			return nil, err
		}
		return r.Encode(), nil
	}, testReceipt().Encode())
}

func FuzzParseReceipt(f *testing.F) {
	f.Add(testReceipt().Text())
	f.Add("offset:r1")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ledger.ParseReceipt(text)
		if err == nil && r.Text() != strings.ToLower(strings.TrimSpace(text)) {
			t.Error("two texts of one receipt")
		}
	})
}
