package indexd

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/offset-p2p/offset/p2p"
)

// Files of an index server in its directory.
const (
	keyName    = "key"
	ticketName = "ticket"
	socketName = "admin.sock"
)

// Config says how an index server runs. Start from DefaultConfig.
type Config struct {
	// Dir is the server's own directory; it is made when missing. Required.
	Dir string

	// Key is the path of the key file; default "key" in Dir. It is made on
	// the first start.
	Key string

	// Passphrase is asked for the passphrase of a sealed key file; nil, the
	// default, means that there is none.
	Passphrase func() (string, error)

	// Listen are the multiaddrs to listen on; at least one. Default QUIC and
	// TCP on port 4002 of all IPv4 and IPv6 addresses.
	Listen []string

	// Announce are multiaddrs to put into the ticket instead of those
	// listened on. Default none.
	Announce []string

	// Trusted are the servers that are trusted as long as the server runs;
	// at most gossip.TrustedMax together with those of TrustedFile.
	Trusted []peer.AddrInfo

	// TrustedFile is a file of tickets of further trusted servers, one per
	// line; it is read again whenever it changes. A file that does not exist
	// names nobody. Default empty: no file.
	TrustedFile string

	// HTTP is the TCP address, such as 127.0.0.1:9091, that serves /metrics
	// (Prometheus) and /healthz; default empty: none.
	HTTP string

	// Server bounds sessions and what is held; default DefaultServerConfig.
	// Its Log is not used.
	Server ServerConfig

	// Limits bound connections, streams and memory; default
	// p2p.IndexLimits.
	Limits p2p.Limits

	// Ready, if not nil, is called once when the server serves, with its
	// ticket. Run waits for it to return.
	Ready func(peer.AddrInfo)

	// Options are added to the host; for the simulated network of tests.
	Options []libp2p.Option
}

// DefaultConfig is a public index server that lacks only its directory.
func DefaultConfig() Config {
	return Config{
		Listen: []string{
			"/ip4/0.0.0.0/udp/4002/quic-v1", "/ip6/::/udp/4002/quic-v1",
			"/ip4/0.0.0.0/tcp/4002", "/ip6/::/tcp/4002",
		},
		Server: DefaultServerConfig(),
		Limits: p2p.IndexLimits(),
	}
}

// Validate says what is wrong with a Config and what to do about it. Addresses
// and Limits are checked by p2p.Config.Validate when Run starts.
func (c Config) Validate() error {
	if c.Dir == "" {
		return errors.New("index server without a directory: name one with --dir")
	}
	if len(c.Listen) == 0 {
		return errors.New("index server without an address to listen on: name one with --listen, such as /ip4/0.0.0.0/udp/4002/quic-v1")
	}
	if c.HTTP != "" {
		if _, _, err := net.SplitHostPort(c.HTTP); err != nil {
			return fmt.Errorf("HTTP address %q is not of the form host:port: %w", c.HTTP, err)
		}
	}
	return c.Server.Validate()
}

// keyPath is where the key is.
func (c Config) keyPath() string {
	if c.Key != "" {
		return c.Key
	}
	return filepath.Join(c.Dir, keyName)
}

// TicketPath is the file in which a running server's ticket stands.
func (c Config) TicketPath() string { return filepath.Join(c.Dir, ticketName) }

// SocketPath is the unix socket on which a running server answers its operator.
func (c Config) SocketPath() string { return filepath.Join(c.Dir, socketName) }
