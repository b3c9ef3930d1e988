package relayd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/offset-p2p/offset/p2p/identity"
)

// dirMode lets only the relay's user into its directory.
const dirMode = 0o700

// Identity loads the relay's key, or makes the directory and a new key on the
// first start, which created reports. Errors about a key file that cannot be
// used are those of identity.Load.
func Identity(cfg Config) (id *identity.Identity, created bool, err error) {
	path := cfg.keyPath()
	id, err = identity.Load(path, cfg.Passphrase)
	if !errors.Is(err, fs.ErrNotExist) {
		return id, false, err
	}
	if err := os.MkdirAll(cfg.Dir, dirMode); err != nil {
		return nil, false, fmt.Errorf("making directory of the relay: %w", err)
	}
	if id, err = identity.Generate(); err != nil {
		return nil, false, err
	}
	if err := id.Save(path, ""); err != nil {
		return nil, false, err
	}
	return id, true, nil
}
