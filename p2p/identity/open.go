package identity

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// dirMode lets only its owner into a directory that holds a key.
const dirMode = 0o700

// Open loads the key file at path as Load does; when there is none it makes
// the directory, with mode 0700, and a new key, which created reports. A file
// that is there is never replaced.
func Open(path string, passphrase func() (string, error)) (id *Identity, created bool, err error) {
	id, err = Load(path, passphrase)
	if !errors.Is(err, fs.ErrNotExist) {
		return id, false, err
	}
	if err := os.MkdirAll(filepath.Dir(path), dirMode); err != nil {
		return nil, false, fmt.Errorf("making the directory of the key: %w", err)
	}
	if id, err = Generate(); err != nil {
		return nil, false, err
	}
	if err := id.Save(path, ""); err != nil {
		return nil, false, err
	}
	return id, true, nil
}
