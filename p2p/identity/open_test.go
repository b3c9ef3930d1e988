package identity_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/offset-p2p/offset/p2p/identity"
)

func TestOpenMakesAKeyOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "key")
	first, created, err := identity.Open(path, nil)
	if err != nil || !created {
		t.Fatalf("first Open: created %v, %v", created, err)
	}
	second, created, err := identity.Open(path, nil)
	if err != nil || created || second.PeerID() != first.PeerID() {
		t.Fatalf("second Open: created %v, same key %v, %v", created, err == nil && second.PeerID() == first.PeerID(), err)
	}
	info, err := os.Stat(filepath.Dir(path))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the key's directory has mode %v, %v", info.Mode(), err)
	}
}

// A damaged file must be shown to its owner, not replaced by a new identity.
func TestOpenKeepsADamagedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte("torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := identity.Open(path, nil); err == nil {
		t.Fatal("a damaged key file was accepted or replaced")
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "torn" {
		t.Errorf("the damaged file was changed to %q, %v", b, err)
	}
}
