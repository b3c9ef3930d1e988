package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/p2p/identity"
)

// command returns a command with the flags of a daemon that have been parsed.
func command(t *testing.T, flags func(*cobra.Command), args ...string) (*cobra.Command, *bytes.Buffer) {
	t.Helper()
	out := &bytes.Buffer{}
	cmd := &cobra.Command{Use: "daemon", RunE: func(*cobra.Command, []string) error { return nil }}
	cmd.SetOut(out)
	cmd.SetErr(out)
	flags(cmd)
	cmd.SetArgs(args)
	if err := cmd.Execute(); err != nil {
		t.Fatal(err)
	}
	return cmd, out
}

func TestLogWritesWhatItsLevelSays(t *testing.T) {
	for name, c := range map[string]struct {
		args       []string
		want, hide string
	}{
		"default": {nil, "level=INFO", "level=DEBUG"},
		"debug":   {[]string{"--log-level", "debug"}, "level=DEBUG", "{"},
		"json":    {[]string{"--json-log"}, `"level":"INFO"`, "DEBUG"},
		"error":   {[]string{"--log-level", "error"}, "level=ERROR", "INFO"},
	} {
		t.Run(name, func(t *testing.T) {
			var l Log
			cmd, out := command(t, l.Flags, c.args...)
			log, err := l.Open(cmd)
			if err != nil {
				t.Fatal(err)
			}
			log.Debug("said")
			log.Info("said")
			log.Error("said")
			if got := out.String(); !strings.Contains(got, c.want) || strings.Contains(got, c.hide) {
				t.Errorf("the log is %q, it should have %q and not %q", got, c.want, c.hide)
			}
		})
	}
}

func TestLogRefusesOtherLevels(t *testing.T) {
	var l Log
	cmd, _ := command(t, l.Flags, "--log-level", "loud")
	if _, err := l.Open(cmd); err == nil || !strings.Contains(err.Error(), "choose") {
		t.Errorf("the error is %v", err)
	}
}

func TestKeyFlags(t *testing.T) {
	file := filepath.Join(t.TempDir(), "passphrase")
	if err := os.WriteFile(file, []byte("open sesame\r\nsecond line\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var k Key
	command(t, k.Flags, "--dir", "d", "--key", "k", "--passphrase-file", file)
	if k.Dir != "d" || k.Path != "k" {
		t.Errorf("flags read as %+v", k)
	}
	if got, err := k.Passphrase()(); err != nil || got != "open sesame" {
		t.Errorf("passphrase %q, %v", got, err)
	}
	k = Key{}
	command(t, k.Flags, "--dir", "d")
	if k.Passphrase() != nil {
		t.Error("a passphrase that nobody gave")
	}
	k.passphrase = filepath.Join(t.TempDir(), "missing")
	if _, err := k.Passphrase()(); err == nil {
		t.Error("a missing passphrase file was read")
	}
}

func TestIdentPrintsIDOrWords(t *testing.T) {
	id := identity.FromSeed([32]byte{3})
	words, err := id.Words()
	if err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		id.PeerID().String(): {"--dir", "d"},
		words:                {"--dir", "d", "--words"},
	} {
		cmd := Ident(func(k *Key) (*identity.Identity, error) {
			if k.Dir != "d" {
				t.Errorf("opening the key of %q", k.Dir)
			}
			return id, nil
		})
		out := &bytes.Buffer{}
		cmd.SetOut(out)
		cmd.SetArgs(args)
		if err := cmd.Execute(); err != nil || strings.TrimSpace(out.String()) != want {
			t.Errorf("%v prints %q, %v", args, out, err)
		}
	}
}
