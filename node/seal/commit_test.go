package seal

import (
	"bytes"
	"crypto/hpke"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/offset-p2p/offset/ledger"
)

var (
	commitLock    = ledger.Lock{5}
	commitPayment = ledger.PaymentID{6}
)

// exampleCommit has the keys of n parts of the buyer.
func exampleCommit(n int) *ledger.CommitKeys {
	var keys []ledger.Key
	for i := range n {
		keys = append(keys, buyer.PartKey(commitLock, ledger.PartSalt{byte(i)}))
	}
	return ledger.NewCommitKeys(commitPayment, ledger.InvoiceID{3}, keys)
}

func sealedCommit(t testing.TB, n int) []byte {
	t.Helper()
	sealed, err := Commit(shop.SealKey(), commitLock, exampleCommit(n))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestCommitSealAndOpen(t *testing.T) {
	for _, n := range []int{1, 2, ledger.PartsMax} {
		sealed := sealedCommit(t, n)
		if len(sealed) > ledger.SealedBytesMax {
			t.Errorf("%d parts: %d bytes", n, len(sealed))
		}
		got, err := shop.OpenCommit(commitLock, commitPayment, sealed)
		if err != nil {
			t.Fatalf("%d parts: %v", n, err)
		}
		want := exampleCommit(n)
		if diff := cmp.Diff(want.Encode(), got.Encode()); diff != "" {
			t.Errorf("%d parts: opened another commit", n)
		}
		var locks []ledger.Lock
		for _, k := range want.Keys {
			locks = append(locks, k.Lock())
		}
		if keys, err := got.KeysOf(locks); err != nil || !slices.Equal(keys, want.Keys) {
			t.Errorf("%d parts: the keys do not open their parts: %v", n, err)
		}
	}
}

// What the buyer shows on a screen is of no use to anybody but the seller, and
// for nothing but its payment.
func TestCommitOpensOnlyWhereItBelongs(t *testing.T) {
	sealed := sealedCommit(t, 3)
	if _, err := buyer.OpenCommit(commitLock, commitPayment, sealed); err == nil {
		t.Error("opened by another node")
	}
	if _, err := shop.OpenCommit(ledger.Lock{7}, commitPayment, sealed); err == nil {
		t.Error("opened for another invoice")
	}
	if _, err := shop.OpenCommit(commitLock, ledger.PaymentID{7}, sealed); err == nil {
		t.Error("opened for another payment")
	}
	if _, err := shop.OpenPart(commitLock, ledger.Lock{}, append(make([]byte, saltBytes), sealed...)); err == nil {
		t.Error("opened as a part")
	}
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if _, err := shop.OpenCommit(commitLock, commitPayment, bad); err == nil {
			t.Fatalf("byte %d changed and the commit still opens", i)
		}
	}
	for _, n := range []int{0, 1, commitOverheadBytes - 1, commitOverheadBytes, len(sealed) - 1} {
		if _, err := shop.OpenCommit(commitLock, commitPayment, sealed[:n]); err == nil {
			t.Errorf("%d of %d bytes open", n, len(sealed))
		}
	}
	if _, err := shop.OpenCommit(commitLock, commitPayment, make([]byte, ledger.SealedBytesMax+1)); err == nil {
		t.Error("more than SealedBytesMax opens")
	}
}

// A buyer can seal what it likes.
func TestCommitOfStrangePlaintext(t *testing.T) {
	to, err := kem().NewPublicKey(func() []byte { k := shop.SealKey(); return k[:] }())
	if err != nil {
		t.Fatal(err)
	}
	other := exampleCommit(2)
	other.Payment = ledger.PaymentID{7}
	for want, plain := range map[string][]byte{
		"reading commit": []byte("no commit"),
		"of payment":     other.Encode(),
	} {
		sealed, err := hpke.Seal(to, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), ledger.CommitInfo(commitLock, commitPayment), plain)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := shop.OpenCommit(commitLock, commitPayment, sealed); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}

func TestCommitRefusesToSeal(t *testing.T) {
	if _, err := Commit([32]byte{}, commitLock, exampleCommit(1)); err == nil {
		t.Error("sealed to a key of small order, which anybody could open")
	}
	for _, n := range []int{0, ledger.PartsMax + 1} {
		if _, err := Commit(shop.SealKey(), commitLock, exampleCommit(n)); err == nil {
			t.Errorf("a commit of %d parts was sealed", n)
		}
	}
	unsorted := exampleCommit(2)
	slices.Reverse(unsorted.Keys)
	if _, err := Commit(shop.SealKey(), commitLock, unsorted); err == nil {
		t.Error("unsorted keys were sealed")
	}
}

func FuzzOpenCommit(f *testing.F) {
	f.Add(sealedCommit(f, 2))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := shop.OpenCommit(commitLock, commitPayment, b); err == nil && len(c.Keys) == 0 {
			t.Error("opened to nothing")
		}
	})
}
