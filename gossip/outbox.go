package gossip

import (
	"sync"

	"github.com/offset-p2p/offset/gossip/capacity"
)

// outbox collects pages per shard until they are sent together. It is safe for
// concurrent use.
type outbox struct {
	max int // pages that may wait, over all shards

	mu     sync.Mutex // guards the fields below
	shards [capacity.Shards][]capacity.SignedPage
	bytes  [capacity.Shards]int
	count  int

	full chan struct{} // 1-buffered: some shard has a whole batch
}

func newOutbox(limit int) *outbox {
	return &outbox{max: limit, full: make(chan struct{}, 1)}
}

// add queues pages for a shard and returns how many found no room. The bodies
// are kept.
func (o *outbox) add(shard int, pages ...capacity.SignedPage) (dropped int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, p := range pages {
		if o.count == o.max {
			dropped++
			continue
		}
		o.shards[shard] = append(o.shards[shard], p)
		o.bytes[shard] += len(p.Body) + pageOverheadBytes
		o.count++
	}
	if o.bytes[shard] >= BatchBytesMax || len(o.shards[shard]) >= BatchPagesMax {
		select {
		case o.full <- struct{}{}:
		default:
		}
	}
	return dropped
}

// take empties the outbox and returns what to send: per shard, the batches in
// order of arrival, each within BatchBytesMax and BatchPagesMax.
func (o *outbox) take() (out [capacity.Shards][][]capacity.SignedPage) {
	o.mu.Lock()
	shards := o.shards
	o.shards = [capacity.Shards][]capacity.SignedPage{}
	o.bytes = [capacity.Shards]int{}
	o.count = 0
	o.mu.Unlock()
	for shard, pages := range shards {
		out[shard] = split(pages)
	}
	return out
}

// split cuts pages into batches. A page alone is far below BatchBytesMax (its
// own bound is a fraction of it), so no batch is ever over.
func split(pages []capacity.SignedPage) (batches [][]capacity.SignedPage) {
	start, size := 0, batchHeadBytes
	for i, p := range pages {
		cost := len(p.Body) + pageOverheadBytes
		if i > start && (size+cost > BatchBytesMax || i-start == BatchPagesMax) {
			batches = append(batches, pages[start:i])
			start, size = i, batchHeadBytes
		}
		size += cost
	}
	if start < len(pages) {
		batches = append(batches, pages[start:])
	}
	return batches
}
