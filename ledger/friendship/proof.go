package friendship

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/offset-p2p/offset/ledger"
)

// Proof is what shows a third party that a friend has signed against the rules:
// the ledger of that epoch as the other side, the witness, held it, and the
// entry that breaks a rule in its state. It needs no trust in the witness: own
// entries count only where the accused has acknowledged them by hash.
type Proof struct {
	Witness ledger.NodeID
	Ledger  Stored // Opening with both signatures, Kept, Snapshot, Mine, Theirs, Inconsistent
}

const proofVersion = 1

// Encode returns the bytes of the proof.
//
//	version u8 = 1 | witness 32 | opening | kept requests | snapshot or nothing |
//	evidence, each with its length in 4 | bodies of the witness's entries u32 ×
//	{length u32, body} | the accused's u32 × {length u32, body, signature 64}
func (p *Proof) Encode() []byte {
	var e ledger.Encoder
	e.U8(proofVersion)
	e.Raw(p.Witness[:])
	e.Var32(p.Ledger.Opening.Encode())
	e.Var32(EncodeKept(p.Ledger.Kept))
	if s := p.Ledger.Snapshot; s != nil {
		e.Var32(s.Encode())
	} else {
		e.Var32(nil)
	}
	e.Var32(p.Ledger.Inconsistent.Encode())
	e.U32(uint32(len(p.Ledger.Mine)))
	for _, body := range p.Ledger.Mine {
		e.Var32(body)
	}
	e.U32(uint32(len(p.Ledger.Theirs)))
	for i := range p.Ledger.Theirs {
		e.Var32(p.Ledger.Theirs[i].Body)
		e.Raw(p.Ledger.Theirs[i].Signature[:])
	}
	return e.Bytes()
}

// DecodeProof is the inverse of Proof.Encode. It checks the form only.
func DecodeProof(b []byte) (*Proof, error) {
	d := ledger.NewDecoder(b)
	if d.U8() != proofVersion {
		d.Fail("version is unknown")
	}
	p := &Proof{}
	d.Fixed(p.Witness[:])
	opening, kept, snapshot, evidence := d.Var32(len(b)), d.Var32(len(b)), d.Var32(len(b)), d.Var32(len(b))
	for i := d.U32(); i > 0 && d.Err() == nil; i-- {
		p.Ledger.Mine = append(p.Ledger.Mine, entryBody(d))
	}
	for i := d.U32(); i > 0 && d.Err() == nil; i-- {
		s := ledger.SignedEntry{Body: entryBody(d)}
		d.Fixed(s.Signature[:])
		p.Ledger.Theirs = append(p.Ledger.Theirs, s)
	}
	if err := d.Done(); err != nil {
		return nil, fmt.Errorf("reading proof: %w", err)
	}
	var errs [4]error
	p.Ledger.Opening, errs[0] = ledger.DecodeOpening(opening)
	p.Ledger.Kept, errs[1] = DecodeKept(kept)
	if len(snapshot) > 0 {
		p.Ledger.Snapshot, errs[2] = DecodeSnapshot(snapshot)
	}
	p.Ledger.Inconsistent, errs[3] = DecodeEvidence(evidence)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, fmt.Errorf("reading proof: %w", err)
	}
	return p, nil
}

// entryBody reads the body of an entry. One that is shorter than the fixed fields
// of any is refused, so that few bytes do not make many entries.
func entryBody(d *ledger.Decoder) []byte {
	b := d.Var32(ledger.EntryBytesMax)
	if len(b) < entryBytesMin {
		d.Fail("entry is too short")
	}
	return bytes.Clone(b)
}

// Accused returns the friend of the witness.
func (p *Proof) Accused() ledger.NodeID {
	if t := p.Ledger.Opening.Terms; t.Low != p.Witness {
		return t.Low
	}
	return p.Ledger.Opening.Terms.High
}

// Check judges the entry once more and returns the rule that it breaks. An error
// says why the proof proves nothing.
func (p *Proof) Check() (string, error) {
	t, accused := p.Ledger.Opening.Terms, p.Accused()
	if t.Low != p.Witness && t.High != p.Witness {
		return "", errors.New("opening is not the witness's")
	}
	if err := p.Ledger.Opening.Verify(); err != nil {
		return "", err
	}
	for i, k := range t.Kept {
		if i >= len(p.Ledger.Kept) || p.Ledger.Kept[i].Author != k.Author || p.Ledger.Kept[i].Request.Hash() != k.Request {
			return "", fmt.Errorf("kept request %d is not that of the opening", i)
		}
	}
	if err := p.checkSignatures(accused); err != nil {
		return "", err
	}
	s := p.Ledger
	s.Inconsistent, s.Acceptance, s.Highest = nil, nil, t.Number
	f, err := New(p.Witness, accused, s)
	if err != nil {
		return "", err
	}
	v, err := Verify(accused, &p.Ledger.Inconsistent.Entry)
	if err != nil {
		return "", fmt.Errorf("verifying entry of the evidence: %w", err)
	}
	if v.entry.Epoch != f.epoch.id {
		return "", errors.New("entry of the evidence is of another epoch")
	}
	if e, ack := f.epoch, v.entry.Ack; ack.Seq >= e.acked.Seq && ack.Seq <= e.head[f.me].Seq &&
		ack.Hash != e.sent[ack.Seq-e.acked.Seq].hash {
		return "", errors.New("entry of the evidence acknowledges another log of the witness than the one shown")
	}
	verdict := f.judge(v)
	switch {
	case verdict.illegal == "":
		return "", errors.New("entry of the evidence is legal in this state")
	case s.Snapshot != nil && slices.Contains(restsOnSnapshot, verdict.illegal):
		return "", fmt.Errorf("%q rests on what the witness says of its snapshot", verdict.illegal)
	}
	return verdict.illegal, nil
}

// restsOnSnapshot are faults that depend on what a snapshot says beside its
// digest, which nobody but its holder has signed.
var restsOnSnapshot = []string{whySecondReserve, whySecondWithdraw, whySecondCommit, whyWindow, whyTooSoon}

// checkSignatures wants the accused's signature under the newest entry that is
// stored of it, which covers those before it, and under its Checkpoint. A
// Checkpoint of the witness binds the accused from its first entry on that
// acknowledges it, by the hash that Check compares; without one it is anybody's.
func (p *Proof) checkSignatures(accused ledger.NodeID) error {
	signed := p.Ledger.Theirs
	if len(signed) > 0 {
		signed = signed[len(signed)-1:]
	}
	least := uint64(0) // of the witness's log that the accused must have acknowledged
	if s := p.Ledger.Snapshot; s != nil {
		n, err := s.Entry()
		if err != nil {
			return err
		}
		if n.Author == ledger.AuthorOf(accused, p.Witness) {
			signed = append(signed[:len(signed):len(signed)], s.Checkpoint)
		} else {
			least = n.Seq
		}
	}
	acked := uint64(0)
	for i := range signed {
		v, err := Verify(accused, &signed[i])
		if err != nil {
			return fmt.Errorf("verifying what the accused signed: %w", err)
		}
		acked = max(acked, v.entry.Ack.Seq)
	}
	if acked < least {
		return errors.New("the accused has never acknowledged the checkpoint that the proof begins with")
	}
	return nil
}
