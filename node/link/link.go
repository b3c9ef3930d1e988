package link

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/wire"
	"github.com/offset-p2p/offset/p2p/frame"
)

// link is one stream with a friend, from its admission to its end.
type link struct {
	m       *Manager
	f       *friend
	stream  *frame.Stream
	dialled bool // by this side
	out     *queue
	entries sequence
	start   time.Time

	// Guarded by Manager.mu; number and before do not change after admission.
	number   uint64
	before   *link // the one it replaces; its end is awaited
	answered bool  // the friend's Hello has come

	ended   chan struct{} // closed when Down was said
	stopped chan struct{} // closed by stop
	once    sync.Once
	why     string // of stop; read after stopped is closed

	heard  atomic.Int64 // time.Since(start) of the newest frame, ns
	busy   atomic.Bool  // the handler has a frame: silence is ours
	pinged atomic.Int64 // time.Since(start) of the newest ping, ns; its nonce
	rtt    atomic.Int64 // of the newest pong, ns
}

// message is a frame that arrived.
type message struct {
	frame ledger.Frame
	size  int // in bytes
}

func newLink(m *Manager, f *friend, s *frame.Stream, dialled bool) *link {
	return &link{
		m: m, f: f, stream: s, dialled: dialled, out: newQueue(), start: time.Now(),
		answered: !dialled, ended: make(chan struct{}), stopped: make(chan struct{}),
	}
}

// accept serves a stream that a friend dialled; its first message is here.
func (m *Manager) accept(ctx context.Context, s *frame.Stream, first []byte) error {
	hello, err := wire.Decode(first)
	if _, ok := hello.(*ledger.Hello); err == nil && !ok {
		err = errNoHello
	}
	if err != nil {
		m.counts.faults.Add(1)
		return err
	}
	m.mu.Lock()
	f := m.byPeer[s.Peer()]
	m.mu.Unlock()
	if f == nil {
		return errors.New("no longer a friend")
	}
	if !f.streams.Allow() {
		m.counts.hasty.Add(1)
		return errHasty
	}
	l := newLink(m, f, s, false)
	if !m.admit(l) {
		return errCrossed
	}
	return l.run(ctx, &message{hello, len(first)})
}

var (
	errNoHello = errors.New("the first frame is no Hello")
	errHasty   = errors.New("the friend opens streams too often")
	errCrossed = errors.New("two streams crossed, the other one stays")
)

// admit makes l the link with its friend, unless another one has to stay.
func (m *Manager) admit(l *link) bool {
	if !m.place(l) {
		return false
	}
	if l.before != nil && l.before.stop("replaced by a newer stream") {
		m.counts.replaced.Add(1)
	}
	return true
}

func (m *Manager) place(l *link) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.friends[l.f.id] != l.f {
		return false
	}
	if old := l.f.link; old != nil {
		if l.dialled {
			return false // the friend came in meanwhile
		}
		if old.dialled && !old.answered && m.self.Less(l.f.id) {
			m.counts.crossed.Add(1)
			return false
		}
		l.before = old
	}
	if l.before == nil {
		l.before = m.leaving[l.f.id]
	}
	m.last++
	l.number = m.last
	l.f.link = l
	return true
}

// runGuarded is run for a dialled stream. A panic over what a friend sent must
// not end the process; for accepted streams p2p/frame sees to that.
func (l *link) runGuarded(ctx context.Context) {
	defer func() {
		if p := recover(); p != nil {
			l.m.counts.panics.Add(1)
			l.m.log.Error("friend link panicked", "friend", l.f.peer, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	_ = l.run(ctx, nil) // logged there
}

// run carries frames until the link ends. First is the frame that opened an
// accepted stream. The error says why it ended; the stream is reset.
func (l *link) run(ctx context.Context, first *message) (err error) {
	defer func() {
		l.stop("ended")
		l.leave(err)
	}()
	if l.before != nil {
		<-l.before.ended // it was stopped: so that links do not overlap
		l.before = nil
	}
	record, err := peerRecord(l.m.host, l.m.cfg.Identity)
	if err != nil {
		return err
	}
	select {
	case <-l.stopped: // replaced in turn
		return nil
	default:
	}
	return l.carry(ctx, record, first)
}

// carry is the life of the link from Up to Down.
func (l *link) carry(ctx context.Context, record []byte, first *message) error {
	lctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer func() {
		l.stop("ended")
		cancel()
		wg.Wait()
		l.m.cfg.Handler.Down(ctx, l.f.id, l.number)
	}()
	wg.Go(l.write)
	wg.Go(func() { l.beat(cancel) })
	if err := l.hand(func() error { return l.m.cfg.Handler.Up(lctx, l.f.id, l.number, record) }); err != nil {
		return err
	}
	if first != nil {
		if err := l.receive(lctx, *first); err != nil {
			return err
		}
	}
	return l.read(lctx)
}

// leave makes room for the next link. A link that did not last counts as a
// failure, one that was replaced does not.
func (l *link) leave(err error) {
	l.m.log.Debug("friend link ended", "friend", l.f.peer, "link", l.number, "why", l.why, "err", err)
	l.m.mu.Lock()
	if l.f.link == l {
		l.f.link = nil
		if l.answered && time.Since(l.start) >= steadyAfter {
			l.f.failures = 0
		}
		l.f.failures++
		l.f.wake()
	}
	if l.m.leaving[l.f.id] == l {
		delete(l.m.leaving, l.f.id)
	}
	l.m.mu.Unlock()
	close(l.ended)
}

// stop ends the link from anywhere, and says whether this call did. The first
// reason counts.
func (l *link) stop(why string) (first bool) {
	l.once.Do(func() {
		l.why = why
		close(l.stopped)
		l.stream.Reset()
		first = true
	})
	return first
}

// read hands frames over until the stream ends.
func (l *link) read(ctx context.Context) error {
	for {
		b, err := l.stream.Read()
		if err != nil {
			return fmt.Errorf("reading from friend: %w", err)
		}
		f, err := wire.Decode(b)
		if errors.Is(err, wire.ErrUnknownFrame) {
			l.hear()
			continue // of a newer version
		}
		if err == nil {
			err = l.receive(ctx, message{f, len(b)})
		} else {
			l.m.counts.faults.Add(1)
		}
		if err != nil {
			return err
		}
	}
}

func (l *link) hear() { l.heard.Store(int64(time.Since(l.start))) }

// hand calls the handler. While it has the frame, that nothing is heard of the
// friend is no sign that it is gone.
func (l *link) hand(call func() error) error {
	l.busy.Store(true)
	err := call()
	l.hear()
	l.busy.Store(false)
	return err
}
