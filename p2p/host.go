package p2p

import (
	"fmt"
	"log/slog"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	"github.com/libp2p/go-libp2p/p2p/net/conngater"
	"github.com/libp2p/go-libp2p/p2p/net/connmgr"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	libp2ptls "github.com/libp2p/go-libp2p/p2p/security/tls"
	libp2pquic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	"github.com/libp2p/go-libp2p/p2p/transport/websocket"
	ma "github.com/multiformats/go-multiaddr"
	"github.com/prometheus/client_golang/prometheus"
)

// userAgent is what identify tells peers about the program.
const userAgent = "offset"

// Host is a libp2p host with its place on relays. It is safe for concurrent
// use. New makes it; Run keeps its reservations; Close ends it.
type Host struct {
	host.Host

	log      *slog.Logger
	registry *prometheus.Registry
	gater    *conngater.BasicConnectionGater
	announce []ma.Multiaddr
	relays   *keeper
	addrs    event.Emitter // of EvtAutoRelayAddrsUpdated
}

// New builds a host that listens, dials and serves until Close. Its
// reservations on relays need Run as well.
func New(cfg Config) (*Host, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	h := &Host{log: cfg.Log, registry: cfg.Registry}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	if h.registry == nil {
		h.registry = prometheus.NewRegistry()
	}
	for _, a := range cfg.Announce {
		h.announce = append(h.announce, ma.StringCast(a)) // Validate has parsed it.
	}
	h.relays = newKeeper(h, cfg.Relays)
	opts, err := h.options(cfg)
	if err != nil {
		return nil, err
	}
	if h.Host, err = libp2p.New(opts...); err != nil {
		return nil, fmt.Errorf("starting libp2p host: %w", err)
	}
	if h.addrs, err = h.EventBus().Emitter(new(event.EvtAutoRelayAddrsUpdated)); err != nil {
		_ = h.Host.Close()
		return nil, fmt.Errorf("preparing address events: %w", err)
	}
	return h, nil
}

func (h *Host) options(cfg Config) ([]libp2p.Option, error) {
	resources, err := resourceManager(cfg.Limits)
	if err != nil {
		return nil, err
	}
	conns, err := connmgr.NewConnManager(cfg.Limits.ConnsLow, cfg.Limits.ConnsHigh, connmgr.WithGracePeriod(connGrace))
	if err != nil {
		return nil, fmt.Errorf("building connection manager: %w", err)
	}
	if h.gater, err = conngater.NewBasicConnectionGater(nil); err != nil {
		return nil, fmt.Errorf("building connection gater: %w", err)
	}
	for _, p := range cfg.Denied {
		if err := h.gater.BlockPeer(p); err != nil {
			return nil, fmt.Errorf("denying peer %s: %w", p, err)
		}
	}
	opts := []libp2p.Option{
		libp2p.Identity(cfg.Identity.PrivKey()),
		libp2p.UserAgent(userAgent),
		libp2p.Transport(libp2pquic.NewTransport),
		libp2p.Transport(tcp.NewTCPTransport),
		libp2p.Transport(websocket.New),
		libp2p.Security(libp2ptls.ID, libp2ptls.New),
		libp2p.Security(noise.ID, noise.New),
		libp2p.DefaultMuxers,
		libp2p.ResourceManager(resources),
		libp2p.ConnectionManager(conns),
		libp2p.ConnectionGater(h.gater),
		libp2p.PrometheusRegisterer(h.registry),
		libp2p.AddrsFactory(h.advertised),
		libp2p.EnableRelay(), // Before NoListenAddrs, which else turns it off.
	}
	if len(cfg.Listen) == 0 {
		opts = append(opts, libp2p.NoListenAddrs)
	} else {
		opts = append(opts, libp2p.ListenAddrStrings(cfg.Listen...))
	}
	if cfg.HolePunching {
		opts = append(opts, libp2p.EnableHolePunching())
	}
	return append(opts, cfg.Options...), nil
}

// advertised is what others are told: the announced addresses, or those we
// listen on, and a circuit on every relay that holds a reservation for us.
func (h *Host) advertised(listening []ma.Multiaddr) []ma.Multiaddr {
	if len(h.announce) > 0 {
		listening = h.announce
	}
	circuits := h.relays.circuits()
	out := make([]ma.Multiaddr, 0, len(listening)+len(circuits))
	return append(append(out, listening...), circuits...)
}

// Close disconnects and frees everything. Run must have returned.
func (h *Host) Close() error {
	_ = h.addrs.Close()
	return h.Host.Close()
}

// AddrInfo is how others reach this host right now: its ticket, as a value.
func (h *Host) AddrInfo() peer.AddrInfo {
	return peer.AddrInfo{ID: h.ID(), Addrs: h.Addrs()}
}

// Registry holds the metrics of this host.
func (h *Host) Registry() *prometheus.Registry { return h.registry }

// Learn remembers the addresses of a peer for as long as the host lives, so
// that streams to it can be opened by its peer ID alone. It adds to what is
// known.
func (h *Host) Learn(peers ...peer.AddrInfo) {
	for _, p := range peers {
		h.Peerstore().AddAddrs(p.ID, p.Addrs, peerstore.PermanentAddrTTL)
	}
}

// Protect keeps connections with a peer from being closed when there are too
// many. Several tags may protect a peer, each for its own reason.
func (h *Host) Protect(p peer.ID, tag string) { h.ConnManager().Protect(p, tag) }

// Unprotect takes one reason away.
func (h *Host) Unprotect(p peer.ID, tag string) { h.ConnManager().Unprotect(p, tag) }

// Ban closes all connections with a peer and refuses new ones in both
// directions until Unban.
func (h *Host) Ban(p peer.ID) error {
	if err := h.gater.BlockPeer(p); err != nil {
		return fmt.Errorf("banning %s: %w", p, err)
	}
	return h.Network().ClosePeer(p)
}

// Unban lets a peer connect again.
func (h *Host) Unban(p peer.ID) error {
	if err := h.gater.UnblockPeer(p); err != nil {
		return fmt.Errorf("unbanning %s: %w", p, err)
	}
	return nil
}
