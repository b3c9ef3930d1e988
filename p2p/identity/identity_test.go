package identity_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/p2p/identity"
)

// zeroWords are the BIP-39 words of 32 zero bytes (test vector of BIP-39).
const zeroWords = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon " +
	"abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon art"

func TestWordsRestoreTheName(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var seed [32]byte
		copy(seed[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "seed"))
		id := identity.FromSeed(seed)
		words, err := id.Words()
		if err != nil {
			t.Fatal(err)
		}
		sloppy := "  " + strings.ToUpper(strings.ReplaceAll(words, " ", "\n\t ")) + "\n"
		for _, text := range []string{words, sloppy} {
			again, err := identity.FromWords(text)
			if err != nil {
				t.Fatal(err)
			}
			if again.PeerID() != id.PeerID() || again.Secret("x") != id.Secret("x") {
				t.Fatal("the words restore another identity")
			}
		}
	})
}

func TestGenerateMakesDifferentIdentities(t *testing.T) {
	a, err := identity.Generate()
	if err != nil {
		t.Fatal(err)
	}
	b, err := identity.Generate()
	if err != nil {
		t.Fatal(err)
	}
	if a.PeerID() == b.PeerID() {
		t.Error("two generated identities are equal")
	}
}

// Seed, words, key and peer ID belong together for ever: a change here would
// rename every node.
func TestGoldenIdentity(t *testing.T) {
	id, err := identity.FromWords(zeroWords)
	if err != nil {
		t.Fatal(err)
	}
	raw, secret := id.Raw(), id.Secret("golden")
	for what, pair := range map[string][2]string{
		"raw key": {hex.EncodeToString(raw[:]), "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"},
		"peer ID": {id.PeerID().String(), goldenPeerID},
		"secret":  {hex.EncodeToString(secret[:]), goldenSecret},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s %s, want %s", what, pair[0], pair[1])
		}
	}
}

func TestFromWordsRefuses(t *testing.T) {
	words := strings.Fields(zeroWords)
	swapped := append([]string{"zoo"}, words[1:]...)
	for _, tc := range []struct{ name, text, want string }{
		{"nothing", "", "found 0, expected 24"},
		{"twelve", strings.Join(words[:12], " "), "found 12, expected 24"},
		{"misspelt", "abandom " + strings.Join(words[1:], " "), `word 1 ("abandom")`},
		{"checksum", strings.Join(swapped, " "), "checksum"},
		{"too long", strings.Repeat("a ", 4000), "too many"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			id, err := identity.FromWords(tc.text)
			if err == nil || id != nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, %v; want an error with %q", id, err, tc.want)
			}
		})
	}
}

func TestSign(t *testing.T) {
	id := identity.FromSeed([32]byte{1})
	raw := id.Raw()
	sig := id.Sign([]byte("message"))
	if !ed25519.Verify(raw[:], []byte("message"), sig) {
		t.Error("the signature does not verify under Raw")
	}
	ok, err := id.PrivKey().GetPublic().Verify([]byte("message"), sig)
	if err != nil || !ok {
		t.Errorf("libp2p does not verify it: %v, %v", ok, err)
	}
	if ed25519.Verify(raw[:], []byte("massage"), sig) {
		t.Error("the signature verifies for another message")
	}
}

func TestSecretsAreSeparate(t *testing.T) {
	a, b := identity.FromSeed([32]byte{1}), identity.FromSeed([32]byte{2})
	if first := a.Secret("x"); a.Secret("x") != first {
		t.Error("a secret changes")
	}
	seen := map[[32]byte]string{{1}: "the seed"}
	for name, s := range map[string][32]byte{"a/x": a.Secret("x"), "a/y": a.Secret("y"), "a/": a.Secret(""), "b/x": b.Secret("x"), "a raw": a.Raw()} {
		if other, ok := seen[s]; ok {
			t.Errorf("%s equals %s", name, other)
		}
		seen[s] = name
	}
}

func TestPrintingDoesNotLeak(t *testing.T) {
	seed := [32]byte(bytes.Repeat([]byte{0xa7}, 32))
	id := identity.FromSeed(seed)
	for _, text := range []string{fmt.Sprint(id), fmt.Sprintf("%v", id), fmt.Sprintf("%+v", id), fmt.Sprintf("%#v", id), id.String()} {
		if !strings.Contains(text, id.PeerID().String()) || strings.Contains(text, "a7a7") || strings.Contains(text, "167 167") {
			t.Errorf("printed as %q", text)
		}
	}
}

func TestRawKeyAndPeerIDAreInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var seed [32]byte
		copy(seed[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "seed"))
		id := identity.FromSeed(seed)
		raw, err := identity.RawKey(id.PeerID())
		if err != nil || raw != id.Raw() {
			t.Fatalf("raw key %x, %v", raw, err)
		}
		back, err := identity.PeerIDOf(raw)
		if err != nil || back != id.PeerID() {
			t.Fatalf("peer ID %s, %v", back, err)
		}
	})
}

// smallOrder are all canonical encodings of points whose order divides 8, from
// the list in "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko 2020),
// and non-canonical ones of the same points.
var smallOrder = []string{
	"0100000000000000000000000000000000000000000000000000000000000000",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"0000000000000000000000000000000000000000000000000000000000000080",
	"0000000000000000000000000000000000000000000000000000000000000000",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	"0100000000000000000000000000000000000000000000000000000000000080",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
}

func TestPeerIDOfRefusesWeakKeys(t *testing.T) {
	for _, text := range smallOrder {
		raw, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		if id, err := identity.PeerIDOf([32]byte(raw)); !errors.Is(err, identity.ErrInvalidKey) {
			t.Errorf("%s is the peer ID %s, %v", text, id, err)
		}
	}
}

// Half of all y have no x: random bytes must be refused about as often, and
// what is accepted must be what crypto/ed25519 can decode.
func TestPeerIDOfRefusesWhatIsNotOnTheCurve(t *testing.T) {
	accepted := 0
	const tries = 1000
	for i := range tries {
		raw := identity.FromSeed([32]byte{byte(i), byte(i >> 8)}).Secret("bytes that look random")
		if _, err := identity.PeerIDOf(raw); err == nil {
			accepted++
		}
	}
	if accepted < tries*4/10 || accepted > tries*6/10 {
		t.Errorf("%d of %d random keys accepted, about half expected", accepted, tries)
	}
}

func TestRawKeyRefuses(t *testing.T) {
	_, pub, err := crypto.GenerateECDSAKeyPair(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ecdsa, err := peer.IDFromPublicKey(pub)
	if err != nil {
		t.Fatal(err)
	}
	_, spub, err := crypto.GenerateSecp256k1Key(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	secp, err := peer.IDFromPublicKey(spub)
	if err != nil {
		t.Fatal(err)
	}
	for name, id := range map[string]peer.ID{"empty": "", "junk": "junk", "hash of a key": ecdsa, "secp256k1": secp} {
		if _, err := identity.RawKey(id); !errors.Is(err, identity.ErrInvalidKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzPeerIDOf(f *testing.F) {
	for _, text := range smallOrder {
		raw, _ := hex.DecodeString(text)
		f.Add(raw)
	}
	raw := identity.FromSeed([32]byte{3}).Raw()
	f.Add(raw[:])
	f.Fuzz(func(t *testing.T, b []byte) {
		var raw [32]byte
		copy(raw[:], b)
		id, err := identity.PeerIDOf(raw)
		if err != nil {
			return
		}
		back, err := identity.RawKey(id)
		if err != nil || back != raw {
			t.Fatalf("%x became %x, %v", raw, back, err)
		}
	})
}

// What zeroWords stand for.
const (
	goldenPeerID = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"
	goldenSecret = "a8143274dfb0818173742623f74479448b90f2a5065cfa817fb5332a9cf24c04"
)
