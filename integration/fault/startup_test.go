package fault

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/offset-p2p/offset/integration/harness/harnesstest"
)

// A program does not start on a key file that others can read or that is
// damaged: it names the file, says what to do, and leaves everything as it was.
func TestNothingStartsOnABadKeyFile(t *testing.T) {
	for _, c := range []struct {
		name string
		mode os.FileMode
		keep func(key []byte) []byte
		says string
	}{
		{"others can read it", 0o644, func(key []byte) []byte { return key }, "chmod 600"},
		{"the group can read it", 0o640, func(key []byte) []byte { return key }, "chmod 600"},
		{"its last byte is missing", 0o600, func(key []byte) []byte { return key[:len(key)-1] }, "restore"},
		{"half of it is missing", 0o600, func(key []byte) []byte { return key[:len(key)/2] }, "restore"},
		{"it is empty", 0o600, func([]byte) []byte { return nil }, "restore"},
	} {
		for _, program := range []string{"stnode", "strelay", "stindex"} {
			t.Run(program+", "+c.name, func(t *testing.T) {
				dir := harnesstest.Dir(t)
				path := filepath.Join(dir, "key")
				control{program: filepath.Join(harnesstest.Programs(t), "stctrl")}.must(t, "ident", "new", path)
				key, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				key = c.keep(key)
				if err := os.WriteFile(path, key, 0o600); err != nil {
					t.Fatal(err)
				}
				if err := os.Chmod(path, c.mode); err != nil {
					t.Fatal(err)
				}
				args := []string{"run", "--dir", dir}
				if program != "stnode" { // which listens nowhere anyway
					args = append(args, "--listen", "/ip4/127.0.0.1/udp/0/quic-v1")
				}
				r := run(t, filepath.Join(harnesstest.Programs(t), program), args...)
				if r.code == 0 || !strings.Contains(r.err, path) || !strings.Contains(r.err, c.says) {
					t.Errorf("exit code %d, and the text does not name the file with %q: %s", r.code, c.says, r.err)
				}
				mustHoldOnly(t, path, key, c.mode)
			})
		}
	}
}

// mustHoldOnly fails unless the directory of a file holds it alone, with this
// content and mode.
func mustHoldOnly(t *testing.T, path string, content []byte, mode os.FileMode) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != filepath.Base(path) {
			t.Errorf("%s was made beside the key file", e.Name())
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, content) || info.Mode().Perm() != mode {
		t.Errorf("the key file was changed: %d bytes, mode %v", len(got), info.Mode())
	}
}

// A second node on the same directory does not start, and the first one goes
// on, for its friends and for its own applications.
func TestDatabaseIsOpenElsewhere(t *testing.T) {
	lab := startLab(t, 1)
	node := lab.Nodes[0]
	before := steady(t, lab)
	r := run(t, lab.Program("stnode"), "run", "--dir", node.Dir)
	if r.code == 0 {
		t.Fatal("a second node used the database")
	}
	for _, want := range []string{node.Dir, "in use by another process", "stop it or use another --dir"} {
		if !strings.Contains(r.err, want) {
			t.Errorf("the text does not say %q: %s", want, r.err)
		}
	}
	mustBeUnchanged(t, lab, before)
	mustSettle(t, lab, 1)
}

// An address to listen on that cannot be is named, with an example of a right
// one.
func TestNothingStartsOnABadAddress(t *testing.T) {
	for _, program := range []string{"stnode", "strelay", "stindex"} {
		for _, c := range []struct{ listen, says string }{
			{"127.0.0.1:4001", "is not a multiaddr such as /ip4/"},
			{"/ip4/300.0.0.1/udp/4001/quic-v1", "is not a multiaddr such as /ip4/"},
			{"/ip4/127.0.0.1/udp/0/quic-v1/p2p/" + somePeer, "must be without a peer ID"},
		} {
			t.Run(program+" "+c.listen, func(t *testing.T) {
				r := run(t, filepath.Join(harnesstest.Programs(t), program), "run", "--dir", harnesstest.Dir(t), "--listen", c.listen)
				if r.code == 0 || !strings.Contains(r.err, c.listen) || !strings.Contains(r.err, c.says) {
					t.Errorf("exit code %d, and the text does not say %q: %s", r.code, c.says, r.err)
				}
			})
		}
	}
}
