package friendship

import (
	"errors"
	"fmt"

	"github.com/offset-p2p/offset/ledger"
)

// Statement is a statement of balance that a third party verifies offline: the
// opening of an epoch, an entry of one side, and an entry of the other side that
// acknowledges it by hash. What both have signed are the totals of the first
// entry, its own author by its signature and the other by that hash. An entry
// that nobody acknowledged would prove only what its author claims.
type Statement struct {
	Opening *ledger.Opening
	First   ledger.SignedEntry // whose totals are stated
	Second  ledger.SignedEntry // acknowledges First
}

// ErrNoStatement reports a ledger of which nothing can be stated yet.
var ErrNoStatement = errors.New("nothing is signed by both sides yet: a statement needs an entry of one side " +
	"that the other has acknowledged; connect both nodes, give credit or pay, and try again")

// statementVersion is the first byte of a statement.
const statementVersion = 1

// EntrySource returns a signed entry of one log of the open epoch, or nil when
// it is not kept any more.
type EntrySource func(author ledger.Author, seq uint64) (*ledger.SignedEntry, error)

// NewestStatement builds the newest statement of an epoch from the newest seq of
// each log, by author, and their entries. An entry that the other side has not
// acknowledged is passed over for the newest that is. Signatures of this node
// may be zero: see Complete. The error wraps ErrNoStatement when neither side
// has acknowledged an entry that is kept, or is the source's.
func NewestStatement(opening *ledger.Opening, heads [2]uint64, entries EntrySource) (*Statement, error) {
	var best *Statement
	var bestView uint64
	for author := range ledger.Author(2) {
		s, view, err := statementBy(author, heads[author], entries)
		if err != nil {
			return nil, fmt.Errorf("making statement: %w", err)
		}
		if s != nil && (best == nil || view > bestView) {
			best, bestView = s, view
		}
	}
	if opening == nil || best == nil {
		return nil, fmt.Errorf("making statement: %w", ErrNoStatement)
	}
	best.Opening = opening
	return best, nil
}

// statementBy pairs the newest entry of second with the one it acknowledges. The
// view is how many entries of both logs the stated totals count in: what is
// later in one log never counts in less of the other.
func statementBy(second ledger.Author, head uint64, entries EntrySource) (s *Statement, view uint64, err error) {
	if head == 0 {
		return nil, 0, nil
	}
	newest, entry, err := sourced(entries, second, head)
	if newest == nil || err != nil || entry.Ack.Seq == 0 {
		return nil, 0, err
	}
	first, acked, err := sourced(entries, second.Other(), entry.Ack.Seq)
	if first == nil || err != nil {
		return nil, 0, err
	}
	return &Statement{First: *first, Second: *newest}, acked.Seq + acked.Ack.Seq, nil
}

func sourced(entries EntrySource, author ledger.Author, seq uint64) (*ledger.SignedEntry, *ledger.Entry, error) {
	signed, err := entries(author, seq)
	if signed == nil || err != nil {
		return nil, nil, err
	}
	entry, err := ledger.DecodeEntry(signed.Body)
	if err != nil {
		return nil, nil, fmt.Errorf("reading entry %d: %w", seq, err)
	}
	return signed, entry, nil
}

// Complete fills in the signatures of self that are zero: of the opening, which
// is copied, and of the entries whose author self is. Signatures of a node are
// deterministic, so it keeps none of its own.
func (s *Statement) Complete(self ledger.NodeID, sign func(ledger.Hash) ledger.Signature) error {
	opening := *s.Opening
	mine := opening.SignatureOf(self)
	if mine == nil {
		return fmt.Errorf("signing statement: %s is neither of its nodes", self)
	}
	if *mine == (ledger.Signature{}) {
		*mine = sign(opening.ID())
	}
	s.Opening = &opening
	for _, e := range []*ledger.SignedEntry{&s.First, &s.Second} {
		n, err := ledger.DecodeEntry(e.Body)
		if err != nil {
			return fmt.Errorf("signing statement: %w", err)
		}
		if nodeOf(&opening, n.Author) == self && e.Signature == (ledger.Signature{}) {
			e.Signature = sign(ledger.EntryHash(e.Body))
		}
	}
	return nil
}

func nodeOf(o *ledger.Opening, author ledger.Author) ledger.NodeID {
	if author == 0 {
		return o.Terms.Low
	}
	return o.Terms.High
}

// Encode returns the bytes of the statement.
//
//	version u8 = 1 | opening u32 + bytes | first body u32 + bytes, signature 64 |
//	second body u32 + bytes, signature 64
func (s *Statement) Encode() []byte {
	var e ledger.Encoder
	e.U8(statementVersion)
	e.Var32(s.Opening.Encode())
	for _, n := range []*ledger.SignedEntry{&s.First, &s.Second} {
		e.Var32(n.Body)
		e.Raw(n.Signature[:])
	}
	return e.Bytes()
}

// DecodeStatement is the inverse of Encode: it refuses bytes over
// ledger.StatementBytesMax and everything that Encode would not write. It checks
// no signature: see Verify. The statement does not alias b.
func DecodeStatement(b []byte) (*Statement, error) {
	d := ledger.NewDecoder(b)
	if len(b) > ledger.StatementBytesMax {
		d.Fail("statement over its bound")
	}
	if d.U8() != statementVersion {
		d.Fail("statement version is unknown")
	}
	s := &Statement{}
	opening := d.Var32(ledger.OpeningBytesMax)
	for _, n := range []*ledger.SignedEntry{&s.First, &s.Second} {
		n.Body = append([]byte(nil), d.Var32(ledger.EntryBytesMax)...)
		d.Fixed(n.Signature[:])
	}
	if err := d.Done(); err != nil {
		return nil, fmt.Errorf("reading statement: %w", err)
	}
	var err error
	if s.Opening, err = ledger.DecodeOpening(opening); err != nil {
		return nil, fmt.Errorf("reading statement: %w", err)
	}
	for _, n := range []*ledger.SignedEntry{&s.First, &s.Second} {
		if _, err := ledger.DecodeEntry(n.Body); err != nil {
			return nil, fmt.Errorf("reading statement: reading entry: %w", err)
		}
	}
	return s, nil
}

// Text returns the statement as "offset:b1…".
func (s *Statement) Text() string { return ledger.EncodeStatementText(s.Encode()) }

// ParseStatement reads the text of a statement. It checks the checksum and no
// signature: see Verify.
func ParseStatement(text string) (*Statement, error) {
	b, err := ledger.DecodeStatementText(text)
	if err != nil {
		return nil, err
	}
	return DecodeStatement(b)
}
