package seal

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/p2p/identity"
)

var update = flag.Bool("update", false, "seal testdata/sealed.json anew")

// sealedVector is something sealed and what it opens to, in hexadecimal, for
// implementers in other languages. Sealing is random: only opening is pinned.
type sealedVector struct {
	Kind     string `json:"kind"`                // part, commit
	Seed     string `json:"seed"`                // identity of the seller
	SealKey  string `json:"seal_key"`            // its public key
	Lock     string `json:"lock"`                // of the invoice
	PartLock string `json:"part_lock,omitempty"` // of a part
	Payment  string `json:"payment,omitempty"`   // of a commit
	Info     string `json:"info"`
	Sealed   string `json:"sealed"`
	Plain    string `json:"plain"`
}

const sealedFile = "testdata/sealed.json"

func sealAnew(t *testing.T) {
	t.Helper()
	public := shop.SealKey()
	lock, salt := ledger.Lock{5}, ledger.PartSalt{6}
	part, partLock := examplePart(lock, salt)
	sealed, err := Part(public, lock, partLock, salt, part)
	if err != nil {
		t.Fatal(err)
	}
	seed := [32]byte{2} // of shop
	vectors := []sealedVector{
		{
			Kind: "part", Seed: hex.EncodeToString(seed[:]), SealKey: hex.EncodeToString(public[:]), Lock: lock.String(), PartLock: partLock.String(),
			Info: hex.EncodeToString(ledger.PartInfo(lock, partLock)), Sealed: hex.EncodeToString(sealed), Plain: hex.EncodeToString(part.Encode()),
		},
		{
			Kind: "commit", Seed: hex.EncodeToString(seed[:]), SealKey: hex.EncodeToString(public[:]), Lock: commitLock.String(), Payment: commitPayment.String(),
			Info:   hex.EncodeToString(ledger.CommitInfo(commitLock, commitPayment)),
			Sealed: hex.EncodeToString(sealedCommit(t, 2)), Plain: hex.EncodeToString(exampleCommit(2).Encode()),
		},
	}
	b, err := json.MarshalIndent(vectors, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(sealedFile, append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestSealedVectorsOpen: what was sealed before opens for ever.
func TestSealedVectorsOpen(t *testing.T) {
	if *update {
		sealAnew(t)
	}
	b, err := os.ReadFile(sealedFile)
	if err != nil {
		t.Fatal(err)
	}
	var all []sealedVector
	if err := json.Unmarshal(b, &all); err != nil || len(all) != 2 {
		t.Fatalf("%d vectors: %v", len(all), err)
	}
	bin := func(s string, n int) []byte {
		t.Helper()
		b, err := hex.DecodeString(s)
		if err != nil || n > 0 && len(b) != n {
			t.Fatalf("%q: %v", s, err)
		}
		return b
	}
	for _, v := range all {
		keys := NewKeys(identity.FromSeed([32]byte(bin(v.Seed, 32))))
		if public := keys.SealKey(); hex.EncodeToString(public[:]) != v.SealKey {
			t.Errorf("%s: another seal key", v.Kind)
		}
		lock, sealed := ledger.Lock(bin(v.Lock, 32)), bin(v.Sealed, 0)
		var plain, info []byte
		switch v.Kind {
		case "part":
			partLock := ledger.Lock(bin(v.PartLock, 32))
			part, err := keys.OpenPart(lock, partLock, sealed)
			if err != nil {
				t.Fatal(err)
			}
			plain, info = part.Encode(), ledger.PartInfo(lock, partLock)
		case "commit":
			payment := ledger.PaymentID(bin(v.Payment, 16))
			commit, err := keys.OpenCommit(lock, payment, sealed)
			if err != nil {
				t.Fatal(err)
			}
			plain, info = commit.Encode(), ledger.CommitInfo(lock, payment)
		}
		if !bytes.Equal(plain, bin(v.Plain, 0)) || !bytes.Equal(info, bin(v.Info, 0)) {
			t.Errorf("%s: opens to something else", v.Kind)
		}
	}
}
