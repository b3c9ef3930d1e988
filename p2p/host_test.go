package p2p_test

import (
	"strings"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/offset-p2p/offset/p2p"
	"github.com/offset-p2p/offset/p2p/identity"
	"github.com/offset-p2p/offset/p2p/p2ptest"
)

func TestConfigValidate(t *testing.T) {
	self := identity.FromSeed([32]byte{1})
	other := identity.FromSeed([32]byte{2}).PeerID()
	addr := ma.StringCast("/ip4/192.0.2.1/udp/4001/quic-v1")
	for _, tc := range []struct {
		name   string
		change func(*p2p.Config)
		want   string // part of the error; empty: valid
	}{
		{"default", func(*p2p.Config) {}, ""},
		{"all transports", func(c *p2p.Config) {
			c.Listen = []string{"/ip4/0.0.0.0/udp/1/quic-v1", "/ip6/::/tcp/1", "/ip4/0.0.0.0/tcp/2/ws"}
		}, ""},
		{"relay limits", func(c *p2p.Config) { c.Limits = p2p.RelayLimits() }, ""},
		{"index limits", func(c *p2p.Config) { c.Limits = p2p.IndexLimits() }, ""},
		{"no identity", func(c *p2p.Config) { c.Identity = nil }, "identity"},
		{"no multiaddr", func(c *p2p.Config) { c.Listen = []string{"0.0.0.0:4001"} }, `"0.0.0.0:4001"`},
		{"listen with peer", func(c *p2p.Config) { c.Listen = []string{addr.String() + "/p2p/" + other.String()} }, "without a peer ID"},
		{"listen on circuit", func(c *p2p.Config) { c.Listen = []string{"/p2p-circuit"} }, "without a relay"},
		{"bad announce", func(c *p2p.Config) { c.Announce = []string{"example.org"} }, `"example.org"`},
		{"too many", func(c *p2p.Config) { c.Listen = make([]string, 33) }, "more than 32"},
		{"relay without address", func(c *p2p.Config) { c.Relays = []peer.AddrInfo{{ID: other}} }, "no address"},
		{"relay itself", func(c *p2p.Config) {
			c.Relays = []peer.AddrInfo{{ID: self.PeerID(), Addrs: []ma.Multiaddr{addr}}}
		}, "itself"},
		{"zero limits", func(c *p2p.Config) { c.Limits = p2p.Limits{} }, "must be over 0"},
		{"zero memory", func(c *p2p.Config) { c.Limits.MemoryBytes = 0 }, "MemoryBytes"},
		{"marks fall", func(c *p2p.Config) { c.Limits.ConnsLow = c.Limits.ConnsHigh + 1 }, "must rise"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg := p2p.DefaultConfig()
			cfg.Identity = self
			tc.change(&cfg)
			err := cfg.Validate()
			if tc.want == "" && err != nil {
				t.Fatal(err)
			}
			if tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Fatalf("error %v, want one with %q", err, tc.want)
			}
			if err != nil {
				if h, newErr := p2p.New(cfg); newErr == nil {
					_ = h.Close()
					t.Error("New accepts what Validate refuses")
				}
			}
		})
	}
}

func TestBanCutsAndRefuses(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		hosts := n.New(2)
		a, b := hosts[0], hosts[1]
		if err := a.Ban(b.ID()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if len(a.Network().Peers()) != 0 || len(b.Network().Peers()) != 0 {
			t.Error("still connected after the ban")
		}
		if err := a.Connect(within(t, time.Minute), b.AddrInfo()); err == nil {
			t.Error("a banned peer was dialled")
		}
		// A refused inbound peer's Connect may return nil and is then cut.
		_ = b.Connect(within(t, time.Minute), a.AddrInfo())
		time.Sleep(time.Second)
		if len(a.Network().Peers()) != 0 {
			t.Error("a banned peer got in")
		}
		if err := a.Unban(b.ID()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second) // libp2p's dial back-off of b.
		n.Connect(b, a)
	})
}

func TestDeniedFromTheStart(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		b := n.Host()
		cfg := n.Config(true)
		cfg.Denied = []peer.ID{b.ID()}
		a := n.Start(cfg)
		_ = b.Connect(within(t, time.Minute), a.AddrInfo())
		time.Sleep(time.Second)
		if len(a.Network().Peers()) != 0 {
			t.Error("a denied peer got in")
		}
	})
}

func TestAnnounceReplacesListening(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		cfg := n.Config(true)
		cfg.Announce = []string{"/dns4/relay.example.org/udp/4001/quic-v1"}
		addrs := n.Start(cfg).AddrInfo().Addrs
		if len(addrs) != 1 || addrs[0].String() != cfg.Announce[0] {
			t.Errorf("announced %v", addrs)
		}
	})
}

// All circuits of a relay count as connections from the relay's address: with
// libp2p's default limit of 8 per address the ninth friend would be refused.
func TestManyFriendsThroughOneRelay(t *testing.T) {
	const friends = 40
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		r := n.Relay()
		hub := n.Hidden(r.AddrInfo())
		for range friends {
			n.Connect(n.Hidden(r.AddrInfo()), hub)
		}
		if got := len(hub.Network().Peers()); got != friends+1 {
			t.Errorf("%d peers, want %d friends and the relay", got, friends)
		}
	})
}

// The second wall of relay v2: whatever the relay service allows, libp2p's
// resource manager stops the 65th circuit of a peer by default.
func TestRelayCarriesManyCircuitsOfOnePeer(t *testing.T) {
	const circuits = 80
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		res := relay.DefaultResources()
		res.Limit = nil
		res.MaxCircuits, res.MaxReservationsPerIP = 1000, 1000
		r := n.RelayWith(res)
		hub := n.Hidden(r.AddrInfo())
		for i := range circuits {
			h := n.Start(n.Config(false))
			if err := h.Connect(within(t, time.Minute), hub.AddrInfo()); err != nil {
				t.Fatalf("circuit %d: %v", i+1, err)
			}
		}
	})
}

func TestRegistriesDoNotCollide(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		for i, h := range n.New(2) {
			families, err := h.Registry().Gather()
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, f := range families {
				found = found || strings.HasPrefix(f.GetName(), "libp2p_swarm_")
			}
			if !found {
				t.Errorf("host %d: no metrics of libp2p's swarm among %d families", i, len(families))
			}
		}
	})
}

func TestPeersOverTheLimitAreRefused(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		cfg := n.Config(true)
		cfg.Limits.ConnsLow, cfg.Limits.ConnsHigh, cfg.Limits.Conns = 3, 4, 5
		small := n.Start(cfg)
		for range 10 {
			_ = n.Host().Connect(within(t, time.Minute), small.AddrInfo())
		}
		if got := len(small.Network().Conns()); got > 5 {
			t.Errorf("%d connections, limit 5", got)
		}
	})
}

func TestProtectedPeersSurviveTrimming(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		cfg := n.Config(true)
		cfg.Limits.ConnsLow, cfg.Limits.ConnsHigh = 2, 4
		h := n.Start(cfg)
		friend := n.Host()
		h.Protect(friend.ID(), "friend")
		n.Connect(friend, h)
		for range 8 {
			n.Connect(n.Host(), h)
		}
		time.Sleep(5 * time.Minute)
		if got := len(h.Network().Conns()); got > 4 {
			t.Errorf("%d connections after trimming", got)
		}
		if len(h.Network().ConnsToPeer(friend.ID())) == 0 {
			t.Error("the protected friend was trimmed")
		}
	})
}
