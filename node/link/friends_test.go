package link

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/p2p/address"
	"github.com/offset-p2p/offset/p2p/identity"
	"github.com/offset-p2p/offset/p2p/p2ptest"
)

// An address that is no good any more costs neither the friend its link nor the
// others theirs, and is logged once.
func TestBadAddressesAreLeftOut(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		a, b := pair(t, n)
		defer b.stop()
		c := newSide(t, n, n.Config(true))
		defer c.stop()
		var log strings.Builder
		a.stop()
		a.m.log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
		a.run()
		defer func() { a.stop() }()
		bad := []string{"/ip4/x", "/ip4/192.0.2.1/tcp/1/p2p/" + a.host.ID().String()}
		friends := []Friend{
			{ID: b.node(), Addresses: append(bad, address.Tickets(b.host.AddrInfo())...)},
			{ID: c.node(), Addresses: bad[:1]},
		}
		for range 2 {
			if err := a.m.SetFriends(friends); err != nil {
				t.Fatal(err)
			}
		}
		if got := strings.Count(log.String(), "left out"); got != 2 {
			t.Errorf("logged %d times, want once for each friend:\n%s", got, log.String())
		}
		if err := b.m.SetFriends([]Friend{{ID: a.node()}}); err != nil { // cannot dial
			t.Fatal(err)
		}
		if !linked(a, b, 10*time.Second) {
			t.Error("the good address was not used")
		}
		c.befriend(a)
		if !linked(a, c, 10*time.Second) {
			t.Error("a friend without a good address cannot come itself")
		}
	})
}

// Ten thousand friends are taken over, as the engine waits, in a moment.
func BenchmarkSetFriends(b *testing.B) {
	friends := make([]Friend, FriendsMax)
	for i := range friends {
		friends[i].ID = ledger.NodeID(identity.FromSeed([32]byte{1, byte(i), byte(i >> 8)}).Raw())
	}
	h, err := libp2p.New(libp2p.NoListenAddrs)
	if err != nil {
		b.Fatal(err)
	}
	defer h.Close()
	m := &Manager{
		host: h, log: slog.New(slog.DiscardHandler), leaving: map[ledger.NodeID]*link{}, changed: make(chan struct{}, 1),
	}
	for b.Loop() {
		if err := m.SetFriends(friends); err != nil {
			b.Fatal(err)
		}
	}
}

// A friend that opens stream after stream gets a few at once, then one a second;
// the newest it was given stays.
func TestStreamsAreReplacedAtAPace(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		us, peer := pair(t, n)
		defer us.stop()
		peer.stop()
		us.befriend(peer)
		open := func() {
			s := dialAs(t, peer, us)
			write(t, s, hello)
			time.Sleep(100 * time.Millisecond)
		}
		const tries = 50
		for range tries {
			open()
		}
		const most = comeBackBurst + tries/10 // of 100 ms each
		if up := us.count("up"); up < comeBackBurst || up > most || us.m.Stats().Hasty != uint64(tries-up) {
			t.Errorf("%d links of %d streams, want %d to %d; %d were too many", up, tries, comeBackBurst, most, us.m.Stats().Hasty)
		}
		if !us.m.Status(peer.node()).Connected {
			t.Error("no link is left")
		}
		up := us.count("up")
		time.Sleep(comeBackEvery)
		open()
		if us.count("up") != up+1 {
			t.Error("a friend that has waited is not let in")
		}
		if err := us.inOrder(); err != nil {
			t.Error(err)
		}
	})
}
