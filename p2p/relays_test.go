package p2p_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/proto"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/offset-p2p/offset/p2p"
	"github.com/offset-p2p/offset/p2p/p2ptest"
)

const echoProtocol = "/test/echo/1"

// serveEcho sends back what comes, until the stream ends.
func serveEcho(h *p2p.Host) {
	h.SetStreamHandler(echoProtocol, func(s network.Stream) {
		_, _ = io.Copy(s, s)
		_ = s.Close()
	})
}

// roundTrip sends bytes on a stream and reads them back.
func roundTrip(t *testing.T, s network.Stream, size int) {
	t.Helper()
	sent := bytes.Repeat([]byte("offset"), size/6+1)[:size]
	werr := make(chan error, 1)
	go func() { _, err := s.Write(sent); werr <- err }()
	got := make([]byte, size)
	if _, err := io.ReadFull(s, got); err != nil {
		t.Fatalf("reading the echo: %v", err)
	}
	if err := <-werr; err != nil {
		t.Fatalf("writing: %v", err)
	}
	if !bytes.Equal(got, sent) {
		t.Fatal("the echo differs")
	}
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// eventually polls in virtual time.
func eventually(t *testing.T, d time.Duration, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(d); !ok(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", d, what)
		}
	}
}

// libp2p's default relay cuts a circuit after two minutes or 128 KiB; a friend
// link must outlive both.
func TestStreamThroughRelayOutlivesDefaultLimits(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		r := n.Relay()
		a, b := n.Hidden(r.AddrInfo()), n.Hidden(r.AddrInfo())
		serveEcho(b)
		a.Learn(b.AddrInfo())
		s, err := a.NewStream(p2p.AllowRelayed(within(t, time.Minute), "test"), b.ID(), echoProtocol)
		if err != nil {
			t.Fatal(err)
		}
		if !p2p.Relayed(s.Conn()) {
			t.Fatal("the connection is not relayed")
		}
		for range 5 {
			roundTrip(t, s, 100<<10)
			time.Sleep(time.Minute)
		}
		_ = s.Close()
	})
}

// On a relay with limits streams need the context of AllowRelayed, and the
// keeper reports the limits.
func TestLimitedRelay(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		r := n.RelayWith(relay.DefaultResources())
		a, b := n.Hidden(r.AddrInfo()), n.Hidden(r.AddrInfo())
		serveEcho(b)
		a.Learn(b.AddrInfo())
		_, err := a.NewStream(within(t, 10*time.Second), b.ID(), echoProtocol)
		if err == nil {
			t.Error("a stream over a limited connection opened without permission")
		}
		s, err := a.NewStream(p2p.AllowRelayed(within(t, 10*time.Second), "test"), b.ID(), echoProtocol)
		if err != nil {
			t.Fatal(err)
		}
		roundTrip(t, s, 1000)
		_ = s.Reset()
		st := a.Relays()[0]
		if st.LimitDuration != 2*time.Minute || st.LimitBytes != 128<<10 {
			t.Errorf("limits %v, %d bytes", st.LimitDuration, st.LimitBytes)
		}
	})
}

func TestReservesOnAllRelaysAndAdvertisesThem(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		r1, r2 := n.Relay(), n.Relay()
		h := n.Hidden(r1.AddrInfo(), r2.AddrInfo())
		eventually(t, 5*time.Second, "two reservations", func() bool { return reservations(h) == 2 })
		var text strings.Builder
		for _, a := range h.AddrInfo().Addrs {
			text.WriteString(a.String() + "\n")
		}
		for _, r := range []*p2p.Host{r1, r2} {
			if !strings.Contains(text.String(), "/p2p/"+r.ID().String()+"/p2p-circuit\n") {
				t.Errorf("no circuit address of relay %s in\n%s", r.ID(), text.String())
			}
		}
	})
}

func reservations(h *p2p.Host) int {
	n := 0
	for _, r := range h.Relays() {
		if r.Reserved {
			n++
		}
	}
	return n
}

// A dead relay in the list must not delay the living one (with AutoRelay's
// defaults it does, by three minutes).
func TestDeadRelayDoesNotDelayTheOther(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		dead := n.Relay()
		ticket := dead.AddrInfo()
		if err := dead.Network().Close(); err != nil {
			t.Fatal(err)
		}
		alive := n.Relay()
		cfg := n.Config(false)
		cfg.Relays = []peer.AddrInfo{ticket, alive.AddrInfo()}
		h := n.Start(cfg)
		if err := h.WaitRelay(within(t, time.Second)); err != nil {
			t.Fatal(err)
		}
		eventually(t, time.Minute, "an error of the dead relay", func() bool { return h.Relays()[0].Err != nil })
		if h.Relays()[0].Reserved || !h.Relays()[1].Reserved {
			t.Errorf("states %+v", h.Relays())
		}
	})
}

// A relay that dies and comes back, after however long, is used again within
// the longest pause, and in between it is not advertised.
func TestRelayComesBack(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		cfg := n.Config(true)
		first, stop := startRelay(t, cfg)
		h := n.Hidden(first.AddrInfo())
		stop()
		eventually(t, time.Second, "loss noticed", func() bool { return reservations(h) == 0 })
		if h.Relays()[0].Err == nil {
			t.Error("no reason given for the loss")
		}
		if addrs := h.AddrInfo().Addrs; len(addrs) != 0 {
			t.Errorf("still advertised: %v", addrs)
		}
		time.Sleep(time.Hour)
		_, stop = startRelay(t, cfg)
		defer stop()
		eventually(t, 2*time.Minute, "reserved again", func() bool { return reservations(h) == 1 })
	})
}

// startRelay makes a relay that the test closes itself.
func startRelay(t *testing.T, cfg p2p.Config) (h *p2p.Host, stop func()) {
	t.Helper()
	h, err := p2p.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r, err := relay.New(h)
	if err != nil {
		t.Fatal(err)
	}
	return h, func() {
		if err := errors.Join(r.Close(), h.Close()); err != nil {
			t.Error(err)
		}
	}
}

// A relay forgets who disconnects; a reservation is made anew at once, not at
// the next refresh.
func TestReservesAgainAfterDisconnect(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		r := n.Relay()
		a, b := n.Hidden(r.AddrInfo()), n.Hidden(r.AddrInfo())
		if err := r.Network().ClosePeer(b.ID()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		if reservations(b) != 1 {
			t.Fatalf("no reservation three seconds after the loss: %+v", b.Relays())
		}
		n.Connect(a, b)
	})
}

func TestReservationsOutliveTheirTerm(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		r := n.Relay()
		a, b := n.Hidden(r.AddrInfo()), n.Hidden(r.AddrInfo())
		for range 5 {
			time.Sleep(47 * time.Minute)
			n.Connect(a, b)
			if err := a.Network().ClosePeer(b.ID()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestSetRelays(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		r1, r2 := n.Relay(), n.Relay()
		h := n.Hidden(r1.AddrInfo())
		events, err := h.EventBus().Subscribe(new(event.EvtLocalAddressesUpdated))
		if err != nil {
			t.Fatal(err)
		}
		defer events.Close()
		if err := h.SetRelays([]peer.AddrInfo{r2.AddrInfo()}); err != nil {
			t.Fatal(err)
		}
		eventually(t, 2*time.Second, "reserved on the new relay", func() bool { return reservations(h) == 1 })
		if got := h.Relays(); len(got) != 1 || got[0].Relay.ID != r2.ID() {
			t.Errorf("relays %+v", got)
		}
		for _, a := range h.AddrInfo().Addrs {
			if strings.Contains(a.String(), r1.ID().String()) {
				t.Errorf("the old relay is still advertised: %s", a)
			}
		}
		select {
		case <-events.Out():
		case <-time.After(time.Second):
			t.Error("peers are not told of the change at once")
		}
		if h.ConnManager().IsProtected(r1.ID(), "") || !h.ConnManager().IsProtected(r2.ID(), "") {
			t.Error("protection did not move with the list")
		}
		if err := h.SetRelays(nil); err != nil {
			t.Fatal(err)
		}
		if err := h.WaitRelay(within(t, time.Second)); err != nil {
			t.Errorf("no relay configured, but waiting for one: %v", err)
		}
	})
}

func TestSetRelaysRefuses(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		r := n.Relay()
		h := n.Hidden(r.AddrInfo())
		for name, list := range map[string][]peer.AddrInfo{
			"without address": {{ID: r.ID()}},
			"twice":           {r.AddrInfo(), r.AddrInfo()},
			"itself":          {{ID: h.ID(), Addrs: r.Addrs()}},
			"too many":        make([]peer.AddrInfo, p2p.RelaysMax+1),
		} {
			if err := h.SetRelays(list); err == nil {
				t.Errorf("%s: accepted", name)
			}
		}
		if reservations(h) != 1 {
			t.Error("a refused list changed the old one")
		}
	})
}

// A full relay is asked again and used when it has room.
func TestFullRelayIsAskedAgain(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		res := relay.DefaultResources()
		res.MaxReservations = 1
		r := n.RelayWith(res)
		cfg := n.Config(false)
		cfg.Relays = []peer.AddrInfo{r.AddrInfo()}
		first, err := p2p.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- first.Run(ctx) }()
		if err := first.WaitRelay(within(t, time.Minute)); err != nil {
			t.Fatal(err)
		}
		cfg = n.Config(false)
		cfg.Relays = []peer.AddrInfo{r.AddrInfo()}
		second := n.Start(cfg)
		err = second.WaitRelay(within(t, 10*time.Second))
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "reserving on relay") {
			t.Fatalf("second host on a full relay: %v", err)
		}
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		if err := second.WaitRelay(within(t, 3*time.Minute)); err != nil {
			t.Errorf("no reservation after room was made: %v", err)
		}
	})
}

// New addresses of the same relay replace the old ones; it stays protected.
func TestSetRelaysWithNewAddresses(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		r := n.Relay()
		h := n.Hidden(r.AddrInfo())
		moved := r.AddrInfo()
		moved.Addrs = append(moved.Addrs, ma.StringCast("/dns4/relay.example.org/udp/4001/quic-v1"))
		if err := h.SetRelays([]peer.AddrInfo{moved}); err != nil {
			t.Fatal(err)
		}
		eventually(t, 5*time.Second, "reserved again", func() bool { return reservations(h) == 1 })
		if got := len(h.AddrInfo().Addrs); got != 2 {
			t.Errorf("%d addresses advertised, want both", got)
		}
		if !h.ConnManager().IsProtected(r.ID(), "") {
			t.Error("the relay lost its protection")
		}
	})
}

// A relay that takes the request and never answers is given up in time, and
// does not hold up the end of Run.
func TestSilentRelay(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		silent := n.Host()
		silent.SetStreamHandler(proto.ProtoIDv2Hop, func(s network.Stream) {
			_, _ = io.Copy(io.Discard, s)
		})
		cfg := n.Config(false)
		cfg.Relays = []peer.AddrInfo{silent.AddrInfo()}
		h, err := p2p.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- h.Run(ctx) }()
		eventually(t, 20*time.Second, "an error", func() bool { return h.Relays()[0].Err != nil })
		time.Sleep(5 * time.Second) // In the middle of the next attempt.
		start := time.Now()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("Run ended %v after its context", took)
		}
	})
}
