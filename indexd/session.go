package indexd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/gossip/pages"
	"github.com/offset-p2p/offset/indexd/protocol"
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/p2p/frame"
	"github.com/offset-p2p/offset/p2p/identity"
)

// errNoPlace says that a session was refused for lack of room.
var errNoPlace = errors.New("no place for a session")

// session is the server's side of one node's session. All of it happens on the
// goroutine of its stream: one message is dealt with after the other, so a node
// that sends faster than it is served waits.
type session struct {
	server *Server
	stream *frame.Stream
	node   ledger.NodeID
	quota  *quota
	faults int
}

// serveSession is the handler of protocol.IndexID.
func (s *Server) serveSession(ctx context.Context, stream *frame.Stream, first []byte) error {
	m, err := protocol.DecodeFromNode(first)
	if err != nil {
		return s.blame(err)
	}
	if _, ok := m.(protocol.NodeHello); !ok {
		return s.blame(&protocol.FaultError{Why: "first message is no hello"})
	}
	raw, err := identity.RawKey(stream.Peer())
	if err != nil {
		return fmt.Errorf("a node must have an Ed25519 key: %w", err)
	}
	q, leave, ok := s.admission.enter(stream.Raw().Conn())
	if !ok {
		s.tally.add("sessions_refused", 1)
		return errNoPlace
	}
	defer leave()
	session := &session{server: s, stream: stream, node: ledger.NodeID(raw), quota: q}
	s.sessionBegan(stream)
	defer s.sessionEnded(stream)
	epoch, seq := s.core.highest(session.node)
	if err := session.write(protocol.Welcome{Clock: s.millis(), Epoch: epoch, Seq: seq}); err != nil {
		return err
	}
	for {
		if err := session.next(ctx); err != nil {
			return s.blame(err)
		}
	}
}

// blame counts whose fault the end of a session was.
func (s *Server) blame(err error) error {
	var fault *protocol.FaultError
	if errors.As(err, &fault) {
		s.tally.add("session_faults", 1)
	}
	return err
}

// next deals with one message.
func (s *session) next(ctx context.Context) error {
	raw := s.stream.Raw()
	if err := raw.SetReadDeadline(time.Now().Add(protocol.SilenceMax)); err != nil {
		return err
	}
	data, err := s.stream.Read()
	if err != nil {
		return err
	}
	m, err := protocol.DecodeFromNode(data)
	if err != nil {
		return err
	}
	switch m := m.(type) {
	case protocol.Beat:
		return s.write(protocol.Beat{Number: m.Number, Clock: s.server.millis()})
	case protocol.Pages:
		return s.report(m)
	case protocol.Query:
		return s.query(ctx, m)
	}
	return &protocol.FaultError{Why: "a second hello"}
}

// query answers one query, within the node's pace.
func (s *session) query(ctx context.Context, q protocol.Query) error {
	if !s.quota.queries.Allow() {
		s.server.tally.add("queries_over_pace", 1)
		return s.write(protocol.Answer{ID: q.ID, Refused: protocol.QueryPace})
	}
	answer := s.server.core.plan(ctx, &q)
	switch {
	case answer.NoRoute != nil:
		s.server.tally.add("queries_no_route", 1)
	case answer.Refused != 0:
		s.server.tally.add("queries_refused", 1)
	default:
		s.server.tally.add("queries_answered", 1)
	}
	return s.write(answer)
}

// report takes pages of the node and passes on what is new. The node hears
// which were refused, once per reason.
func (s *session) report(in protocol.Pages) error {
	var refused []protocol.Refused
	for _, signed := range in {
		reason := s.take(signed)
		if reason == 0 {
			continue
		}
		s.server.tally.add("pages_refused_"+reason.String(), 1)
		if n := len(refused); n > 0 && refused[n-1].Reason == reason {
			refused[n-1].Count++
		} else {
			refused = append(refused, protocol.Refused{Reason: reason, Count: 1})
		}
	}
	for _, r := range refused {
		if err := s.write(r); err != nil {
			return err
		}
	}
	if s.faults >= faultsMax {
		return &protocol.FaultError{Why: "too many wrong pages"}
	}
	return nil
}

// take deals with one page and returns why it was refused, 0 when it was not.
func (s *session) take(signed capacity.SignedPage) protocol.RefusedReason {
	if !s.quota.pages.Allow() {
		return protocol.RefusedPace
	}
	// Whose page it says it is costs no signature check, so strangers' pages
	// are refused first.
	p, err := capacity.Decode(signed.Body)
	if err == nil && p.Node != s.node {
		s.faults++
		return protocol.RefusedForeign
	}
	v, err := s.server.core.check(signed)
	if err != nil {
		if !errors.Is(err, capacity.ErrVersion) {
			s.faults++
		}
		return protocol.RefusedFaulty
	}
	out := s.server.core.add(v)
	if out == pages.Admitted {
		s.server.federation.Publish(capacity.ShardOf(p.Currency), signed)
	}
	return refusal(out)
}

// refusal says what a node is told of an outcome.
func refusal(out pages.Outcome) protocol.RefusedReason {
	switch out {
	case pages.Admitted, pages.Known:
		return 0
	case pages.Stale:
		return protocol.RefusedStale
	case pages.Future:
		return protocol.RefusedFuture
	case pages.TooEarly:
		return protocol.RefusedTooEarly
	case pages.Full:
		return protocol.RefusedFull
	}
	return protocol.RefusedFaulty
}

// write sends one message; a node that does not read for SilenceMax is gone.
func (s *session) write(m protocol.FromServer) error {
	data, err := protocol.EncodeFromServer(m)
	if err != nil {
		return err
	}
	if err := s.stream.Raw().SetWriteDeadline(time.Now().Add(protocol.SilenceMax)); err != nil {
		return err
	}
	return s.stream.Write(data)
}
