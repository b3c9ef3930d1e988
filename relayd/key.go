package relayd

import "github.com/offset-p2p/offset/p2p/identity"

// Identity loads the relay's key, or makes the directory and a new key on the
// first start, which created reports. Errors about a key file that cannot be
// used are those of identity.Load.
func Identity(cfg Config) (id *identity.Identity, created bool, err error) {
	return identity.Open(cfg.keyPath(), cfg.Passphrase)
}
