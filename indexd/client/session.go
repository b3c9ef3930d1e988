package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/offset-p2p/offset/gossip/route"
	"github.com/offset-p2p/offset/indexd/protocol"
	"github.com/offset-p2p/offset/p2p/frame"
)

// errEnded says that the session ended before the answer came.
var errEnded = errors.New("session ended")

// session is one stream with a server.
type session struct {
	server  *server
	stream  *frame.Stream
	pending *book               // pages to send
	out     chan protocol.Query // to the writer
	slots   chan struct{}       // one for each query in flight
	done    chan struct{}       // closed when the session has ended

	mu       sync.Mutex // guards the fields below
	lastID   uint64
	inflight map[uint64]chan protocol.Answer // each 1-buffered
	beat     uint64                          // number of the last beat
	beatAt   time.Time                       // when it was sent
}

func newSession(s *server, stream *frame.Stream) *session {
	return &session{
		server:   s,
		stream:   stream,
		pending:  newBook(),
		out:      make(chan protocol.Query),
		slots:    make(chan struct{}, protocol.QueriesInFlight),
		done:     make(chan struct{}),
		inflight: make(map[uint64]chan protocol.Answer),
	}
}

// hello opens the session. The caller bounds it in time.
func (s *session) hello() (Welcome, error) {
	sent := time.Now()
	if err := s.write(protocol.NodeHello{}); err != nil {
		return Welcome{}, err
	}
	m, err := s.read()
	if err != nil {
		return Welcome{}, err
	}
	w, ok := m.(protocol.Welcome)
	if !ok {
		return Welcome{}, &protocol.FaultError{Why: "first message is no welcome"}
	}
	offset := s.measure(sent, w.Clock)
	return Welcome{Server: s.server.info.ID, Offset: offset, Epoch: w.Epoch, Seq: w.Seq}, nil
}

// measure notes the round trip of something sent at this time and answered now
// by a server with this clock, and returns the offset of the clock.
func (s *session) measure(sent time.Time, clock uint64) time.Duration {
	now := time.Now()
	rtt := now.Sub(sent)
	offset := time.UnixMilli(int64(clock)).Add(rtt / 2).Sub(now)
	s.server.measured(rtt, offset)
	return offset
}

// run sends and receives until ctx ends or either fails, and returns why.
func (s *session) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(ctx, s.stream.Reset)
	var wg sync.WaitGroup
	wg.Go(func() { cancel(s.receive()) })
	cancel(s.send(ctx))
	wg.Wait()
	stop()
	s.stream.Reset()
	close(s.done)
	return context.Cause(ctx)
}

// send writes pages, queries and beats until ctx ends.
func (s *session) send(ctx context.Context) error {
	tick := time.NewTicker(protocol.BeatEvery)
	defer tick.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.pending.more:
			err = s.sendPages()
		case q := <-s.out:
			err = s.write(q)
		case <-tick.C:
			err = s.write(s.nextBeat())
		}
		if err != nil {
			return fmt.Errorf("sending: %w", err)
		}
	}
}

func (s *session) sendPages() error {
	for pages := range slices.Chunk(s.pending.takeAll(time.Now()), protocol.PagesPerFrame) {
		if err := s.write(protocol.Pages(pages)); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) nextBeat() protocol.Beat {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.beat++
	s.beatAt = time.Now()
	return protocol.Beat{Number: s.beat}
}

// receive reads until the stream fails, is silent for too long, or carries
// what it should not.
func (s *session) receive() error {
	for {
		m, err := s.read()
		if err != nil {
			return fmt.Errorf("receiving: %w", err)
		}
		switch m := m.(type) {
		case protocol.Beat:
			s.beaten(m)
		case protocol.Answer:
			s.answered(m)
		case protocol.Refused:
			s.server.refused(m)
		default:
			return &protocol.FaultError{Why: "a second welcome"}
		}
	}
}

// beaten takes the server's answer to a beat; one to an older beat says
// nothing about the round trip.
func (s *session) beaten(b protocol.Beat) {
	s.mu.Lock()
	current, sent := b.Number == s.beat, s.beatAt
	s.mu.Unlock()
	if current && b.Number > 0 {
		s.measure(sent, b.Clock)
	}
}

// answered gives an answer to who waits for it; nobody may any more.
func (s *session) answered(a protocol.Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ch, ok := s.inflight[a.ID]; ok {
		delete(s.inflight, a.ID)
		ch <- a
	}
}

// ask sends a query and waits for its answer.
func (s *session) ask(ctx context.Context, q route.Query) (protocol.Answer, error) {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-s.done:
		return protocol.Answer{}, errEnded
	case <-ctx.Done():
		return protocol.Answer{}, ctx.Err()
	}
	ch := make(chan protocol.Answer, 1)
	s.mu.Lock()
	s.lastID++
	id := s.lastID
	s.inflight[id] = ch
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.inflight, id)
		s.mu.Unlock()
	}()
	select {
	case s.out <- protocol.Query{ID: id, Route: q}:
	case <-s.done:
		return protocol.Answer{}, errEnded
	case <-ctx.Done():
		return protocol.Answer{}, ctx.Err()
	}
	select {
	case a := <-ch:
		return a, nil
	case <-s.done:
		return protocol.Answer{}, errEnded
	case <-ctx.Done():
		return protocol.Answer{}, ctx.Err()
	}
}

// write sends one message; a server that does not read for SilenceMax is gone.
func (s *session) write(m protocol.FromNode) error {
	data, err := protocol.EncodeFromNode(m)
	if err != nil {
		return err
	}
	if err := s.stream.Raw().SetWriteDeadline(time.Now().Add(protocol.SilenceMax)); err != nil {
		return err
	}
	return s.stream.Write(data)
}

// read waits for one message, for SilenceMax at most.
func (s *session) read() (protocol.FromServer, error) {
	if err := s.stream.Raw().SetReadDeadline(time.Now().Add(protocol.SilenceMax)); err != nil {
		return nil, err
	}
	data, err := s.stream.Read()
	if err != nil {
		return nil, err
	}
	return protocol.DecodeFromServer(data)
}
