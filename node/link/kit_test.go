package link

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/seal"
	"github.com/offset-p2p/offset/p2p"
	"github.com/offset-p2p/offset/p2p/address"
	"github.com/offset-p2p/offset/p2p/identity"
	"github.com/offset-p2p/offset/p2p/p2ptest"
)

// heard is what a Handler heard.
type heard struct {
	what   string // up, down, frame, entry
	friend ledger.NodeID
	link   uint64
	frame  ledger.Frame
	entry  Entry
}

// side is a node with a Manager whose handler answers like an engine: with a
// Hello to every link.
type side struct {
	t    *testing.T
	id   *identity.Identity
	host *p2p.Host
	m    *Manager
	keys *seal.Keys

	mu     sync.Mutex // guards the fields below
	events []heard
	mute   bool  // says no Hello
	fail   error // returned by Entry
	block  chan struct{}
	panics bool
	stop   func()

	opens atomic.Int64 // sealed parts that were opened, or were tried to
}

// ourEpoch is what the Hello of each side names.
var ourEpoch = ledger.Hash{1}

// OpenPart counts.
func (s *side) OpenPart(lock, partLock ledger.Lock, sealed []byte) (*ledger.Part, error) {
	s.opens.Add(1)
	return s.keys.OpenPart(lock, partLock, sealed)
}

func (s *side) node() ledger.NodeID { return ledger.NodeID(s.id.Raw()) }

func (s *side) note(e heard) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, e)
}

func (s *side) Up(_ context.Context, friend ledger.NodeID, link uint64, record []byte) error {
	s.note(heard{what: "up", friend: friend, link: link})
	s.mu.Lock()
	mute := s.mute
	s.mu.Unlock()
	if !mute {
		s.m.Send(friend, link, &ledger.Hello{Versions: []uint16{1}, State: ledger.Consistent, Number: 1, Epoch: ourEpoch, PeerRecord: record})
	}
	return nil
}

func (s *side) Frame(_ context.Context, friend ledger.NodeID, link uint64, f ledger.Frame, _ int) error {
	s.mu.Lock()
	panics := s.panics
	s.mu.Unlock()
	if panics {
		panic("handler of a test")
	}
	s.note(heard{what: "frame", friend: friend, link: link, frame: f})
	return nil
}

func (s *side) Entry(ctx context.Context, friend ledger.NodeID, link uint64, entry Entry) error {
	s.note(heard{what: "entry", friend: friend, link: link, entry: entry})
	s.mu.Lock()
	block, fail := s.block, s.fail
	s.mu.Unlock()
	if block != nil {
		select {
		case <-block:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return fail
}

func (s *side) Down(_ context.Context, friend ledger.NodeID, link uint64) {
	s.note(heard{what: "down", friend: friend, link: link})
}

func (s *side) all() []heard {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.events)
}

// count returns how often something was heard.
func (s *side) count(what string) int {
	n := 0
	for _, e := range s.all() {
		if e.what == what {
			n++
		}
	}
	return n
}

// newSide starts a node of a simulated network; its Manager runs until the
// test ends or stop is called.
func newSide(t *testing.T, n *p2ptest.Net, cfg p2p.Config) *side {
	t.Helper()
	raw, err := cfg.Identity.PrivKey().Raw()
	if err != nil {
		t.Fatal(err)
	}
	id := identity.FromSeed([32]byte(raw[:32])) // the same key
	host := n.Start(cfg)
	s := &side{t: t, id: id, host: host, keys: seal.NewKeys(id)}
	if s.m, err = New(Config{Host: host, Identity: s.id, Opener: s, Handler: s}); err != nil {
		t.Fatal(err)
	}
	s.run()
	return s
}

func (s *side) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.m.Run(ctx) }()
	var once sync.Once
	s.stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				s.t.Errorf("running links: %v", err)
			}
		})
	}
}

// pair starts two nodes, the lower node ID first, that do not know each other.
func pair(t *testing.T, n *p2ptest.Net) (low, high *side) {
	t.Helper()
	low, high = newSide(t, n, n.Config(true)), newSide(t, n, n.Config(true))
	if high.node().Less(low.node()) {
		low, high = high, low
	}
	return low, high
}

// befriend makes each other a friend, with or without addresses.
func (s *side) befriend(others ...*side) {
	s.t.Helper()
	var friends []Friend
	for _, o := range others {
		friends = append(friends, Friend{ID: o.node(), Addresses: address.Tickets(o.host.AddrInfo())})
	}
	if err := s.m.SetFriends(friends); err != nil {
		s.t.Fatal(err)
	}
}

// link returns the number of the present link, 0 when there is none.
func (s *side) link(friend *side) uint64 {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	if f := s.m.friends[friend.node()]; f != nil && f.link != nil {
		return f.link.number
	}
	return 0
}

// linked waits until both sides are connected, and reports whether they are.
func linked(a, b *side, within time.Duration) bool {
	for range within / (10 * time.Millisecond) {
		if a.m.Status(b.node()).Connected && b.m.Status(a.node()).Connected {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

// inOrder checks the promise of Handler: per friend, links one after another,
// each with Up, its frames, Down.
func (s *side) inOrder() error {
	open := map[ledger.NodeID]uint64{}
	last := map[ledger.NodeID]uint64{}
	hello := map[uint64]bool{}
	for _, e := range s.all() {
		switch e.what {
		case "up":
			if open[e.friend] != 0 || e.link <= last[e.friend] {
				return fmt.Errorf("up of %d while %d is open, after %d", e.link, open[e.friend], last[e.friend])
			}
			open[e.friend], last[e.friend] = e.link, e.link
		case "down":
			if open[e.friend] != e.link {
				return fmt.Errorf("down of %d while %d is open", e.link, open[e.friend])
			}
			delete(open, e.friend)
		default:
			if open[e.friend] != e.link {
				return fmt.Errorf("%s of %d while %d is open", e.what, e.link, open[e.friend])
			}
			if _, ok := e.frame.(*ledger.Hello); ok {
				hello[e.link] = true
			}
			if !hello[e.link] {
				return errors.New("a frame before Hello")
			}
		}
	}
	return nil
}
