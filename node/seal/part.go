package seal

import (
	"crypto/ecdh"
	"crypto/hpke"
	"errors"
	"fmt"

	"github.com/offset-p2p/offset/ledger"
)

func kem() hpke.KEM { return hpke.DHKEM(ecdh.X25519()) }

// Part seals a part to the seller whose invoice names sealKey, for the
// request with these two locks. It reads the system's randomness. The result
// has at most ledger.SealedBytesMax bytes. The error speaks of the seller's key
// or of a part over its bounds.
func Part(sealKey [32]byte, lock, partLock ledger.Lock, salt ledger.PartSalt, part *ledger.Part) ([]byte, error) {
	plain := part.Encode()
	if _, err := ledger.DecodePart(plain); err != nil {
		return nil, fmt.Errorf("sealing part: it is out of bounds: %w", err)
	}
	if len(plain)+overheadBytes > ledger.SealedBytesMax {
		return nil, fmt.Errorf("sealing part: %d bytes, at most %d are allowed", len(plain)+overheadBytes, ledger.SealedBytesMax)
	}
	to, err := kem().NewPublicKey(sealKey[:])
	if err != nil {
		return nil, fmt.Errorf("reading the seller's seal key: %w", err)
	}
	box, err := hpke.Seal(to, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), ledger.PartInfo(lock, partLock), plain)
	if err != nil {
		return nil, fmt.Errorf("sealing part: %w", err)
	}
	return append(salt[:], box...), nil
}

// errWrongKey reports a part whose key could never collect it.
var errWrongKey = errors.New("opening part: the part key does not open its lock")

// OpenPart opens what Part made for this node and for exactly these locks.
// A part that carries a part key carries the right one: it is checked. Every
// error is the fault of whoever sent the request. It does not keep sealed.
func (k *Keys) OpenPart(lock, partLock ledger.Lock, sealed []byte) (*ledger.Part, error) {
	if len(sealed) < overheadBytes || len(sealed) > ledger.SealedBytesMax {
		return nil, fmt.Errorf("opening part: %d bytes are not a sealed part", len(sealed))
	}
	plain, err := hpke.Open(k.seal, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), ledger.PartInfo(lock, partLock), sealed[saltBytes:])
	if err != nil {
		return nil, fmt.Errorf("opening part: %w", err)
	}
	part, err := ledger.DecodePart(plain)
	if err != nil {
		return nil, fmt.Errorf("opening part: %w", err)
	}
	if part.PartKey != nil && part.PartKey.Lock() != partLock {
		return nil, errWrongKey
	}
	return part, nil
}

// SaltOf returns the salt that stands before a sealed part, from which the
// buyer derives the part key again. False: sealed is too short.
func SaltOf(sealed []byte) (ledger.PartSalt, bool) {
	if len(sealed) < saltBytes {
		return ledger.PartSalt{}, false
	}
	return ledger.PartSalt(sealed[:saltBytes]), true
}
