package indexd

import (
	"slices"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
)

func TestPageOfOneServerIsAnsweredByTheOther(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b := w.server(), w.server()
		befriend(a, b)
		if a.stateOf(b) != "mutual" || b.stateOf(a) != "mutual" {
			t.Fatalf("trust is %s and %s", a.stateOf(b), b.stateOf(a))
		}
		payer, mediator, payee := w.node(a), w.node(a), w.node(b)
		chain(payer, mediator, payee)
		time.Sleep(2 * time.Second)
		want := []ledger.NodeID{mediator.node, payee.node}
		if got := payer.hops(payee); !slices.Equal(got, want) {
			t.Errorf("server A answers %v, want %v", got, want)
		}
		if got := payee.hops(payer); !slices.Equal(got, []ledger.NodeID{mediator.node, payer.node}) {
			t.Errorf("server B answers %v", got)
		}
		if got := b.federation.Counts()["pages_admitted"]; got != 2 {
			t.Errorf("B admitted %d pages by gossip, want 2", got)
		}
	})
}

func TestLineOfServersSharesAll(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b, c := w.server(), w.server(), w.server()
		a.trust(b)
		b.trust(a, c)
		c.trust(b)
		time.Sleep(5 * time.Second)
		if a.stateOf(c) != "none" || c.stateOf(a) != "none" {
			t.Fatalf("ends of the line trust each other: %s, %s", a.stateOf(c), c.stateOf(a))
		}
		payer, payee := w.node(a), w.node(c)
		chain(payer, payee)
		time.Sleep(2 * time.Second)
		if got := payer.hops(payee); len(got) != 1 {
			t.Errorf("A does not know the way to a node of C: %v", got)
		}
		if got := payee.hops(payer); len(got) != 1 {
			t.Errorf("C does not know the way to a node of A: %v", got)
		}
	})
}

func TestLateServerCatchesUp(t *testing.T) {
	inWorld(t, func(w *world) {
		a := w.server()
		payer, payee := w.node(a), w.node(a)
		chain(payer, payee)
		time.Sleep(45 * time.Second)
		b := w.server()
		befriend(a, b)
		if got := b.core.set.Stats().Pages; got != 2 {
			t.Fatalf("B has %d pages, want 2", got)
		}
		if got := b.federation.Counts()["pages_admitted"]; got != 0 {
			t.Errorf("%d pages came by gossip: the test tests the wrong thing", got)
		}
		stranger := w.node(b)
		if stranger.hops(payee) != nil {
			t.Error("a node without friends has a route")
		}
		if got := a.core.set.Stats(); got.Pages != 2 {
			t.Errorf("A has %d pages", got.Pages)
		}
	})
}

func TestYoungPagesReachAServerThatBecomesTrusted(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b := w.server(), w.server()
		payer, payee := w.node(a), w.node(b)
		chain(payer, payee)
		time.Sleep(2 * time.Second)
		if payer.hops(payee) != nil {
			t.Fatal("route without federation")
		}
		befriend(a, b)
		if got := payer.hops(payee); len(got) != 1 {
			t.Errorf("pages of before the trust are not shared: %v", got)
		}
	})
}

func TestLossOfGossipIsRepaired(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b := w.server(), w.server()
		befriend(a, b)
		payer := w.node(a)
		signed := sign(payer.id, payer.page())
		v, err := a.core.check(signed)
		if err != nil {
			t.Fatal(err)
		}
		a.core.add(v) // as if the gossip message had been lost
		time.Sleep(10 * time.Second)
		if got := b.core.set.Stats().Pages; got != 0 {
			t.Fatalf("B has %d pages before the settling time", got)
		}
		time.Sleep(syncSettle + syncRecentEvery)
		if got := b.core.set.Stats().Pages; got != 1 {
			t.Errorf("B has %d pages after the catch-up, want 1", got)
		}
	})
}

func TestPartitionHeals(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b := w.server(), w.server()
		befriend(a, b)
		payer, payee := w.node(a), w.node(b)
		chain(payer, payee)
		time.Sleep(2 * time.Second)
		// Both ends ban each other: no connection, trust unchanged.
		for _, pair := range [][2]*testServer{{a, b}, {b, a}} {
			if err := pair[0].host.Ban(pair[1].host.ID()); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		if got := a.stateOf(b); got != "ours" {
			t.Errorf("while parted trust is %s, want ours", got)
		}
		payee.report() // no friends any more
		payer.report(payee)
		time.Sleep(time.Second)
		for _, pair := range [][2]*testServer{{a, b}, {b, a}} {
			if err := pair[0].host.Unban(pair[1].host.ID()); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(redialMax + redialMax/2 + 5*time.Second)
		if a.stateOf(b) != "mutual" {
			t.Fatalf("trust does not come back: %s", a.stateOf(b))
		}
		if got := payer.hops(payee); got != nil {
			t.Errorf("A still knows the edge that B's node gave up: %v", got)
		}
		ah, aq := a.core.set.Highest(payee.node)
		bh, bq := b.core.set.Highest(payee.node)
		if ah != bh || aq != bq {
			t.Errorf("sets differ: %d/%d and %d/%d", ah, aq, bh, bq)
		}
	})
}

func TestTrustTakenBackEndsTheFlow(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b := w.server(), w.server()
		befriend(a, b)
		node := w.node(a)
		node.report()
		time.Sleep(time.Second)
		if b.core.set.Stats().Pages != 1 {
			t.Fatal("no flow to begin with")
		}
		b.trust() // B's operator takes A off the list
		node.report()
		time.Sleep(time.Second)
		epoch, seq := b.core.highest(node.node)
		if epoch != 1 || seq != 1 {
			t.Errorf("a page entered B after trust had ended: seq %d", seq)
		}
		if a.stateOf(b) != "ours" || b.stateOf(a) != "none" && b.stateOf(a) != "theirs" {
			t.Errorf("states are %s and %s", a.stateOf(b), b.stateOf(a))
		}
		time.Sleep(2 * time.Minute)
		if _, seq := b.core.highest(node.node); seq != 1 {
			t.Errorf("a page entered B later: seq %d", seq)
		}
		if a.stateOf(b) != "ours" || b.stateOf(a) != "theirs" {
			t.Errorf("one-sided trust is shown as %s and %s, want ours and theirs", a.stateOf(b), b.stateOf(a))
		}
		node.report()
		b.trust(a)
		time.Sleep(5 * time.Second)
		if _, seq := b.core.highest(node.node); seq != 3 {
			t.Errorf("after trust came back B knows seq %d, want 3", seq)
		}
	})
}

func TestClocksTooFarApartDoNotFederate(t *testing.T) {
	inWorld(t, func(w *world) {
		a := w.server()
		b := w.server(func(c *ServerConfig) {
			c.Clock = func() time.Time { return time.Now().Add(2 * time.Minute) }
		})
		befriend(a, b)
		if a.stateOf(b) == "mutual" || b.stateOf(a) == "mutual" {
			t.Errorf("trust is %s and %s", a.stateOf(b), b.stateOf(a))
		}
		if got := a.member(b.host.ID()).snapshot().offset; got < 119*time.Second || got > 121*time.Second {
			t.Errorf("clock offset is measured as %v", got)
		}
	})
}

func TestSilentNodeIsForgotten(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b := w.server(), w.server()
		befriend(a, b)
		payer, payee := w.node(a), w.node(b)
		chain(payer, payee)
		time.Sleep(5 * time.Minute)
		if payer.hops(payee) == nil {
			t.Fatal("no route before the pages end")
		}
		time.Sleep(time.Minute + 2*time.Second)
		if got := payer.hops(payee); got != nil {
			t.Errorf("route over pages that are over: %v", got)
		}
		for _, s := range []*testServer{a, b} {
			if got := s.core.set.Stats().Pages; got != 0 {
				t.Errorf("%d pages are left", got)
			}
		}
	})
}
