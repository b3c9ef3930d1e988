package relayd

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"

	"github.com/offset-p2p/offset/p2p"
)

// keyName and ticketName are the files of a relay in its directory.
const (
	keyName    = "key"
	ticketName = "ticket"
)

// Config says how a relay runs. Start from DefaultConfig.
type Config struct {
	// Dir is the relay's own directory; it is made when missing. Required.
	Dir string

	// Key is the path of the key file; default "key" in Dir. It is made on
	// the first start.
	Key string

	// Passphrase is asked for the passphrase of a sealed key file; nil, the
	// default, means that there is none.
	Passphrase func() (string, error)

	// Listen are the multiaddrs to listen on; at least one. Default QUIC and
	// TCP on port 4001 of all IPv4 and IPv6 addresses.
	Listen []string

	// Announce are multiaddrs to put into the ticket instead of those
	// listened on, for a relay with a DNS name or behind a port forwarding.
	// Default none.
	Announce []string

	// HTTP is the TCP address, such as 127.0.0.1:9090, that serves /metrics
	// (Prometheus) and /healthz; default empty: none. It tells how busy the
	// relay is to anybody who can reach it, so keep it local.
	HTTP string

	// Resources bound reservations and circuits; default DefaultResources.
	Resources relay.Resources

	// Limits bound connections, streams and memory; default
	// p2p.RelayLimits.
	Limits p2p.Limits

	// Ready, if not nil, is called once when the relay serves, with its
	// ticket. Run waits for it to return.
	Ready func(peer.AddrInfo)

	// Options are added to the host; for the simulated network of tests.
	Options []libp2p.Option
}

// DefaultConfig is a public relay that lacks only its directory.
func DefaultConfig() Config {
	return Config{
		Listen: []string{
			"/ip4/0.0.0.0/udp/4001/quic-v1", "/ip6/::/udp/4001/quic-v1",
			"/ip4/0.0.0.0/tcp/4001", "/ip6/::/tcp/4001",
		},
		Resources: DefaultResources(),
		Limits:    p2p.RelayLimits(),
	}
}

// Validate says what is wrong with a Config and what to do about it. Addresses
// and Limits are checked by p2p.Config.Validate when Run starts.
func (c Config) Validate() error {
	if c.Dir == "" {
		return errors.New("relay without a directory: name one with --dir")
	}
	if len(c.Listen) == 0 {
		return errors.New("relay without an address to listen on: name one with --listen, such as /ip4/0.0.0.0/udp/4001/quic-v1")
	}
	if c.HTTP != "" {
		if _, _, err := net.SplitHostPort(c.HTTP); err != nil {
			return fmt.Errorf("HTTP address %q is not of the form host:port: %w", c.HTTP, err)
		}
	}
	r := c.Resources
	for name, n := range map[string]int{
		"MaxReservations": r.MaxReservations, "MaxCircuits": r.MaxCircuits, "BufferSize": r.BufferSize,
		"MaxReservationsPerIP": r.MaxReservationsPerIP, "MaxReservationsPerASN": r.MaxReservationsPerASN,
	} {
		if n <= 0 {
			return fmt.Errorf("relay resource %s must be over 0", name)
		}
	}
	if r.ReservationTTL <= 0 {
		return errors.New("relay resource ReservationTTL must be over 0")
	}
	return nil
}

// keyPath is where the key is.
func (c Config) keyPath() string {
	if c.Key != "" {
		return c.Key
	}
	return filepath.Join(c.Dir, keyName)
}

// TicketPath is the file in which a running relay's ticket stands.
func (c Config) TicketPath() string { return filepath.Join(c.Dir, ticketName) }
