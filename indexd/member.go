package indexd

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"

	"github.com/offset-p2p/offset/gossip"
)

// trustedTag keeps connections with trusted servers from being trimmed.
const trustedTag = "offset-trusted"

// member is one trusted server: a worker keeps a connection with it, says hello
// on it again and again, and catches up while trust is mutual.
type member struct {
	server *Server
	info   peer.AddrInfo
	kick   chan struct{} // 1-buffered: something has changed, look again

	mu    sync.Mutex // guards state
	state memberState
}

// memberState is what the operator sees.
type memberState struct {
	rtt      time.Duration
	offset   time.Duration // its clock less ours
	greeted  time.Time
	lastSync time.Time // end of the last catch-up without error
	synced   uint64    // pages learned by catch-up
	err      error     // of the last greeting or catch-up, nil when it went well
}

func (m *member) wake() {
	select {
	case m.kick <- struct{}{}:
	default:
	}
}

func (m *member) measured(rtt, offset time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if rtt > 0 {
		m.state.rtt = rtt
	}
	m.state.offset = offset
	m.state.greeted = time.Now()
}

func (m *member) snapshot() memberState {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state
}

func (m *member) failed(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state.err = err
}

// SetTrusted replaces the list of trusted servers while the server runs or
// before. Peers that are not on it any more are told and disconnected; what is
// shared with them ends at once. This server itself is passed over, so that
// operators can hand one list around; each peer ID stands there once. More than
// gossip.TrustedMax are an error, which changes nothing.
func (s *Server) SetTrusted(list []peer.AddrInfo) error {
	if len(list) > gossip.TrustedMax {
		return fmt.Errorf("%d trusted servers, at most %d are allowed: leave some out", len(list), gossip.TrustedMax)
	}
	var ids []peer.ID
	next := make(map[peer.ID]*member, len(list))
	for _, info := range list {
		if info.ID == s.host.ID() {
			continue
		}
		ids = append(ids, info.ID)
		next[info.ID] = &member{server: s, info: info, kick: make(chan struct{}, 1)}
	}
	// While the old list stands: who was on it gets a farewell.
	s.federation.Trust().SetOurs(ids)
	s.mu.Lock()
	for id, m := range next {
		old := s.members[id]
		if old != nil && slices.EqualFunc(old.info.Addrs, m.info.Addrs, equalAddrs) {
			next[id] = old
		}
	}
	s.members = next
	s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default:
	}
	return nil
}

func (s *Server) member(id peer.ID) *member {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.members[id]
}

// runMembers keeps a worker for each trusted server until ctx ends.
func (s *Server) runMembers(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	running := make(map[*member]context.CancelFunc)
	for {
		s.mu.Lock()
		members := slices.Collect(maps.Values(s.members))
		s.mu.Unlock()
		for m, cancel := range running {
			if !slices.Contains(members, m) {
				cancel()
				delete(running, m)
			}
		}
		for _, m := range members {
			if _, ok := running[m]; ok {
				continue
			}
			mctx, cancel := context.WithCancel(ctx)
			running[m] = cancel
			wg.Go(func() {
				defer cancel()
				m.run(mctx)
			})
		}
		select {
		case <-ctx.Done():
			return
		case <-s.changed:
		}
	}
}

// run greets and catches up until ctx ends.
func (m *member) run(ctx context.Context) {
	conns := m.server.host.ConnManager()
	conns.Protect(m.info.ID, trustedTag)
	defer conns.Unprotect(m.info.ID, trustedTag)
	var due syncPlan
	var greeted time.Time
	pause := redialMin
	for ctx.Err() == nil {
		var wait time.Duration
		switch {
		case m.server.federation.Trust().State(m.info.ID) == gossip.TrustCut:
			wait = redialMax // the operator's move
		case !m.connected() || time.Since(greeted) >= trustEvery:
			err := m.connect(ctx)
			m.failed(err)
			greeted = time.Now()
			if err == nil {
				pause = redialMin
				continue
			}
			m.server.log.Debug("trusted server is out of reach", "peer", m.info.ID, "err", err, "retry_in", pause)
			wait = pause/2 + rand.N(pause)
			pause = min(2*pause, redialMax)
		case !m.mutual():
			due = syncPlan{} // from the beginning when trust is mutual again
			wait = time.Until(greeted.Add(trustEvery))
		default:
			wait = min(m.catchUp(ctx, &due), time.Until(greeted.Add(trustEvery)))
		}
		m.sleep(ctx, wait)
		if !m.connected() {
			// A server that takes connections and ends them at once would
			// have us dial it without a pause.
			due = syncPlan{}
			m.calm(ctx, redialMin-time.Since(greeted))
		}
	}
}

// calm waits for d, whatever has changed.
func (m *member) calm(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// sleep waits for at most d, less when something has changed.
func (m *member) sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-m.kick:
	case <-ctx.Done():
	}
}

func (m *member) connected() bool {
	return m.server.host.Network().Connectedness(m.info.ID) == network.Connected
}

func (m *member) mutual() bool { return m.server.federation.Trust().Mutual(m.info.ID) }

// connect dials the server unless it is connected, and says hello.
func (m *member) connect(ctx context.Context) error {
	h := m.server.host
	if sw, ok := h.Network().(interface{ Backoff() *swarm.DialBackoff }); ok {
		sw.Backoff().Clear(m.info.ID) // this worker has a back-off of its own
	}
	dial, cancel := context.WithTimeout(ctx, trustLifetime)
	defer cancel()
	if err := h.Connect(dial, m.info); err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	return m.server.greet(ctx, m.info.ID)
}
