package identity

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/tyler-smith/go-bip39"
)

// secretDomain separates the secrets made by Secret from every other use of
// the seed.
const secretDomain = "offset/identity/secret/1:"

// Identity is an Ed25519 key pair with the name it gives its owner. It is
// immutable and safe for concurrent use. Its zero value is not usable: make
// one with Generate, FromWords, FromSeed or Load.
type Identity struct {
	seed [seedBytes]byte
	key  ed25519.PrivateKey
	priv crypto.PrivKey
	id   peer.ID
}

// Generate makes a new identity from the system's randomness.
func Generate() (*Identity, error) {
	var seed [seedBytes]byte
	if _, err := rand.Read(seed[:]); err != nil {
		return nil, fmt.Errorf("reading randomness: %w", err)
	}
	return FromSeed(seed), nil
}

// FromSeed makes the identity of a 32-byte Ed25519 seed. Equal seeds give
// equal identities. It is meant for tests and for callers that keep the seed
// themselves.
func FromSeed(seed [32]byte) *Identity {
	key := ed25519.NewKeyFromSeed(seed[:])
	priv, err := crypto.UnmarshalEd25519PrivateKey(key)
	if err != nil {
		panic("identity: libp2p refuses a key of crypto/ed25519: " + err.Error())
	}
	id, err := peer.IDFromPrivateKey(priv)
	if err != nil {
		panic("identity: no peer ID for an Ed25519 key: " + err.Error())
	}
	return &Identity{seed: seed, key: key, priv: priv, id: id}
}

// FromWords restores an identity from its 24 recovery words. Case and the kind
// and amount of white space do not matter; a wrong word, a wrong number of
// words or a wrong checksum is an error that says which of these it is, never
// quoting the words that were right.
func FromWords(text string) (*Identity, error) {
	if len(text) > wordsTextBytesMax {
		return nil, fmt.Errorf("recovery words: %d bytes are too many, %d words are expected", len(text), wordCount)
	}
	words := strings.Fields(strings.ToLower(text))
	if len(words) != wordCount {
		return nil, fmt.Errorf("recovery words: found %d, expected %d: type all of them, separated by spaces", len(words), wordCount)
	}
	for i, w := range words {
		if _, ok := bip39.GetWordIndex(w); !ok {
			return nil, fmt.Errorf("recovery words: word %d (%q) is not in the BIP-39 list: check its spelling", i+1, w)
		}
	}
	entropy, err := bip39.EntropyFromMnemonic(strings.Join(words, " "))
	if err != nil {
		return nil, errors.New("recovery words: the checksum does not match: a word is wrong or two are swapped")
	}
	return FromSeed([seedBytes]byte(entropy)), nil
}

// Words returns the 24 recovery words, separated by single spaces. Whoever
// reads them owns the identity.
func (id *Identity) Words() (string, error) {
	words, err := bip39.NewMnemonic(id.seed[:])
	if err != nil {
		return "", fmt.Errorf("encoding recovery words: %w", err)
	}
	return words, nil
}

// PeerID is the public name of the identity on the network.
func (id *Identity) PeerID() peer.ID { return id.id }

// PrivKey is the private key in the form libp2p hosts take.
func (id *Identity) PrivKey() crypto.PrivKey { return id.priv }

// Raw is the raw 32-byte Ed25519 public key, the form in which ledgers name a
// node. PeerIDOf turns it back into the peer ID.
func (id *Identity) Raw() [32]byte {
	return [32]byte(id.key[seedBytes:])
}

// Sign returns the 64-byte Ed25519 signature of exactly these bytes. The
// caller puts a domain tag in front of what it signs.
func (id *Identity) Sign(msg []byte) []byte {
	return ed25519.Sign(id.key, msg)
}

// Secret derives a 32-byte secret of this identity for one purpose, named by
// label (HKDF-SHA256 of the seed). Equal labels give equal secrets, so words
// alone restore them; different labels give independent ones, and none tells
// anything about the seed.
func (id *Identity) Secret(label string) [32]byte {
	out, err := hkdf.Key(sha256.New, id.seed[:], nil, secretDomain+label, sha256.Size)
	if err != nil {
		panic("identity: HKDF refuses its own digest length: " + err.Error())
	}
	return [32]byte(out)
}

// String is the peer ID, so that an identity printed by mistake does not give
// its key away.
func (id *Identity) String() string { return id.id.String() }

// GoString is the peer ID too, for %#v.
func (id *Identity) GoString() string { return "identity.Identity(" + id.id.String() + ")" }
