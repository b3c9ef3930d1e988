package friendship_test

import (
	"strings"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// reconnecting returns two friends with entries in both logs, a new stream, and
// the Hello of side 1 that waits for side 0.
func reconnecting(t *testing.T) (*ledgertest.Pair, ledger.Hello) {
	t.Helper()
	p := opened(t, 100)
	ok(t, p.Append(1, ledgertest.Request(ledgertest.EUR, 20, 3)))
	ok(t, p.Append(0, ledgertest.Request(ledgertest.EUR, 5, 2)))
	ok(t, p.Settle())
	ok(t, p.Advance(5*time.Second))
	ok(t, p.Connect())
	p.Sides[0].Changes = nil
	h, is := p.Peek(0).(*ledger.Hello)
	if !is {
		t.Fatalf("%#v is no hello", p.Peek(0))
	}
	return p, *h
}

func TestHelloTable(t *testing.T) {
	tests := map[string]struct {
		edit    func(*ledger.Hello)
		drop    string // why the stream is dropped
		blocked string // why nothing may be signed
	}{
		"equal heads":         {func(*ledger.Hello) {}, "", ""},
		"other version":       {func(h *ledger.Hello) { h.Versions = []uint16{2, 3} }, "version", ""},
		"newer version too":   {func(h *ledger.Hello) { h.Versions = []uint16{3, 2, 1} }, "", ""},
		"inconsistent":        {func(h *ledger.Hello) { h.State = ledger.Inconsistent }, "", "inconsistent"},
		"recovering":          {func(h *ledger.Hello) { h.State = ledger.Recovering }, "", "recovering"},
		"claims more of mine": {func(h *ledger.Hello) { h.Yours.Seq++ }, "claims entries", "claims entries"},
		"claims far more":     {func(h *ledger.Hello) { h.Yours.Seq = 1<<64 - 1 }, "claims entries", "claims entries"},
		"other hash of mine":  {func(h *ledger.Hello) { h.Yours.Hash[0]++ }, "another entry", "claims entries"},
		"other hash of its":   {func(h *ledger.Hello) { h.Mine.Hash[0]++ }, "another entry", "claims entries"},
		"lost mine":           {func(h *ledger.Hello) { h.Yours = ledger.Head{} }, "", "lost data"},
		"lost its own":        {func(h *ledger.Hello) { h.Mine = ledger.Head{} }, "", "lost data"},
		"newer epoch":         {func(h *ledger.Hello) { h.Number, h.Epoch[0] = 6, 1 }, "", "does not have"},
		"older epoch":         {func(h *ledger.Hello) { h.Number, h.Epoch[0] = 1, 1 }, "", "older epoch"},
		"no epoch":            {func(h *ledger.Hello) { *h = ledger.Hello{Versions: h.Versions, State: ledger.Fresh} }, "", "older epoch"},
		"same number":         {func(h *ledger.Hello) { h.Epoch[0]++ }, "", "another opening"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p, h := reconnecting(t)
			s := p.Sides[0]
			tt.edit(&h)
			ok(t, p.Hand(0, &h))
			if tt.drop != "" {
				dropped(t, s, tt.drop)
			} else if len(s.Drops) != 0 {
				t.Fatalf("dropped: %q", s.Drops)
			}
			st := s.F.Status()
			if st.Ready != (tt.drop+tt.blocked == "") || !strings.Contains(st.Blocked, tt.blocked) {
				t.Fatalf("ready %v, blocked %q", st.Ready, st.Blocked)
			}
			if tt.blocked == "lost data" {
				change[friendship.FriendLostData](t, s)
			}
			if strings.Contains(tt.blocked, "epoch") && name != "newer epoch" || name == "same number" {
				opened := p.Waiting(1)[len(p.Waiting(1))-1].(*ledger.Opened)
				if opened.Opening.Verify() != nil || opened.Opening.ID() != s.F.Epoch() {
					t.Fatal("the opening that was sent is not signed by both")
				}
			}
			// Whatever it was, an honest Hello on the next stream makes it good.
			ok(t, p.Open())
			ok(t, p.CheckAgreed())
		})
	}
}

func TestRepeatedHello(t *testing.T) {
	p, h := reconnecting(t)
	ok(t, p.Hand(0, &h))
	ok(t, p.Hand(0, &h))
	dropped(t, p.Sides[0], "repeated")

	p, h = reconnecting(t)
	ok(t, p.Hand(0, &h))
	h.Number = 1
	h.Epoch[0]++
	ok(t, p.Hand(0, &h))
	dropped(t, p.Sides[0], "older epoch")

	p = ledgertest.NewPair()
	ok(t, p.Connect())
	f := p.Peek(0)
	ok(t, p.Hand(0, f))
	ok(t, p.Hand(0, f))
	dropped(t, p.Sides[0], "repeated")
}

func TestNewerEpochEndsReadiness(t *testing.T) {
	p, h := reconnecting(t)
	ok(t, p.Hand(0, &h))
	if !p.Sides[0].F.Ready() {
		t.Fatal("not ready")
	}
	h.Number, h.Epoch[0] = h.Number+2, h.Epoch[0]+1
	ok(t, p.Hand(0, &h))
	if st := p.Sides[0].F.Status(); st.Ready || st.Blocked == "" {
		t.Fatalf("signs in an epoch that the friend has left: %+v", st)
	}
}

func TestDroppedStreamIsDown(t *testing.T) {
	p, h := reconnecting(t)
	ok(t, p.Hand(0, &h))
	f := p.Sides[0].F
	eff, err := f.Receive(p.Env(0), &h) // without the harness, which cuts at once
	ok(t, err)
	if eff.Drop == "" || f.Ready() || f.Status().LinkUp {
		t.Fatalf("drop %q, %+v", eff.Drop, f.Status())
	}
}

func TestOpeningIsSentOnceAStream(t *testing.T) {
	p, h := reconnecting(t)
	for n := range uint64(2) { // each names a newer epoch than the one before
		h.Number, h.Epoch = n, ledger.Hash{byte(n)}
		ok(t, p.Hand(0, &h))
	}
	count := 0
	for _, f := range p.Waiting(1) {
		if _, is := f.(*ledger.Opened); is {
			count++
		}
	}
	if count != 1 || len(p.Sides[0].Drops) != 0 {
		t.Fatalf("%d openings sent, drops %q", count, p.Sides[0].Drops)
	}
}

func TestHelloCarriesTheRecord(t *testing.T) {
	p := ledgertest.NewPair()
	eff := p.Sides[0].F.LinkUp(p.Env(0), []byte("addresses"))
	h := eff.Frames[0].(*ledger.Hello)
	if string(h.PeerRecord) != "addresses" || h.State != ledger.Fresh || h.Number != 0 || len(h.Versions) != 1 {
		t.Fatalf("%+v", h)
	}
}

func TestStreamReplaced(t *testing.T) {
	p := opened(t, 100)
	ok(t, p.Append(0, ledgertest.Request(ledgertest.EUR, 5, 2)))
	for range 3 { // each replaces the one before, with frames on the way
		ok(t, p.Connect())
		ok(t, p.Deliver(0))
		ok(t, p.Deliver(1))
	}
	ok(t, p.Settle())
	ok(t, p.CheckAgreed())
	change[friendship.RequestArrived](t, p.Sides[1])
}

func TestFramesWhileTheStreamIsDown(t *testing.T) {
	p := opened(t, 100)
	ok(t, p.Append(1, ledgertest.Request(ledgertest.EUR, 5, 2)))
	f := p.Peek(0)
	p.Cut()
	for _, late := range []ledger.Frame{f, &ledger.Confirm{}, &ledger.Hello{Versions: []uint16{1}, State: ledger.Fresh}} {
		ok(t, p.Hand(0, late))
	}
	if s := p.Sides[0]; len(s.Changes)+len(s.Drops) != 0 || s.F.Ready() {
		t.Fatalf("%v %q", s.Changes, s.Drops)
	}
	if _, due := p.Sides[0].F.Wake(); due {
		t.Fatal("wants to wake without a stream")
	}
}

func TestStatusSaysWhy(t *testing.T) {
	p := ledgertest.NewPair()
	s := p.Sides[0]
	blocked := func(want string) {
		t.Helper()
		if got := s.F.Status().Blocked; !strings.Contains(got, want) {
			t.Fatalf("blocked %q, want %q", got, want)
		}
	}
	blocked("not connected")
	ok(t, p.Connect())
	blocked("friend's hello")
	ok(t, p.Deliver(0))
	blocked("accept the proposal")
	ok(t, p.Hand(0, &ledger.Refuse{Terms: newestProposal(t, p, 1).Hash(), Reason: ledger.RefuseCost}))
	blocked("waits for its user")
	ok(t, p.Deliver(1)) // side 1 hears Hello and proposes
	ok(t, p.Deliver(0))
	blocked("confirm the opening")
	ok(t, p.Open())
	if st := s.F.Status(); st.Blocked != "" || !st.Ready || !st.LinkUp || st.State != ledger.Consistent {
		t.Fatalf("%+v", st)
	}
	ok(t, p.Connect())
	blocked("friend's hello")
}

func TestBecameReadyOnce(t *testing.T) {
	p := ledgertest.NewPair()
	ok(t, p.Open())
	for _, s := range p.Sides {
		change[friendship.BecameReady](t, s)
	}
	ok(t, p.Append(0, ledgertest.Credit(ledgertest.EUR, 1)))
	ok(t, p.Advance(time.Minute))
	for _, s := range p.Sides {
		none[friendship.BecameReady](t, s)
	}
	ok(t, p.Open())
	for _, s := range p.Sides {
		change[friendship.BecameReady](t, s)
	}
}
