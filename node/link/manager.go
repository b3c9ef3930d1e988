package link

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/wire"
	"github.com/offset-p2p/offset/p2p/frame"
)

// Manager keeps the links of one node. Its methods are safe for concurrent
// use, also before and after Run; links exist only while Run runs.
type Manager struct {
	cfg    Config
	host   host.Host
	self   ledger.NodeID
	log    *slog.Logger
	counts counters

	mu      sync.Mutex // guards what follows, and the mutable fields of each friend and link
	friends map[ledger.NodeID]*friend
	byPeer  map[peer.ID]*friend
	leaving map[ledger.NodeID]*link // links of removed friends that have not ended yet
	last    uint64                  // number of the newest link

	changed chan struct{} // 1-buffered: friends is another set
}

// New returns a Manager without friends. The error is that of
// Config.Validate.
func New(cfg Config) (*Manager, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Manager{
		cfg: cfg, host: cfg.Host, self: ledger.NodeID(cfg.Identity.Raw()), log: cfg.Log,
		friends: map[ledger.NodeID]*friend{}, byPeer: map[peer.ID]*friend{},
		leaving: map[ledger.NodeID]*link{}, changed: make(chan struct{}, 1),
	}, nil
}

// Run serves friends and dials them until ctx ends, which is no error. When it
// returns, all links are down and their goroutines have ended.
func (m *Manager) Run(ctx context.Context) error {
	p := frame.NewProtocol(ProtocolID, wire.FrameBytesMax)
	p.PerPeer, p.Total, p.ReserveBytes = streamsPerPeer, streamsTotal, streamReserve
	p.Allow = m.allowed
	p.Log = m.log
	server, err := frame.Serve(m.host, p, m.accept)
	if err != nil {
		return fmt.Errorf("serving friends: %w", err)
	}
	defer server.Close()
	sub, err := m.host.EventBus().Subscribe(new(event.EvtLocalAddressesUpdated))
	if err != nil {
		return fmt.Errorf("watching addresses: %w", err)
	}
	defer sub.Close()
	arrivals := &network.NotifyBundle{ConnectedF: m.arrived}
	m.host.Network().Notify(arrivals)
	defer m.host.Network().StopNotify(arrivals)
	m.keep(ctx, sub.Out())
	return nil
}

// keep runs a dialler for each friend until ctx ends.
func (m *Manager) keep(ctx context.Context, moved <-chan any) {
	var wg sync.WaitGroup
	defer wg.Wait()
	running := map[*friend]context.CancelFunc{}
	for {
		now := m.list()
		for f, stop := range running {
			if !now[f] {
				stop()
				delete(running, f)
			}
		}
		for f := range now {
			if running[f] == nil {
				fctx, stop := context.WithCancel(ctx)
				running[f] = stop
				wg.Go(func() {
					defer stop()
					m.dialLoop(fctx, f)
				})
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-m.changed:
		case <-moved:
			m.Retry()
		}
	}
}

func (m *Manager) list() map[*friend]bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make(map[*friend]bool, len(m.friends))
	for _, f := range m.friends {
		out[f] = true
	}
	return out
}

func (m *Manager) allowed(p peer.ID) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.byPeer[p] != nil
}

// arrived hears of new connections: a friend that dials is there.
func (m *Manager) arrived(_ network.Network, c network.Conn) {
	if c.Stat().Direction != network.DirInbound {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if f := m.byPeer[c.RemotePeer()]; f != nil {
		f.retry()
	}
}

// Retry dials every friend without a link now instead of after its pause: the
// network has changed.
func (m *Manager) Retry() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, f := range m.friends {
		f.retry()
	}
}

// SetFriends replaces the friends. Links with friends that stay go on; the
// others are dropped, and new friends and those with new addresses are dialled
// at once. An address that is not the friend's, or not readable, is logged once
// and left out: the friend may still come, or be reached at another one. The
// error names the first friend that cannot be one; nothing has changed then.
func (m *Manager) SetFriends(friends []Friend) error {
	if len(friends) > FriendsMax {
		return fmt.Errorf("%d friends, at most %d are possible", len(friends), FriendsMax)
	}
	next := make([]*friend, 0, len(friends))
	listed := make(map[ledger.NodeID]bool, len(friends))
	for _, f := range friends {
		n, err := newFriend(f)
		if err != nil {
			return err
		}
		if n.id == m.self {
			return fmt.Errorf("friend %s is this node itself", f.ID)
		}
		if listed[n.id] {
			return fmt.Errorf("friend %s is listed twice: put its addresses together", f.ID)
		}
		listed[n.id] = true
		next = append(next, n)
	}
	for _, l := range m.replace(next) {
		l.stop("no longer a friend")
	}
	select {
	case m.changed <- struct{}{}:
	default:
	}
	return nil
}

// complain logs the addresses of a friend that were left out, unless it has
// done so when they were set before.
func (m *Manager) complain(f *friend, before []string) {
	if len(f.bad) > 0 && !slices.Equal(f.bad, before) {
		m.log.Warn("addresses of a friend left out: give its addresses again", "friend", f.peer, "addresses", f.bad)
	}
}

// replace makes next the friends and returns the links of those that left.
func (m *Manager) replace(next []*friend) []*link {
	m.mu.Lock()
	defer m.mu.Unlock()
	gone := m.friends
	m.friends, m.byPeer = map[ledger.NodeID]*friend{}, map[peer.ID]*friend{}
	for _, n := range next {
		f := n
		if old := gone[n.id]; old != nil {
			f = old
			delete(gone, n.id)
			m.complain(n, f.bad)
			f.bad = n.bad
			f.move(m.host, n.addrs)
		} else {
			m.complain(n, nil)
			f.arrive(m.host)
		}
		m.friends[f.id], m.byPeer[f.peer] = f, f
	}
	var links []*link
	for _, f := range gone {
		m.host.ConnManager().Unprotect(f.peer, protectTag)
		if f.link != nil {
			m.leaving[f.id] = f.link // a friend that is added again waits for it
			links = append(links, f.link)
		}
	}
	return links
}
