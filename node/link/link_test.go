package link

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/wire"
	"github.com/offset-p2p/offset/node/seal"
	"github.com/offset-p2p/offset/p2p/frame"
	"github.com/offset-p2p/offset/p2p/p2ptest"
)

func TestFriendsMeet(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		a, b := pair(t, n)
		defer a.stop()
		defer b.stop()
		a.befriend(b)
		time.Sleep(10 * time.Second)
		if b.count("up") != 0 || a.m.Status(b.node()).Connected {
			t.Fatal("a stranger got past the handler")
		}
		b.befriend(a)
		if !linked(a, b, 10*time.Second) {
			t.Fatal("friends did not meet")
		}
		st := a.m.Status(b.node())
		if st.Relayed || st.Address == "" || st.Since.IsZero() {
			t.Errorf("status %+v", st)
		}
		for _, s := range []*side{a, b} {
			if err := s.inOrder(); err != nil {
				t.Error(err)
			}
		}
		// Each learned the other's addresses from the record in Hello.
		if len(b.host.Peerstore().Addrs(a.host.ID())) == 0 {
			t.Error("no address learned")
		}
	})
}

func TestThroughARelay(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		relay := n.Relay()
		sides := make([]*side, 2)
		for i := range sides {
			cfg := n.Config(false)
			cfg.Relays = append(cfg.Relays, relay.AddrInfo())
			sides[i] = newSide(t, n, cfg)
			defer sides[i].stop()
			if err := sides[i].host.WaitRelay(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		a, b := sides[0], sides[1]
		a.befriend(b)
		b.befriend(a)
		if !linked(a, b, 30*time.Second) {
			t.Fatal("friends did not meet through the relay")
		}
		if !a.m.Status(b.node()).Relayed || !b.m.Status(a.node()).Relayed {
			t.Error("the link does not say that it runs through a relay")
		}
	})
}

// Both dial at the same moment, many times: one link is left on both sides,
// soon, and it is the same stream.
func TestCrossedDials(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		a, b := pair(t, n)
		defer a.stop()
		defer b.stop()
		const rounds = 300
		for range rounds {
			// Friends at the same instant; the jitter of both is below
			// dialSpread, a round trip takes 10 ms.
			a.befriend(b)
			b.befriend(a)
			if !linked(a, b, 20*time.Second) {
				t.Fatal("no link after crossed dials")
			}
			time.Sleep(5 * time.Second)
			before := [2]uint64{a.link(b), b.link(a)}
			time.Sleep(30 * time.Second)
			if after := [2]uint64{a.link(b), b.link(a)}; after != before {
				t.Fatalf("links %v changed to %v at rest", before, after)
			}
			a.befriend()
			b.befriend()
			time.Sleep(time.Second)
		}
		if err := errors.Join(a.inOrder(), b.inOrder()); err != nil {
			t.Error(err)
		}
		// One in twenty or so; else the test has tested nothing.
		if crossed := a.m.Stats().Crossed + a.m.Stats().Replaced + b.m.Stats().Replaced; crossed == 0 {
			t.Errorf("no dials of %d crossed", rounds)
		}
	})
}

// dialAs opens a friend stream by hand.
func dialAs(t *testing.T, from, to *side) *frame.Stream {
	t.Helper()
	from.host.Learn(to.host.AddrInfo())
	s, err := frame.Dial(t.Context(), from.host, to.host.ID(), ProtocolID, wire.FrameBytesMax)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var hello = wire.Encode(&ledger.Hello{Versions: []uint16{1}, State: ledger.Fresh})

func write(t *testing.T, s *frame.Stream, b ...[]byte) {
	t.Helper()
	if err := s.Write(b...); err != nil {
		t.Fatal(err)
	}
}

// The rule for crossed Hellos, with each side as the lower one, step by step.
func TestCrossedHellosAreSettledByPeerID(t *testing.T) {
	for _, lowIsUs := range []bool{true, false} {
		p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
			us, peer := pair(t, n)
			if !lowIsUs {
				us, peer = peer, us
			}
			defer us.stop()
			peer.stop() // its Manager is played by the test
			theirs := make(chan network.Stream, 1)
			peer.host.SetStreamHandler(ProtocolID, func(s network.Stream) { theirs <- s })
			us.befriend(peer)
			first := frame.NewStream(<-theirs, wire.FrameBytesMax)
			if _, err := first.Read(); err != nil { // our Hello, to stay unanswered
				t.Fatal(err)
			}
			second := dialAs(t, peer, us)
			write(t, second, hello)
			time.Sleep(time.Second)
			_ = first.Write(hello) // lost when it was reset
			time.Sleep(time.Second)
			stays := us.m.Status(peer.node())
			if !stays.Connected {
				t.Fatal("no link is left")
			}
			if got := us.m.Stats(); (got.Crossed == 1) != lowIsUs || (got.Replaced == 1) == lowIsUs {
				t.Errorf("lower is us: %v; crossed %d, replaced %d", lowIsUs, got.Crossed, got.Replaced)
			}
			if err := us.inOrder(); err != nil {
				t.Error(err)
			}
			second.Reset()
			first.Reset()
		})
	}
}

func TestNewestStreamReplaces(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		us, peer := pair(t, n)
		defer us.stop()
		peer.stop()
		us.befriend(peer)
		var streams []*frame.Stream
		for range 3 {
			s := dialAs(t, peer, us)
			streams = append(streams, s)
			write(t, s, hello)
			time.Sleep(time.Second)
		}
		if up, down := us.count("up"), us.count("down"); up != 3 || down != 2 {
			t.Errorf("%d up and %d down, want 3 and 2", up, down)
		}
		if err := us.inOrder(); err != nil {
			t.Error(err)
		}
		for i, s := range streams[:2] {
			for { // our Hello, then the end
				if _, err := s.Read(); err != nil {
					break
				}
			}
			_ = i
		}
		if _, err := streams[2].Read(); err != nil {
			t.Errorf("the newest stream: %v", err)
		}
		// Frames for an old link go nowhere.
		us.m.Send(peer.node(), 1, &ledger.Refuse{Reason: ledger.RefuseBusy})
		us.m.Drop(peer.node(), 1, "late")
		time.Sleep(time.Second)
		if !us.m.Status(peer.node()).Connected {
			t.Error("an old number dropped the new link")
		}
		us.m.Drop(peer.node(), us.link(peer), "test")
		time.Sleep(10 * time.Millisecond)
		if us.count("down") != 3 {
			t.Error("Drop did not end the link")
		}
		streams[2].Reset()
	})
}

func TestDeadPeerIsKnownInFiveSeconds(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		us, peer := pair(t, n)
		defer us.stop()
		peer.stop()
		us.befriend(peer)
		s := dialAs(t, peer, us)
		write(t, s, hello) // and never again a word
		time.Sleep(50 * time.Millisecond)
		if !us.m.Status(peer.node()).Connected {
			t.Fatal("not connected")
		}
		time.Sleep(deadAfter - time.Second)
		if !us.m.Status(peer.node()).Connected {
			t.Error("given up too early")
		}
		time.Sleep(time.Second)
		if us.m.Status(peer.node()).Connected || us.m.Stats().Dead != 1 {
			t.Errorf("after %v: %+v", deadAfter, us.m.Stats())
		}
	})
}

func TestIdleLinkIsCheapAndStays(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		us, peer := pair(t, n)
		defer us.stop()
		peer.stop()
		us.befriend(peer)
		s := dialAs(t, peer, us)
		write(t, s, hello)
		if _, err := s.Read(); err != nil {
			t.Fatal(err)
		}
		const minutes = 10
		bytes, until := 0, time.Now().Add(minutes*time.Minute)
		for time.Now().Before(until) {
			b, err := s.Read()
			if err != nil {
				t.Fatal(err)
			}
			f, err := wire.Decode(b)
			ping, ok := f.(*ledger.Ping)
			if err != nil || !ok {
				t.Fatalf("%T on an idle link: %v", f, err)
			}
			bytes += 4 + len(b)
			write(t, s, wire.Encode(&ledger.Pong{Nonce: ping.Nonce}))
		}
		if perSecond := bytes / (minutes * 60); perSecond > 50 {
			t.Errorf("%d bytes a second on an idle link", perSecond)
		}
		time.Sleep(time.Second)
		if rtt := us.m.Status(peer.node()).RTT; rtt < 10*time.Millisecond || rtt > 20*time.Millisecond {
			t.Errorf("round trip of %v, the network's is 10 ms", rtt)
		}
		s.Reset()
	})
}

// bad streams: each is ended, counted, and harms nobody else.
func TestBadStreams(t *testing.T) {
	entry := func(by *side) []byte {
		body := (&ledger.Entry{Epoch: ourEpoch, Author: 0, Seq: 1}).Encode()
		return wire.Encode(Sign(by.id, &ledger.SignedEntry{Body: body}))
	}
	cases := map[string]func(us, peer *side) [][]byte{
		"garbage":         func(_, _ *side) [][]byte { return [][]byte{bytes.Repeat([]byte{0xff}, 100)} },
		"nothing first":   func(_, _ *side) [][]byte { return [][]byte{{}} },
		"no hello":        func(_, peer *side) [][]byte { return [][]byte{entry(peer)} },
		"garbage later":   func(_, _ *side) [][]byte { return [][]byte{hello, bytes.Repeat([]byte{0xff}, 100)} },
		"others' entry":   func(us, _ *side) [][]byte { return [][]byte{hello, entry(us)} },
		"entry of no log": func(_, _ *side) [][]byte { return [][]byte{hello, wire.Encode(&ledger.SignedEntry{Body: []byte{9}})} },
		"record of others": func(us, _ *side) [][]byte {
			r, err := peerRecord(us.host, us.id)
			if err != nil {
				panic(err)
			}
			return [][]byte{wire.Encode(&ledger.Hello{Versions: []uint16{1}, State: ledger.Fresh, PeerRecord: r})}
		},
		"record broken": func(_, _ *side) [][]byte {
			return [][]byte{wire.Encode(&ledger.Hello{Versions: []uint16{1}, State: ledger.Fresh, PeerRecord: []byte("x")})}
		},
	}
	for name, frames := range cases {
		t.Run(name, func(t *testing.T) {
			p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
				us, peer := pair(t, n)
				defer us.stop()
				peer.stop()
				us.befriend(peer)
				s := dialAs(t, peer, us)
				write(t, s, frames(us, peer)...)
				began := time.Now()
				for {
					if _, err := s.Read(); err != nil {
						break
					}
				}
				if took := time.Since(began); took > time.Second {
					t.Errorf("ended only after %v", took)
				}
				time.Sleep(100 * time.Millisecond)
				if us.m.Stats().Faults != 1 || us.m.Status(peer.node()).Connected || us.count("entry") != 0 {
					t.Errorf("faults %d, entries %d", us.m.Stats().Faults, us.count("entry"))
				}
			})
		})
	}
}

func TestSilentAndHugeStreams(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		us, peer := pair(t, n)
		defer us.stop()
		peer.stop()
		us.befriend(peer)
		huge := dialAs(t, peer, us)
		if _, err := huge.Raw().Write([]byte{0xff, 0xff, 0xff, 0xff}); err != nil {
			t.Fatal(err)
		}
		if _, err := huge.Read(); err == nil {
			t.Error("a prefix of 4 GiB was answered")
		}
		silent := dialAs(t, peer, us)
		if _, err := silent.Raw().Write([]byte{0}); err != nil { // so that it exists there
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := silent.Read(); err == nil || time.Since(began) > frame.DefaultFirstMessage+time.Second {
			t.Errorf("a silent stream ended after %v: %v", time.Since(began), err)
		}
		if us.count("up") != 0 {
			t.Error("the handler heard of them")
		}
	})
}

// A friend whose side accepts the stream but never says Hello keeps nothing.
func TestDialedStreamWithoutHelloIsGivenUp(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		us, peer := pair(t, n)
		defer us.stop()
		peer.stop()
		peer.host.SetStreamHandler(ProtocolID, func(raw network.Stream) {
			s := frame.NewStream(raw, wire.FrameBytesMax)
			for { // alive, but no Hello
				b, err := s.Read()
				if err != nil {
					return
				}
				if f, err := wire.Decode(b); err == nil {
					if ping, ok := f.(*ledger.Ping); ok {
						_ = s.Write(wire.Encode(&ledger.Pong{Nonce: ping.Nonce}))
					}
				}
			}
		})
		us.befriend(peer)
		time.Sleep(helloTimeout + 4*time.Second)
		if us.count("down") < 1 || us.m.Status(peer.node()).Connected {
			t.Errorf("%d links ended", us.count("down"))
		}
		if us.count("frame") != 0 {
			t.Error("a frame before Hello reached the handler")
		}
	})
}

func TestEntriesArriveVerifiedAndOpened(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		a, b := pair(t, n)
		defer a.stop()
		defer b.stop()
		a.befriend(b)
		b.befriend(a)
		if !linked(a, b, 10*time.Second) {
			t.Fatal("no link")
		}
		lock, salt := ledger.Lock{1}, ledger.PartSalt{2}
		key := a.keys.PartKey(lock, salt)
		eur := ledger.Currency{Name: "EUR", Decimals: 2}
		sealed, err := seal.Part(b.keys.SealKey(), lock, key.Lock(), salt, &ledger.Part{Currency: eur, PartKey: &key, Note: "hi"})
		if err != nil {
			t.Fatal(err)
		}
		request := func(part ledger.Lock, path ledger.Path) ledger.Op {
			return &ledger.Request{Currency: eur, Amount: ledger.NewAmount(1), Lock: lock, PartLock: part, Path: path, Sealed: sealed}
		}
		onward := ledger.NewPath(ledger.Hop{Node: ledger.NodeID{9}, Amount: ledger.NewAmount(1)})
		body := (&ledger.Entry{Epoch: ourEpoch, Seq: 1, Ops: []ledger.Op{
			request(key.Lock(), ledger.NewPath()), request(ledger.Lock{7}, ledger.NewPath()), request(ledger.Lock{8}, onward),
		}}).Encode()
		unsigned := &ledger.SignedEntry{Body: body}
		a.m.Send(b.node(), a.link(b), unsigned, &ledger.Refuse{Reason: ledger.RefuseBusy})
		time.Sleep(time.Second)
		if unsigned.Signature != (ledger.Signature{}) {
			t.Error("Send changed the frame it was given")
		}
		var got []heard
		for _, e := range b.all() {
			if _, ok := e.frame.(*ledger.Hello); !ok && e.what != "up" && e.what != "down" {
				got = append(got, e)
			}
		}
		if len(got) != 2 || got[0].what != "entry" {
			t.Fatalf("heard %d frames", len(got))
		}
		parts := got[0].entry.Parts
		if len(parts) != 1 || parts[key.Lock()] == nil || parts[key.Lock()].Note != "hi" {
			t.Errorf("opened %d parts", len(parts))
		}
		if e := got[0].entry.Verified.Entry(); e.Seq != 1 || len(e.Ops) != 3 {
			t.Errorf("entry %+v", e)
		}
		if r, ok := got[1].frame.(*ledger.Refuse); !ok || r.Reason != ledger.RefuseBusy {
			t.Errorf("then %+v", got[1].frame)
		}
	})
}

// While the handler is busy the stream is not read and the friend is not taken
// for dead; when the link ends, the handler is freed.
func TestBusyHandlerHoldsTheStream(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		us, peer := pair(t, n)
		defer us.stop()
		peer.stop()
		us.befriend(peer)
		us.mu.Lock()
		us.block = make(chan struct{})
		us.mu.Unlock()
		s := dialAs(t, peer, us)
		entry := func(seq uint64) []byte {
			return wire.Encode(Sign(peer.id, &ledger.SignedEntry{Body: (&ledger.Entry{Epoch: ourEpoch, Seq: seq}).Encode()}))
		}
		write(t, s, hello, entry(1), entry(2))
		time.Sleep(20 * time.Second)
		if us.count("entry") != 1 || us.m.Stats().Dead != 0 {
			t.Errorf("%d entries, %d dead", us.count("entry"), us.m.Stats().Dead)
		}
		us.m.Drop(peer.node(), us.link(peer), "test")
		time.Sleep(time.Second)
		if us.count("down") != 1 {
			t.Error("the handler was not freed")
		}
	})
}

func TestOverflowDropsTheLink(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		us, peer := pair(t, n)
		defer us.stop()
		peer.stop()
		us.befriend(peer)
		s := dialAs(t, peer, us) // and never reads
		write(t, s, hello)
		time.Sleep(time.Second)
		entry := &ledger.SignedEntry{Body: make([]byte, ledger.EntryBytesMax), Signature: ledger.Signature{1}}
		for range ledger.EntryWindow {
			us.m.Send(peer.node(), us.link(peer), entry)
		}
		if us.m.Stats().Overflows != 0 {
			t.Fatal("a window of full entries does not fit, so a friend that is owed one could never be served")
		}
		for range 200 {
			us.m.Send(peer.node(), us.link(peer), entry)
		}
		time.Sleep(100 * time.Millisecond)
		if us.m.Stats().Overflows != 1 || us.count("down") != 1 {
			t.Errorf("overflows %d, down %d", us.m.Stats().Overflows, us.count("down"))
		}
		s.Reset()
	})
}

func TestHandlerErrorsAndPanicsEndOnlyTheLink(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		a, b := pair(t, n)
		defer a.stop()
		defer b.stop()
		b.mu.Lock()
		b.panics = true
		b.mu.Unlock()
		a.befriend(b)
		b.befriend(a)
		time.Sleep(30 * time.Second)
		if b.count("up") == 0 || b.count("up") != b.count("down") {
			t.Errorf("%d up, %d down", b.count("up"), b.count("down"))
		}
		b.mu.Lock()
		b.panics = false
		b.mu.Unlock()
		if !linked(a, b, 10*time.Minute) {
			t.Fatal("no link after the panics")
		}
		b.mu.Lock()
		b.fail = errors.New("no")
		b.mu.Unlock()
		before := b.count("down")
		a.m.Send(b.node(), a.link(b), &ledger.SignedEntry{Body: (&ledger.Entry{Epoch: ourEpoch, Seq: 1}).Encode()})
		time.Sleep(time.Second)
		if b.count("down") != before+1 {
			t.Error("an error of the handler did not end the link")
		}
	})
}

// A friend that vanishes and comes back is linked again soon, by itself.
func TestReconnect(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		a, b := pair(t, n)
		defer a.stop()
		a.befriend(b)
		b.befriend(a)
		if !linked(a, b, 10*time.Second) {
			t.Fatal("no link")
		}
		time.Sleep(time.Minute)
		b.stop()
		time.Sleep(10 * time.Minute)
		if a.m.Status(b.node()).Connected {
			t.Fatal("connected to nobody")
		}
		tries := a.m.Stats().DialFailures + uint64(a.count("up"))
		if tries > 20 {
			t.Errorf("%d attempts in ten minutes", tries)
		}
		b.run()
		defer b.stop()
		if !linked(a, b, 10*time.Second) {
			t.Error("not linked again in 10 s")
		}
		if err := errors.Join(a.inOrder(), b.inOrder()); err != nil {
			t.Error(err)
		}
	})
}

func TestSetFriendsRefuses(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		a, b := pair(t, n)
		defer a.stop()
		defer b.stop()
		a.befriend(b)
		for name, tc := range map[string]struct {
			friends []Friend
			want    string
		}{
			"no key":   {[]Friend{{}}, "friend "},
			"itself":   {[]Friend{{ID: a.node()}}, "this node itself"},
			"twice":    {[]Friend{{ID: b.node()}, {ID: b.node()}}, "twice"},
			"too many": {make([]Friend, FriendsMax+1), "at most"},
		} {
			if err := a.m.SetFriends(tc.friends); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		b.befriend(a)
		if !linked(a, b, 10*time.Second) {
			t.Error("a refused change had an effect")
		}
		// New addresses lead to a new attempt, removal ends the link.
		if err := a.m.SetFriends([]Friend{{ID: b.node()}}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if !a.m.Status(b.node()).Connected {
			t.Error("an edit cut the link")
		}
		a.befriend()
		time.Sleep(time.Second)
		if a.m.Status(b.node()) != (Status{}) || a.count("down") != a.count("up") {
			t.Error("the link outlived the friendship")
		}
	})
}

// A friend that is removed and added at once gets a new link only after the old
// one has ended, also when the handler is slow to let go.
func TestRemovedAndAddedAgain(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		a, b := pair(t, n)
		defer a.stop()
		defer b.stop()
		a.befriend(b)
		b.befriend(a)
		for range 20 {
			if !linked(a, b, 10*time.Minute) {
				t.Fatal("no link")
			}
			a.befriend()
			a.befriend(b)
		}
		if err := errors.Join(a.inOrder(), b.inOrder()); err != nil {
			t.Error(err)
		}
	})
}
