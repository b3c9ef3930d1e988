package node

import (
	"errors"
	"path/filepath"

	"github.com/offset-p2p/offset/node/api"
	"github.com/offset-p2p/offset/p2p"
)

// Names of the files in a node's directory.
const (
	keyFile = "key"  // the identity
	dataDir = "data" // the database
)

// Config says what node Run runs. Start from DefaultConfig. What its user
// changes while it runs (friends, relays, index servers, applications) is not
// here but in the database, by the application interface.
type Config struct {
	// Dir is the node's directory, made if absent with mode 0700. Required.
	Dir string
	// Key is the identity's file; empty: Dir/key. Made on the first start.
	Key string
	// Passphrase opens a sealed key file; nil: the file must not be sealed.
	Passphrase func() (string, error)
	// Listen are the multiaddrs to listen on. Empty, the default, means to be
	// reached only through relays: right behind a NAT.
	Listen []string
	// Announce are multiaddrs to tell others instead of those listened on.
	Announce []string
	// HolePunching tries to replace relayed connections by direct ones.
	HolePunching bool
	// Version is what Info tells applications.
	Version string
}

// DefaultConfig is a node that listens nowhere.
func DefaultConfig() Config { return Config{Version: "dev"} }

// Validate says what is wrong with a Config. Addresses are checked when the
// host is built.
func (c Config) Validate() error {
	if c.Dir == "" {
		return errors.New("node without a directory: name one with --dir")
	}
	return nil
}

// KeyPath is the identity's file.
func (c Config) KeyPath() string {
	if c.Key != "" {
		return c.Key
	}
	return filepath.Join(c.Dir, keyFile)
}

// SocketPath is the unix socket where local applications find the node.
func (c Config) SocketPath() string { return filepath.Join(c.Dir, api.SocketName) }

func (c Config) host() p2p.Config {
	h := p2p.DefaultConfig()
	h.Listen = c.Listen
	h.Announce = c.Announce
	h.HolePunching = c.HolePunching
	return h
}
