package identity_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/libp2p/go-libp2p/core/crypto"

	"github.com/offset-p2p/offset/p2p/identity"
)

// saved writes a new identity and returns it with its path.
func saved(t *testing.T, passphrase string) (*identity.Identity, string) {
	t.Helper()
	id := identity.FromSeed([32]byte{42})
	path := filepath.Join(t.TempDir(), "key")
	if err := id.Save(path, passphrase); err != nil {
		t.Fatal(err)
	}
	return id, path
}

func say(pass string) func() (string, error) {
	return func() (string, error) { return pass, nil }
}

func TestSaveAndLoad(t *testing.T) {
	id, path := saved(t, "")
	again, err := identity.Load(path, func() (string, error) {
		t.Error("asked for a passphrase of a plain file")
		return "", nil
	})
	if err != nil || again.PeerID() != id.PeerID() || again.Secret("x") != id.Secret("x") {
		t.Fatalf("loaded %v, %v", again, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// The file is libp2p's own encoding, so other libp2p programs read it.
func TestFileIsLibp2pEncoding(t *testing.T) {
	id, path := saved(t, "")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	priv, err := crypto.UnmarshalPrivateKey(data)
	if err != nil || !priv.Equals(id.PrivKey()) {
		t.Errorf("%v, %v", priv, err)
	}
}

func TestSealed(t *testing.T) {
	id, path := saved(t, "correct horse")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := id.PrivKey().Raw()
	if err != nil || bytes.Contains(data, raw[:32]) {
		t.Errorf("the key stands in the sealed file (%v)", err)
	}
	again, err := identity.Load(path, say("correct horse"))
	if err != nil || again.PeerID() != id.PeerID() {
		t.Errorf("loaded %v, %v", again, err)
	}
	gone := errors.New("no terminal")
	for name, tc := range map[string]struct {
		ask  func() (string, error)
		want error
	}{
		"wrong":   {say("battery staple"), identity.ErrPassphrase},
		"empty":   {say(""), identity.ErrPassphrase},
		"nobody":  {nil, identity.ErrPassphrase},
		"failing": {func() (string, error) { return "", gone }, gone},
	} {
		if _, err := identity.Load(path, tc.ask); !errors.Is(err, tc.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSaveNeverOverwrites(t *testing.T) {
	_, path := saved(t, "")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	err = identity.FromSeed([32]byte{7}).Save(path, "")
	if !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v", err)
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file changed (%v)", err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// Of many that create the same file at once exactly one wins, and its key is
// the one in the file.
func TestSaveRace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	var mu sync.Mutex
	var winners []*identity.Identity
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			id := identity.FromSeed([32]byte{byte(i + 1)})
			if err := id.Save(path, ""); err == nil {
				mu.Lock()
				winners = append(winners, id)
				mu.Unlock()
			} else if !errors.Is(err, fs.ErrExist) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(winners) != 1 {
		t.Fatalf("%d winners", len(winners))
	}
	id, err := identity.Load(path, nil)
	if err != nil || id.PeerID() != winners[0].PeerID() {
		t.Errorf("in the file: %v, %v", id, err)
	}
}

func TestSaveIntoMissingDirectory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing", "key")
	if err := identity.FromSeed([32]byte{1}).Save(path, ""); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v", err)
	}
}

func TestLoadRefuses(t *testing.T) {
	_, path := saved(t, "")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(good)
	changed[len(changed)-1] ^= 1 // In the public half.
	_, sealedPath := saved(t, "pass")
	sealed, err := os.ReadFile(sealedPath)
	if err != nil {
		t.Fatal(err)
	}
	secp, _, err := crypto.GenerateSecp256k1Key(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := crypto.MarshalPrivateKey(secp)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		data []byte
		mode fs.FileMode
		want string
	}{
		{"group may read", good, 0o640, "run chmod 600"},
		{"world may read", good, 0o604, "run chmod 600"},
		{"group may write", good, 0o620, "run chmod 600"},
		{"empty", nil, 0o600, "truncated or damaged"},
		{"half", good[:len(good)/2], 0o600, "truncated or damaged"},
		{"one byte short", good[:len(good)-1], 0o600, "truncated or damaged"},
		{"one bit changed", changed, 0o600, "truncated or damaged"},
		{"junk", []byte("this is not a key"), 0o600, "truncated or damaged"},
		{"huge", make([]byte, 1<<20), 0o600, "larger than"},
		{"another type", other, 0o600, "only Ed25519"},
		{"sealed, half", sealed[:len(sealed)/2], 0o600, "truncated or damaged"},
		{"sealed, one byte short", sealed[:len(sealed)-1], 0o600, "truncated or damaged"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "key")
			if err := os.WriteFile(path, tc.data, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, tc.mode); err != nil {
				t.Fatal(err)
			}
			id, err := identity.Load(path, say("pass"))
			if err == nil || id != nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("%v, %v; want an error with %q and the path", id, err, tc.want)
			}
		})
	}
}

func TestLoadMissingFileAndDirectory(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	if _, err := identity.Load(path, nil); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("missing: %v", err)
	}
	if _, err := identity.Load(dir, nil); err == nil || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("directory: %v", err)
	}
}
