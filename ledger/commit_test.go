package ledger_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/ledger"
)

func testKeys(n int) (keys []ledger.Key) {
	for i := range n {
		keys = append(keys, ledger.Key{byte(200 - i), 1})
	}
	return keys
}

func locksOf(keys []ledger.Key) (locks []ledger.Lock) {
	for _, k := range keys {
		locks = append(locks, k.Lock())
	}
	return locks
}

func testCommit() *ledger.SealedCommit {
	return &ledger.SealedCommit{Lock: ledger.Lock{1}, Payment: ledger.PaymentID{2}, Sealed: []byte("sealed to the seller")}
}

func recodeCommitKeys(b []byte) ([]byte, error) {
	c, err := ledger.DecodeCommitKeys(b)
	if err != nil {
		return nil, err
	}
	return c.Encode(), nil
}

func recodeSealedCommit(b []byte) ([]byte, error) {
	c, err := ledger.DecodeSealedCommit(b)
	if err != nil {
		return nil, err
	}
	return c.Encode(), nil
}

func TestCommitKeysRoundTrip(t *testing.T) {
	for n := 1; n <= ledger.PartsMax; n++ {
		keys := testKeys(n)
		before := slices.Clone(keys)
		want := ledger.NewCommitKeys(ledger.PaymentID{1}, ledger.InvoiceID{2}, keys)
		if !slices.Equal(keys, before) {
			t.Error("the caller's keys were sorted")
		}
		got, err := ledger.DecodeCommitKeys(want.Encode())
		if err != nil {
			t.Fatalf("%d keys: %v", n, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d keys (-want +got)\n%s", n, diff)
		}
		found, err := got.KeysOf(locksOf(keys))
		if err != nil || !slices.Equal(found, keys) {
			t.Errorf("%d keys: each part must get its own: %v", n, err)
		}
	}
}

// The largest commit fits the operation with what sealing adds.
func TestLargestCommitFitsSealed(t *testing.T) {
	c := ledger.NewCommitKeys(ledger.PaymentID{1}, ledger.InvoiceID{2}, testKeys(ledger.PartsMax))
	const hpkeOverhead = 32 + 16 // encapsulated key and tag of X25519 with ChaCha20-Poly1305
	if n := len(c.Encode()) + hpkeOverhead; n > ledger.SealedBytesMax {
		t.Errorf("the largest commit needs %d bytes, %d are allowed", n, ledger.SealedBytesMax)
	}
}

// The seller collects all parts or none: a commit of others, of fewer or of more
// gives no key at all.
func TestCommitOfOtherParts(t *testing.T) {
	keys := testKeys(3)
	c := ledger.NewCommitKeys(ledger.PaymentID{1}, ledger.InvoiceID{2}, keys)
	locks := locksOf(keys)
	for name, other := range map[string][]ledger.Lock{
		"none":       nil,
		"one less":   locks[:2],
		"one more":   append(slices.Clone(locks), ledger.Lock{7}),
		"another":    {locks[0], locks[1], {7}},
		"one twice":  {locks[0], locks[1], locks[1]},
		"all others": {{1}, {2}, {3}},
	} {
		if got, err := c.KeysOf(other); err == nil || got != nil {
			t.Errorf("%s: %d keys, %v", name, len(got), err)
		}
	}
}

func TestDecodeCommitKeysRefuses(t *testing.T) {
	encode := func(keys ...ledger.Key) []byte { return (&ledger.CommitKeys{Keys: keys}).Encode() }
	keys := testKeys(17)
	slices.Reverse(keys) // ascending
	version := encode(keys[0])
	version[0] = 2
	promised := encode(keys[0])
	promised[1+16+32] = 3
	for name, b := range map[string][]byte{
		"empty":       nil,
		"version":     version,
		"no keys":     encode(),
		"too many":    encode(keys...),
		"descending":  encode(keys[1], keys[0]),
		"one twice":   encode(keys[0], keys[0]),
		"promised":    promised,
		"cut off":     encode(keys[:2]...)[:80],
		"one byte on": append(encode(keys[0]), 0),
	} {
		if _, err := ledger.DecodeCommitKeys(b); !errors.Is(err, ledger.ErrBytes) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ledger.DecodeCommitKeys(encode(keys[:16]...)); err != nil {
		t.Errorf("the most keys: %v", err)
	}
}

func TestCommitInfoBindsLockAndPayment(t *testing.T) {
	seen := map[string]string{}
	for name, info := range map[string][]byte{
		"base":            ledger.CommitInfo(ledger.Lock{1}, ledger.PaymentID{2}),
		"another lock":    ledger.CommitInfo(ledger.Lock{3}, ledger.PaymentID{2}),
		"another payment": ledger.CommitInfo(ledger.Lock{1}, ledger.PaymentID{3}),
		"a part":          ledger.PartInfo(ledger.Lock{1}, ledger.Lock{2}),
	} {
		if other, ok := seen[string(info)]; ok {
			t.Errorf("%s and %s have one info", name, other)
		}
		seen[string(info)] = name
	}
}

func TestCommitText(t *testing.T) {
	want := testCommit()
	text := want.Text()
	for _, text := range []string{text, strings.ToUpper(text), " " + text + "\n"} {
		got, err := ledger.ParseCommit(text)
		if err != nil {
			t.Fatalf("ParseCommit(%.20q…): %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("commit changed on its way (-want +got)\n%s", diff)
		}
	}
	for i := range text {
		for _, c := range []byte{'a', '7', 'Q', ' '} {
			if text[i] == c {
				continue
			}
			if _, err := ledger.ParseCommit(text[:i] + string(c) + text[i+1:]); err == nil {
				t.Fatalf("character %d changed from %c to %c was accepted", i, text[i], c)
			}
		}
	}
	if _, err := ledger.ParseCommit(testInvoice().Text()); err == nil || !strings.Contains(err.Error(), "must begin with offset:c1") {
		t.Errorf("an invoice: %v", err)
	}
}

func TestDecodeSealedCommitRefuses(t *testing.T) {
	good := testCommit().Encode()
	version := bytes.Clone(good)
	version[0] = 2
	long, empty := testCommit(), testCommit()
	long.Sealed, empty.Sealed = make([]byte, ledger.SealedBytesMax+1), nil
	for name, b := range map[string][]byte{
		"empty":        nil,
		"version":      version,
		"cut off":      good[:len(good)-1],
		"one byte on":  append(bytes.Clone(good), 0),
		"long":         long.Encode(),
		"sealed empty": empty.Encode(),
	} {
		if _, err := ledger.DecodeSealedCommit(b); !errors.Is(err, ledger.ErrBytes) {
			t.Errorf("%s: %v", name, err)
		}
	}
	long.Sealed = long.Sealed[1:]
	if got, err := ledger.ParseCommit(long.Text()); err != nil || len(got.Sealed) != ledger.SealedBytesMax {
		t.Errorf("the longest: %v", err)
	}
	got, err := ledger.DecodeSealedCommit(good)
	if err != nil {
		t.Fatal(err)
	}
	good[len(good)-1] ^= 1
	if !bytes.Equal(got.Sealed, testCommit().Sealed) {
		t.Error("the commit aliases its input")
	}
}

func TestCommitBytesProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, ledger.PartsMax).Draw(t, "n")
		var keys []ledger.Key
		for _, k := range rapid.SliceOfNDistinct(rapid.Uint64(), n, n, rapid.ID).Draw(t, "keys") {
			keys = append(keys, ledger.Key{byte(k), byte(k >> 8), byte(k >> 16), byte(k >> 24), byte(k >> 32), byte(k >> 40), byte(k >> 48), byte(k >> 56)})
		}
		c := ledger.NewCommitKeys(ledger.PaymentID{1}, ledger.InvoiceID(drawHash(t)), keys)
		if again, err := recodeCommitKeys(c.Encode()); err != nil || !bytes.Equal(again, c.Encode()) {
			t.Fatalf("keys: decode∘encode is not the identity: %v", err)
		}
		s := &ledger.SealedCommit{Lock: ledger.Lock(drawHash(t)), Sealed: append(drawBytes(t, 60), 1)}
		if again, err := recodeSealedCommit(s.Encode()); err != nil || !bytes.Equal(again, s.Encode()) {
			t.Fatalf("sealed: decode∘encode is not the identity: %v", err)
		}
	})
}

func FuzzDecodeCommitKeys(f *testing.F) {
	fuzzIdentity(f, recodeCommitKeys,
		ledger.NewCommitKeys(ledger.PaymentID{1}, ledger.InvoiceID{2}, testKeys(1)).Encode(),
		ledger.NewCommitKeys(ledger.PaymentID{1}, ledger.InvoiceID{2}, testKeys(16)).Encode())
}

func FuzzDecodeSealedCommit(f *testing.F) {
	fuzzIdentity(f, recodeSealedCommit, testCommit().Encode())
}

func FuzzParseCommit(f *testing.F) {
	f.Add(testCommit().Text())
	f.Add("offset:c1")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ledger.ParseCommit(text)
		if err == nil && c.Text() != strings.ToLower(strings.TrimSpace(text)) {
			t.Error("two texts of one commit")
		}
	})
}
