package graph

import (
	"slices"
	"sync"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/ledger"
)

// shard is the graph of one currency.
type shard struct {
	mu   sync.RWMutex // guards everything below
	ids  map[ledger.NodeID]ID
	keys []ledger.NodeID // by ID; zero when the ID is free
	// blocks holds what each node declares, by ID.
	blocks []block
	// mentions counts, by ID, the declarations about the node.
	mentions []uint32
	free     []ID
	decls    int
	edges    int // directed
}

func newShard() *shard { return &shard{ids: map[ledger.NodeID]ID{}} }

// twin returns the other side's declaration of d; d.twin is not none.
func (s *shard) twin(d *decl) *decl { return &s.blocks[d.peer].decls[d.twin] }

// applyLocked takes one change and reports whether nothing is left.
func (s *shard) applyLocked(c capacity.Change) (empty bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.apply(c)
	return len(s.ids) == 0
}

// apply takes one change; mu is held for writing.
func (s *shard) apply(c capacity.Change) {
	after := c.After
	for _, e := range c.Before {
		for len(after) > 0 && after[0].Friend.Less(e.Friend) {
			after = after[1:]
		}
		if len(after) == 0 || after[0].Friend != e.Friend {
			s.withdraw(c.Node, e.Friend)
		}
	}
	for _, e := range c.After {
		s.declare(c.Node, e)
	}
}

// declare makes e what node says of e.Friend.
func (s *shard) declare(node ledger.NodeID, e capacity.Entry) {
	a, b := s.intern(node), s.intern(e.Friend)
	i := s.blocks[a].find(b)
	if i == none {
		i = s.blocks[a].add(decl{peer: b, twin: none})
		s.decls++
		s.mentions[b]++
		if j := s.blocks[b].find(a); j != none {
			s.blocks[a].decls[i].twin = j
			s.blocks[b].decls[j].twin = i
			s.edges += 2
		}
	}
	d := &s.blocks[a].decls[i]
	d.canSend, d.canReceive, d.transit, d.rate = e.CanSend, e.CanReceive, e.Transit, e.Rate
}

// withdraw removes what node says of friend, if it says anything.
func (s *shard) withdraw(node, friend ledger.NodeID) {
	a, ok := s.ids[node]
	if !ok {
		return
	}
	b, ok := s.ids[friend]
	if !ok {
		return
	}
	i := s.blocks[a].find(b)
	if i == none {
		return
	}
	if j := s.blocks[a].decls[i].twin; j != none {
		s.blocks[b].decls[j].twin = none
		s.edges -= 2
	}
	if moved := s.blocks[a].remove(i); moved && s.blocks[a].decls[i].twin != none {
		s.twin(&s.blocks[a].decls[i]).twin = i
	}
	s.decls--
	s.mentions[b]--
	s.release(a)
	s.release(b)
}

// intern returns the ID of a node, a new one if it has none.
func (s *shard) intern(node ledger.NodeID) ID {
	if id, ok := s.ids[node]; ok {
		return id
	}
	var id ID
	if n := len(s.free); n > 0 {
		id = s.free[n-1]
		s.free = s.free[:n-1]
	} else {
		id = ID(len(s.keys))
		s.keys = append(s.keys, ledger.NodeID{})
		s.blocks = append(s.blocks, block{})
		s.mentions = append(s.mentions, 0)
	}
	s.ids[node] = id
	s.keys[id] = node
	return id
}

// release frees the ID of a node that says nothing and of whom nobody speaks.
func (s *shard) release(id ID) {
	if len(s.blocks[id].decls) > 0 || s.mentions[id] > 0 {
		return
	}
	delete(s.ids, s.keys[id])
	s.keys[id] = ledger.NodeID{}
	s.blocks[id] = block{}
	s.free = append(s.free, id)
}

func statsOf(shards map[ledger.Currency]*shard) []Stats {
	var out []Stats
	for c, s := range shards {
		s.mu.RLock()
		out = append(out, Stats{Currency: c, Nodes: len(s.ids), Declarations: s.decls, Edges: s.edges})
		s.mu.RUnlock()
	}
	slices.SortFunc(out, func(a, b Stats) int {
		switch {
		case a.Currency.Less(b.Currency):
			return -1
		case b.Currency.Less(a.Currency):
			return 1
		}
		return 0
	})
	return out
}
