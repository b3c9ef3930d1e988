package indexd

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"google.golang.org/protobuf/proto"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pubsubpb "github.com/libp2p/go-libp2p-pubsub/pb"

	"github.com/offset-p2p/offset/gossip"
	"github.com/offset-p2p/offset/gossip/capacity"
	gossippb "github.com/offset-p2p/offset/gossip/pb"
	indexp "github.com/offset-p2p/offset/indexd/protocol"
	"github.com/offset-p2p/offset/p2p/frame"
)

// topicOfEUR is where pages in eur travel.
var topicOfEUR = "/offset/capacity/1/" + itoa(capacity.ShardOf(eur))

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}

// gossiper is a peer that speaks the federation's gossip without its walls.
type gossiper struct {
	topic    *pubsub.Topic
	received chan []byte
}

func (w *world) gossiper(h host.Host) *gossiper {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	w.stops = append(w.stops, cancel)
	ps, err := pubsub.NewGossipSub(ctx, h,
		pubsub.WithGossipSubProtocols([]protocol.ID{gossip.ProtocolID}, func(f pubsub.GossipSubFeature, _ protocol.ID) bool {
			return f == pubsub.GossipSubFeatureMesh || f == pubsub.GossipSubFeaturePX
		}),
		pubsub.WithNoAuthor(), pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign),
		pubsub.WithFloodPublish(true),
		pubsub.WithMessageIdFn(func(m *pubsubpb.Message) string { return string(m.GetData()) }))
	if err != nil {
		w.t.Fatal(err)
	}
	g := &gossiper{received: make(chan []byte, 1024)}
	if g.topic, err = ps.Join(topicOfEUR); err != nil {
		w.t.Fatal(err)
	}
	sub, err := g.topic.Subscribe()
	if err != nil {
		w.t.Fatal(err)
	}
	go func() {
		for {
			m, err := sub.Next(ctx)
			if err != nil {
				return
			}
			if m.ReceivedFrom != h.ID() {
				g.received <- m.Data
			}
		}
	}()
	return g
}

// batch is a gossip message of pages.
func batch(t *testing.T, pages ...capacity.SignedPage) []byte {
	t.Helper()
	b := &gossippb.Batch{Version: 1}
	for _, p := range pages {
		b.Pages = append(b.Pages, &gossippb.Page{Body: p.Body, Signature: p.Signature[:]})
	}
	data, err := proto.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// greeting says hello to a server as another server would.
func greeting(t *testing.T, from host.Host, to *testServer, lists bool) indexp.TrustHello {
	t.Helper()
	hello, err := indexp.TrustHello{ListsYou: lists, Clock: capacity.Millis(time.Now())}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	data, err := frame.Exchange(context.Background(), from, to.host.ID(), to.trustProtocol(), hello)
	if err != nil {
		t.Fatalf("greeting: %v", err)
	}
	answer, err := indexp.DecodeTrustHello(data)
	if err != nil {
		t.Fatalf("greeting: %v", err)
	}
	return answer
}

func TestOneSidedTrustSharesNothing(t *testing.T) {
	cases := []struct {
		name               string
		listed, listsUs    bool // the server lists the peer; the peer says it lists the server
		state              string
		flows, answersList bool
	}{
		{name: "nobody lists anybody", state: "none"},
		{name: "only the server lists", listed: true, state: "ours", answersList: true},
		{name: "only the peer lists", listsUs: true, state: "theirs"},
		{name: "both list", listed: true, listsUs: true, state: "mutual", flows: true, answersList: true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				a, e := w.server(), w.net.Host()
				if c.listed {
					if err := a.SetTrusted([]peer.AddrInfo{e.AddrInfo()}); err != nil {
						t.Fatal(err)
					}
				}
				w.net.Connect(e, a.host)
				if got := greeting(t, e, a, c.listsUs).ListsYou; got != c.answersList {
					t.Errorf("the server says it lists the peer: %v", got)
				}
				if got := a.federation.Trust().State(e.ID()).String(); got != c.state {
					t.Errorf("trust is %s, want %s", got, c.state)
				}
				// After the handshake: this pubsub has no gate and would not try
				// again once its stream was reset.
				g := w.gossiper(e)
				time.Sleep(20 * time.Second) // meshes form, IHAVE would travel
				tryToTake(t, w, a, g, c.flows)
				tryToGive(t, w, a, g, c.flows)
				tryToSync(t, e, a, c.flows)
				if !c.flows {
					tryRawGossip(t, e, a)
				}
			})
		})
	}
}

// tryToTake looks whether a page that enters the server reaches the peer.
func tryToTake(t *testing.T, w *world, a *testServer, g *gossiper, want bool) {
	t.Helper()
	w.node(a).report()
	time.Sleep(10 * time.Second)
	if got := len(g.received) > 0; got != want {
		t.Errorf("the peer received gossip: %v, want %v", got, want)
	}
}

// tryToGive looks whether a page that the peer publishes enters the server.
func tryToGive(t *testing.T, w *world, a *testServer, g *gossiper, want bool) {
	t.Helper()
	n := &testNode{world: w, id: w.identity(), epoch: 1}
	n.node = n.id.Raw()
	if err := g.topic.Publish(context.Background(), batch(t, sign(n.id, n.page()))); err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Second)
	epoch, _ := a.core.highest(n.node)
	if got := epoch != 0; got != want {
		t.Errorf("the peer's page entered: %v, want %v", got, want)
	}
}

// tryToSync looks whether the server answers a question about its pages.
func tryToSync(t *testing.T, e host.Host, a *testServer, want bool) {
	t.Helper()
	ask, err := indexp.EncodeSyncAsk(indexp.DigestsOf{Window: indexp.SyncWindow{AsOf: capacity.Millis(time.Now())}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := frame.Dial(context.Background(), e, a.host.ID(), indexp.SyncID, indexp.SyncFrameBytes)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Reset()
	_ = s.Write(ask) // The server may have reset the stream already.
	data, err := s.Read()
	if got := err == nil; got != want {
		t.Errorf("the server answered a catch-up: %v (%d bytes)", got, len(data))
	}
}

// tryRawGossip sends subscriptions, GRAFT, IHAVE and IWANT on a stream of its
// own, and expects the stream to be reset and nothing to be answered.
func tryRawGossip(t *testing.T, e host.Host, a *testServer) {
	t.Helper()
	s, err := e.NewStream(context.Background(), a.host.ID(), gossip.ProtocolID)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Reset() }()
	rpc, err := proto.Marshal(&pubsubpb.RPC{
		Subscriptions: []*pubsubpb.RPC_SubOpts{{Subscribe: proto.Bool(true), Topicid: &topicOfEUR}},
		Control: &pubsubpb.ControlMessage{
			Graft: []*pubsubpb.ControlGraft{{TopicID: &topicOfEUR}},
			Iwant: []*pubsubpb.ControlIWant{{MessageIDs: []string{"x"}}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = s.Write(binary.AppendUvarint(nil, uint64(len(rpc))))
	_, _ = s.Write(rpc)
	_ = s.SetReadDeadline(time.Now().Add(time.Minute))
	if n, err := io.ReadFull(s, make([]byte, 1)); err == nil || n > 0 {
		t.Error("the stream carried something back")
	}
	if got := a.federation.Counts()["streams_refused"]; got == 0 {
		t.Error("no refused stream is counted")
	}
}

func TestStreamsOfNonsenseEndInTime(t *testing.T) {
	huge := binary.BigEndian.AppendUint32(nil, 1<<32-1)
	noise := bytes.Repeat([]byte{0x00, 0x00, 0x00, 0x10, 0xff, 0x3a, 0x99, 0x07}, 512)
	sends := map[string][]byte{"nothing": nil, "4 GiB prefix": huge, "noise": noise, "half a prefix": {0}}
	protocols := []protocol.ID{indexp.IndexID, indexp.TrustID, indexp.SyncID, gossip.ProtocolID}
	inWorld(t, func(w *world) {
		a := w.server()
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		open := 0
		for range 10 {
			e := w.net.Host()
			w.net.Connect(e, a.host)
			for _, id := range protocols {
				for _, data := range sends {
					s, err := e.NewStream(context.Background(), a.host.ID(), id)
					if err != nil {
						t.Fatal(err)
					}
					_, _ = s.Write(data)
					_ = s.SetReadDeadline(time.Now().Add(time.Hour))
					start := time.Now()
					if n, err := io.Copy(io.Discard, s); n > 0 {
						t.Errorf("%s answered %d bytes, %v", id, n, err)
					}
					if took := time.Since(start); took > 16*time.Second {
						t.Errorf("%s was held for %v", id, took)
					}
					open++
				}
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<20 {
			t.Errorf("%d streams left %d MiB", open, grown>>20)
		}
		// The server is as good as before.
		n := w.node(a)
		n.report()
		time.Sleep(time.Second)
		if a.core.set.Stats().Pages != 1 {
			t.Error("the server does not take pages any more")
		}
	})
}

func TestLinkThatSendsWrongPagesIsCut(t *testing.T) {
	inWorld(t, func(w *world) {
		a, e := w.server(), w.net.Host()
		if err := a.SetTrusted([]peer.AddrInfo{e.AddrInfo()}); err != nil {
			t.Fatal(err)
		}
		w.net.Connect(e, a.host)
		greeting(t, e, a, true)
		g := w.gossiper(e)
		time.Sleep(5 * time.Second)
		honest := &testNode{world: w, id: w.identity(), epoch: 1}
		honest.node = honest.id.Raw()
		for i := range gossip.StrikesMax {
			if a.federation.Trust().State(e.ID()) != gossip.TrustMutual {
				t.Fatalf("cut after %d faults", i)
			}
			good := sign(honest.id, honest.page())
			forged := sign(w.identity(), honest.page()) // another's key
			if err := g.topic.Publish(context.Background(), batch(t, good, forged)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Second)
			if _, seq := a.core.highest(honest.node); seq != honest.seq-1 {
				t.Errorf("the good page beside a forged one was not admitted: seq %d", seq)
			}
		}
		if got := a.federation.Trust().State(e.ID()); got != gossip.TrustCut {
			t.Errorf("after %d faults trust is %v", gossip.StrikesMax, got)
		}
		time.Sleep(3 * time.Second)
		counts := a.federation.Counts()
		if counts["pages_faulty"] != gossip.StrikesMax || counts["links_cut"] != 1 {
			t.Errorf("counts are %v", counts)
		}
		if greeting(t, e, a, true).ListsYou {
			t.Error("a cut peer is told that it is listed")
		}
		if err := a.SetTrusted(nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second) // the farewell
		if err := a.SetTrusted([]peer.AddrInfo{e.AddrInfo()}); err != nil {
			t.Fatal(err)
		}
		w.net.Connect(e, a.host)
		greeting(t, e, a, true)
		if got := a.federation.Trust().State(e.ID()); got != gossip.TrustMutual {
			t.Errorf("listed again, trust is %v", got)
		}
	})
}

func TestUnknownVersionsAreNobodysFault(t *testing.T) {
	inWorld(t, func(w *world) {
		a, e := w.server(), w.net.Host()
		if err := a.SetTrusted([]peer.AddrInfo{e.AddrInfo()}); err != nil {
			t.Fatal(err)
		}
		w.net.Connect(e, a.host)
		greeting(t, e, a, true)
		g := w.gossiper(e)
		time.Sleep(5 * time.Second)
		newer, err := proto.Marshal(&gossippb.Batch{Version: 9})
		if err != nil {
			t.Fatal(err)
		}
		n := &testNode{world: w, id: w.identity(), epoch: 1}
		page := n.page0().Body()
		page[0] = 99
		for i := range 2 * gossip.StrikesMax {
			data := append(newer, batch(t, capacity.SignedPage{Body: append(page, byte(i))})...)
			if i%2 == 0 {
				data = batch(t, capacity.SignedPage{Body: append(page, byte(i))})
			}
			if err := g.topic.Publish(context.Background(), data); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		if got := a.federation.Trust().State(e.ID()); got != gossip.TrustMutual {
			t.Errorf("trust is %v", got)
		}
		if got := a.federation.Counts()["pages_ignored"]; got < gossip.StrikesMax {
			t.Errorf("%d pages of another version were counted", got)
		}
	})
}

// page0 is a page without friends.
func (n *testNode) page0() capacity.Page {
	n.node = n.id.Raw()
	return n.page()
}
