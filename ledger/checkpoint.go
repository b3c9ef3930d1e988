package ledger

import "crypto/sha256"

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
	size := len(checkpointTag.prefixed)
	for i := range sides {
		size += 1 + len(sides[i].Offers)*(2+CurrencyNameMax+12) + 8 + 2 + len(sides[i].Pending)*(8+len(Hash{}))
	}
	e := Encoder{b: make([]byte, 0, size)}
	e.Raw([]byte(checkpointTag.prefixed))
	for i := range sides {
		s := &sides[i]
		e.U8(uint8(len(s.Offers)))
		for _, c := range s.Offers {
			e.Currency(c.Currency)
			e.Amount(c.Limit)
		}
		e.U64(s.Next)
		e.U16(uint16(len(s.Pending)))
		for _, p := range s.Pending {
			e.U64(p.Ordinal)
			e.Raw(p.Request[:])
		}
	}
	return sha256.Sum256(e.b)
}
