package gossip

import (
	"context"
	"errors"
	"fmt"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"
)

// errNotTrusted is what pubsub gets when it tries to reach a stranger.
var errNotTrusted = errors.New("no mutual trust")

// gate is the host as pubsub sees it: a world of trusted peers only. On a
// plain host pubsub opens a stream to every peer that speaks its protocol and
// announces its subscriptions once per stream, so a peer that becomes trusted
// later would never hear them, and a stranger would.
type gate struct {
	host.Host
	bus      event.Bus     // private: pubsub hears only what announce says
	emitter  event.Emitter // of EvtPeerIdentificationCompleted
	trusted  func(peer.ID) bool
	refused  func(peer.ID) // a stranger opened a stream
	protocol protocol.ID
}

func newGate(h host.Host, trusted func(peer.ID) bool, refused func(peer.ID)) (*gate, error) {
	bus := eventbus.NewBus()
	emitter, err := bus.Emitter(new(event.EvtPeerIdentificationCompleted))
	if err != nil {
		return nil, fmt.Errorf("making the event emitter: %w", err)
	}
	return &gate{Host: h, bus: bus, emitter: emitter, trusted: trusted, refused: refused, protocol: ProtocolID}, nil
}

// EventBus implements host.Host.
func (g *gate) EventBus() event.Bus { return g.bus }

// SetStreamHandler implements host.Host: streams of strangers are reset
// before a byte is read.
func (g *gate) SetStreamHandler(id protocol.ID, handler network.StreamHandler) {
	g.Host.SetStreamHandler(id, func(s network.Stream) {
		if from := s.Conn().RemotePeer(); !g.trusted(from) {
			g.refused(from)
			_ = s.Reset()
			return
		}
		handler(s)
	})
}

// NewStream implements host.Host: no stream is opened to a stranger.
func (g *gate) NewStream(ctx context.Context, to peer.ID, ids ...protocol.ID) (network.Stream, error) {
	if !g.trusted(to) {
		return nil, errNotTrusted
	}
	return g.Host.NewStream(ctx, to, ids...)
}

// announce names a connected, trusted peer to pubsub, which then opens its
// stream unless it has one.
func (g *gate) announce(id peer.ID) error {
	return g.emitter.Emit(event.EvtPeerIdentificationCompleted{
		Peer:      id,
		Protocols: []protocol.ID{g.protocol},
	})
}

// close ends announcements and takes the stream handler away.
func (g *gate) close() {
	g.RemoveStreamHandler(g.protocol)
	_ = g.emitter.Close()
}
