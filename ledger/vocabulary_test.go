package ledger_test

import (
	"crypto/ed25519"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/ledger"
)

func TestCurrencyNames(t *testing.T) {
	for _, c := range []ledger.Currency{
		{Name: "E"}, {Name: "EUR", Decimals: 2}, {Name: "HOURS.BERLIN-1_A", Decimals: 18}, {Name: "0"}, {Name: "-"},
	} {
		if err := c.Validate(); err != nil {
			t.Errorf("%v: %v", c, err)
		}
		if got, err := ledger.ParseCurrency(c.String()); err != nil || got != c {
			t.Errorf("%v became %v, %v", c, got, err)
		}
	}
	for _, c := range []ledger.Currency{
		{}, {Name: "eur"}, {Name: "EUR "}, {Name: "E/R"}, {Name: "EÜR"}, {Name: strings.Repeat("X", 17)}, {Name: "EUR", Decimals: 19},
	} {
		if err := c.Validate(); err == nil {
			t.Errorf("%v is valid", c)
		}
	}
	for text, want := range map[string]ledger.Currency{
		"EUR": {Name: "EUR", Decimals: 2}, "EUR/0": {Name: "EUR"}, "X/18": {Name: "X", Decimals: 18},
	} {
		if got, err := ledger.ParseCurrency(text); err != nil || got != want {
			t.Errorf("%s became %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "/2", "EUR/", "EUR/19", "EUR/-1", "EUR/2/2", "EUR/256", "eur/2"} {
		if got, err := ledger.ParseCurrency(text); err == nil {
			t.Errorf("%q became %v", text, got)
		}
	}
}

func TestCurrencyOrder(t *testing.T) {
	order := []ledger.Currency{{Name: "A", Decimals: 9}, {Name: "AA"}, {Name: "B"}, {Name: "B", Decimals: 1}}
	for i, a := range order {
		for j, b := range order {
			if a.Less(b) != (i < j) {
				t.Errorf("%v less than %v: %v", a, b, a.Less(b))
			}
		}
	}
}

func TestCurrencyFormat(t *testing.T) {
	eur := ledger.Currency{Name: "EUR", Decimals: 2}
	for v, want := range map[int64]string{0: "0.00 EUR", 5: "0.05 EUR", -5: "-0.05 EUR", 12345: "123.45 EUR", -100: "-1.00 EUR"} {
		if got := eur.FormatBalance(ledger.NewBalance(v)); got != want {
			t.Errorf("%d reads %q, want %q", v, got, want)
		}
		if v >= 0 {
			if got := eur.Format(ledger.NewAmount(uint64(v))); got != want {
				t.Errorf("%d reads %q, want %q", v, got, want)
			}
		}
	}
	if got := (ledger.Currency{Name: "JPY"}).Format(ledger.NewAmount(7)); got != "7 JPY" {
		t.Errorf("no decimals read %q", got)
	}
	var c ledger.Currency
	text, _ := eur.MarshalText()
	if err := c.UnmarshalText(text); err != nil || c != eur {
		t.Errorf("%s became %v, %v", text, c, err)
	}
	if err := c.UnmarshalText([]byte("eur")); err == nil || c != eur {
		t.Errorf("%v after a bad text, %v", c, err)
	}
}

func TestNodeIDText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := ledger.NodeID(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "key"))
		s := n.String()
		if !strings.HasPrefix(s, "12D3Koo") || len(s) != 52 || !strings.HasSuffix(s, n.Short()) || len(n.Short()) != 8 {
			t.Fatalf("%x reads %s, %s", n, s, n.Short())
		}
		if got, err := ledger.ParseNodeID(s); err != nil || got != n {
			t.Fatalf("%s became %x, %v", s, got, err)
		}
		text, _ := n.MarshalText()
		var m ledger.NodeID
		if err := m.UnmarshalText(text); err != nil || m != n || m.IsZero() != (n == ledger.NodeID{}) {
			t.Fatalf("%s became %x, %v", text, m, err)
		}
	})
	good := ledger.NodeID{1}.String()
	for _, s := range []string{
		"", "12D3Koo", good[1:], good + "1", strings.Replace(good, "K", "0", 1), strings.Repeat("1", 100),
		"QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N", // an RSA peer ID
	} {
		var m ledger.NodeID
		if err := m.UnmarshalText([]byte(s)); err == nil || !m.IsZero() {
			t.Errorf("%q became %x", s, m)
		}
	}
	if a, b := (ledger.NodeID{1}), (ledger.NodeID{2}); !a.Less(b) || b.Less(a) || a.Less(a) ||
		ledger.AuthorOf(a, b) != 0 || ledger.AuthorOf(b, a) != 1 || ledger.Author(0).Other() != 1 || ledger.Author(1).Other() != 0 {
		t.Error("the order of nodes is wrong")
	}
}

func TestHexTexts(t *testing.T) {
	type text interface {
		MarshalText() ([]byte, error)
	}
	type untext interface{ UnmarshalText([]byte) error }
	for name, tt := range map[string]struct {
		from text
		to   untext
		size int
	}{
		"hash":      {ledger.Hash{0xab, 1}, &ledger.Hash{}, 32},
		"lock":      {ledger.Lock{0xab, 1}, &ledger.Lock{}, 32},
		"key":       {ledger.Key{0xab, 1}, &ledger.Key{}, 32},
		"payment":   {ledger.PaymentID{0xab, 1}, &ledger.PaymentID{}, 16},
		"signature": {ledger.Signature{0xab, 1}, &ledger.Signature{}, 64},
	} {
		s, err := tt.from.MarshalText()
		if want := "ab01" + strings.Repeat("00", tt.size-2); err != nil || string(s) != want {
			t.Errorf("%s reads %s, %v", name, s, err)
		}
		if err := tt.to.UnmarshalText(s); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if again, _ := tt.to.(text).MarshalText(); string(again) != string(s) {
			t.Errorf("%s became %s", s, again)
		}
		for _, bad := range []string{"", string(s[1:]), string(s) + "00", "zz" + string(s[2:])} {
			if err := tt.to.UnmarshalText([]byte(bad)); err == nil {
				t.Errorf("%s: %q is read", name, bad)
			}
		}
	}
	for _, s := range []string{ledger.Hash{1}.String(), ledger.Lock{1}.String()} {
		if s != "01"+strings.Repeat("00", 31) {
			t.Errorf("reads %s", s)
		}
	}
	if s := (ledger.PaymentID{1}).String(); s != "01"+strings.Repeat("00", 15) {
		t.Errorf("reads %s", s)
	}
}

func TestKeysAreHidden(t *testing.T) {
	k := ledger.Key{0xab, 0xcd}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
		for _, s := range []string{fmt.Sprintf(verb, k), fmt.Sprintf(verb, ledger.Collect{Key: k}), fmt.Sprintf(verb, &k)} {
			if strings.Contains(s, "abcd") || strings.Contains(s, "171") {
				t.Errorf("%s shows the key: %s", verb, s)
			}
		}
	}
}

func TestLockOfKey(t *testing.T) {
	// SHA-256 of 32 zero bytes.
	const want = "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925"
	if got := (ledger.Key{}).Lock().String(); got != want {
		t.Errorf("lock of the zero key is %s", got)
	}
}

func TestTags(t *testing.T) {
	a, b := ledger.NewTag("offset/a/1"), ledger.NewTag("offset/a/11")
	if got := string(a.Bytes([]byte("body"))); got != "\x0aoffset/a/1body" {
		t.Errorf("tagged body is %q", got)
	}
	if a.Hash([]byte("1x")) == b.Hash([]byte("x")) {
		t.Error("one tag with more body is another tag with less")
	}
	for _, name := range []string{"", strings.Repeat("x", 256)} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a tag of %d bytes was made", len(name))
				}
			}()
			ledger.NewTag(name)
		}()
	}
}

func TestVerifyHash(t *testing.T) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	node, hash := ledger.NodeID(key.Public().(ed25519.PublicKey)), ledger.Hash{1}
	sig := ledger.Signature(ed25519.Sign(key, hash[:]))
	if !ledger.VerifyHash(node, hash, sig) {
		t.Fatal("a good signature is refused")
	}
	sig[0] ^= 1
	if ledger.VerifyHash(node, hash, sig) || ledger.VerifyHash(ledger.NodeID{}, hash, sig) {
		t.Fatal("a bad signature is taken")
	}
}

func TestPathValidate(t *testing.T) {
	from, self := ledger.NodeID{1}, ledger.NodeID{2}
	hop := func(n byte, amount uint64) ledger.Hop {
		return ledger.Hop{Node: ledger.NodeID{n}, Amount: ledger.NewAmount(amount)}
	}
	var long []ledger.Hop
	for n := range ledger.PathNodesMax - 2 {
		long = append(long, hop(byte(n+10), 5))
	}
	for name, p := range map[string]ledger.Path{
		"seller":  ledger.NewPath(),
		"one":     ledger.NewPath(hop(3, 1)),
		"falling": ledger.NewPath(hop(3, 9), hop(4, 9), hop(5, 8)),
		"cycle":   ledger.NewPath(hop(3, 9), hop(1, 8)),
		"longest": ledger.NewPath(long...),
	} {
		if err := p.Validate(from, self); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, p := range map[string]ledger.Path{
		"unknown version":  {Version: 2},
		"version 0":        {},
		"me again":         ledger.NewPath(hop(2, 1)),
		"payer on the way": ledger.NewPath(hop(1, 1), hop(3, 1)),
		"twice":            ledger.NewPath(hop(3, 1), hop(4, 1), hop(3, 1)),
		"of zero":          ledger.NewPath(hop(3, 0)),
		"too large":        ledger.NewPath(ledger.Hop{Node: ledger.NodeID{3}, Amount: ledger.AmountFromParts(1<<32, 0)}),
		"rising":           ledger.NewPath(hop(3, 1), hop(4, 2)),
		"too long":         ledger.NewPath(append(long, hop(99, 5))...),
	} {
		if err := p.Validate(from, self); err == nil {
			t.Errorf("%s is valid", name)
		}
	}
	a := ledger.NewPath(hop(3, 1), hop(4, 1))
	for _, b := range []ledger.Path{
		ledger.NewPath(hop(3, 1)), ledger.NewPath(hop(3, 1), hop(4, 2)), ledger.NewPath(hop(3, 1), hop(5, 1)),
		{Version: 2},
		{Version: 1, Opaque: []byte{1}},
	} {
		if a.Equal(b) || b.Equal(a) || !b.Equal(b) || !a.Equal(a) {
			t.Errorf("%v and %v", a, b)
		}
	}
}

func TestFrameWords(t *testing.T) {
	seen := map[string]bool{}
	for s := ledger.Fresh; s <= ledger.Recovering; s++ {
		seen[s.String()] = true
	}
	for r := ledger.RefuseStale; r <= ledger.RefuseBusy; r++ {
		seen[r.String()] = true
	}
	if len(seen) != 10 || seen[ledger.HelloState(0).String()] || seen[ledger.RefuseReason(0).String()] {
		t.Errorf("words %v", seen)
	}
}
