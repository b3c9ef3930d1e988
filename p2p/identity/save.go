package identity

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"filippo.io/age"
	"github.com/libp2p/go-libp2p/core/crypto"
)

// Save writes the identity to a new key file at path with mode 0600, sealed
// when passphrase is not empty. The file appears whole or not at all and is
// durable when Save returns. An existing file is never touched: the error then
// has fs.ErrExist in its chain.
func (id *Identity) Save(path, passphrase string) error {
	data, err := crypto.MarshalPrivateKey(id.priv)
	if err != nil {
		return fmt.Errorf("encoding private key: %w", err)
	}
	defer clear(data)
	if passphrase != "" {
		if data, err = seal(data, passphrase); err != nil {
			return err
		}
	}
	dir := filepath.Dir(path)
	tmp, err := writeTemp(dir, data)
	if err != nil {
		return fmt.Errorf("writing key file %s: %w", path, err)
	}
	defer func() { _ = os.Remove(tmp) }()
	// A hard link fails when the name is taken, also when another process
	// takes it at this moment; a rename would overwrite.
	if err := os.Link(tmp, path); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("key file %s exists already and is never overwritten: choose another path: %w", path, fs.ErrExist)
		}
		return fmt.Errorf("creating key file %s: %w", path, err)
	}
	return syncDir(dir)
}

func seal(data []byte, passphrase string) ([]byte, error) {
	to, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, fmt.Errorf("preparing passphrase: %w", err)
	}
	to.SetWorkFactor(scryptWorkFactor)
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to)
	if err != nil {
		return nil, fmt.Errorf("sealing private key: %w", err)
	}
	if _, err := w.Write(data); err != nil {
		return nil, fmt.Errorf("sealing private key: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("sealing private key: %w", err)
	}
	return out.Bytes(), nil
}

// writeTemp writes and syncs data to a new private file in dir.
func writeTemp(dir string, data []byte) (string, error) {
	f, err := os.CreateTemp(dir, ".key-*") // CreateTemp opens with O_EXCL and 0600.
	if err != nil {
		return "", err
	}
	err = f.Chmod(fileMode)
	if err == nil {
		_, err = f.Write(data)
	}
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// syncDir makes the new name in dir as durable as the file's bytes.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("opening %s to sync it: %w", dir, err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("syncing %s: %w", dir, err)
	}
	return nil
}
