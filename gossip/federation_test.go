package gossip

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/p2p"
	"github.com/offset-p2p/offset/p2p/p2ptest"
)

// member is a Federation with an intake that admits a page once, by its mark,
// and finds pages with the mark 0xff faulty.
type member struct {
	*Federation
	host *p2p.Host

	mu   sync.Mutex
	seen []byte // marks, in order of arrival
}

func (m *member) intake(_ peer.ID, _ int, p capacity.SignedPage) Verdict {
	m.mu.Lock()
	defer m.mu.Unlock()
	mark := p.Body[0]
	switch {
	case mark == 0xff:
		return Faulty
	case slices.Contains(m.seen, mark):
		return Ignored
	}
	m.seen = append(m.seen, mark)
	return Admitted
}

func (m *member) marks() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := slices.Clone(m.seen)
	slices.Sort(out)
	return out
}

// enter is a page that enters the federation here.
func (m *member) enter(t *testing.T, marks ...byte) {
	t.Helper()
	for _, mark := range marks {
		p := pageOf(100, mark)
		if m.intake("", 0, p) == Admitted {
			m.Publish(shardOfTests, p)
		}
	}
}

// shardOfTests is the shard of all pages here.
const shardOfTests = 7

// federate runs a member for each host on a network of its own until the
// returned function is called.
func federate(t *testing.T, n *p2ptest.Net, count int, change ...func(*Config)) ([]*member, func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	var out []*member
	for range count {
		m := &member{host: n.Host()}
		cfg := DefaultConfig()
		cfg.Intake = m.intake
		for _, c := range change {
			c(&cfg)
		}
		var err error
		if m.Federation, err = New(m.host, cfg); err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			if err := m.Run(ctx); err != nil {
				t.Errorf("running: %v", err)
			}
		})
		out = append(out, m)
	}
	return out, func() {
		cancel()
		wg.Wait()
	}
}

// befriend makes neighbours trust each other, as the handshake would.
func befriend(n *p2ptest.Net, pairs ...[2]*member) {
	lists := map[*member][]peer.ID{}
	for _, p := range pairs {
		n.Connect(p[0].host, p[1].host)
		lists[p[0]] = append(lists[p[0]], p[1].host.ID())
		lists[p[1]] = append(lists[p[1]], p[0].host.ID())
	}
	for m, ids := range lists {
		m.Trust().SetOurs(ids)
		for _, id := range ids {
			m.Trust().SetTheirs(id, true)
		}
	}
	time.Sleep(5 * time.Second)
}

func TestBatchOfNewsIsForwardedAsItIs(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		ms, stop := federate(t, n, 3)
		defer stop()
		befriend(n, [2]*member{ms[0], ms[1]}, [2]*member{ms[1], ms[2]})
		ms[0].enter(t, 1, 2, 3)
		time.Sleep(time.Second)
		for i, m := range ms {
			if got := m.marks(); !slices.Equal(got, []byte{1, 2, 3}) {
				t.Errorf("member %d has %v", i, got)
			}
		}
		if got := ms[1].Counts(); got["batches_sent"] != 0 || got["pages_admitted"] != 3 {
			t.Errorf("the middle made batches of its own: %v", got)
		}
	})
}

func TestPagesTravelWithinTheDelayOfABatch(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		ms, stop := federate(t, n, 2)
		defer stop()
		befriend(n, [2]*member{ms[0], ms[1]})
		ms[0].enter(t, 1)
		time.Sleep(100*time.Millisecond + 20*time.Millisecond)
		if got := ms[1].marks(); len(got) != 1 {
			t.Errorf("after the delay of a batch and a hop: %v", got)
		}
	})
}

func TestOnlyNewsOfAMixedBatchTravelsOn(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		ms, stop := federate(t, n, 3)
		defer stop()
		befriend(n, [2]*member{ms[0], ms[1]}, [2]*member{ms[1], ms[2]})
		ms[1].intake("", 0, pageOf(100, 1)) // the middle knows 1 and did not publish it
		ms[0].enter(t, 1, 2)
		time.Sleep(time.Second)
		if got := ms[2].marks(); !slices.Equal(got, []byte{2}) {
			t.Errorf("the end has %v, want only what was new in the middle", got)
		}
		counts := ms[1].Counts()
		if counts["batches_sent"] != 1 || counts["pages_ignored"] != 1 || counts["pages_admitted"] != 1 {
			t.Errorf("the middle counts %v", counts)
		}
		if ms[1].Trust().State(ms[0].host.ID()) != TrustMutual {
			t.Error("a known page is held against its sender")
		}
	})
}

func TestJunkIsNotForwardedInAnHonestName(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		ms, stop := federate(t, n, 3)
		defer stop()
		befriend(n, [2]*member{ms[0], ms[1]}, [2]*member{ms[1], ms[2]})
		for i := range byte(StrikesMax) {
			ms[0].Publish(shardOfTests, pageOf(100, i+1), pageOf(100, 0xff))
			time.Sleep(time.Second)
		}
		if got := ms[2].marks(); !slices.Equal(got, []byte{1, 2, 3}) {
			t.Errorf("the end has %v, want the good pages", got)
		}
		if got := ms[2].Counts(); got["pages_faulty"] != 0 {
			t.Errorf("junk reached the end: %v", got)
		}
		if got := ms[1].Trust().State(ms[0].host.ID()); got != TrustCut {
			t.Errorf("the sender is %v, want cut", got)
		}
		if got := ms[2].Trust().State(ms[1].host.ID()); got != TrustMutual {
			t.Errorf("the honest forwarder is %v", got)
		}
		ms[0].Publish(shardOfTests, pageOf(100, 50))
		time.Sleep(time.Second)
		if slices.Contains(ms[1].marks(), 50) {
			t.Error("a page came from a peer that was cut")
		}
	})
}

// TestOverQuotaDoesNotEraseOthers: a server over its pace that delivers a
// message first must not make it count as seen (network.md 4.3).
func TestOverQuotaDoesNotEraseOthers(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		slow := func(c *Config) { c.LinkPagesPerSecond, c.LinkPagesBurst = 1, BatchPagesMax }
		ms, stop := federate(t, n, 3, slow)
		defer stop()
		greedy, victim, honest := ms[0], ms[1], ms[2]
		befriend(n, [2]*member{greedy, victim}, [2]*member{victim, honest})
		for range BatchPagesMax {
			greedy.Publish(shardOfTests, pageOf(50, 1))
		}
		time.Sleep(time.Second)
		greedy.Publish(shardOfTests, pageOf(50, 2), pageOf(50, 3), pageOf(50, 4))
		time.Sleep(time.Second)
		if got := victim.marks(); slices.Contains(got, 2) {
			t.Fatalf("the pace is not kept: %v", got)
		}
		if got := victim.Counts()["pages_over_quota"]; got != 3 {
			t.Errorf("%d pages over the quota are counted, want 3", got)
		}
		honest.Publish(shardOfTests, pageOf(50, 2), pageOf(50, 3), pageOf(50, 4)) // the very same message
		time.Sleep(time.Second)
		if got := victim.marks(); !slices.Equal(got, []byte{1, 2, 3, 4}) {
			t.Errorf("the honest server's pages are %v", got)
		}
	})
}

func TestTrustMayComeBeforeTheConnection(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		ms, stop := federate(t, n, 2)
		defer stop()
		for i, m := range ms {
			m.Trust().SetOurs([]peer.ID{ms[1-i].host.ID()})
			m.Trust().SetTheirs(ms[1-i].host.ID(), true)
		}
		time.Sleep(10 * time.Second)
		n.Connect(ms[0].host, ms[1].host)
		time.Sleep(5 * time.Second)
		ms[0].enter(t, 9)
		time.Sleep(time.Second)
		if got := ms[1].marks(); len(got) != 1 {
			t.Error("no gossip on a connection that came later")
		}
	})
}

func TestConfigIsChecked(t *testing.T) {
	good := DefaultConfig()
	good.Intake = func(peer.ID, int, capacity.SignedPage) Verdict { return Ignored }
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Config){
		"no intake":       func(c *Config) { c.Intake = nil },
		"no delay":        func(c *Config) { c.BatchDelay = 0 },
		"a long delay":    func(c *Config) { c.BatchDelay = time.Minute },
		"no room":         func(c *Config) { c.OutboxPages = 0 },
		"no pace":         func(c *Config) { c.LinkPagesPerSecond = 0 },
		"burst too small": func(c *Config) { c.LinkPagesBurst = BatchPagesMax - 1 },
	} {
		c := good
		spoil(&c)
		if _, err := New(nil, c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
