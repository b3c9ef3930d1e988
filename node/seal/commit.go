package seal

import (
	"crypto/hpke"
	"fmt"

	"github.com/offset-p2p/offset/ledger"
)

// Commit seals the keys of a reserved payment's parts to the seller whose
// invoice names sealKey and lock. It reads the system's randomness. The result
// has at most ledger.SealedBytesMax bytes and is what every part carries, so one
// call is made per payment. The error speaks of the seller's key or of keys out
// of bounds.
func Commit(sealKey [32]byte, lock ledger.Lock, keys *ledger.CommitKeys) ([]byte, error) {
	plain := keys.Encode()
	if _, err := ledger.DecodeCommitKeys(plain); err != nil {
		return nil, fmt.Errorf("sealing commit: it is out of bounds: %w", err)
	}
	to, err := kem().NewPublicKey(sealKey[:])
	if err != nil {
		return nil, fmt.Errorf("reading the seller's seal key: %w", err)
	}
	box, err := hpke.Seal(to, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), ledger.CommitInfo(lock, keys.Payment), plain)
	if err != nil {
		return nil, fmt.Errorf("sealing commit: %w", err)
	}
	return box, nil
}

// OpenCommit opens what Commit made for this node, for an invoice's lock and a
// payment of it. Whether its keys are those of the reserved parts is the
// caller's to check: see ledger.CommitKeys.KeysOf. Every error is the fault of
// whoever handed it over. It does not keep sealed.
func (k *Keys) OpenCommit(lock ledger.Lock, payment ledger.PaymentID, sealed []byte) (*ledger.CommitKeys, error) {
	if len(sealed) < commitOverheadBytes || len(sealed) > ledger.SealedBytesMax {
		return nil, fmt.Errorf("opening commit: %d bytes are not a sealed commit", len(sealed))
	}
	plain, err := hpke.Open(k.seal, hpke.HKDFSHA256(), hpke.ChaCha20Poly1305(), ledger.CommitInfo(lock, payment), sealed)
	if err != nil {
		return nil, fmt.Errorf("opening commit: %w", err)
	}
	keys, err := ledger.DecodeCommitKeys(plain)
	if err != nil {
		return nil, fmt.Errorf("opening commit: %w", err)
	}
	if keys.Payment != payment {
		return nil, fmt.Errorf("opening commit: it is of payment %s, not of %s", keys.Payment, payment)
	}
	return keys, nil
}
