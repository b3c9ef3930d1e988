package indexd

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/host"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/gossip/route"
	"github.com/offset-p2p/offset/indexd/client"
	"github.com/offset-p2p/offset/indexd/protocol"
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/p2p/frame"
)

// rawSession is a session that a test speaks by hand.
type rawSession struct {
	t      *testing.T
	stream *frame.Stream
}

func openRaw(t *testing.T, from host.Host, to *testServer) (*rawSession, protocol.Welcome) {
	t.Helper()
	s, err := frame.Dial(context.Background(), from, to.host.ID(), protocol.IndexID, protocol.IndexFrameBytes)
	if err != nil {
		t.Fatal(err)
	}
	raw := &rawSession{t: t, stream: s}
	raw.send(protocol.NodeHello{})
	m, err := raw.receive()
	if err != nil {
		t.Fatalf("no welcome: %v", err)
	}
	w, ok := m.(protocol.Welcome)
	if !ok {
		t.Fatalf("first message is %T", m)
	}
	return raw, w
}

func (r *rawSession) send(m protocol.FromNode) {
	r.t.Helper()
	data, err := protocol.EncodeFromNode(m)
	if err != nil {
		r.t.Fatal(err)
	}
	_ = r.stream.Write(data) // The server may have ended the session.
}

func (r *rawSession) receive() (protocol.FromServer, error) {
	_ = r.stream.Raw().SetReadDeadline(time.Now().Add(time.Minute))
	data, err := r.stream.Read()
	if err != nil {
		return nil, err
	}
	return protocol.DecodeFromServer(data)
}

// stranger is a node without a client, connected with a server.
func (w *world) stranger(s *testServer) (*testNode, host.Host) {
	hc := w.net.Config(true)
	id := w.identity()
	hc.Identity = id
	h := w.net.Start(hc)
	w.net.Connect(h, s.host)
	return &testNode{world: w, id: id, node: ledger.NodeID(id.Raw()), epoch: 1}, h
}

func TestNodeReportsOnlyForItself(t *testing.T) {
	inWorld(t, func(w *world) {
		a := w.server()
		n, h := w.stranger(a)
		other := &testNode{world: w, id: w.identity(), epoch: 1}
		other.node = ledger.NodeID(other.id.Raw())
		s, _ := openRaw(t, h, a)
		forged := n.page()
		forged.Node = other.node
		old := n.page()
		old.Issued -= uint64(time.Hour.Milliseconds())
		early := n.page()
		early.Issued += uint64(time.Hour.Milliseconds())
		cases := []struct {
			name string
			page capacity.SignedPage
			want protocol.RefusedReason
		}{
			{"another node's page, well signed", sign(other.id, other.page()), protocol.RefusedForeign},
			{"another node's page, signed by this one", sign(n.id, forged), protocol.RefusedForeign},
			{"signed by another key", sign(other.id, n.page()), protocol.RefusedFaulty},
			{"not a page", capacity.SignedPage{Body: []byte{1, 2, 3}}, protocol.RefusedFaulty},
			{"an hour old", sign(n.id, old), protocol.RefusedStale},
			{"from the future", sign(n.id, early), protocol.RefusedFuture},
		}
		for _, c := range cases {
			s.send(protocol.Pages{c.page})
			m, err := s.receive()
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			if r, ok := m.(protocol.Refused); !ok || r.Reason != c.want || r.Count != 1 {
				t.Errorf("%s: the server says %#v, want one %v", c.name, m, c.want)
			}
			if got := a.Status().Events["pages_refused_"+c.want.String()]; got == 0 {
				t.Errorf("%s is not counted", c.name)
			}
		}
		if got := a.core.set.Stats().Pages; got != 0 {
			t.Errorf("%d pages entered", got)
		}
		good := sign(n.id, n.page())
		s.send(protocol.Pages{good})
		s.send(protocol.Pages{good}) // known, but no reason for a refusal
		s.send(protocol.Beat{Number: 5})
		if m, err := s.receive(); err != nil || m.(protocol.Beat).Number != 5 {
			t.Errorf("after a good page the server says %#v, %v", m, err)
		}
		if got := a.core.set.Stats().Pages; got != 1 {
			t.Errorf("the good page did not enter: %d", got)
		}
	})
}

func TestNodeThatSendsWrongPagesIsCut(t *testing.T) {
	inWorld(t, func(w *world) {
		a := w.server()
		n, h := w.stranger(a)
		s, _ := openRaw(t, h, a)
		var wrong protocol.Pages
		for range faultsMax {
			page := sign(n.id, n.page())
			page.Signature[7] ^= 1
			wrong = append(wrong, page)
		}
		s.send(wrong)
		for range 2 { // a refusal, unless the end of the session overtakes it
			m, err := s.receive()
			if err != nil {
				break
			}
			if r, ok := m.(protocol.Refused); !ok || r.Count != faultsMax {
				t.Errorf("the session goes on: %#v", m)
			}
		}
		time.Sleep(time.Second)
		if got := a.Status(); got.Sessions != 0 || got.Events["session_faults"] != 1 {
			t.Errorf("status is %d sessions, %v", got.Sessions, got.Events)
		}
	})
}

func TestPaceOfOneNodeIsBounded(t *testing.T) {
	inWorld(t, func(w *world) {
		a := w.server()
		n, h := w.stranger(a)
		s, _ := openRaw(t, h, a)
		page := sign(n.id, n.page())
		full := make(protocol.Pages, protocol.PagesPerFrame)
		for i := range full {
			full[i] = page
		}
		refused := 0
		for range pagesBurst/len(full) + 20 {
			s.send(full)
		}
		s.send(protocol.Beat{Number: 1})
		for {
			m, err := s.receive()
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := m.(protocol.Beat); ok {
				break
			}
			if r := m.(protocol.Refused); r.Reason == protocol.RefusedPace {
				refused += int(r.Count)
			}
		}
		if refused == 0 || refused > 20*len(full) {
			t.Errorf("%d pages over the pace", refused)
		}
		// A new session brings no new burst.
		s.stream.Reset()
		s, _ = openRaw(t, h, a)
		s.send(full)
		s.send(full)
		s.send(full)
		if m, err := s.receive(); err != nil || m.(protocol.Refused).Reason != protocol.RefusedPace {
			t.Errorf("a new session has a new quota: %#v, %v", m, err)
		}
	})
}

func TestQueriesHaveAQuota(t *testing.T) {
	inWorld(t, func(w *world) {
		a := w.server()
		n := w.node(a)
		other := &testNode{world: w, node: ledger.NodeID{9}}
		q := query(n, other)
		var refused *client.RefusedError
		const burst = queriesPerSecond * queriesBurstSeconds
		asked, start := 0, time.Now()
		for ; refused == nil && asked < 2*burst; asked++ {
			_, err := n.client.Routes(context.Background(), q)
			var none *route.NoRouteError
			if !errors.As(err, &none) && !errors.As(err, &refused) {
				t.Fatalf("query %d: %v", asked, err)
			}
		}
		if most := burst + 2 + int(time.Since(start)/time.Second*queriesPerSecond); asked > most+queriesPerSecond {
			t.Fatalf("%d queries were answered, at most %d are allowed", asked, most)
		}
		if refused == nil {
			t.Fatal("no query was refused")
		}
		if refused.Reason != protocol.QueryPace || refused.Server != a.host.ID() {
			t.Errorf("refusal is %v", refused)
		}
		time.Sleep(time.Second)
		var none *route.NoRouteError
		if _, err := n.client.Routes(context.Background(), q); !errors.As(err, &none) {
			t.Errorf("a second later: %v", err)
		}
	})
}

func TestNewSessionEndsTheOldOne(t *testing.T) {
	inWorld(t, func(w *world) {
		a := w.server()
		_, h := w.stranger(a)
		old, _ := openRaw(t, h, a)
		fresh, _ := openRaw(t, h, a)
		if m, err := old.receive(); err == nil {
			t.Errorf("the old session carries %#v", m)
		}
		fresh.send(protocol.Beat{Number: 3})
		if m, err := fresh.receive(); err != nil || m.(protocol.Beat).Number != 3 {
			t.Errorf("the new session carries %#v, %v", m, err)
		}
		if got := a.Status().Sessions; got != 1 {
			t.Errorf("%d sessions", got)
		}
	})
}

func TestSilentSessionEnds(t *testing.T) {
	inWorld(t, func(w *world) {
		a := w.server()
		_, h := w.stranger(a)
		s, _ := openRaw(t, h, a)
		start := time.Now()
		if m, err := s.receive(); err == nil {
			t.Fatalf("the server says %#v", m)
		}
		if took := time.Since(start); took < protocol.SilenceMax-time.Second || took > protocol.SilenceMax+time.Second {
			t.Errorf("the session ended after %v, want %v", took, protocol.SilenceMax)
		}
	})
}

func TestSecondHelloIsAFault(t *testing.T) {
	inWorld(t, func(w *world) {
		a := w.server()
		_, h := w.stranger(a)
		s, _ := openRaw(t, h, a)
		s.send(protocol.NodeHello{})
		if m, err := s.receive(); err == nil {
			t.Errorf("the server says %#v", m)
		}
	})
}

func TestSessionsPerPrefixAreBounded(t *testing.T) {
	inWorld(t, func(w *world) {
		a := w.server(func(c *ServerConfig) { c.SessionsPerPrefix = 2 })
		_, h1 := w.stranger(a)
		_, h2 := w.stranger(a)
		_, h3 := w.stranger(a)
		openRaw(t, h1, a)
		s2, _ := openRaw(t, h2, a)
		s, err := frame.Dial(context.Background(), h3, a.host.ID(), protocol.IndexID, protocol.IndexFrameBytes)
		if err != nil {
			t.Fatal(err)
		}
		third := &rawSession{t: t, stream: s}
		third.send(protocol.NodeHello{})
		if m, err := third.receive(); err == nil {
			t.Fatalf("a third session of one /24 is welcome: %#v", m)
		}
		if got := a.Status().Events["sessions_refused"]; got != 1 {
			t.Errorf("%d refusals are counted", got)
		}
		s2.stream.Reset()
		time.Sleep(time.Second)
		openRaw(t, h3, a) // fails the test when it is not welcome
	})
}

func TestServerRemembersEpochAndSeq(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b := w.server(), w.server()
		befriend(a, b)
		n := w.node(a)
		n.epoch, n.seq = 7, 41
		n.report()
		time.Sleep(2 * time.Second)
		w.net.Connect(n.host, b.host)
		_, welcome := openRaw(t, n.host, b)
		if welcome.Epoch != 7 || welcome.Seq != 42 {
			t.Errorf("the other server remembers %d/%d, want 7/42", welcome.Epoch, welcome.Seq)
		}
	})
}

func TestRestartedServerTakesNothingOldBeforeItHasCaughtUp(t *testing.T) {
	inWorld(t, func(w *world) {
		n := &testNode{world: w, id: w.identity(), epoch: 1}
		n.node = ledger.NodeID(n.id.Raw())
		old := sign(n.id, n.page())
		time.Sleep(10 * time.Second)
		a, b := w.server(), w.server()
		v, err := a.core.check(old)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.core.add(v).String(); got != "too_early" {
			t.Errorf("a page of before the start is %s", got)
		}
		befriend(a, b)
		if got := a.core.add(v).String(); got != "admitted" {
			t.Errorf("after a catch-up the page is %s", got)
		}
	})
}
