package ledger_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/ledger"
)

// signStanding names the test seller and signs.
func signStanding(s *ledger.StandingCode) *ledger.StandingCode {
	s.Seller = ledger.NodeID(sellerKey.Public().(ed25519.PublicKey))
	s.Signature = sign(s.Hash())
	return s
}

func testStanding() *ledger.StandingCode {
	return signStanding(&ledger.StandingCode{
		Addresses: []string{"/ip4/192.0.2.1/udp/4001/quic-v1", "/dns/shop.example/tcp/4001"},
		Currency:  &ledger.Currency{Name: "EUR", Decimals: 2}, Amount: ledger.NewAmount(350),
	})
}

func recodeStanding(b []byte) ([]byte, error) {
	s, err := ledger.DecodeStandingCode(b)
	if err != nil {
		return nil, err
	}
	return s.Encode(), nil
}

func TestStandingCodeText(t *testing.T) {
	anything, amount := testStanding(), testStanding()
	anything.Addresses, anything.Currency, anything.Amount = nil, nil, ledger.Amount{}
	amount.Amount = ledger.Amount{}
	for name, want := range map[string]*ledger.StandingCode{
		"priced": testStanding(), "payer chooses all": signStanding(anything), "payer chooses the amount": signStanding(amount),
	} {
		for _, text := range []string{want.Text(), strings.ToUpper(want.Text()), "\t" + want.Text() + " \n"} {
			got, err := ledger.ParseStandingCode(text)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(ledger.Amount{})); diff != "" {
				t.Errorf("%s changed on its way (-want +got)\n%s", name, diff)
			}
		}
	}
}

func TestStandingCodeFindsEveryChange(t *testing.T) {
	text := testStanding().Text()
	for i := range text {
		for _, c := range []byte{'b', '3', 'Q', ' '} {
			if text[i] == c {
				continue
			}
			if _, err := ledger.ParseStandingCode(text[:i] + string(c) + text[i+1:]); err == nil {
				t.Fatalf("character %d changed from %c to %c was accepted", i, text[i], c)
			}
		}
	}
	good := testStanding().Encode()
	for i := range good {
		b := bytes.Clone(good)
		b[i] ^= 1
		if s, err := ledger.DecodeStandingCode(b); err == nil && s.Verify() == nil {
			t.Fatalf("byte %d changed and the code still verifies", i)
		}
		if _, err := ledger.DecodeStandingCode(good[:i]); !errors.Is(err, ledger.ErrBytes) {
			t.Fatalf("%d of %d bytes: %v", i, len(good), err)
		}
	}
}

func TestStandingCodeValidate(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*ledger.StandingCode)
		want   string
	}{
		"currency":     {func(s *ledger.StandingCode) { s.Currency.Name = "eur" }, "only A-Z"},
		"decimals":     {func(s *ledger.StandingCode) { s.Currency.Decimals = 19 }, "decimals"},
		"addresses":    {func(s *ledger.StandingCode) { s.Addresses = make([]string, 9) }, "more than 8 addresses"},
		"long address": {func(s *ledger.StandingCode) { s.Addresses = []string{strings.Repeat("a", 257)} }, "address over"},
		"no seller":    {func(s *ledger.StandingCode) { s.Seller = ledger.NodeID{} }, "no seller"},
		"forged":       {func(s *ledger.StandingCode) { s.Amount = ledger.NewAmount(1) }, "not signed by"},
	} {
		t.Run(name, func(t *testing.T) {
			s := testStanding()
			c.change(s)
			if name != "no seller" && name != "forged" {
				signStanding(s)
			}
			if err := s.Verify(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Verify: got %v, want an error with %q", err, c.want)
			}
			if _, err := ledger.ParseStandingCode(s.Text()); err == nil {
				t.Error("ParseStandingCode accepted what Verify refuses")
			}
		})
	}
	s := testStanding()
	s.Currency = nil
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "name both") {
		t.Errorf("an amount without a currency: %v", err)
	}
	s = testStanding()
	s.Amount = ledger.AmountFromParts(1<<32, 0)
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "below 2^96") {
		t.Errorf("2^96: %v", err)
	}
	most := testStanding()
	most.Addresses = nil
	for range ledger.InvoiceAddressesMax {
		most.Addresses = append(most.Addresses, strings.Repeat("a", ledger.AddressBytesMax))
	}
	if _, err := ledger.ParseStandingCode(signStanding(most).Text()); err != nil {
		t.Errorf("the largest: %v", err)
	}
	b := testStanding().Encode()
	b[0] = 2
	if _, err := ledger.DecodeStandingCode(b); !errors.Is(err, ledger.ErrBytes) {
		t.Errorf("version: %v", err)
	}
}

// The invoice that is fetched with a standing code is what was asked for.
func TestStandingCodeAccepts(t *testing.T) {
	eur, usd := ledger.Currency{Name: "EUR", Decimals: 2}, ledger.Currency{Name: "USD", Decimals: 2}
	priced, open, amountOpen := testStanding(), testStanding(), testStanding()
	open.Currency, open.Amount, amountOpen.Amount = nil, ledger.Amount{}, ledger.Amount{}
	for name, c := range map[string]struct {
		code     *ledger.StandingCode
		currency ledger.Currency // chosen by the payer
		amount   uint64
		edit     func(*ledger.Invoice)
		want     string // "": accepted
	}{
		"as priced":              {priced, ledger.Currency{}, 0, nil, ""},
		"priced stands":          {priced, usd, 1, nil, ""},
		"dearer than priced":     {priced, eur, 0, func(v *ledger.Invoice) { v.Amount = ledger.NewAmount(351) }, "of 351"},
		"other decimals":         {priced, eur, 0, func(v *ledger.Invoice) { v.Currency.Decimals = 0 }, "EUR/0"},
		"chosen":                 {open, eur, 350, nil, ""},
		"not as chosen":          {open, eur, 349, nil, "of 350"},
		"other currency":         {open, usd, 350, nil, "EUR/2"},
		"amount chosen":          {amountOpen, usd, 350, nil, ""},
		"amount not as chosen":   {amountOpen, usd, 1, nil, "of 350"},
		"nothing chosen":         {open, eur, 0, func(v *ledger.Invoice) { v.Amount = ledger.Amount{} }, "of 0"},
		"invoice without amount": {priced, eur, 0, func(v *ledger.Invoice) { v.Amount = ledger.Amount{} }, "of 0"},
		"another seller":         {priced, eur, 0, func(v *ledger.Invoice) { v.Seller[0] ^= 1 }, "another seller"},
	} {
		v := testInvoice()
		v.Currency, v.Amount = eur, ledger.NewAmount(350)
		if c.edit != nil {
			c.edit(v)
		}
		err := c.code.Accepts(v, c.currency, ledger.NewAmount(c.amount))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want an error with %q", name, err, c.want)
		}
	}
}

func TestStandingCodeBytesProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &ledger.StandingCode{}
		for range rapid.IntRange(0, ledger.InvoiceAddressesMax).Draw(t, "addresses") {
			s.Addresses = append(s.Addresses, rapid.StringN(0, 40, ledger.AddressBytesMax).Draw(t, "address"))
		}
		if rapid.Bool().Draw(t, "priced") {
			c := drawCurrency(t)
			s.Currency, s.Amount = &c, drawLimit(t)
		}
		want := signStanding(s).Encode()
		if got, err := recodeStanding(want); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("decode∘encode is not the identity: %v", err)
		}
		if err := s.Verify(); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzDecodeStandingCode(f *testing.F) {
	bare := signStanding(&ledger.StandingCode{})
	fuzzIdentity(f, recodeStanding, testStanding().Encode(), bare.Encode())
}

func FuzzParseStandingCode(f *testing.F) {
	f.Add(testStanding().Text())
	f.Add("offset:s1")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ledger.ParseStandingCode(text)
		if err == nil && s.Text() != strings.ToLower(strings.TrimSpace(text)) {
			t.Error("two texts of one standing code")
		}
	})
}
