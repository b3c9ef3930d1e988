package relayd_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/offset-p2p/offset/p2p"
	"github.com/offset-p2p/offset/p2p/address"
	"github.com/offset-p2p/offset/p2p/p2ptest"
	"github.com/offset-p2p/offset/relayd"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// start runs a relay on the simulated network; stop waits for its end.
func start(t *testing.T, n *p2ptest.Net, dir string, change func(*relayd.Config)) (ticket peer.AddrInfo, stop func()) {
	t.Helper()
	host := n.Config(true)
	cfg := relayd.DefaultConfig()
	cfg.Dir = dir
	cfg.Listen = host.Listen
	cfg.Options = host.Options
	ready := make(chan peer.AddrInfo, 1)
	cfg.Ready = func(who peer.AddrInfo) { ready <- who }
	if change != nil {
		change(&cfg)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- relayd.Run(ctx, cfg, quiet()) }()
	select {
	case ticket = <-ready:
	case err := <-done:
		t.Fatalf("the relay ended: %v", err)
	}
	return ticket, func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("stopping the relay: %v", err)
		}
	}
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// Two people behind NATs talk through the relay for longer and more than
// libp2p's default relay would let them.
func TestTwoHiddenHostsTalk(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		ticket, stop := start(t, n, t.TempDir(), nil)
		defer stop()
		a, b := n.Hidden(ticket), n.Hidden(ticket)
		b.SetStreamHandler("/test/echo/1", func(s network.Stream) {
			_, _ = io.Copy(s, s)
			_ = s.Close()
		})
		a.Learn(b.AddrInfo())
		s, err := a.NewStream(within(t, time.Minute), b.ID(), "/test/echo/1")
		if err != nil {
			t.Fatal(err) // Without AllowRelayed: the relay must not look limited.
		}
		if !p2p.Relayed(s.Conn()) {
			t.Fatal("not through the relay")
		}
		sent := bytes.Repeat([]byte("0123456789abcdef"), 4<<10) // 64 KiB
		got := make([]byte, len(sent))
		for range 10 {
			go func() { _, _ = s.Write(sent) }()
			if _, err := io.ReadFull(s, got); err != nil || !bytes.Equal(got, sent) {
				t.Fatalf("echo: %v", err)
			}
			time.Sleep(time.Minute)
		}
		_ = s.Close()
		if st := a.Relays()[0]; st.LimitDuration != 0 || st.LimitBytes != 0 {
			t.Errorf("the relay declares limits: %+v", st)
		}
	})
}

// A relay restarted in its directory is the same relay, and its nodes find it.
func TestRestartKeepsTheName(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		dir := t.TempDir()
		place := n.Config(true)
		same := func(c *relayd.Config) { c.Listen, c.Options = place.Listen, place.Options }
		first, stop := start(t, n, dir, same)
		a, b := n.Hidden(first), n.Hidden(first)
		stop()
		time.Sleep(10 * time.Minute)
		second, stop := start(t, n, dir, same)
		defer stop()
		if first.ID != second.ID {
			t.Fatalf("first %s, then %s", first.ID, second.ID)
		}
		time.Sleep(2 * time.Minute)
		n.Connect(a, b)
	})
}

func TestTicketFile(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		dir := t.TempDir()
		old := filepath.Join(dir, "ticket")
		if err := os.WriteFile(old, []byte("of an earlier run"), 0o600); err != nil {
			t.Fatal(err)
		}
		want, stop := start(t, n, dir, func(c *relayd.Config) {
			c.Announce = []string{"/dns4/relay.example.org/udp/4001/quic-v1", "/dns4/relay.example.org/tcp/4001"}
		})
		defer stop()
		text, err := os.ReadFile(old)
		if err != nil {
			t.Fatal(err)
		}
		got, err := address.ParseOne(string(text))
		if err != nil || got.ID != want.ID || len(got.Addrs) != 2 || strings.Count(string(text), "\n") != 2 {
			t.Errorf("ticket %q (%v)", text, err)
		}
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != 2 {
			t.Errorf("in the directory: %v, %v; want key and ticket", entries, err)
		}
	})
}

// A relay that cannot start leaves the ticket of the running one alone.
func TestFailedStartWritesNoTicket(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		place := n.Config(true)
		cfg := relayd.DefaultConfig()
		cfg.Dir = t.TempDir()
		cfg.Listen, cfg.Options = place.Listen, place.Options
		cfg.HTTP = "127.0.0.1:99999"
		if err := relayd.Run(t.Context(), cfg, quiet()); err == nil || !strings.Contains(err.Error(), "127.0.0.1:99999") {
			t.Errorf("error %v", err)
		}
		if _, err := os.Stat(cfg.TicketPath()); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a ticket was written (%v)", err)
		}
	})
}

func TestReservationsAreBounded(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		ticket, stop := start(t, n, t.TempDir(), func(c *relayd.Config) { c.Resources.MaxReservations = 2 })
		defer stop()
		n.Hidden(ticket)
		n.Hidden(ticket)
		cfg := n.Config(false)
		cfg.Relays = []peer.AddrInfo{ticket}
		if err := n.Start(cfg).WaitRelay(within(t, time.Minute)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the third of two reservations: %v", err)
		}
	})
}

func TestRunRefuses(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*relayd.Config)
		want   string
	}{
		{"no directory", func(c *relayd.Config) { c.Dir = "" }, "--dir"},
		{"nowhere to listen", func(c *relayd.Config) { c.Listen = nil }, "--listen"},
		{"bad address", func(c *relayd.Config) { c.Listen = []string{"4001"} }, `"4001"`},
		{"bad announce", func(c *relayd.Config) { c.Announce = []string{"relay.example.org"} }, `"relay.example.org"`},
		{"bad HTTP address", func(c *relayd.Config) { c.HTTP = "9090" }, `"9090"`},
		{"no circuits", func(c *relayd.Config) { c.Resources.MaxCircuits = 0 }, "MaxCircuits"},
		{"no reservations", func(c *relayd.Config) { c.Resources.MaxReservations = -1 }, "MaxReservations"},
		{"no term", func(c *relayd.Config) { c.Resources.ReservationTTL = 0 }, "ReservationTTL"},
		{"no limits", func(c *relayd.Config) { c.Limits = p2p.Limits{} }, "must be over 0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg := relayd.DefaultConfig()
			cfg.Dir = t.TempDir()
			tc.change(&cfg)
			if err := relayd.Run(t.Context(), cfg, quiet()); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
		})
	}
}

func TestIdentity(t *testing.T) {
	cfg := relayd.DefaultConfig()
	cfg.Dir = filepath.Join(t.TempDir(), "new", "relay")
	first, created, err := relayd.Identity(cfg)
	if err != nil || !created {
		t.Fatalf("created %v, %v", created, err)
	}
	again, created, err := relayd.Identity(cfg)
	if err != nil || created || again.PeerID() != first.PeerID() {
		t.Errorf("again: created %v, %v", created, err)
	}
	if info, err := os.Stat(cfg.Dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("directory %v, %v", info.Mode(), err)
	}
	key := filepath.Join(cfg.Dir, "key")
	if err := os.Truncate(key, 30); err != nil {
		t.Fatal(err)
	}
	if _, _, err := relayd.Identity(cfg); err == nil || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), key) {
		t.Errorf("a truncated key: %v", err)
	}
	if info, err := os.Stat(key); err != nil || info.Size() != 30 {
		t.Error("a damaged key file was replaced")
	}
	cfg.Key = filepath.Join(t.TempDir(), "elsewhere")
	if _, created, err := relayd.Identity(cfg); err != nil || !created {
		t.Errorf("another place: %v, %v", created, err)
	}
}
