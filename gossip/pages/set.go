package pages

import (
	"container/list"
	"fmt"
	"sync"
	"time"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/ledger"
)

// Config says how large a set may grow and who hears of changes.
type Config struct {
	Limits Limits
	// OnChange, if not nil, is called for every change of what is declared,
	// in order, one at a time, with the set's lock held: it must be quick and
	// must not call the set. A refresh without news is no change.
	OnChange func(capacity.Change)
}

// Set is the replicated set of capacity pages. It lives in memory and is safe
// for concurrent use.
type Set struct {
	config Config

	mu sync.Mutex // guards everything below
	// nodes holds every node with a page or a memory of one.
	nodes map[ledger.NodeID]*node
	// currencies counts the series of each currency.
	currencies map[ledger.Currency]int
	// ranges holds the pages of each range by name; no map in it is empty.
	ranges map[Range]map[ledger.Hash]*slot
	// due holds the slots with a page, by the end of its life.
	due dueHeap
	// idle holds the series without a page, longest idle first.
	idle *list.List
	// slots and entries count towards Limits.Pages and Limits.Entries.
	slots, entries int
	// notBefore is when pages must have been issued to enter other than by
	// synchronisation; zero for any time.
	notBefore time.Time
}

// New returns an empty set.
func New(config Config) (*Set, error) {
	if err := config.Limits.Validate(); err != nil {
		return nil, fmt.Errorf("making a set of capacity pages: %w", err)
	}
	return &Set{
		config:     config,
		nodes:      map[ledger.NodeID]*node{},
		currencies: map[ledger.Currency]int{},
		ranges:     map[Range]map[ledger.Hash]*slot{},
		idle:       list.New(),
	}, nil
}

// RefuseBefore makes Add answer TooEarly to pages issued before t. A server
// that lost its memory cannot tell an old page from a replayed one, so it
// calls this with the time of its start and with the zero time once it has
// synchronised with one other server.
func (s *Set) RefuseBefore(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notBefore = t
}

// Add gives the set a page that came from its node or by gossip at the wall
// time now, and says what became of it.
func (s *Set) Add(p capacity.VerifiedPage, now time.Time) Outcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.add(p, now, s.notBefore)
}

// AddSynced is Add for a page that another server's set holds (catch-up):
// RefuseBefore does not apply.
func (s *Set) AddSynced(p capacity.VerifiedPage, now time.Time) Outcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.add(p, now, time.Time{})
}

// Highest returns the highest (epoch, seq) that the set remembers of a node;
// zeros if none. The node's next start uses a higher epoch.
func (s *Set) Highest(id ledger.NodeID) (epoch, seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.nodes[id]; n != nil {
		return n.epoch, n.seq
	}
	return 0, 0
}

// Stats is the size of a set.
type Stats struct {
	Nodes      int // with a page or a memory of one
	Pages      int // in the set
	Remembered int // ended pages whose order is remembered
	Entries    int // of the pages in the set
	Currencies int // with a page or a memory of one
}

// Stats returns the size of the set now.
func (s *Set) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Stats{
		Nodes:      len(s.nodes),
		Pages:      len(s.due),
		Remembered: s.slots - len(s.due),
		Entries:    s.entries,
		Currencies: len(s.currencies),
	}
}
