package indexd

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/offset-p2p/offset/gossip"
	"github.com/offset-p2p/offset/p2p/address"
	"github.com/offset-p2p/offset/p2p/identity"
)

func TestIdentityIsMadeOnce(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Dir = filepath.Join(t.TempDir(), "new", "server")
	first, created, err := Identity(cfg)
	if err != nil || !created {
		t.Fatalf("first: %v, created %v", err, created)
	}
	second, created, err := Identity(cfg)
	if err != nil || created || second.PeerID() != first.PeerID() {
		t.Errorf("second: %v, created %v, %v and %v", err, created, first, second)
	}
	if err := os.Chmod(filepath.Join(cfg.Dir, keyName), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Identity(cfg); err == nil {
		t.Error("a key that others can read is used")
	}
}

func TestConfigSaysWhatIsMissing(t *testing.T) {
	good := DefaultConfig()
	good.Dir = "/somewhere"
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*Config){
		"--dir":     func(c *Config) { c.Dir = "" },
		"--listen":  func(c *Config) { c.Listen = nil },
		"host:port": func(c *Config) { c.HTTP = "9090" },
		"sessions":  func(c *Config) { c.Server.Sessions = 0 },
		"clock":     func(c *Config) { c.Server.Clock = nil },
		"nodes":     func(c *Config) { c.Server.Pages.Nodes = 0 },
	} {
		c := good
		spoil(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, it should speak of %s", err, want)
		}
		if err := Run(context.Background(), c, nil); err == nil {
			t.Errorf("without a valid %s it runs", want)
		}
	}
}

func TestTrustedFileIsFollowed(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b, c := w.server(), w.server(), w.server()
		path := filepath.Join(t.TempDir(), "trusted")
		ticket := func(s *testServer) string { return address.Format(s.host.AddrInfo()) }
		write := func(text string) {
			t.Helper()
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		states := func() string { return a.stateOf(b) + " " + a.stateOf(c) }
		list := &trustedList{server: a.Server, path: path}
		if err := list.load(); err != nil {
			t.Fatalf("a file that does not exist: %v", err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() {
			defer close(done)
			list.watch(ctx)
		}()
		steps := []struct{ name, text, want string }{
			{"one", ticket(b), "ours none"},
			{"two and a comment", "# friends\n" + ticket(b) + "\n" + ticket(c) + "\n", "ours ours"},
			{"nonsense changes nothing", ticket(b) + "\nno ticket\n", "ours ours"},
			{"ourselves among others", ticket(a) + "\n" + ticket(b), "ours none"},
			{"the other one", ticket(c), "none ours"},
			{"comments only", "# nobody\n\n", "none none"},
		}
		for _, s := range steps {
			write(s.text)
			time.Sleep(time.Second) // trust that was removed has ended by then
			b, c := strings.ReplaceAll(a.stateOf(b), "theirs", "none"), strings.ReplaceAll(a.stateOf(c), "theirs", "none")
			if got := b + " " + c; got != s.want {
				t.Errorf("%s: trust is %s, want %s", s.name, got, s.want)
			}
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if got := states(); got != "none none" {
			t.Errorf("without the file trust is %s", got)
		}
		cancel()
		<-done
	})
}

func TestFixedAndListedServersGoTogether(t *testing.T) {
	id := identity.FromSeed([32]byte{2}).PeerID().String()
	parse := func(text string) []string {
		peers, err := address.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return address.Tickets(mergePeers(peers, peers[:1])...)
	}
	one := "/ip4/192.0.2.1/udp/1/quic-v1/p2p/" + id
	if got := parse(one); len(got) != 2 || got[0] != one {
		t.Errorf("merged: %v", got)
	}
}

func TestStatusSurvivesJSON(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b := w.server(), w.server()
		a.trust(b)
		n := w.node(a)
		n.report(n0(w))
		time.Sleep(10 * time.Second)
		answer := httptest.NewRecorder()
		a.adminHandler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, statusPath, nil))
		var got Status
		if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		want := a.Status()
		if d := cmp.Diff(want, got, cmpopts.EquateApproxTime(time.Second), cmp.Comparer(func(a, b ma.Multiaddr) bool { return a.Equal(b) })); d != "" {
			t.Error(d)
		}
		if len(got.Trust) != 1 || got.Trust[0].State != "ours" || !got.Trust[0].Connected || got.Sessions != 1 || got.Pages.Pages != 1 {
			t.Errorf("status is %+v", got)
		}
		if other := b.Status().Trust; len(other) != 1 || other[0].State != "theirs" {
			t.Errorf("the other side shows %+v", other)
		}
	})
}

// n0 is a friend that is not there.
func n0(w *world) *testNode {
	n := &testNode{world: w, id: w.identity()}
	n.node = n.id.Raw()
	return n
}

func TestMetricsAreGathered(t *testing.T) {
	inWorld(t, func(w *world) {
		a := w.server()
		n := w.node(a)
		n.report()
		time.Sleep(time.Second)
		if err := a.host.Registry().Register(a.Server); err != nil {
			t.Fatal(err)
		}
		answer := httptest.NewRecorder()
		a.httpHandler(a.host).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		for _, want := range []string{
			`offset_index_events_total{event="pages_admitted"} 1`,
			`offset_index_size{what="sessions"} 1`,
			`offset_index_size{what="pages"} 1`,
		} {
			if !strings.Contains(answer.Body.String(), want) {
				t.Errorf("no line %s", want)
			}
		}
		answer = httptest.NewRecorder()
		a.httpHandler(a.host).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/healthz", nil))
		if !strings.Contains(answer.Body.String(), a.host.ID().String()) {
			t.Errorf("health is %s", answer.Body)
		}
	})
}

func TestTrustedListIsBounded(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b := w.server(), w.server()
		a.trust(b)
		long := []peer.AddrInfo{}
		for range gossip.TrustedMax + 1 {
			long = append(long, peer.AddrInfo{ID: w.identity().PeerID()})
		}
		if a.SetTrusted(long) == nil {
			t.Error("a list that is too long is taken")
		}
		if a.stateOf(b) == "none" {
			t.Error("a wrong list changed something")
		}
	})
}
