package identity

import (
	"bytes"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"filippo.io/age"
	"github.com/libp2p/go-libp2p/core/crypto"
)

// sealedPrefix is how every age file starts; it tells a sealed key file from a
// plain one.
const sealedPrefix = "age-encryption.org/"

// ErrPassphrase is in the chain of Load's error when a sealed key file was not
// opened because the passphrase is missing or wrong.
var ErrPassphrase = errors.New("wrong or missing passphrase")

// Load reads the key file at path. The passphrase is asked for only when the
// file is sealed; nil stands for "there is none to ask".
//
// A missing file is fs.ErrNotExist and a passphrase that does not open the
// file ErrPassphrase; a file that others can read, that is truncated or that
// holds something else is an error naming the file and the next step.
func Load(path string, passphrase func() (string, error)) (*Identity, error) {
	data, err := readPrivate(path)
	if err != nil {
		return nil, err
	}
	defer clear(data)
	if bytes.HasPrefix(data, []byte(sealedPrefix)) {
		if data, err = unseal(path, data, passphrase); err != nil {
			return nil, err
		}
		defer clear(data)
	}
	return decode(path, data)
}

// readPrivate returns the bytes of a regular file that only its owner can
// reach. Permissions are read from the open file, so they belong to the bytes.
func readPrivate(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("key file %s does not exist: create it with the ident command, or restore it from its %d words: %w", path, wordCount, fs.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("opening key file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("reading permissions of key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("key file %s is not a regular file: name the file itself", path)
	}
	if perm := info.Mode().Perm(); perm&fileModeForbidden != 0 {
		return nil, fmt.Errorf("key file %s has permissions %#o, so others on this machine may read the key: run chmod 600 %s", path, perm, path)
	}
	data, err := io.ReadAll(io.LimitReader(f, fileBytesMax+1))
	if err != nil {
		return nil, fmt.Errorf("reading key file %s: %w", path, err)
	}
	if len(data) > fileBytesMax {
		return nil, fmt.Errorf("key file %s is larger than %d bytes, so it is no key file: name the right file", path, fileBytesMax)
	}
	return data, nil
}

func unseal(path string, data []byte, passphrase func() (string, error)) ([]byte, error) {
	if passphrase == nil {
		return nil, fmt.Errorf("key file %s is sealed: name a file with its passphrase (--passphrase-file): %w", path, ErrPassphrase)
	}
	pass, err := passphrase()
	if err != nil {
		return nil, fmt.Errorf("asking the passphrase of key file %s: %w", path, err)
	}
	if pass == "" {
		return nil, fmt.Errorf("key file %s is sealed: name a file with its passphrase (--passphrase-file): %w", path, ErrPassphrase)
	}
	who, err := age.NewScryptIdentity(pass)
	if err != nil {
		return nil, fmt.Errorf("preparing passphrase: %w", err)
	}
	who.SetMaxWorkFactor(scryptWorkFactorMax)
	r, err := age.Decrypt(bytes.NewReader(data), who)
	var noMatch *age.NoIdentityMatchError
	if errors.As(err, &noMatch) {
		return nil, fmt.Errorf("key file %s: %w: try again, or restore the key from its %d words", path, ErrPassphrase, wordCount)
	}
	if err != nil {
		return nil, damaged(path, err)
	}
	plain, err := io.ReadAll(io.LimitReader(r, fileBytesMax))
	if err != nil {
		return nil, damaged(path, err)
	}
	return plain, nil
}

// decode turns libp2p's private-key encoding into an identity. The public half
// is recomputed and compared, because libp2p believes what the file says, and
// a file with one changed byte would sign for a name that is not its own.
func decode(path string, data []byte) (*Identity, error) {
	if len(data) == 0 {
		return nil, damaged(path, errors.New("it is empty"))
	}
	priv, err := crypto.UnmarshalPrivateKey(data)
	if err != nil {
		return nil, damaged(path, err)
	}
	if priv.Type() != crypto.Ed25519 {
		return nil, fmt.Errorf("key file %s holds a key of type %s: only Ed25519 keys name a node", path, priv.Type())
	}
	raw, err := priv.Raw()
	if err != nil || len(raw) != 2*seedBytes {
		return nil, damaged(path, errors.New("the key has a wrong length"))
	}
	id := FromSeed([seedBytes]byte(raw[:seedBytes]))
	if subtle.ConstantTimeCompare(id.key, raw) != 1 {
		return nil, damaged(path, errors.New("its public half does not belong to its private half"))
	}
	return id, nil
}

func damaged(path string, err error) error {
	return fmt.Errorf("key file %s is truncated or damaged (%w): restore it from a copy or from its %d words", path, err, wordCount)
}
