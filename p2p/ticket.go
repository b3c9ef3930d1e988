package p2p

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/offset-p2p/offset/p2p/address"
)

// ticketMode lets everybody read a ticket: it is there to be handed out.
const ticketMode = 0o644

// WriteTicket replaces the file at path by a ticket, one multiaddr per line,
// all at once: a reader sees an old or a new one, never a part.
func WriteTicket(path string, who peer.AddrInfo) error {
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
