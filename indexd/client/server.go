package client

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/offset-p2p/offset/gossip/route"
	"github.com/offset-p2p/offset/indexd/protocol"
	"github.com/offset-p2p/offset/p2p"
	"github.com/offset-p2p/offset/p2p/frame"
)

// protectTag keeps connections with index servers from being trimmed.
const protectTag = "offset-index"

// errNotConnected says that a server has no session now.
var errNotConnected = errors.New("not connected")

// server is one entry of the list: it tries to have a session, again and
// again.
type server struct {
	client *Client
	info   peer.AddrInfo
	retry  chan struct{} // 1-buffered: do not wait any longer

	mu      sync.Mutex // guards the fields below
	session *session   // nil when there is none
	state   ServerStatus
}

func newServer(c *Client, info peer.AddrInfo) *server {
	return &server{
		client: c,
		info:   info,
		retry:  make(chan struct{}, 1),
		state:  ServerStatus{Server: info, Refused: make(map[protocol.RefusedReason]uint64)},
	}
}

// sameAs reports whether this is the entry of a server at these addresses.
func (s *server) sameAs(info peer.AddrInfo) bool {
	if s.info.ID != info.ID || len(s.info.Addrs) != len(info.Addrs) {
		return false
	}
	for _, a := range info.Addrs {
		if !ma.Contains(s.info.Addrs, a) {
			return false
		}
	}
	return true
}

func (s *server) retryNow() {
	select {
	case s.retry <- struct{}{}:
	default:
	}
}

func (s *server) current() *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.session
}

func (s *server) status() ServerStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.state
	out.Refused = maps.Clone(s.state.Refused)
	return out
}

// run has sessions until ctx ends.
func (s *server) run(ctx context.Context) {
	conns := s.client.host.ConnManager()
	conns.Protect(s.info.ID, protectTag)
	defer conns.Unprotect(s.info.ID, protectTag)
	pause := backoffMin
	for {
		select {
		case <-s.retry: // this is the try that was asked for
		default:
		}
		start := time.Now()
		err := s.once(ctx)
		if ctx.Err() != nil {
			s.ended(nil)
			return
		}
		s.ended(err)
		if time.Since(start) > steadyAfter {
			pause = backoffMin
		}
		s.client.log.Debug("index session ended", "server", s.info.ID, "err", err, "retry_in", pause)
		timer := time.NewTimer(pause/2 + rand.N(pause))
		select {
		case <-timer.C:
			pause = min(2*pause, backoffMax)
		case <-s.retry:
			pause = backoffMin
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// once has one session and returns why it has ended.
func (s *server) once(ctx context.Context) error {
	session, welcome, err := s.connect(ctx)
	if err != nil {
		return err
	}
	s.began(session, welcome)
	return session.run(ctx)
}

// connect dials the server, says hello and hears the welcome.
func (s *server) connect(ctx context.Context) (*session, Welcome, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	h := s.client.host
	// This list has a back-off of its own; the swarm's would refuse the dial
	// that a network change asks for.
	if sw, ok := h.Network().(interface{ Backoff() *swarm.DialBackoff }); ok {
		sw.Backoff().Clear(s.info.ID)
	}
	if err := h.Connect(network.WithAllowLimitedConn(ctx, protocol.IndexID), s.info); err != nil {
		return nil, Welcome{}, fmt.Errorf("connecting: %w", err)
	}
	stream, err := frame.Dial(ctx, h, s.info.ID, protocol.IndexID, protocol.IndexFrameBytes)
	if err != nil {
		return nil, Welcome{}, err
	}
	stop := context.AfterFunc(ctx, stream.Reset)
	defer stop()
	session := newSession(s, stream)
	welcome, err := session.hello()
	if err != nil {
		stream.Reset()
		return nil, Welcome{}, fmt.Errorf("opening a session: %w", err)
	}
	return session, welcome, nil
}

// began notes a session and gives it everything that was published.
func (s *server) began(session *session, w Welcome) {
	s.mu.Lock()
	s.session = session
	s.state.Connected = true
	s.state.Relayed = p2p.Relayed(session.stream.Raw().Conn())
	s.state.Since = time.Now()
	s.state.Err = nil
	s.mu.Unlock()
	s.client.log.Info("index session began", "server", w.Server)
	s.client.cfg.OnWelcome(w)
	// After the session is visible: what is published from now on reaches it
	// by itself, what was published before by this.
	session.pending.put(s.client.book.all(time.Now())...)
}

// ended notes that there is no session, and why.
func (s *server) ended(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.session = nil
	s.state.Connected = false
	s.state.Relayed = false
	s.state.Since = time.Time{}
	s.state.Err = err
}

// measured notes a round trip.
func (s *server) measured(rtt, offset time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.RTT, s.state.Offset = rtt, offset
}

// refused notes pages that the server did not take.
func (s *server) refused(r protocol.Refused) {
	s.client.log.Debug("index server refused pages", "server", s.info.ID, "reason", r.Reason, "count", r.Count)
	s.mu.Lock()
	defer s.mu.Unlock()
	reason := r.Reason
	if reason.String() == protocol.RefusedReason(0).String() {
		reason = 0 // one entry for all reasons of newer servers
	}
	s.state.Refused[reason] += uint64(r.Count)
}

// routes asks this server.
func (s *server) routes(ctx context.Context, q route.Query) ([]route.Answer, error) {
	session := s.current()
	if session == nil {
		return nil, errNotConnected
	}
	ctx, cancel := context.WithTimeout(ctx, protocol.QueryTimeout)
	defer cancel()
	answer, err := session.ask(ctx, q)
	switch {
	case err != nil:
		return nil, err
	case answer.Refused != 0:
		return nil, &RefusedError{Server: s.info.ID, Reason: answer.Refused}
	case answer.NoRoute != nil:
		return nil, answer.NoRoute
	}
	if err := protocol.CheckAnswer(&q, answer.Plans); err != nil {
		return nil, err
	}
	return answer.Plans, nil
}
