package p2ptest

import (
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"

	"github.com/offset-p2p/offset/p2p"
)

func TestNewConnectsAll(t *testing.T) {
	Run(t, func(t *testing.T, n *Net) {
		hosts := n.New(4)
		for _, h := range hosts {
			if got := len(h.Network().Peers()); got != 3 {
				t.Errorf("host %s has %d peers, want 3", h.ID(), got)
			}
		}
	})
}

func TestHiddenIsReachedThroughRelayOnly(t *testing.T) {
	Run(t, func(t *testing.T, n *Net) {
		relay := n.Relay()
		a, b := n.Hidden(relay.AddrInfo()), n.Hidden(relay.AddrInfo())
		n.Connect(a, b)
		conns := a.Network().ConnsToPeer(b.ID())
		if len(conns) != 1 || !p2p.Relayed(conns[0]) {
			t.Fatalf("connections %v, want one through the relay", conns)
		}
		if p2p.Relayed(a.Network().ConnsToPeer(relay.ID())[0]) {
			t.Error("the connection with the relay itself counts as relayed")
		}
		time.Sleep(3 * time.Hour) // Several reservations and idle timeouts.
		if got := a.Network().Connectedness(b.ID()); got != network.Connected {
			t.Errorf("after three hours: %v", got)
		}
	})
}

func TestKeysAreTheSameInEveryRun(t *testing.T) {
	a, b := newKey(t, 1), newKey(t, 1)
	if a.PeerID() != b.PeerID() || a.PeerID() == newKey(t, 2).PeerID() {
		t.Error("keys do not follow from the number of the host")
	}
}

// Each host can be restarted in its place: same name, same addresses.
func TestHostComesBackInItsPlace(t *testing.T) {
	Run(t, func(t *testing.T, n *Net) {
		cfg := n.Config(true)
		first, err := p2p.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		who := first.AddrInfo()
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		second := n.Start(cfg)
		if second.ID() != who.ID || len(second.Addrs()) != 1 || !second.Addrs()[0].Equal(who.Addrs[0]) {
			t.Errorf("first %v, then %v", who, second.AddrInfo())
		}
		n.Connect(n.Host(), second)
	})
}
