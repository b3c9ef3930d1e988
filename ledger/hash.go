package ledger

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Hash is a SHA-256 hash. The zero value stands for "none".
type Hash [32]byte

// IsZero reports whether h stands for "none".
func (h Hash) IsZero() bool { return h == Hash{} }

// String returns h in hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText implements encoding.TextMarshaler with hexadecimal.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler with hexadecimal.
func (h *Hash) UnmarshalText(b []byte) error { return unhex(h[:], b, "hash") }

// Key opens a lock. Whoever holds the keys of a pending request may collect
// it, so a Key has no String method and must never be logged.
type Key [32]byte

// Lock returns the lock that k opens: SHA-256(k).
func (k Key) Lock() Lock { return Lock(sha256.Sum256(k[:])) }

// Format hides the key from formatted output, whatever the verb.
func (k Key) Format(f fmt.State, _ rune) { fmt.Fprint(f, "key(hidden)") }

// MarshalText implements encoding.TextMarshaler with hexadecimal: for records
// on disk and receipts, never for logs.
func (k Key) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(k[:])), nil }

// UnmarshalText implements encoding.TextUnmarshaler with hexadecimal.
func (k *Key) UnmarshalText(b []byte) error { return unhex(k[:], b, "key") }

// Lock is the hash of a Key.
type Lock [32]byte

// String returns the lock in hexadecimal.
func (l Lock) String() string { return hex.EncodeToString(l[:]) }

// MarshalText implements encoding.TextMarshaler with hexadecimal.
func (l Lock) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler with hexadecimal.
func (l *Lock) UnmarshalText(b []byte) error { return unhex(l[:], b, "lock") }

// PaymentID names a payment; the buyer's node draws it at random.
type PaymentID [16]byte

// String returns the payment ID in hexadecimal.
func (p PaymentID) String() string { return hex.EncodeToString(p[:]) }

// MarshalText implements encoding.TextMarshaler with hexadecimal.
func (p PaymentID) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler with hexadecimal.
func (p *PaymentID) UnmarshalText(b []byte) error { return unhex(p[:], b, "payment ID") }

// Signature is an Ed25519 signature.
type Signature [64]byte

// MarshalText implements encoding.TextMarshaler with hexadecimal.
func (s Signature) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(s[:])), nil }

// UnmarshalText implements encoding.TextUnmarshaler with hexadecimal.
func (s *Signature) UnmarshalText(b []byte) error { return unhex(s[:], b, "signature") }

func unhex(dst, text []byte, what string) error {
	if len(text) != hex.EncodedLen(len(dst)) {
		return fmt.Errorf("%s must be %d hexadecimal digits", what, hex.EncodedLen(len(dst)))
	}
	if _, err := hex.Decode(dst, text); err != nil {
		return fmt.Errorf("reading %s: %w", what, err)
	}
	return nil
}

// Tag separates the domains of signed and hashed bytes: a node's key also
// signs for Noise, TLS and libp2p peer records, and no message of one domain
// may pass for one of another. A tag goes first, preceded by its length in one
// byte, so none is a prefix of another.
type Tag struct{ prefixed string }

// NewTag returns the tag of a domain. Names are constants of the form
// "offset/<what>/<version>"; a name outside 1–255 bytes is a programmer error
// and panics.
func NewTag(name string) Tag {
	if len(name) == 0 || len(name) > 255 {
		panic("ledger: domain tag must have 1 to 255 bytes")
	}
	return Tag{string([]byte{byte(len(name))}) + name}
}

// Bytes returns the length-prefixed tag followed by body.
func (t Tag) Bytes(body []byte) []byte {
	return append([]byte(t.prefixed), body...)
}

// Hash returns SHA-256(length ‖ name ‖ body).
func (t Tag) Hash(body []byte) Hash {
	h := sha256.New()
	h.Write([]byte(t.prefixed))
	h.Write(body)
	var out Hash
	h.Sum(out[:0])
	return out
}

// VerifyHash reports whether sig is node's Ed25519 signature over hash.
// Everything in Offset is signed as the tagged hash of its body.
func VerifyHash(node NodeID, hash Hash, sig Signature) bool {
	return ed25519.Verify(node[:], hash[:], sig[:])
}
