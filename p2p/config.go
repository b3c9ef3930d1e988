package p2p

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	"github.com/prometheus/client_golang/prometheus"
)

// Key is what a host needs of an identity: its private key and the peer ID that
// belongs to it. An *identity.Identity is one.
type Key interface {
	PrivKey() crypto.PrivKey
	PeerID() peer.ID
}

// Config says what host New builds. Start from DefaultConfig.
type Config struct {
	// Identity is the host's key and name, an *identity.Identity outside
	// tests. Required.
	Identity Key

	// Listen are the multiaddrs to listen on, such as
	// /ip4/0.0.0.0/udp/4001/quic-v1, /ip4/0.0.0.0/tcp/4001 or
	// /ip4/0.0.0.0/tcp/4002/ws; at most 32. Empty, the default, means to
	// listen nowhere and to be reached only through Relays.
	Listen []string

	// Announce are multiaddrs to tell others instead of those listened on,
	// for hosts behind a port forwarding or with a DNS name; at most 32.
	// Empty, the default, announces the listening addresses.
	Announce []string

	// Relays are the relays to keep reservations on while Run runs; at most
	// RelaysMax, each with an address. SetRelays changes them later.
	Relays []peer.AddrInfo

	// Limits bound what peers may cost; default NodeLimits.
	Limits Limits

	// HolePunching tries to replace relayed connections by direct ones
	// (DCUtR). Off by default.
	HolePunching bool

	// Denied are peers that may not connect and are not dialled. Ban and
	// Unban change them later.
	Denied []peer.ID

	// Registry receives libp2p's metrics; nil, the default, makes a new one.
	// Never share one between hosts.
	Registry *prometheus.Registry

	// Log receives the host's records; nil logs nothing.
	Log *slog.Logger

	// Options are applied after all others. They are for the simulated
	// network of p2p/p2ptest; daemons leave them empty.
	Options []libp2p.Option
}

// DefaultConfig is a host with the limits of a node that listens nowhere and
// has no relays yet.
func DefaultConfig() Config {
	return Config{Limits: NodeLimits()}
}

// Validate says what is wrong with a Config and what to do about it.
func (c Config) Validate() error {
	if c.Identity == nil {
		return errors.New("host without identity: load or generate a key first")
	}
	if len(c.Listen) > listenAddrsMax || len(c.Announce) > listenAddrsMax {
		return fmt.Errorf("more than %d addresses to listen on or to announce: leave some out", listenAddrsMax)
	}
	for _, a := range c.Listen {
		if err := checkListen(a); err != nil {
			return err
		}
	}
	for _, a := range c.Announce {
		if _, err := ma.NewMultiaddr(a); err != nil {
			return fmt.Errorf("address to announce %q is not a multiaddr such as /dns4/example.org/udp/4001/quic-v1: %w", a, err)
		}
	}
	if err := validateRelays(c.Relays, c.Identity.PeerID()); err != nil {
		return err
	}
	return c.Limits.validate()
}

func checkListen(text string) error {
	a, err := ma.NewMultiaddr(text)
	if err != nil {
		return fmt.Errorf("listening address %q is not a multiaddr such as /ip4/0.0.0.0/udp/4001/quic-v1: %w", text, err)
	}
	for _, c := range a {
		if code := c.Protocol().Code; code == ma.P_P2P || code == ma.P_CIRCUIT {
			return fmt.Errorf("listening address %q must be without a peer ID and without a relay", text)
		}
	}
	return nil
}

func validateRelays(relays []peer.AddrInfo, self peer.ID) error {
	if len(relays) > RelaysMax {
		return fmt.Errorf("%d relays, at most %d are kept: leave some out", len(relays), RelaysMax)
	}
	seen := make(map[peer.ID]bool)
	for _, r := range relays {
		switch {
		case r.ID == self:
			return fmt.Errorf("relay %s is this host itself: name another one", r.ID)
		case len(r.Addrs) == 0:
			return fmt.Errorf("relay %s has no address: give its whole ticket, such as /dns4/relay.example.org/udp/4001/quic-v1/p2p/%s", r.ID, r.ID)
		case seen[r.ID]:
			return fmt.Errorf("relay %s is listed twice: put its addresses together", r.ID)
		}
		seen[r.ID] = true
	}
	return nil
}

func (l Limits) validate() error {
	counts := map[string]int{
		"ConnsLow": l.ConnsLow, "ConnsHigh": l.ConnsHigh, "Conns": l.Conns,
		"ConnsPerPeer": l.ConnsPerPeer, "ConnsPerIP": l.ConnsPerIP, "ConnBurstPerIP": l.ConnBurstPerIP,
		"Streams": l.Streams, "StreamsPerPeer": l.StreamsPerPeer,
		"StreamsPerProtocol": l.StreamsPerProtocol, "StreamsPerProtocolPeer": l.StreamsPerProtocolPeer,
	}
	for name, n := range counts {
		if n <= 0 {
			return fmt.Errorf("limit %s must be over 0", name)
		}
	}
	if l.ConnRatePerIP <= 0 || l.MemoryBytes <= 0 {
		return errors.New("limits ConnRatePerIP and MemoryBytes must be over 0")
	}
	if l.ConnsLow > l.ConnsHigh || l.ConnsHigh > l.Conns {
		return fmt.Errorf("limits must rise: ConnsLow %d, ConnsHigh %d, Conns %d", l.ConnsLow, l.ConnsHigh, l.Conns)
	}
	return nil
}
