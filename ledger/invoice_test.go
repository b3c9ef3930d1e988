package ledger_test

import (
	"bytes"
	"crypto/ed25519"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/ledger"
)

var sellerKey = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))

// signInvoice names the test seller and signs.
func signInvoice(v *ledger.Invoice) *ledger.Invoice {
	v.Seller = ledger.NodeID(sellerKey.Public().(ed25519.PublicKey))
	h := v.Hash()
	v.Signature = ledger.Signature(ed25519.Sign(sellerKey, h[:]))
	return v
}

func testInvoice() *ledger.Invoice {
	key := ledger.Key{1, 2, 3}
	return signInvoice(&ledger.Invoice{
		ID:          ledger.InvoiceID{9},
		Currency:    ledger.Currency{Name: "EUR", Decimals: 2},
		Amount:      ledger.NewAmount(1250),
		Lock:        key.Lock(),
		SealKey:     [32]byte{5},
		Description: "two loaves of bread, größe L",
		Created:     1_800_000_000,
		Expires:     1_800_003_600,
		Addresses:   []string{"/ip4/127.0.0.1/tcp/4001"},
		Hints:       []ledger.Hint{{Friend: ledger.NodeID{4}, Receivable: ledger.NewAmount(7), Rate: ledger.Rate{Mul: 1, Add: 2}}},
	})
}

func TestInvoiceTextRoundTrip(t *testing.T) {
	want := testInvoice()
	for _, text := range []string{want.Text(), strings.ToUpper(want.Text()), " " + want.Text() + "\n"} {
		got, err := ledger.ParseInvoice(text)
		if err != nil {
			t.Fatalf("ParseInvoice(%.20q…): %v", text, err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(ledger.Amount{})); diff != "" {
			t.Errorf("invoice changed on its way (-want +got):\n%s", diff)
		}
	}
}

// Every single changed character must be found, whichever it becomes.
func TestInvoiceTextFindsEveryChangedCharacter(t *testing.T) {
	text := testInvoice().Text()
	const alphabet = "abcdefghijklmnopqrstuvwxyz234567"
	for i := len(ledger.InvoicePrefix); i < len(text); i++ {
		for _, c := range []byte{alphabet[(i*7)%32], 'A', '1', ' '} {
			if text[i] == c {
				continue
			}
			changed := text[:i] + string(c) + text[i+1:]
			if _, err := ledger.ParseInvoice(changed); err == nil {
				t.Fatalf("character %d changed from %c to %c was accepted", i, text[i], c)
			}
		}
	}
}

func TestParseInvoiceRefuses(t *testing.T) {
	good := testInvoice()
	forged := testInvoice()
	forged.Amount = ledger.NewAmount(1)
	for name, c := range map[string]struct{ text, want string }{
		"empty":         {"", "must begin with offset:i1"},
		"receipt":       {(&ledger.Receipt{Invoice: good}).Text(), "must begin with offset:i1"},
		"cut off":       {good.Text()[:60], "damaged or cut off"},
		"mixed case":    {"offset:I1" + good.Text()[9:], "mixes upper and lower case"},
		"long":          {strings.Repeat("a", 1<<20), "too long"},
		"not signed so": {forged.Text(), "not signed by the seller"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ledger.ParseInvoice(c.text)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestInvoiceValidate(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*ledger.Invoice)
		want   string
	}{
		"currency":     {func(v *ledger.Invoice) { v.Currency.Name = "eur" }, "only A-Z"},
		"decimals":     {func(v *ledger.Invoice) { v.Currency.Decimals = 19 }, "decimals"},
		"amount":       {func(v *ledger.Invoice) { v.Amount = ledger.AmountFromParts(1<<32, 0) }, "below 2^96"},
		"description":  {func(v *ledger.Invoice) { v.Description = strings.Repeat("x", 641) }, "description"},
		"not UTF-8":    {func(v *ledger.Invoice) { v.Description = "\xff" }, "UTF-8"},
		"expiry":       {func(v *ledger.Invoice) { v.Expires = v.Created }, "expires before"},
		"addresses":    {func(v *ledger.Invoice) { v.Addresses = make([]string, 9) }, "addresses"},
		"long address": {func(v *ledger.Invoice) { v.Addresses = []string{strings.Repeat("a", 257)} }, "address over"},
		"hints":        {func(v *ledger.Invoice) { v.Hints = make([]ledger.Hint, 5) }, "hints"},
		"hold":         {func(v *ledger.Invoice) { v.Reserved = 15 * 24 * 3600 }, "reserves"},
	} {
		t.Run(name, func(t *testing.T) {
			v := testInvoice()
			c.change(v)
			signInvoice(v)
			if err := v.Verify(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Verify: got %v, want an error with %q", err, c.want)
			}
			if !v.Amount.IsLimit() {
				return // has no encoding
			}
			if _, err := ledger.DecodeInvoice(v.Encode()); err == nil {
				t.Error("DecodeInvoice accepted what Validate refuses")
			}
		})
	}
}

func TestInvoiceExpiry(t *testing.T) {
	v := testInvoice()
	if v.ExpiredAt(time.Unix(v.Expires-1, 0)) || !v.ExpiredAt(time.Unix(v.Expires, 0)) {
		t.Error("an invoice must expire at its second, not before")
	}
}

func TestReceipt(t *testing.T) {
	r := &ledger.Receipt{Invoice: testInvoice(), Key: ledger.Key{1, 2, 3}}
	got, err := ledger.ParseReceipt(r.Text())
	if err != nil || got.Key != r.Key || got.Invoice.ID != r.Invoice.ID {
		t.Fatalf("ParseReceipt: %v", err)
	}
	enc := r.Encode()
	for i := range enc {
		changed := bytes.Clone(enc)
		changed[i] ^= 1
		if d, err := ledger.DecodeReceipt(changed); err == nil && d.Verify() == nil {
			t.Fatalf("byte %d changed and the receipt still verifies", i)
		}
	}
}

func TestInvoiceRecordText(t *testing.T) {
	want := testInvoice()
	b, err := want.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	var got ledger.Invoice
	if err := got.UnmarshalText(b); err != nil || !bytes.Equal(got.Encode(), want.Encode()) {
		t.Fatalf("UnmarshalText: %v", err)
	}
}

func drawInvoice(t *rapid.T) *ledger.Invoice {
	created := rapid.Int64Range(0, 1<<40).Draw(t, "created")
	v := &ledger.Invoice{
		Currency: ledger.Currency{
			Name:     rapid.StringMatching(`[A-Z0-9._-]{1,16}`).Draw(t, "name"),
			Decimals: uint8(rapid.IntRange(0, 18).Draw(t, "decimals")),
		},
		Amount:      ledger.AmountFromParts(rapid.Uint64Range(0, 1<<32-1).Draw(t, "hi"), rapid.Uint64().Draw(t, "lo")),
		Description: rapid.StringN(0, 100, ledger.DescriptionBytesMax).Draw(t, "description"),
		Created:     created,
		Expires:     created + rapid.Int64Range(1, 1<<30).Draw(t, "lifetime"),
		Reserved:    rapid.Uint32Range(0, 14*24*3600).Draw(t, "reserved"),
	}
	for range rapid.IntRange(0, ledger.InvoiceAddressesMax).Draw(t, "addresses") {
		v.Addresses = append(v.Addresses, rapid.StringN(0, 40, 256).Draw(t, "address"))
	}
	return v
}

func TestInvoiceBytesProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := signInvoice(drawInvoice(t))
		got, err := ledger.DecodeInvoice(want.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Encode(), want.Encode()) || got.Verify() != nil {
			t.Fatal("decode∘encode is not the identity")
		}
	})
}

func FuzzDecodeInvoice(f *testing.F) {
	f.Add(testInvoice().Encode())
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := ledger.DecodeInvoice(b)
		if err == nil && !bytes.Equal(v.Encode(), b) {
			t.Error("two encodings of one invoice")
		}
	})
}

func FuzzParseInvoice(f *testing.F) {
	f.Add(testInvoice().Text())
	f.Add("offset:i1")
	f.Fuzz(func(t *testing.T, text string) {
		v, err := ledger.ParseInvoice(text)
		if err == nil && v.Text() != strings.ToLower(strings.TrimSpace(text)) {
			t.Error("two texts of one invoice")
		}
	})
}
