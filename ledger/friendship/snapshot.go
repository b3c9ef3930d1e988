package friendship

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/offset-p2p/offset/ledger"
)

// Snapshot is what a Checkpoint covers: the state of both logs in the view of
// its author, in place of the entries that led there. The totals are those of
// the entry, the balances at the start those of the opening. Both friends' are
// equal but for the signature. The digest proves Offers, Next and the requests;
// what was said of a request besides is its holder's word.
type Snapshot struct {
	// Checkpoint is the entry that ends with the Checkpoint. Its signature is
	// the friend's, or zero when this side made it.
	Checkpoint ledger.SignedEntry
	// OtherAck is what the entry that the Checkpoint acknowledges has itself
	// acknowledged.
	OtherAck uint64
	// OtherCheckpoint is the seq of the other log's newest Checkpoint up to
	// there, 0 for none, and OtherBytes the bytes of its entries since.
	OtherCheckpoint uint64
	OtherBytes      uint64

	Offers  [2][]ledger.Credit // by author, sorted by name
	Next    [2]uint64          // ordinal of the next request, by author
	Pending [2][]SnapshotRequest
}

// SnapshotRequest is a pending request of a Snapshot with what was said of it.
type SnapshotRequest struct {
	Ordinal     uint64
	Request     *ledger.Request
	Withdrawn   bool
	Reservation []byte // nil: none
	Commit      []byte // nil: none
}

// Bits of the flags of an encoded SnapshotRequest.
const (
	flagWithdrawn = 1 << iota
	flagReservation
	flagCommit
	flagsEnd
)

// Encode returns the bytes of the snapshot.
//
//	entry body with its length in 4, signature 64 | other ack u64 | other
//	checkpoint u64 | other bytes u64 | by author: offers u8 × {currency, limit
//	12} | next u64 | pending u16 × {ordinal u64, request with its length in 2,
//	flags u8, reservation and commit if flagged, each with its length in 2}
func (s *Snapshot) Encode() []byte {
	var e ledger.Encoder
	e.Grow(s.encodedLen())
	e.Var32(s.Checkpoint.Body)
	e.Raw(s.Checkpoint.Signature[:])
	e.U64(s.OtherAck)
	e.U64(s.OtherCheckpoint)
	e.U64(s.OtherBytes)
	for a := range s.Pending {
		e.U8(uint8(len(s.Offers[a])))
		for _, c := range s.Offers[a] {
			e.Currency(c.Currency)
			e.Amount(c.Limit)
		}
		e.U64(s.Next[a])
		e.U16(uint16(len(s.Pending[a])))
		for i := range s.Pending[a] {
			s.Pending[a][i].encode(&e)
		}
	}
	return e.Bytes()
}

// encodedLen bounds the size of the encoded snapshot.
func (s *Snapshot) encodedLen() int {
	const side = 1 + ledger.CurrenciesMax*(2+ledger.CurrencyNameMax+12) + 8 + 2
	n := 4 + len(s.Checkpoint.Body) + len(s.Checkpoint.Signature) + 3*8 + 2*side
	for a := range s.Pending {
		for i := range s.Pending[a] {
			r := &s.Pending[a][i]
			n += 8 + 2 + r.Request.EncodedLen() + 1 + 2 + len(r.Reservation) + 2 + len(r.Commit)
		}
	}
	return n
}

func (r *SnapshotRequest) encode(e *ledger.Encoder) {
	e.U64(r.Ordinal)
	e.Request(r.Request)
	var flags uint8
	if r.Withdrawn {
		flags |= flagWithdrawn
	}
	if r.Reservation != nil {
		flags |= flagReservation
	}
	if r.Commit != nil {
		flags |= flagCommit
	}
	e.U8(flags)
	if r.Reservation != nil {
		e.Var16(r.Reservation)
	}
	if r.Commit != nil {
		e.Var16(r.Commit)
	}
}

// DecodeSnapshot is the inverse of Snapshot.Encode. It checks bounds and the
// form of the entry; New and Snapshot.Digest tell whether the state is right.
// The snapshot does not alias b.
func DecodeSnapshot(b []byte) (*Snapshot, error) {
	d := ledger.NewDecoder(b)
	s := &Snapshot{}
	s.Checkpoint.Body = bytes.Clone(d.Var32(ledger.EntryBytesMax))
	d.Fixed(s.Checkpoint.Signature[:])
	s.OtherAck, s.OtherCheckpoint, s.OtherBytes = d.U64(), d.U64(), d.U64()
	for a := range s.Pending {
		for i := d.Count8(ledger.CurrenciesMax); i > 0 && d.Err() == nil; i-- {
			s.Offers[a] = append(s.Offers[a], ledger.Credit{Currency: d.Currency(), Limit: d.Amount()})
		}
		s.Next[a] = d.U64()
		for i := d.Count16(ledger.PendingMax); i > 0 && d.Err() == nil; i-- {
			r, err := decodeSnapshotRequest(d)
			if err != nil {
				return nil, err
			}
			s.Pending[a] = append(s.Pending[a], r)
		}
	}
	if err := d.Done(); err != nil {
		return nil, fmt.Errorf("reading snapshot: %w", err)
	}
	_, err := s.Entry()
	return s, err
}

func decodeSnapshotRequest(d *ledger.Decoder) (SnapshotRequest, error) {
	r := SnapshotRequest{Ordinal: d.U64()}
	b := d.Var16(requestBytesMax)
	flags := d.U8()
	if flags >= flagsEnd {
		d.Fail("flags are unknown")
	}
	r.Withdrawn = flags&flagWithdrawn != 0
	if flags&flagReservation != 0 {
		r.Reservation = nonNil(bytes.Clone(d.Var16(ledger.SealedBytesMax)))
	}
	if flags&flagCommit != 0 {
		r.Commit = nonNil(bytes.Clone(d.Var16(ledger.SealedBytesMax)))
	}
	if err := d.Err(); err != nil {
		return r, fmt.Errorf("reading snapshot: %w", err)
	}
	var err error
	if r.Request, err = ledger.DecodeRequest(b); err != nil {
		return r, fmt.Errorf("reading request %d of snapshot: %w", r.Ordinal, err)
	}
	return r, nil
}

// Entry returns the decoded entry, which ends with a Checkpoint.
func (s *Snapshot) Entry() (*ledger.Entry, error) {
	n, err := ledger.DecodeEntry(s.Checkpoint.Body)
	if err != nil {
		return nil, fmt.Errorf("reading entry of snapshot: %w", err)
	}
	if !isCheckpoint(n) {
		return nil, errors.New("entry of snapshot does not end with a checkpoint")
	}
	return n, nil
}

// Heads returns the newest entries that the snapshot covers, by author: what
// comes after them is stored.
func (s *Snapshot) Heads() ([2]ledger.Head, error) {
	var h [2]ledger.Head
	n, err := s.Entry()
	if err == nil {
		h[n.Author] = ledger.Head{Seq: n.Seq, Hash: ledger.EntryHash(s.Checkpoint.Body)}
		h[n.Author.Other()] = n.Ack
	}
	return h, err
}

// Digest returns what the Checkpoint must say of this state.
func (s *Snapshot) Digest() ledger.Hash {
	var sides [2]ledger.CheckpointSide
	for a := range sides {
		sides[a].Offers, sides[a].Next = s.Offers[a], s.Next[a]
		for _, r := range s.Pending[a] {
			sides[a].Pending = append(sides[a].Pending, ledger.PendingHash{Ordinal: r.Ordinal, Request: r.Request.Hash()})
		}
	}
	return ledger.CheckpointDigest(&sides)
}

// snapshot returns the state in the view of n, a Checkpoint that is applied, but
// for the pending requests: see candidate.
func (e *epoch) snapshot(n *ledger.Entry, signed ledger.SignedEntry) *Snapshot {
	s := &Snapshot{Checkpoint: signed}
	other := e.kept.miles[e.me.Other()]
	if s.OtherAck = e.acked.Seq; n.Author != e.me {
		s.OtherAck, other = e.sent[0].ack, e.sent[0].miles
	}
	s.OtherCheckpoint, s.OtherBytes = other.checkpoint, uint64(other.bytes-other.at)
	return s
}

// snapshot returns the whole snapshot, which most checkpoints never become.
func (c *candidate) snapshot() *Snapshot {
	s := *c.snap
	for a := range c.sides {
		v := &c.sides[a]
		s.Offers[a], s.Next[a] = v.offers, v.next
		s.Pending[a] = make([]SnapshotRequest, len(v.rows))
		said := v.said
		for i, row := range v.rows {
			if len(said) > 0 && said[0].Ordinal == row.Ordinal {
				s.Pending[a][i], said = said[0], said[1:]
			} else {
				s.Pending[a][i] = SnapshotRequest{Ordinal: row.Ordinal, Request: row.Request}
			}
		}
	}
	return &s
}

// asSeen returns a pending request as author sees it: the friend without what I
// said of it and it has not acknowledged.
func (e *epoch) asSeen(author ledger.Author, row *Pending) SnapshotRequest {
	r := SnapshotRequest{
		Ordinal: row.Ordinal, Request: row.Request,
		Withdrawn: row.Withdrawn, Reservation: row.Reservation, Commit: row.Commit,
	}
	if author == e.me {
		return r
	}
	switch {
	case row.Author != e.me && row.said > e.acked.Seq:
		r.Reservation = nil
	case row.Author == e.me:
		r.Withdrawn = r.Withdrawn && row.said <= e.acked.Seq
		if row.committed > e.acked.Seq {
			r.Commit = nil
		}
	}
	return r
}
