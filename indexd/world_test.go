package indexd

import (
	"context"
	"crypto/ed25519"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/gossip/route"
	"github.com/offset-p2p/offset/indexd/client"
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/p2p"
	"github.com/offset-p2p/offset/p2p/identity"
	"github.com/offset-p2p/offset/p2p/p2ptest"
)

// eur is the currency of most tests.
var eur = ledger.Currency{Name: "EUR", Decimals: 2}

// world is a simulated network with index servers and nodes.
type world struct {
	t     *testing.T
	net   *p2ptest.Net
	stops []func()
	ids   int
}

func inWorld(t *testing.T, fn func(w *world)) {
	t.Helper()
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		w := &world{t: t, net: n}
		defer func() {
			for _, stop := range slices.Backward(w.stops) {
				stop()
			}
		}()
		fn(w)
	})
}

// testServer is a running index server.
type testServer struct {
	*Server
	world *world
	host  *p2p.Host
	stop  func() // ends Run and waits for it; may be called twice
}

// server starts an index server that trusts nobody.
func (w *world) server(change ...func(*ServerConfig)) *testServer {
	w.t.Helper()
	hc := w.net.Config(true)
	hc.Limits = p2p.IndexLimits()
	return w.serverOn(w.net.Start(hc), change...)
}

// serverOn starts an index server on a host.
func (w *world) serverOn(h *p2p.Host, change ...func(*ServerConfig)) *testServer {
	w.t.Helper()
	cfg := DefaultServerConfig()
	cfg.Log = slog.New(slog.DiscardHandler)
	for _, c := range change {
		c(&cfg)
	}
	s, err := NewServer(h, cfg)
	if err != nil {
		w.t.Fatalf("making a server: %v", err)
	}
	out := &testServer{Server: s, world: w, host: h}
	out.stop = w.start(s.Run)
	<-s.Serving()
	return out
}

// start runs something until the test ends or the returned function is called.
func (w *world) start(run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := run(ctx); err != nil {
			w.t.Errorf("running: %v", err)
		}
	}()
	stop = func() {
		cancel()
		<-done
	}
	w.stops = append(w.stops, stop)
	return stop
}

// trust makes s list exactly these servers.
func (s *testServer) trust(others ...*testServer) {
	s.world.t.Helper()
	var list []peer.AddrInfo
	for _, o := range others {
		list = append(list, o.host.AddrInfo())
	}
	if err := s.SetTrusted(list); err != nil {
		s.world.t.Fatalf("trusting: %v", err)
	}
}

// stateOf returns the state of trust in another server.
func (s *testServer) stateOf(o *testServer) string {
	return s.federation.Trust().State(o.host.ID()).String()
}

// befriend makes all servers list each other and waits for the handshakes.
func befriend(servers ...*testServer) {
	for _, s := range servers {
		var others []*testServer
		for _, o := range servers {
			if o != s {
				others = append(others, o)
			}
		}
		s.trust(others...)
	}
	time.Sleep(5 * time.Second)
}

// testNode is a node with a client, which signs its own pages.
type testNode struct {
	world    *world
	id       *identity.Identity
	node     ledger.NodeID
	host     *p2p.Host
	client   *client.Client
	welcomes chan client.Welcome
	epoch    uint64
	seq      uint64
}

// node starts a node with sessions to these servers.
func (w *world) node(servers ...*testServer) *testNode {
	w.t.Helper()
	hc := w.net.Config(true)
	id := w.identity()
	hc.Identity = id
	return w.nodeOn(w.net.Start(hc), id, servers...)
}

// identity is the next of the test's identities.
func (w *world) identity() *identity.Identity {
	w.ids++
	return identity.FromSeed([32]byte{0xee, byte(w.ids)})
}

// nodeOn starts a node on a host.
func (w *world) nodeOn(h *p2p.Host, id *identity.Identity, servers ...*testServer) *testNode {
	w.t.Helper()
	n := &testNode{
		world: w, id: id, node: ledger.NodeID(id.Raw()), host: h, epoch: 1,
		welcomes: make(chan client.Welcome, 64),
	}
	n.client = client.New(h, client.Config{OnWelcome: func(v client.Welcome) { n.welcomes <- v }})
	var list []peer.AddrInfo
	for _, s := range servers {
		list = append(list, s.host.AddrInfo())
	}
	if err := n.client.SetServers(list); err != nil {
		w.t.Fatalf("setting servers: %v", err)
	}
	w.start(n.client.Run)
	for range servers {
		<-n.welcomes
	}
	return n
}

// sign signs a page's body with a key.
func sign(id *identity.Identity, p capacity.Page) capacity.SignedPage {
	body := p.Body()
	hash := capacity.Hash(body)
	return capacity.SignedPage{Body: body, Signature: ledger.Signature(id.Sign(hash[:]))}
}

// page makes the node's next page, with 1000 to and from each friend.
func (n *testNode) page(friends ...*testNode) capacity.Page {
	n.world.t.Helper()
	n.seq++
	amount := ledger.NewAmount(1000)
	var entries []capacity.Entry
	for _, f := range friends {
		entries = append(entries, capacity.Entry{
			Friend: f.node, CanSend: amount, CanReceive: amount, Transit: amount, Rate: ledger.Rate{Add: 1},
		})
	}
	pages, err := capacity.Build(capacity.Page{
		Node: n.node, Epoch: n.epoch, Seq: n.seq, Currency: eur,
		Issued: capacity.Millis(time.Now()), TTL: capacity.TTLMin,
	}, entries)
	if err != nil || len(pages) != 1 {
		n.world.t.Fatalf("building a page: %d pages, %v", len(pages), err)
	}
	return pages[0]
}

// report publishes the node's friends.
func (n *testNode) report(friends ...*testNode) {
	n.world.t.Helper()
	if err := n.client.Publish([]capacity.SignedPage{sign(n.id, n.page(friends...))}); err != nil {
		n.world.t.Fatalf("publishing: %v", err)
	}
}

// query asks for 100 from one node to another.
func query(from, to *testNode) route.Query {
	return route.Query{
		Currency: eur, Amount: ledger.NewAmount(100), Source: from.node, Destination: to.node,
		MaxFee: ledger.NewAmount(50), MaxHops: route.HopsMax, MaxRoutes: 1,
	}
}

// hops asks for a route and returns the nodes on it after the source, nil when
// there is none.
func (n *testNode) hops(to *testNode) []ledger.NodeID {
	plans, err := n.client.Routes(context.Background(), query(n, to))
	if err != nil {
		return nil
	}
	var out []ledger.NodeID
	for _, h := range plans[0].Routes[0].Hops {
		out = append(out, h.Node)
	}
	return out
}

// chain makes nodes friends in a row and reports that to their servers.
func chain(nodes ...*testNode) {
	for i, n := range nodes {
		var friends []*testNode
		if i > 0 {
			friends = append(friends, nodes[i-1])
		}
		if i < len(nodes)-1 {
			friends = append(friends, nodes[i+1])
		}
		n.report(friends...)
	}
}

// The test's way of signing is honest: ledger.VerifyHash and
// identity.Sign agree on what is signed.
func TestSignedPagesOfTestsVerify(t *testing.T) {
	id := identity.FromSeed([32]byte{7})
	p := capacity.Page{
		Node: ledger.NodeID(id.Raw()), Epoch: 1, Seq: 1, Currency: eur, Count: 1,
		Issued: 1, TTL: capacity.TTLMin,
	}
	signed := sign(id, p)
	if _, err := capacity.Verify(signed); err != nil {
		t.Fatalf("own page: %v", err)
	}
	signed.Signature[0] ^= 1
	if _, err := capacity.Verify(signed); err == nil {
		t.Fatal("a changed signature passes")
	}
	raw := id.Raw()
	if !ed25519.Verify(raw[:], []byte("x"), id.Sign([]byte("x"))) {
		t.Fatal("identity signs with another key")
	}
}
