package ledger

import (
	"crypto/sha256"
	"hash"
)

// CheckpointSide is what a Checkpoint says of one side: everything of its log
// that still has an effect, but for the totals, which the entry itself carries.
type CheckpointSide struct {
	Offers  []Credit      // the newest of every currency, sorted by name
	Next    uint64        // ordinal of the side's next request
	Pending []PendingHash // the side's pending requests, sorted by ordinal
}

// PendingHash names a pending request.
type PendingHash struct {
	Ordinal uint64
	Request Hash // Request.Hash
}

var checkpointTag = NewTag("offset/checkpoint/1")

// CheckpointDigest returns the digest of a Checkpoint: SHA-256 over the tag
// "offset/checkpoint/1" with its length in front, then, for the side of author
// 0 and after it for that of author 1,
//
//	offers u8 × {currency, limit 12} | next ordinal u64 |
//	pending u16 × {ordinal u64, request hash 32}
//
// in the view of the entry's author: its own log up to and including the other
// operations of that entry, the other log up to what the entry acknowledges.
// Integers are big-endian; a currency is the length of its name in one byte,
// the name, and the decimals in one byte.
func CheckpointDigest(sides *[2]CheckpointSide) Hash {
	w := NewCheckpointWriter()
	for i := range sides {
		s := &sides[i]
		w.Side(s.Offers, s.Next, len(s.Pending))
		for _, p := range s.Pending {
			w.Pending(p.Ordinal, p.Request)
		}
	}
	return w.Digest()
}

// checkpointChunk is how many bytes are collected before they are hashed: some
// dozens of pending requests.
const checkpointChunk = 4 << 10

// CheckpointWriter makes a CheckpointDigest of what it is told piece by piece:
// Side for author 0, its pending requests, then the same for author 1. A digest
// covers up to 8,192 requests, so a caller that has them elsewhere needs no copy.
type CheckpointWriter struct {
	sum hash.Hash
	e   Encoder
}

// NewCheckpointWriter returns a writer that waits for the side of author 0.
func NewCheckpointWriter() *CheckpointWriter {
	w := &CheckpointWriter{sum: sha256.New(), e: Encoder{b: make([]byte, 0, checkpointChunk+256)}}
	w.e.Raw([]byte(checkpointTag.prefixed))
	return w
}

// Side begins a side: its offers sorted by name, the ordinal of its next request,
// and how many pending requests follow.
func (w *CheckpointWriter) Side(offers []Credit, next uint64, pending int) {
	w.e.U8(uint8(len(offers)))
	for _, c := range offers {
		w.e.Currency(c.Currency)
		w.e.Amount(c.Limit)
	}
	w.e.U64(next)
	w.e.U16(uint16(pending))
	w.flush()
}

// Pending adds the side's next pending request, by ordinal.
func (w *CheckpointWriter) Pending(ordinal uint64, request Hash) {
	w.e.U64(ordinal)
	w.e.Raw(request[:])
	if len(w.e.b) >= checkpointChunk {
		w.flush()
	}
}

func (w *CheckpointWriter) flush() {
	w.sum.Write(w.e.b)
	w.e.b = w.e.b[:0]
}

// Digest returns the digest. The writer must not be used afterwards.
func (w *CheckpointWriter) Digest() (h Hash) {
	w.flush()
	w.sum.Sum(h[:0])
	return h
}
