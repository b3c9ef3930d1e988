package fault

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/offset-p2p/offset/integration/harness/harnesstest"
)

// A node's 24 words, and nothing else, bring its name back on another machine:
// sealed there with a passphrase, which is changed, without any key file ever
// being overwritten.
func TestWordsAloneBringANodeBack(t *testing.T) {
	programs, dir := harnesstest.Programs(t), harnesstest.Dir(t)
	stnode, stctrl := filepath.Join(programs, "stnode"), filepath.Join(programs, "stctrl")
	old, fresh := filepath.Join(dir, "old"), filepath.Join(dir, "fresh")
	name := mustPrint(t, "", stnode, "ident", "--dir", old)
	words := mustPrint(t, "", stnode, "ident", "--dir", old, "--words")
	if len(strings.Fields(words)) != 24 {
		t.Fatalf("%d words", len(strings.Fields(words)))
	}
	if err := os.RemoveAll(old); err != nil {
		t.Fatal(err)
	}

	first, second := writeText(t, dir, "first", "correct horse"), writeText(t, dir, "second", "battery staple")
	if err := os.Mkdir(fresh, 0o700); err != nil {
		t.Fatal(err)
	}
	key, resealed := filepath.Join(fresh, "key"), filepath.Join(fresh, "key.new")
	if got := mustPrint(t, words, stctrl, "ident", "restore", key, "--passphrase-file", first); got != name {
		t.Errorf("the words restore %s, want %s", got, name)
	}
	content, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	if r := run(t, stnode, "ident", "--dir", fresh); r.code == 0 || !strings.Contains(r.err, "--passphrase-file") {
		t.Errorf("a sealed key is opened without its passphrase: %+v", r)
	}
	if got := mustPrint(t, "", stnode, "ident", "--dir", fresh, "--passphrase-file", first); got != name {
		t.Errorf("the node is %s, want %s", got, name)
	}
	mustPrint(t, "", stctrl, "ident", "reseal", key, resealed, "--passphrase-file", first, "--new-passphrase-file", second)
	if got := mustPrint(t, "", stnode, "ident", "--dir", fresh, "--key", resealed, "--passphrase-file", second); got != name {
		t.Errorf("under the new passphrase the node is %s, want %s", got, name)
	}
	for _, args := range [][]string{
		{"ident", "new", key}, {"ident", "reseal", resealed, key, "--passphrase-file", second, "--no-passphrase"},
	} {
		if r := run(t, stctrl, args...); r.code != exitBadInput || !strings.Contains(r.err, "never overwritten") {
			t.Errorf("stctrl %q over a key: %+v", args, r)
		}
	}
	if now, err := os.ReadFile(key); err != nil || !bytes.Equal(now, content) {
		t.Errorf("the key file has changed, %v", err)
	}
}

// mustPrint runs a program that has to work, with a text on its standard input,
// and returns what it printed.
func mustPrint(t *testing.T, stdin, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %q: %v\n%s", filepath.Base(program), args, err, errs.String())
	}
	return strings.TrimSpace(out.String())
}

func writeText(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
