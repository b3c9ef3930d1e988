package ledger

import (
	"errors"
	"fmt"
)

// Opening is what both sides signed to open an epoch. The proposer is
// Terms.Proposer; both signatures are over ID.
type Opening struct {
	Terms    *Terms
	Acceptor Nonce     // the acceptor's nonce
	Low      Signature // of Terms.Low over ID
	High     Signature // of Terms.High over ID
}

// ID returns the epoch's id.
func (o *Opening) ID() Hash { return o.Terms.EpochID(o.Acceptor) }

// SignatureOf returns a pointer to the signature of one of the two nodes, or
// nil when node is neither.
func (o *Opening) SignatureOf(node NodeID) *Signature {
	switch node {
	case o.Terms.Low:
		return &o.Low
	case o.Terms.High:
		return &o.High
	default:
		return nil
	}
}

// Verify checks both signatures.
func (o *Opening) Verify() error {
	id := o.ID()
	if !VerifyHash(o.Terms.Low, id, o.Low) || !VerifyHash(o.Terms.High, id, o.High) {
		return errors.New("opening has a wrong signature")
	}
	return nil
}

// Encode returns terms with a four-byte length, then the acceptor's nonce and
// the signatures of the lower and the higher node.
func (o *Opening) Encode() []byte {
	var e Encoder
	e.Var32(o.Terms.Encode())
	e.Raw(o.Acceptor[:])
	e.Raw(o.Low[:])
	e.Raw(o.High[:])
	return e.Bytes()
}

// DecodeOpening is the inverse of Encode. It checks no signature: see Verify.
func DecodeOpening(b []byte) (*Opening, error) {
	d := NewDecoder(b)
	o := &Opening{}
	t, err := DecodeTerms(d.Var32(len(b)))
	if err != nil {
		return nil, fmt.Errorf("reading opening: %w", err)
	}
	o.Terms = t
	d.Fixed(o.Acceptor[:])
	d.Fixed(o.Low[:])
	d.Fixed(o.High[:])
	if err := d.Done(); err != nil {
		return nil, fmt.Errorf("reading opening: %w", err)
	}
	return o, nil
}
