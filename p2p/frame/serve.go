package frame

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
)

// Stats counts what became of the streams of a Server since its start.
type Stats struct {
	Served  uint64 // handler returned nil
	Failed  uint64 // handler returned an error
	Refused uint64 // not allowed, over a cap, or no resources
	Silent  uint64 // no complete and legal first message in time
	Panics  uint64 // handler panicked
}

// Server serves one protocol on one host. Its methods are safe for concurrent
// use.
type Server struct {
	host    host.Host
	p       Protocol
	handler Handler

	life    context.Context //nolint:containedctx // the lifetime that Server owns: it ends with Close
	endLife context.CancelFunc
	wg      sync.WaitGroup

	served, failed, refused, silent, panics atomic.Uint64

	mu      sync.Mutex // guards closed, total and perPeer
	closed  bool
	total   int
	perPeer map[peer.ID]int
}

// Serve starts serving a protocol on a host; Close ends it. The error is that
// of Protocol.Validate. A second Serve of the same protocol ID on the same
// host replaces the first one's handler, which nobody should want.
func Serve(h host.Host, p Protocol, handler Handler) (*Server, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if p.Log == nil {
		p.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{host: h, p: p, handler: handler, perPeer: make(map[peer.ID]int)}
	s.life, s.endLife = context.WithCancel(context.Background())
	h.SetStreamHandler(p.ID, s.serve)
	return s, nil
}

// Close stops taking streams, resets those that are open and returns when all
// their handlers have returned. It may be called twice.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.host.RemoveStreamHandler(s.p.ID)
	s.endLife()
	s.wg.Wait()
}

// Stats returns the counters as of now.
func (s *Server) Stats() Stats {
	return Stats{
		Served:  s.served.Load(),
		Failed:  s.failed.Load(),
		Refused: s.refused.Load(),
		Silent:  s.silent.Load(),
		Panics:  s.panics.Load(),
	}
}

// serve is called by libp2p on a goroutine of its own for each stream.
func (s *Server) serve(raw network.Stream) {
	who := raw.Conn().RemotePeer()
	if !s.enter(who) {
		s.refused.Add(1)
		_ = raw.Reset()
		return
	}
	defer s.leave(who)
	release, err := s.reserve(raw)
	if err != nil {
		s.refused.Add(1)
		s.p.Log.Debug("stream refused", "protocol", s.p.ID, "peer", who, "err", err)
		_ = raw.Reset()
		return
	}
	defer release()
	s.run(raw)
}

// enter takes a place for a stream of this peer, if it may have one.
func (s *Server) enter(who peer.ID) bool {
	if s.p.Allow != nil && !s.p.Allow(who) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.total >= s.p.Total || s.perPeer[who] >= s.p.PerPeer {
		return false
	}
	s.total++
	s.perPeer[who]++
	s.wg.Add(1) // Under mu and before closed is set, so Close waits for it.
	return true
}

func (s *Server) leave(who peer.ID) {
	s.mu.Lock()
	s.total--
	if s.perPeer[who]--; s.perPeer[who] == 0 {
		delete(s.perPeer, who)
	}
	s.mu.Unlock()
	s.wg.Done()
}

// reserve attributes the stream to the protocol's service and reserves its
// memory.
func (s *Server) reserve(raw network.Stream) (release func(), err error) {
	if err := raw.Scope().SetService(string(s.p.ID)); err != nil {
		return nil, fmt.Errorf("entering service scope: %w", err)
	}
	size := s.p.ReserveBytes
	if size == 0 {
		size = s.p.MessageBytes
	}
	if err := raw.Scope().ReserveMemory(size, network.ReservationPriorityAlways); err != nil {
		return nil, fmt.Errorf("reserving memory: %w", err)
	}
	return func() { raw.Scope().ReleaseMemory(size) }, nil
}

// run reads the first message, calls the handler and ends the stream.
func (s *Server) run(raw network.Stream) {
	start := time.Now()
	ctx, cancel := s.life, context.CancelFunc(func() {})
	if s.p.Lifetime > 0 {
		ctx, cancel = context.WithDeadline(s.life, start.Add(s.p.Lifetime))
	}
	defer cancel()
	// The context reaches a handler that is blocked on the stream, and holds
	// where a transport knows no deadlines.
	stop := context.AfterFunc(ctx, func() { _ = raw.Reset() })
	defer stop()
	patience := time.AfterFunc(s.p.FirstMessage, func() { _ = raw.Reset() })
	defer patience.Stop()

	stream := NewStream(raw, s.p.MessageBytes)
	first, err := stream.Read()
	if err != nil || !patience.Stop() {
		s.silent.Add(1)
		if !errors.Is(err, io.EOF) {
			s.p.Log.Debug("no first message", "protocol", s.p.ID, "peer", stream.Peer(), "err", err)
		}
		stream.Reset()
		return
	}
	if err := s.call(ctx, stream, first); err != nil {
		s.failed.Add(1)
		s.p.Log.Debug("stream failed", "protocol", s.p.ID, "peer", stream.Peer(), "err", err)
		stream.Reset()
		return
	}
	s.served.Add(1)
	if stream.Close() != nil {
		stream.Reset()
	}
}

// errPanicked stands for a panic that was caught.
var errPanicked = errors.New("handler panicked")

// call runs the handler. A panic over what one peer sent must not end the
// process that serves all the others.
func (s *Server) call(ctx context.Context, stream *Stream, first []byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.panics.Add(1)
			s.p.Log.Error("stream handler panicked", "protocol", s.p.ID, "peer", stream.Peer(), "panic", p, "stack", string(debug.Stack()))
			err = errPanicked
		}
	}()
	return s.handler(ctx, stream, first)
}
