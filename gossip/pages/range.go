package pages

import (
	"time"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/ledger"
)

// Range is a part of the set that is compared on its own: the nodes of one
// shard (capacity.ShardOf) whose key starts with the byte Bucket. Every shard
// and bucket names a range; a shard from capacity.Shards on is an empty one.
type Range struct {
	Shard  uint8
	Bucket uint8
}

func rangeOf(p *capacity.Page) Range {
	return Range{Shard: uint8(capacity.ShardOf(p.Currency)), Bucket: p.Node[0]}
}

// Window says which pages count in a comparison: After < issued ≤ AsOf, and
// AsOf < issued + ttl/2. A healthy page is refreshed at ttl/3, so what passes
// its half is on its way out and not worth a repair. The zero After counts
// from the beginning.
type Window struct {
	After time.Time
	AsOf  time.Time
}

func (w Window) holds(p *capacity.Page) bool {
	issued := p.IssuedAt()
	return issued.After(w.After) && !issued.After(w.AsOf) && w.AsOf.Before(issued.Add(p.TTL/2))
}

// Digest sums up the pages of a range within a window. Two servers whose
// digests of a range are equal hold the same pages there.
type Digest struct {
	Bucket uint8
	Count  uint32
	// Hash is the tagged SHA-256 of the pages' names in rising order.
	Hash ledger.Hash
}
