package indexd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/offset-p2p/offset/p2p/address"
	"github.com/offset-p2p/offset/p2p/identity"
)

const (
	// dirMode lets only the server's user into its directory.
	dirMode = 0o700
	// ticketMode lets everybody read the ticket: it is there to be handed
	// out.
	ticketMode = 0o644
)

// Identity loads the server's key, or makes the directory and a new key on the
// first start, which created reports. Errors about a key file that cannot be
// used are those of identity.Load.
func Identity(cfg Config) (id *identity.Identity, created bool, err error) {
	if err := os.MkdirAll(cfg.Dir, dirMode); err != nil {
		return nil, false, fmt.Errorf("making directory of the index server: %w", err)
	}
	path := cfg.keyPath()
	id, err = identity.Load(path, cfg.Passphrase)
	if !errors.Is(err, fs.ErrNotExist) {
		return id, false, err
	}
	if id, err = identity.Generate(); err != nil {
		return nil, false, err
	}
	if err := id.Save(path, ""); err != nil {
		return nil, false, err
	}
	return id, true, nil
}

// writeTicket replaces the ticket file at once, so that a reader sees an old or
// a new one, never a part.
func writeTicket(path string, who peer.AddrInfo) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".ticket-*")
	if err != nil {
		return fmt.Errorf("writing ticket: %w", err)
	}
	_, err = f.WriteString(address.Format(who))
	if err == nil {
		err = f.Chmod(ticketMode)
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("writing ticket %s: %w", path, errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}
