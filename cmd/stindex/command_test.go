package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/offset-p2p/offset/indexd"
)

// execute runs the command line and returns what it printed.
func execute(args ...string) (string, error) {
	cmd := newCommand()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(context.Background())
	return out.String(), err
}

func TestIdentIsStable(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "server")
	first, err := execute("ident", "--dir", dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := peer.Decode(strings.TrimSpace(first)); err != nil {
		t.Errorf("%q is no peer ID: %v", first, err)
	}
	if second, err := execute("ident", "--dir", dir); err != nil || second != first {
		t.Errorf("then %q, %v", second, err)
	}
	words, err := execute("ident", "--dir", dir, "--words")
	if err != nil || len(strings.Fields(words)) != 24 {
		t.Errorf("%d words, %v", len(strings.Fields(words)), err)
	}
}

func TestWrongCommandLinesSayWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	for want, args := range map[string][]string{
		"dir":          {"run"},
		"--trust":      {"run", "--dir", dir, "--trust", "/ip4/192.0.2.1/udp/1/quic-v1"},
		"choose debug": {"run", "--dir", dir, "--log-level", "loud"},
		"listening":    {"run", "--dir", dir, "--listen", "nowhere"},
		"host:port":    {"run", "--dir", dir, "--http", "nowhere"},
		"is it runn":   {"status", "--dir", dir},
		"unknown":      {"runn"},
	} {
		if out, err := execute(args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v (%q), the error should speak of %q", args, err, out, want)
		}
	}
}

func TestStatusForPeople(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	var out bytes.Buffer
	err := printStatus(&out, indexd.Status{
		Started: now.Add(-time.Hour), Clock: now, Sessions: 3,
		Trust: []indexd.TrustStatus{
			{State: "mutual", Connected: true, ClockOffset: -12, LastSync: now.Add(-5 * time.Second)},
			{State: "ours", Error: "out of reach"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"1h0m0s", "mutual", "-12ms", "5s ago", "never", "out of reach"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}
}
