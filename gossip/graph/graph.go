package graph

import (
	"sync"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/ledger"
)

// Graph is the capacity graphs of all currencies. It is safe for concurrent
// use: any number of Reads of a currency run beside each other, and an Apply
// to that currency waits for them.
//
// Its size is that of what was applied and not withdrawn; whoever feeds it
// bounds it (pages.Limits).
type Graph struct {
	// writer is held by the one Apply that runs; it is taken before mu.
	writer sync.Mutex
	mu     sync.RWMutex // guards the map, not the shards
	shards map[ledger.Currency]*shard
}

// New returns an empty graph.
func New() *Graph { return &Graph{shards: map[ledger.Currency]*shard{}} }

// Apply takes changes in the order given. Changes of one node must be applied
// in the order in which they happened; pages.Config.OnChange calls so.
func (g *Graph) Apply(changes ...capacity.Change) {
	g.writer.Lock()
	defer g.writer.Unlock()
	for _, c := range changes {
		s := g.shard(c.Currency)
		if s == nil {
			if len(c.After) == 0 {
				continue
			}
			s = newShard()
			g.put(c.Currency, s)
		}
		if s.applyLocked(c) {
			g.put(c.Currency, nil)
		}
	}
}

func (g *Graph) shard(c ledger.Currency) *shard {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.shards[c]
}

// put makes s the shard of a currency; nil removes it, so that currencies that
// nobody uses any more take no memory.
func (g *Graph) put(c ledger.Currency, s *shard) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if s == nil {
		delete(g.shards, c)
	} else {
		g.shards[c] = s
	}
}

// Read calls read with the graph of a currency and reports whether there is
// one; if not, read is not called. Writers of this currency wait until read
// returns, and read must not call the Graph.
func (g *Graph) Read(c ledger.Currency, read func(View)) bool {
	s := g.shard(c)
	if s == nil {
		return false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	read(View{s})
	return true
}

// Stats is the size of the graph of one currency.
type Stats struct {
	Currency     ledger.Currency
	Nodes        int // that declare something or of whom something is declared
	Declarations int
	Edges        int // directed: two for each friendship that both sides declare
}

// Stats returns the size of every currency's graph, ordered by currency.
func (g *Graph) Stats() []Stats {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return statsOf(g.shards)
}
