package identity_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/offset-p2p/offset/p2p/identity"
)

// A lost key file is restored from its words, under the same name.
func Example() {
	dir, err := os.MkdirTemp("", "identity")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	id, err := identity.Generate()
	if err != nil {
		panic(err)
	}
	words, err := id.Words()
	if err != nil {
		panic(err)
	}
	restored, err := identity.FromWords(words)
	if err != nil {
		panic(err)
	}
	if err := restored.Save(filepath.Join(dir, "key"), ""); err != nil {
		panic(err)
	}
	loaded, err := identity.Load(filepath.Join(dir, "key"), nil)
	if err != nil {
		panic(err)
	}
	fmt.Println(loaded.PeerID() == id.PeerID())
	// Output: true
}
