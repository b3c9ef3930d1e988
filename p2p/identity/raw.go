package identity

import (
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
)

// ErrInvalidKey is in the chain of the errors of RawKey and PeerIDOf for
// names that are not Ed25519 public keys.
var ErrInvalidKey = errors.New("not a usable Ed25519 public key")

// RawKey is the raw Ed25519 public key inside a peer ID. Peer IDs of other
// key types, and those that only hold a hash of the key, are ErrInvalidKey:
// no ledger can be kept with them.
func RawKey(id peer.ID) ([32]byte, error) {
	pub, err := id.ExtractPublicKey()
	if err != nil {
		return [32]byte{}, fmt.Errorf("peer ID %q: %w", id, ErrInvalidKey)
	}
	if pub.Type() != crypto.Ed25519 {
		return [32]byte{}, fmt.Errorf("peer ID %s holds a key of type %s: %w", id, pub.Type(), ErrInvalidKey)
	}
	raw, err := pub.Raw()
	if err != nil || len(raw) != seedBytes {
		return [32]byte{}, fmt.Errorf("peer ID %s: %w", id, ErrInvalidKey)
	}
	key := [32]byte(raw)
	if !onCurve(key) {
		return [32]byte{}, fmt.Errorf("peer ID %s: %w", id, ErrInvalidKey)
	}
	return key, nil
}

// PeerIDOf is the peer ID of a raw Ed25519 public key. Bytes that are no point
// of the curve, not in canonical form, or a point of small order (under which
// anybody can sign) are ErrInvalidKey. It never panics, whatever the bytes.
func PeerIDOf(raw [32]byte) (peer.ID, error) {
	if !onCurve(raw) {
		return "", fmt.Errorf("key %x: %w", raw, ErrInvalidKey)
	}
	pub, err := crypto.UnmarshalEd25519PublicKey(raw[:])
	if err != nil {
		return "", fmt.Errorf("key %x: %w", raw, ErrInvalidKey)
	}
	id, err := peer.IDFromPublicKey(pub)
	if err != nil {
		return "", fmt.Errorf("naming key %x: %w", raw, err)
	}
	return id, nil
}

// Constants of edwards25519 (RFC 8032, 5.1): the field prime, the curve's d,
// and one, computed once.
var (
	curveOne = big.NewInt(1)
	curveP   = new(big.Int).Sub(new(big.Int).Lsh(curveOne, 255), big.NewInt(19))
	curveD   = func() *big.Int {
		d := new(big.Int).ModInverse(big.NewInt(121666), curveP)
		d.Mul(d, big.NewInt(-121665))
		return d.Mod(d, curveP)
	}()
)

// onCurve says whether the bytes are the canonical form of a point of
// edwards25519 whose order is not small. The standard library finds this out
// only while verifying a signature, and then cannot be told apart from a
// signature that is wrong. Nothing here is secret, so variable time is fine.
func onCurve(raw [32]byte) bool {
	raw[31] &= 0x7f // The sign of x: with x ≠ 0, checked below, both name a point.
	slices.Reverse(raw[:])
	y := new(big.Int).SetBytes(raw[:])
	if y.Cmp(curveP) >= 0 {
		return false
	}
	// x² = u/v with u = y²-1 and v = dy²+1. v is never 0 because -1/d is no
	// square, so u/v is a square exactly when u·v is one.
	y2 := new(big.Int).Mul(y, y)
	u := new(big.Int).Sub(y2, curveOne)
	v := new(big.Int).Mul(curveD, y2)
	v.Add(v, curveOne)
	uv := new(big.Int).Mul(u, v)
	uv.Mod(uv, curveP)
	if uv.Sign() == 0 {
		return false // x = 0: y is 1 or -1, both of small order (and "-0" is not canonical).
	}
	if big.Jacobi(uv, curveP) != 1 {
		return false
	}
	return !smallOrder(y, y2)
}

// smallOrder says whether a point with x ≠ 0 has an order of 4 or 8. The
// points of order 4 have y = 0. Those of order 8 double to order 4, that is to
// y(2P) = (y²+x²)/(1-dx²y²) = 0, so x² = -y², and the curve's equation
// -x²+y² = 1+dx²y² becomes dy⁴ + 2y² - 1 = 0.
func smallOrder(y, y2 *big.Int) bool {
	if y.Sign() == 0 {
		return true
	}
	e := new(big.Int).Mul(y2, y2)
	e.Mul(e, curveD)
	e.Add(e, new(big.Int).Lsh(y2, 1))
	e.Sub(e, curveOne)
	return e.Mod(e, curveP).Sign() == 0
}
