package client

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/gossip/route"
	"github.com/offset-p2p/offset/indexd/protocol"
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/p2p"
	"github.com/offset-p2p/offset/p2p/frame"
	"github.com/offset-p2p/offset/p2p/identity"
	"github.com/offset-p2p/offset/p2p/p2ptest"
)

// fakeServer is an index server that a test scripts.
type fakeServer struct {
	host   *p2p.Host
	server *frame.Server
	offset time.Duration // of its clock

	mu     sync.Mutex
	pages  []capacity.SignedPage
	hellos int
	deaf   bool                                   // answers nothing but the hello
	answer func(q protocol.Query) protocol.Answer // nil: no route
}

func serveFake(t *testing.T, h *p2p.Host) *fakeServer {
	t.Helper()
	f := &fakeServer{host: h}
	f.serve(t)
	return f
}

func (f *fakeServer) serve(t *testing.T) {
	t.Helper()
	var err error
	f.server, err = frame.Serve(f.host, frame.NewProtocol(protocol.IndexID, protocol.IndexFrameBytes), f.handle)
	if err != nil {
		t.Fatal(err)
	}
}

func (f *fakeServer) clock() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return capacity.Millis(time.Now().Add(f.offset))
}

func (f *fakeServer) handle(_ context.Context, s *frame.Stream, first []byte) error {
	if _, err := protocol.DecodeFromNode(first); err != nil {
		return err
	}
	f.mu.Lock()
	f.hellos++
	f.mu.Unlock()
	if err := f.say(s, protocol.Welcome{Clock: f.clock(), Epoch: 4, Seq: 9}); err != nil {
		return err
	}
	for {
		data, err := s.Read()
		if err != nil {
			return err
		}
		m, err := protocol.DecodeFromNode(data)
		if err != nil {
			return err
		}
		if err := f.reply(s, m); err != nil {
			return err
		}
	}
}

func (f *fakeServer) reply(s *frame.Stream, m protocol.FromNode) error {
	f.mu.Lock()
	deaf, answer := f.deaf, f.answer
	if pages, ok := m.(protocol.Pages); ok {
		f.pages = append(f.pages, pages...)
	}
	f.mu.Unlock()
	if deaf {
		return nil
	}
	switch m := m.(type) {
	case protocol.Beat:
		return f.say(s, protocol.Beat{Number: m.Number, Clock: f.clock()})
	case protocol.Query:
		out := protocol.Answer{NoRoute: &route.NoRouteError{Reason: route.ReasonNoPath}}
		if answer != nil {
			out = answer(m)
		}
		out.ID = m.ID
		return f.say(s, out)
	}
	return nil
}

func (f *fakeServer) say(s *frame.Stream, m protocol.FromServer) error {
	data, err := protocol.EncodeFromServer(m)
	if err != nil {
		return err
	}
	return s.Write(data)
}

func (f *fakeServer) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// sessions returns how many sessions have begun.
func (f *fakeServer) sessions() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.hellos
}

// seqs returns the sequence numbers of the pages received, and forgets them.
func (f *fakeServer) seqs(t *testing.T) []uint64 {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []uint64
	for _, s := range f.pages {
		p, err := capacity.Decode(s.Body)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p.Seq)
	}
	f.pages = nil
	return out
}

// start runs a client until the returned function is called.
func start(t *testing.T, h *p2p.Host, cfg Config, servers ...*p2p.Host) (*Client, func()) {
	t.Helper()
	c := New(h, cfg)
	var list []peer.AddrInfo
	for _, s := range servers {
		list = append(list, s.AddrInfo())
	}
	if err := c.SetServers(list); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	return c, func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("running: %v", err)
		}
	}
}

var me = identity.FromSeed([32]byte{1})

// page is a signed page of me without friends.
func page(epoch, seq uint64, number, count uint16) capacity.SignedPage {
	p := capacity.Page{
		Node: ledger.NodeID(me.Raw()), Epoch: epoch, Seq: seq, Currency: ledger.Currency{Name: "EUR", Decimals: 2},
		Number: number, Count: count, Issued: capacity.Millis(time.Now()), TTL: capacity.TTLMin,
	}
	hash := capacity.Hash(p.Body())
	return capacity.SignedPage{Body: p.Body(), Signature: ledger.Signature(me.Sign(hash[:]))}
}

func publish(t *testing.T, c *Client, pages ...capacity.SignedPage) {
	t.Helper()
	if err := c.Publish(pages); err != nil {
		t.Fatal(err)
	}
}

func askFor(amount uint64) route.Query {
	return route.Query{
		Currency: ledger.Currency{Name: "EUR", Decimals: 2}, Amount: ledger.NewAmount(amount),
		Source: ledger.NodeID(me.Raw()), Destination: ledger.NodeID{9}, MaxHops: 3, MaxRoutes: 1,
	}
}

// direct answers every query with a route of one hop.
func direct(q protocol.Query) protocol.Answer {
	return protocol.Answer{Plans: []route.Answer{{Kind: route.KindSingle, Routes: []route.Route{{
		Hops:  []ledger.Hop{{Node: q.Route.Destination, Amount: q.Route.Amount}},
		Share: q.Route.Amount,
	}}}}}
}

func TestSessionTellsWhatTheServerRemembers(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		f := serveFake(t, n.Host())
		defer f.server.Close()
		f.set(func() { f.offset = time.Minute })
		heard := make(chan Welcome, 1)
		c, stop := start(t, n.Host(), Config{OnWelcome: func(w Welcome) { heard <- w }}, f.host)
		defer stop()
		w := <-heard
		if w.Server != f.host.ID() || w.Epoch != 4 || w.Seq != 9 {
			t.Errorf("welcome is %+v", w)
		}
		if d := (w.Offset - time.Minute).Abs(); d > 20*time.Millisecond {
			t.Errorf("clock offset is %v, want one minute", w.Offset)
		}
		f.set(func() { f.offset = 2 * time.Minute })
		time.Sleep(3 * protocol.BeatEvery)
		s := c.Status()[0]
		if !s.Connected || s.Relayed || s.Err != nil {
			t.Errorf("status is %+v", s)
		}
		if d := (s.Offset - 2*time.Minute).Abs(); d > 20*time.Millisecond || s.RTT < 10*time.Millisecond || s.RTT > 20*time.Millisecond {
			t.Errorf("offset %v, round trip %v", s.Offset, s.RTT)
		}
	})
}

func TestPagesReachEveryServer(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		f, g := serveFake(t, n.Host()), serveFake(t, n.Host())
		defer f.server.Close()
		c, stop := start(t, n.Host(), Config{}, f.host)
		defer stop()
		publish(t, c, page(1, 1, 0, 2), page(1, 2, 1, 2))
		time.Sleep(time.Second)
		publish(t, c, page(1, 3, 0, 2))
		time.Sleep(time.Second)
		if got := f.seqs(t); !slices.Equal(got, []uint64{1, 2, 3}) {
			t.Errorf("the server got %v", got)
		}
		// A server that comes later gets what counts now, in order.
		if err := c.SetServers([]peer.AddrInfo{f.host.AddrInfo(), g.host.AddrInfo()}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if got := g.seqs(t); !slices.Equal(got, []uint64{2, 3}) {
			t.Errorf("the new server got %v", got)
		}
		if got := f.seqs(t); got != nil || f.sessions() != 1 {
			t.Errorf("the old server got %v in %d sessions: its session should have gone on", got, f.sessions())
		}
		// And one whose session ended gets it again.
		g.server.Close()
		time.Sleep(time.Second)
		g.serve(t)
		defer func() { g.server.Close() }()
		time.Sleep(5 * time.Second)
		if got := g.seqs(t); !slices.Equal(got, []uint64{2, 3}) {
			t.Errorf("after a new start the server got %v", got)
		}
		// Pages that are over are not sent any more.
		time.Sleep(capacity.TTLMin)
		g.server.Close()
		time.Sleep(time.Second)
		g.serve(t)
		time.Sleep(5 * time.Second)
		if got := g.seqs(t); got != nil {
			t.Errorf("the server got %v, which is over", got)
		}
	})
}

func TestPublishRefusesWhatIsNoPage(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		c := New(n.Host(), Config{})
		if c.Publish([]capacity.SignedPage{page(1, 1, 0, 1), {Body: []byte{1, 2}}}) == nil {
			t.Error("accepted")
		}
		if len(c.book.pages) != 0 {
			t.Error("the good one was taken")
		}
	})
}

func TestRoutesAskInTurn(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		f, g := serveFake(t, n.Host()), serveFake(t, n.Host())
		defer f.server.Close()
		defer g.server.Close()
		c, stop := start(t, n.Host(), Config{}, f.host, g.host)
		defer stop()
		time.Sleep(time.Second)
		ctx := context.Background()
		var none *route.NoRouteError
		if _, err := c.Routes(ctx, askFor(5)); !errors.As(err, &none) || none.Reason != route.ReasonNoPath {
			t.Errorf("none knows a way: %v", err)
		}
		g.set(func() { g.answer = direct })
		plans, err := c.Routes(ctx, askFor(5))
		if err != nil || len(plans) != 1 || plans[0].Routes[0].Share != ledger.NewAmount(5) {
			t.Errorf("the second knows a way: %v, %v", plans, err)
		}
		lie := func(q protocol.Query) protocol.Answer {
			a := direct(q)
			a.Plans[0].Routes[0].Hops[0].Node[5] = 77
			return a
		}
		g.set(func() { g.answer = lie })
		if plans, err := c.Routes(ctx, askFor(5)); !errors.As(err, &none) {
			t.Errorf("a route to somebody else was taken: %v, %v", plans, err)
		}
		busy := func(protocol.Query) protocol.Answer { return protocol.Answer{Refused: protocol.QueryBusy} }
		f.set(func() { f.answer = busy })
		var refused *RefusedError
		if _, err := c.Routes(ctx, askFor(5)); !errors.As(err, &refused) || refused.Reason != protocol.QueryBusy {
			t.Errorf("refused by one, lied to by the other: %v", err)
		}
		if _, err := c.Routes(ctx, askFor(0)); err == nil || errors.Is(err, ErrUnreachable) {
			t.Errorf("an amount of 0: %v", err)
		}
	})
}

func TestRoutesWhenNobodyCanBeAsked(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		h := n.Host()
		c, stop := start(t, h, Config{})
		defer stop()
		if _, err := c.Routes(context.Background(), askFor(5)); !errors.Is(err, ErrUnreachable) {
			t.Errorf("without servers: %v", err)
		}
		gone := n.Host()
		if err := c.SetServers([]peer.AddrInfo{gone.AddrInfo()}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if _, err := c.Routes(context.Background(), askFor(5)); !errors.Is(err, ErrUnreachable) {
			t.Errorf("a server that serves nothing: %v", err)
		}
		if s := c.Status()[0]; s.Connected || s.Err == nil {
			t.Errorf("status is %+v", s)
		}
		f := serveFake(t, gone)
		defer f.server.Close()
		f.set(func() { f.deaf = true })
		time.Sleep(2 * backoffMax)
		start := time.Now()
		if _, err := c.Routes(context.Background(), askFor(5)); !errors.Is(err, ErrUnreachable) {
			t.Errorf("a deaf server: %v", err)
		}
		if took := time.Since(start); took > protocol.QueryTimeout+time.Second {
			t.Errorf("a deaf server was asked for %v", took)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		if _, err := c.Routes(ctx, askFor(5)); err == nil {
			t.Error("no error")
		}
	})
}

func TestDeafServerIsLeftAndTriedAgain(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		f := serveFake(t, n.Host())
		defer f.server.Close()
		f.set(func() { f.deaf = true })
		c, stop := start(t, n.Host(), Config{}, f.host)
		defer stop()
		time.Sleep(time.Second)
		if !c.Status()[0].Connected {
			t.Fatal("no session")
		}
		// After the silence and before the shortest pause is over.
		time.Sleep(protocol.SilenceMax - time.Second + backoffMin/4)
		if c.Status()[0].Connected {
			t.Error("a silent session counts as connected")
		}
		time.Sleep(10 * time.Minute)
		hellos := f.sessions()
		// A session of 15 s and a pause of up to 90 s: 6 to 25 times.
		if hellos < 6 || hellos > 25 {
			t.Errorf("%d sessions in ten minutes", hellos)
		}
		f.set(func() { f.deaf = false })
		time.Sleep(2 * backoffMax)
		if !c.Status()[0].Connected {
			t.Error("the server was given up")
		}
	})
}

func TestNetworkChangeTriesAtOnce(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		h := n.Host()
		c, stop := start(t, n.Host(), Config{}, h)
		defer stop()
		time.Sleep(10 * time.Minute) // the back-off is at its longest
		f := serveFake(t, h)
		defer f.server.Close()
		c.NetworkChanged()
		time.Sleep(time.Second)
		if !c.Status()[0].Connected {
			t.Errorf("not connected: %v", c.Status()[0].Err)
		}
		if err := c.SetServers(nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if got := f.server.Stats(); got.Failed+got.Served != 1 || len(c.Status()) != 0 {
			t.Errorf("the session with a server off the list goes on: %+v", got)
		}
	})
}

func TestSessionThroughARelay(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		relay := n.Relay()
		f := serveFake(t, n.Hidden(relay.AddrInfo()))
		defer f.server.Close()
		f.set(func() { f.answer = direct })
		c, stop := start(t, n.Host(), Config{}, f.host)
		defer stop()
		time.Sleep(2 * time.Second)
		if s := c.Status()[0]; !s.Connected || !s.Relayed {
			t.Fatalf("status is %+v", s)
		}
		if _, err := c.Routes(context.Background(), askFor(5)); err != nil {
			t.Error(err)
		}
	})
}

func TestManyQueriesAtOnce(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		f := serveFake(t, n.Host())
		defer f.server.Close()
		f.set(func() { f.answer = direct })
		c, stop := start(t, n.Host(), Config{}, f.host)
		defer stop()
		time.Sleep(time.Second)
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				amount := uint64(i + 1)
				plans, err := c.Routes(context.Background(), askFor(amount))
				if err != nil || plans[0].Routes[0].Share != ledger.NewAmount(amount) {
					t.Errorf("query of %d got %v, %v", amount, plans, err)
				}
			})
		}
		wg.Wait()
	})
}

func TestListOfServersIsChecked(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		hosts := n.New(5)
		c := New(hosts[0], Config{})
		info := func(i int) peer.AddrInfo { return hosts[i].AddrInfo() }
		for name, list := range map[string][]peer.AddrInfo{
			"too many":   {info(1), info(2), info(3), info(4)},
			"ourselves":  {info(0)},
			"twice":      {info(1), info(1)},
			"no peer ID": {{Addrs: info(1).Addrs}},
		} {
			if c.SetServers(list) == nil {
				t.Errorf("%s: accepted", name)
			}
		}
	})
}
