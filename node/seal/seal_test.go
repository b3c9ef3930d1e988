package seal

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/p2p/identity"
)

var (
	eur   = ledger.Currency{Name: "EUR", Decimals: 2}
	buyer = NewKeys(identity.FromSeed([32]byte{1}))
	shop  = NewKeys(identity.FromSeed([32]byte{2}))
)

func hexKey(k ledger.Key) string { return hex.EncodeToString(k[:]) }

func examplePart(lock ledger.Lock, salt ledger.PartSalt) (*ledger.Part, ledger.Lock) {
	key := buyer.PartKey(lock, salt)
	return &ledger.Part{
		Payment: ledger.PaymentID{1, 2}, Total: ledger.NewAmount(500), Amount: ledger.NewAmount(300),
		Invoice: ledger.InvoiceID{3}, InvoiceAmount: ledger.NewAmount(500), Currency: eur,
		Expires: 1_700_000_000, PartKey: &key, Note: "table 7",
	}, key.Lock()
}

// The derived keys are part of the format: a change of any of these lines
// loses what restored nodes could collect.
func TestDerivedKeysAreStable(t *testing.T) {
	public := shop.SealKey()
	got := map[string]string{
		"invoice": hexKey(shop.InvoiceKey(ledger.InvoiceID{7}, eur, ledger.NewAmount(1234), 1_700_000_000)),
		"part":    hexKey(shop.PartKey(ledger.Lock{8}, ledger.PartSalt{9})),
		"seal":    hex.EncodeToString(public[:]),
	}
	want := map[string]string{
		"invoice": "fd6798e7f8cc504816cda5bdcbd1d72854f867e605740c69cfcd8d59f9c4915f",
		"part":    "0bb0f9cd2031083bfe137a84b344779dde2bc9f90c7e2bcb8092631e31c73272",
		"seal":    "3f819685da492303c6bbb334f28bcd68173a848637efb74ff00b1358462ae30f",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("derived keys changed (-want +got):\n%s", diff)
	}
}

func TestInvoiceKeyDependsOnEverything(t *testing.T) {
	id, amount, expires := ledger.InvoiceID{1}, ledger.NewAmount(10), int64(100)
	seen := map[ledger.Key]string{}
	add := func(what string, k ledger.Key) {
		if other, ok := seen[k]; ok {
			t.Errorf("%s and %s have one key", what, other)
		}
		seen[k] = what
	}
	add("base", shop.InvoiceKey(id, eur, amount, expires))
	add("id", shop.InvoiceKey(ledger.InvoiceID{2}, eur, amount, expires))
	add("name", shop.InvoiceKey(id, ledger.Currency{Name: "EUS", Decimals: 2}, amount, expires))
	add("decimals", shop.InvoiceKey(id, ledger.Currency{Name: "EUR", Decimals: 3}, amount, expires))
	add("amount", shop.InvoiceKey(id, eur, ledger.NewAmount(11), expires))
	add("expiry", shop.InvoiceKey(id, eur, amount, 101))
	add("identity", buyer.InvoiceKey(id, eur, amount, expires))
	add("part", shop.PartKey(ledger.Lock{1}, ledger.PartSalt{1}))
	add("lock", shop.PartKey(ledger.Lock{2}, ledger.PartSalt{1}))
	add("salt", shop.PartKey(ledger.Lock{1}, ledger.PartSalt{2}))
}

func TestSealAndOpen(t *testing.T) {
	lock, salt := ledger.Lock{5}, ledger.PartSalt{6}
	part, partLock := examplePart(lock, salt)
	reserved := *part
	reserved.PartKey = nil
	for name, p := range map[string]*ledger.Part{"express": part, "reserved": &reserved} {
		sealed, err := Part(shop.SealKey(), lock, partLock, salt, p)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if again, ok := SaltOf(sealed); !ok || again != salt {
			t.Errorf("%s: the salt does not stand in front", name)
		}
		got, err := shop.OpenPart(lock, partLock, sealed)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !bytes.Equal(got.Encode(), p.Encode()) {
			t.Errorf("%s: opened another part", name)
		}
		if _, err := buyer.OpenPart(lock, partLock, sealed); err == nil {
			t.Errorf("%s: opened by another node", name)
		}
		if _, err := shop.OpenPart(ledger.Lock{7}, partLock, sealed); err == nil {
			t.Errorf("%s: opened under another invoice's lock", name)
		}
		if _, err := shop.OpenPart(lock, ledger.Lock{7}, sealed); err == nil {
			t.Errorf("%s: opened under another part lock", name)
		}
	}
}

func TestTamperedPartDoesNotOpen(t *testing.T) {
	lock, salt := ledger.Lock{5}, ledger.PartSalt{6}
	part, partLock := examplePart(lock, salt)
	sealed, err := Part(shop.SealKey(), lock, partLock, salt, part)
	if err != nil {
		t.Fatal(err)
	}
	for i := saltBytes; i < len(sealed); i++ {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		// The top bit of an X25519 coordinate is ignored, but HPKE binds the
		// encapsulated key's bytes, so no change goes unnoticed.
		if _, err := shop.OpenPart(lock, partLock, bad); err == nil {
			t.Fatalf("byte %d changed and the part still opens", i)
		}
	}
	for _, n := range []int{0, saltBytes, overheadBytes - 1, overheadBytes, len(sealed) - 1} {
		if _, err := shop.OpenPart(lock, partLock, sealed[:n]); err == nil {
			t.Errorf("%d of %d bytes open", n, len(sealed))
		}
	}
	if _, err := shop.OpenPart(lock, partLock, make([]byte, ledger.SealedBytesMax+1)); err == nil {
		t.Error("more than SealedBytesMax opens")
	}
}

func TestWrongPartKeyIsRefused(t *testing.T) {
	lock, salt := ledger.Lock{5}, ledger.PartSalt{6}
	part, partLock := examplePart(lock, salt)
	part.PartKey[0] ^= 1
	sealed, err := Part(shop.SealKey(), lock, partLock, salt, part)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := shop.OpenPart(lock, partLock, sealed); err == nil || !strings.Contains(err.Error(), "does not open its lock") {
		t.Errorf("a key that cannot collect: %v", err)
	}
}

func TestLargestPartFits(t *testing.T) {
	lock, salt := ledger.Lock{5}, ledger.PartSalt{6}
	part, partLock := examplePart(lock, salt)
	part.Currency = ledger.Currency{Name: strings.Repeat("X", ledger.CurrencyNameMax), Decimals: ledger.DecimalsMax}
	part.Note = strings.Repeat("n", ledger.NoteBytesMax)
	sealed, err := Part(shop.SealKey(), lock, partLock, salt, part)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := shop.OpenPart(lock, partLock, sealed); err != nil {
		t.Error(err)
	}
	part.Note += "n"
	if _, err := Part(shop.SealKey(), lock, partLock, salt, part); err == nil {
		t.Error("a note over its bound was sealed")
	}
	part.Note = "\xff"
	if _, err := Part(shop.SealKey(), lock, partLock, salt, part); err == nil {
		t.Error("a note that is not UTF-8 was sealed")
	}
}

func TestBadSealKeyIsRefused(t *testing.T) {
	lock, salt := ledger.Lock{5}, ledger.PartSalt{6}
	part, partLock := examplePart(lock, salt)
	if _, err := Part([32]byte{}, lock, partLock, salt, part); err == nil {
		t.Error("sealed to a key of small order, which anybody could open")
	}
}

func TestKeysDoNotPrint(t *testing.T) {
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(format, shop); got != "seal.Keys(hidden)" {
			t.Errorf("%s prints %q", format, got)
		}
	}
}

func FuzzOpenPart(f *testing.F) {
	lock, salt := ledger.Lock{5}, ledger.PartSalt{6}
	part, partLock := examplePart(lock, salt)
	sealed, err := Part(shop.SealKey(), lock, partLock, salt, part)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := shop.OpenPart(lock, partLock, b); err == nil && p.Encode() == nil {
			t.Error("opened to nothing")
		}
	})
}
