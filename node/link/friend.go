package link

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	ma "github.com/multiformats/go-multiaddr"
	"golang.org/x/time/rate"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/wire"
	"github.com/offset-p2p/offset/p2p/address"
	"github.com/offset-p2p/offset/p2p/frame"
	"github.com/offset-p2p/offset/p2p/identity"
)

// protectTag keeps connections with friends from being trimmed.
const protectTag = "offset-friend"

// friend is what a Manager knows of one friend. The fields from addrs on are
// guarded by Manager.mu.
type friend struct {
	id   ledger.NodeID
	peer peer.ID
	poke chan struct{} // 1-buffered: look again whether to dial

	streams *rate.Limiter // of those that the friend opens

	addrs    []ma.Multiaddr
	bad      []string // addresses that are not the friend's, or not readable
	link     *link
	failures int // attempts and short links since the last steady one
}

func newFriend(f Friend) (*friend, error) {
	id, err := identity.PeerIDOf(f.ID)
	if err != nil {
		return nil, fmt.Errorf("friend %s: %w", f.ID, err)
	}
	out := &friend{
		id: f.ID, peer: id, poke: make(chan struct{}, 1),
		streams: rate.NewLimiter(rate.Every(comeBackEvery), comeBackBurst),
	}
	for _, text := range f.Addresses {
		info, err := address.ParseOne(text)
		if err != nil || info.ID != id {
			out.bad = append(out.bad, text)
			continue
		}
		out.addrs = append(out.addrs, info.Addrs...)
	}
	return out, nil
}

// arrive makes the host ready for a new friend.
func (f *friend) arrive(h host.Host) {
	h.Peerstore().AddAddrs(f.peer, f.addrs, peerstore.PermanentAddrTTL)
	h.ConnManager().Protect(f.peer, protectTag)
}

// move takes new addresses, if they are.
func (f *friend) move(h host.Host, addrs []ma.Multiaddr) {
	same := func(a, b ma.Multiaddr) bool { return a.Equal(b) }
	if slices.EqualFunc(f.addrs, addrs, same) {
		return
	}
	f.addrs = addrs
	h.Peerstore().ClearAddrs(f.peer) // learned ones too: they led to where it was
	h.Peerstore().AddAddrs(f.peer, addrs, peerstore.PermanentAddrTTL)
	f.retry()
}

// retry has the friend dialled now, unless there is a link.
func (f *friend) retry() {
	f.failures = 0
	f.wake()
}

func (f *friend) wake() {
	select {
	case f.poke <- struct{}{}:
	default:
	}
}

// dialLoop dials a friend whenever there is no link with it, until ctx ends.
func (m *Manager) dialLoop(ctx context.Context, f *friend) {
	timer := time.NewTimer(rand.N(dialSpread))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.poke:
			timer.Reset(m.pause(f))
			continue
		case <-timer.C:
		}
		if m.linkOf(f) == nil {
			m.dial(ctx, f)
			// Whether the link never came or has ended, the pause depends on
			// how long it lasted.
			timer.Reset(m.pause(f))
		}
		// With a link in place its end pokes.
	}
}

// pause returns how long to wait before the next attempt.
func (m *Manager) pause(f *friend) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if f.failures == 0 {
		return rand.N(dialSpread)
	}
	d := backoffMax
	if f.failures < 10 { // 2^9 s is over backoffMax
		d = min(backoffMin<<(f.failures-1), backoffMax)
	}
	return d/2 + rand.N(d/2)
}

func (m *Manager) linkOf(f *friend) *link {
	m.mu.Lock()
	defer m.mu.Unlock()
	return f.link
}

// dial makes one attempt, and stays with the link that comes of it to its end.
func (m *Manager) dial(ctx context.Context, f *friend) {
	s, err := m.open(ctx, f.peer)
	if err != nil {
		m.counts.dialFailures.Add(1)
		m.log.Debug("friend not reached", "friend", f.peer, "err", err)
		m.mu.Lock()
		f.failures++
		m.mu.Unlock()
		return
	}
	l := newLink(m, f, s, true)
	if !m.admit(l) {
		s.Reset() // nothing was said on it
		return
	}
	stop := context.AfterFunc(ctx, s.Reset)
	defer stop()
	l.runGuarded(ctx)
}

func (m *Manager) open(ctx context.Context, p peer.ID) (*frame.Stream, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	// The pauses between attempts are ours: libp2p's own would refuse to try
	// a friend who was away a moment ago.
	if n, ok := m.host.Network().(interface{ Backoff() *swarm.DialBackoff }); ok {
		n.Backoff().Clear(p)
	}
	return frame.Dial(ctx, m.host, p, ProtocolID, wire.FrameBytesMax)
}
