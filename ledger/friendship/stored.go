package friendship

import (
	"errors"
	"fmt"

	"github.com/offset-p2p/offset/ledger"
)

// Stored is what the disk keeps of one friendship: the sum of all Writes. The
// zero value is a new friendship.
type Stored struct {
	Highest      uint64               // of PutHighest
	Opening      *ledger.Opening      // of the open epoch; nil: none
	Kept         []KeptRequest        // of PutOpening
	Bound        []Cost               // of PutBound
	Acceptance   *Acceptance          // not confirmed yet; nil: none
	Snapshot     *Snapshot            // in place of the entries that were dropped; nil: none were
	Mine         [][]byte             // bodies of my entries of the open epoch, from seq 1 or the snapshot on
	Theirs       []ledger.SignedEntry // the friend's, likewise
	Inconsistent *Evidence            // nil: none
}

// Acceptance is terms that this side has signed as their acceptor. They are read
// once, in the state that they were accepted in.
type Acceptance struct {
	Terms *ledger.Terms
	Nonce ledger.Nonce  // this side's
	Kept  []KeptRequest // in the order of the terms
}

// ID returns the id of the epoch that these terms open: what was signed.
func (a *Acceptance) ID() ledger.Hash { return a.Terms.EpochID(a.Nonce) }

// Encode returns terms with a four-byte length, the nonce, then the kept requests
// as EncodeKept has them.
func (a *Acceptance) Encode() []byte {
	var e ledger.Encoder
	e.Var32(a.Terms.Encode())
	e.Raw(a.Nonce[:])
	e.Raw(EncodeKept(a.Kept))
	return e.Bytes()
}

// DecodeAcceptance is the inverse of Acceptance.Encode.
func DecodeAcceptance(b []byte) (*Acceptance, error) {
	d := ledger.NewDecoder(b)
	t, err := ledger.DecodeTerms(d.Var32(len(b)))
	if err != nil {
		return nil, fmt.Errorf("reading acceptance: %w", err)
	}
	a := &Acceptance{Terms: t}
	d.Fixed(a.Nonce[:])
	if err := d.Err(); err != nil {
		return nil, fmt.Errorf("reading acceptance: %w", err)
	}
	if a.Kept, err = DecodeKept(d.Raw(d.Rest())); err != nil {
		return nil, fmt.Errorf("reading acceptance: %w", err)
	}
	if len(a.Kept) != len(t.Kept) {
		return nil, fmt.Errorf("reading acceptance: its terms keep %d requests, %d are stored", len(t.Kept), len(a.Kept))
	}
	return a, nil
}

// Evidence is something that the friend signed against the rules, for the user
// and for third parties. Together with the opening, the snapshot and the
// stored entries of both logs it proves the fault.
type Evidence struct {
	Why   string             // for people, at most WhyBytesMax bytes
	Entry ledger.SignedEntry // the entry that breaks the rule
	Held  ledger.Head        // the friend's entry of that seq that was held before; zero hash: none
}

// Encode returns the explanation and the body with two- and four-byte lengths
// in front, the signature, and the head.
func (v *Evidence) Encode() []byte {
	var e ledger.Encoder
	e.Var16([]byte(v.Why))
	e.Var32(v.Entry.Body)
	e.Raw(v.Entry.Signature[:])
	e.U64(v.Held.Seq)
	e.Raw(v.Held.Hash[:])
	return e.Bytes()
}

// DecodeEvidence is the inverse of Evidence.Encode. It does not alias b.
func DecodeEvidence(b []byte) (*Evidence, error) {
	d := ledger.NewDecoder(b)
	v := &Evidence{Why: string(d.Var16(WhyBytesMax))}
	v.Entry.Body = append([]byte(nil), d.Var32(ledger.EntryBytesMax)...)
	d.Fixed(v.Entry.Signature[:])
	v.Held.Seq = d.U64()
	d.Fixed(v.Held.Hash[:])
	if err := d.Done(); err != nil {
		return nil, fmt.Errorf("reading evidence: %w", err)
	}
	return v, nil
}

// ErrDamaged reports a stored friendship that contradicts itself: the disk, not
// the friend, is at fault.
var ErrDamaged = errors.New("stored friendship is damaged")
