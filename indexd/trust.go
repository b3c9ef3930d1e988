package indexd

import (
	"context"
	"fmt"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/offset-p2p/offset/gossip"
	"github.com/offset-p2p/offset/indexd/protocol"
	"github.com/offset-p2p/offset/p2p/frame"
)

// trustProtocol is the handshake; anybody may say hello, the answer is no more
// than whether he is listed.
func (s *Server) trustProtocol() frame.Protocol {
	p := frame.NewProtocol(protocol.TrustID, protocol.TrustFrameBytes)
	p.Lifetime, p.FirstMessage = trustLifetime, trustLifetime
	p.PerPeer, p.Total = 1, trustStreamsMax
	p.Allow = s.mayGreet
	return p
}

// mayGreet reports whether a peer may say hello now. Listed servers always
// may: a crowd of silent strangers must not keep them out.
func (s *Server) mayGreet(id peer.ID) bool {
	return s.federation.Trust().Lists(id) || s.strangers.Allow()
}

// hello is what this server says to a peer.
func (s *Server) hello(to peer.ID) ([]byte, error) {
	return protocol.TrustHello{ListsYou: s.federation.Trust().Lists(to), Clock: s.millis()}.Encode()
}

// serveTrust is the handler of protocol.TrustID.
func (s *Server) serveTrust(_ context.Context, stream *frame.Stream, first []byte) error {
	theirs, err := protocol.DecodeTrustHello(first)
	if err != nil {
		return s.blame(err)
	}
	// Before the answer: who has read it may open other streams at once.
	s.heard(stream.Peer(), theirs, 0)
	ours, err := s.hello(stream.Peer())
	if err != nil {
		return err
	}
	return stream.Write(ours)
}

// greet says hello to a peer and hears its word.
func (s *Server) greet(ctx context.Context, to peer.ID) error {
	ours, err := s.hello(to)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, trustLifetime)
	defer cancel()
	sent := time.Now()
	data, err := frame.Exchange(ctx, s.host, to, s.trustProtocol(), ours)
	if err != nil {
		return fmt.Errorf("greeting: %w", err)
	}
	theirs, err := protocol.DecodeTrustHello(data)
	if err != nil {
		return fmt.Errorf("greeting: %w", err)
	}
	s.heard(to, theirs, time.Since(sent))
	return nil
}

// heard notes the word of a peer and how far its clock is from ours. With
// clocks too far apart every page of the one would be stale or from the future
// for the other, so there is no federation, whatever the operators say.
func (s *Server) heard(from peer.ID, h protocol.TrustHello, rtt time.Duration) {
	offset := time.UnixMilli(int64(h.Clock)).Add(rtt / 2).Sub(s.cfg.Clock())
	off := offset.Abs()
	if m := s.member(from); m != nil {
		m.measured(rtt, offset)
		switch {
		case off > protocol.ClockMax:
			s.log.Error("no federation: clocks are too far apart; check both", "peer", from, "clock_offset", offset)
		case off > protocol.ClockWarn:
			s.log.Warn("clocks of trusted servers differ", "peer", from, "clock_offset", offset)
		}
	}
	s.federation.Trust().SetTheirs(from, h.ListsYou && off <= protocol.ClockMax)
}

// trustChanged hears of every change in the trust table; it does not block.
func (s *Server) trustChanged(id peer.ID, state gossip.TrustState) {
	s.log.Info("trust changed", "peer", id, "state", state.String())
	switch state {
	case gossip.TrustNone, gossip.TrustTheirs, gossip.TrustCut:
		if s.member(id) == nil {
			return // a stranger lists us or has stopped to, which is all
		}
		// The other side may still believe in it, and pubsub keeps what it
		// knows of a connection: tell and disconnect. Nothing is shared any
		// more already now, so a full queue only leaves a connection open.
		select {
		case s.farewells <- id:
		default:
			s.log.Warn("no farewell said: too many at once", "peer", id)
		}
	case gossip.TrustMutual, gossip.TrustOurs:
		if m := s.member(id); m != nil {
			m.wake()
		}
	}
}

// runFarewells tells servers that trust has ended, and disconnects them.
func (s *Server) runFarewells(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case id := <-s.farewells:
			s.farewell(ctx, id)
		}
	}
}

func (s *Server) farewell(ctx context.Context, id peer.ID) {
	if s.host.Network().Connectedness(id) != network.Connected || s.federation.Trust().Lists(id) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, farewellTimeout)
	defer cancel()
	if err := s.greet(ctx, id); err != nil {
		s.log.Debug("telling that trust has ended", "peer", id, "err", err)
	}
	if err := s.host.Network().ClosePeer(id); err != nil {
		s.log.Debug("disconnecting", "peer", id, "err", err)
	}
}

// disconnected hears of every connection that ends. The word of a peer is good
// for as long as it is connected.
func (s *Server) disconnected(n network.Network, c network.Conn) {
	id := c.RemotePeer()
	if n.Connectedness(id) == network.Connected {
		return
	}
	s.federation.Trust().SetTheirs(id, false)
	if m := s.member(id); m != nil {
		m.wake()
	}
}

func equalAddrs(a, b ma.Multiaddr) bool { return a.Equal(b) }
