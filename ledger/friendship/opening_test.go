package friendship_test

import (
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

func TestBothProposeAtOnce(t *testing.T) {
	p := ledgertest.NewPair()
	ok(t, p.Connect())
	// Both Hellos arrive before either proposal: both propose, 1 and 2.
	ok(t, p.Deliver(0))
	ok(t, p.Deliver(1))
	for i, s := range p.Sides {
		f, isProposal := p.Peek(i).(*ledger.Propose)
		if !isProposal || f.Terms.Number != uint64(2-i) {
			t.Fatalf("side %d waits for %#v, want a proposal", i, p.Peek(i))
		}
		if s.F.Ready() {
			t.Fatalf("side %d is ready with a proposal out", i)
		}
	}
	ok(t, p.Settle())
	ok(t, p.CheckAgreed())
	for i, s := range p.Sides {
		if st := s.F.Status(); st.Number != 2 || !st.Ready || st.Highest != 2 {
			t.Fatalf("side %d: %+v, want the higher number open", i, st)
		}
		if o := s.F.Opening(); o.Terms.Proposer() != p.Sides[1].ID || o.ID() != s.F.Epoch() {
			t.Fatalf("side %d has an opening by the wrong side", i)
		}
		change[friendship.EpochOpened](t, s)
	}
}

func TestOneProposes(t *testing.T) {
	p := ledgertest.NewPair()
	ok(t, p.Connect())
	ok(t, p.Deliver(0)) // the lower side hears Hello first and proposes
	ok(t, p.Deliver(1)) // the higher side hears Hello and proposes: 2
	ok(t, p.Deliver(1)) // 1 is lower than its own and is ignored
	if n := p.Sides[1].Inbox(); n != 0 || p.Sides[1].F.Highest() != 0 {
		t.Fatalf("higher side has signed %d", p.Sides[1].F.Highest())
	}
	ok(t, p.Settle())
	ok(t, p.CheckAgreed())
}

// TestCutAfterEachFrame cuts the stream after the k-th frame of an opening, or
// ends a process there, for every k: the next stream must finish it.
func TestCutAfterEachFrame(t *testing.T) {
	for _, how := range []string{"cut", "restart low", "restart high"} {
		for k := range 12 {
			p := ledgertest.NewPair()
			ok(t, p.Connect())
			for j := range k {
				ok(t, p.Deliver(j%2))
			}
			switch how {
			case "cut":
				p.Cut()
			case "restart low":
				ok(t, p.Restart(0))
			case "restart high":
				ok(t, p.Restart(1))
			}
			if err := p.Open(); err != nil {
				t.Fatalf("%s after %d frames: %v", how, k, err)
			}
			ok(t, p.CheckAgreed())
		}
	}
}

func TestCrashAtEachWriteOfTheOpening(t *testing.T) {
	for side := range 2 {
		for _, how := range []ledgertest.Crash{ledgertest.CrashBeforeWrites, ledgertest.CrashBeforeFrames} {
			for skip := range 3 {
				p := ledgertest.NewPair()
				ok(t, p.Connect())
				for range skip {
					ok(t, p.Deliver(side))
				}
				p.Sides[side].CrashNext = how
				ok(t, p.Settle())
				p.Sides[side].CrashNext = ledgertest.NoCrash
				if err := p.Open(); err != nil {
					t.Fatalf("side %d, crash %d after %d frames: %v", side, how, skip, err)
				}
				ok(t, p.CheckAgreed())
			}
		}
	}
}

func TestAcceptedButNeverConfirmed(t *testing.T) {
	p := ledgertest.NewPair()
	ok(t, p.Connect())
	for range 2 {
		ok(t, p.Deliver(0))
		ok(t, p.Deliver(1))
	}
	// The lower side has accepted 2; the confirmation is lost with the stream.
	low := p.Sides[0]
	if st := low.F.Status(); st.Highest != 2 || st.Number != 0 {
		t.Fatalf("lower side: %+v, want an acceptance of 2", st)
	}
	ok(t, p.Deliver(1))
	high := p.Sides[1]
	if high.F.Status().Number != 2 {
		t.Fatal("higher side has not opened")
	}
	if low.Inbox() == 0 {
		t.Fatal("no confirmation on its way")
	}
	ok(t, p.Restart(0))
	if st := low.F.Status(); st.Highest != 2 || st.Blocked != "not connected" {
		t.Fatalf("after the restart: %+v", st)
	}
	ok(t, p.Connect())
	ok(t, p.Settle())
	if low.F.Status().Number != 2 || !low.F.Ready() {
		t.Fatalf("the opening did not come: %+v", low.F.Status())
	}
	ok(t, p.CheckAgreed())
}

func TestProposalTimesOut(t *testing.T) {
	p := ledgertest.NewPair()
	ok(t, p.Connect())
	s := p.Sides[0]
	ok(t, p.Deliver(0))
	p.Sides[1].F.LinkDown(p.Env(1)) // the friend's process hangs: nothing is answered
	starts := []time.Duration{p.Mono}
	for len(starts) < friendship.ProposalBurst+3 {
		at, due := s.F.Wake()
		if !due {
			t.Fatal("nothing is due")
		}
		p.Mono = at
		before := p.Sides[1].Inbox()
		ok(t, p.Tick(0))
		if p.Sides[1].Inbox() > before {
			starts = append(starts, p.Mono)
		}
	}
	for i := 1; i < len(starts); i++ {
		if gap := starts[i] - starts[i-1]; gap < friendship.ProposalTimeout {
			t.Fatalf("proposal %d after %v", i, gap)
		}
	}
	if n := len(starts); starts[n-1]-starts[n-2] != friendship.ProposalEvery {
		t.Fatalf("proposals at %v: the steady rate is not one a minute", starts)
	}
}

func TestProposeByHand(t *testing.T) {
	p := ledgertest.NewPair()
	for _, when := range []string{"not connected", "before hello"} {
		if eff := p.Sides[0].F.Propose(p.Env(0)); len(eff.Frames)+len(eff.Writes) != 0 {
			t.Fatalf("%s: %+v", when, eff)
		}
		p.Sides[0].F.LinkUp(p.Env(0), nil)
	}
	ok(t, p.Open())
	if eff := p.Sides[0].F.Propose(p.Env(0)); len(eff.Frames) != 0 {
		t.Fatalf("proposal in an open epoch: %+v", eff)
	}
}

func TestClocksApart(t *testing.T) {
	for _, skew := range []time.Duration{5 * time.Minute, -5 * time.Minute, 24 * time.Hour, -24 * time.Hour} {
		p := ledgertest.NewPair()
		p.Wall[1] = p.Wall[1].Add(skew)
		if err := p.Open(); err != nil {
			t.Errorf("clocks %v apart: %v", skew, err)
		}
	}
}

// terms returns what side i would propose with this number.
func terms(p *ledgertest.Pair, number uint64) *ledger.Terms {
	return &ledger.Terms{Low: p.Sides[0].ID, High: p.Sides[1].ID, Number: number, Nonce: ledger.Nonce{9}}
}

func TestTermsThatAreRefused(t *testing.T) {
	now := uint64(time.UnixMilli(1_700_000_000_000).UnixMilli())
	even := func(n uint64) uint64 { return n &^ 1 }
	bound := now + uint64(friendship.ClockSlack.Milliseconds())
	tests := map[string]struct {
		change func(*ledger.Terms)
		want   ledger.RefuseReason
	}{
		"number signed already": {func(t *ledger.Terms) { t.Number = 2 }, ledger.RefuseStale},
		"number ahead":          {func(t *ledger.Terms) { t.Number = even(bound) + 3_600_000 }, ledger.RefuseClock},
		"largest number":        {func(t *ledger.Terms) { t.Number = 1<<64 - 2 }, ledger.RefuseClock},
		"other base":            {func(t *ledger.Terms) { t.Base = ledger.Hash{1} }, ledger.RefuseBase},
		"balance against me": {func(t *ledger.Terms) {
			t.Balances = []ledger.TermsBalance{{Currency: ledgertest.EUR, Balance: ledger.NewBalance(-1)}}
		}, ledger.RefuseCost},
		"balance against me, other decimals": {func(t *ledger.Terms) {
			t.Balances = []ledger.TermsBalance{{Currency: ledger.Currency{Name: "EUR", Decimals: 3}, Balance: ledger.NewBalance(-1)}}
		}, ledger.RefuseCost},
		"balance of nothing": {func(t *ledger.Terms) {
			t.Balances = []ledger.TermsBalance{{Currency: ledgertest.EUR}}
		}, ledger.RefuseInvalid},
		"kept request without a base": {func(t *ledger.Terms) { t.Kept = []ledger.Kept{{Ordinal: 1}} }, ledger.RefuseInvalid},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := opened(t, 100)
			m := terms(p, 4)
			tt.change(m)
			before := p.Sides[0].F.Highest()
			ok(t, p.Liar(1).SendFrame(&ledger.Propose{Terms: m}))
			r, isRefusal := p.Peek(1).(*ledger.Refuse)
			if !isRefusal || r.Reason != tt.want || r.Terms != m.Hash() || r.Highest != before {
				t.Fatalf("answer %#v, want a refusal: %s", p.Peek(1), tt.want)
			}
			if p.Sides[0].F.Highest() != before || !p.Sides[0].F.Ready() {
				t.Fatal("the refusal changed something")
			}
		})
	}
}

func TestTermsThatAreNotTheFriends(t *testing.T) {
	stranger, _ := ledgertest.Key(7)
	for name, edit := range map[string]func(*ledger.Terms){
		"my parity":   func(t *ledger.Terms) { t.Number = 5 },
		"other nodes": func(t *ledger.Terms) { t.Low = stranger },
	} {
		p := opened(t, 100)
		m := terms(p, 4)
		edit(m)
		ok(t, p.Liar(1).SendFrame(&ledger.Propose{Terms: m}))
		if len(p.Sides[0].Drops) != 1 || p.Sides[0].F.Highest() != 2 {
			t.Errorf("%s: drops %q", name, p.Sides[0].Drops)
		}
	}
}

func TestCostOfBaseZero(t *testing.T) {
	tests := map[string]struct {
		payer  int // who has paid 10 to the other; -1: nobody
		refuse bool
	}{
		"even":          {-1, false},
		"I owe":         {0, false}, // the friend gives up what it is owed
		"friend owes":   {1, true},
		"own request":   {-1, false},
		"their request": {-1, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := opened(t, 100)
			if tt.payer >= 0 {
				ok(t, p.Append(tt.payer, ledgertest.Request(ledgertest.EUR, 10, 1)))
				ok(t, p.Settle())
				ok(t, p.Append(1-tt.payer, ledgertest.Collect(1, 1)))
				ok(t, p.Settle())
			}
			switch name {
			case "own request":
				ok(t, p.Append(0, ledgertest.Request(ledgertest.EUR, 10, 1)))
			case "their request":
				ok(t, p.Append(1, ledgertest.Request(ledgertest.EUR, 10, 1)))
			}
			ok(t, p.Settle())
			// The higher side removed the friend and adds it again.
			p.Sides[1].Disk.Wipe(true)
			ok(t, p.Restart(1))
			ok(t, p.Connect())
			ok(t, p.Settle())
			if got := p.Sides[0].F.Status().Number == 2; got != tt.refuse {
				t.Fatalf("still in the old epoch: %v, want %v (%s)", got, tt.refuse, p.Sides[1].F.Status().Blocked)
			}
			if !tt.refuse {
				ok(t, p.CheckAgreed())
				balance(t, p.Sides[0], 0)
			} else if p.Sides[1].F.Status().State == ledger.Recovering {
				t.Fatal("a tombstone covers the opening that was shown")
			}
		})
	}
}

func TestLostDisk(t *testing.T) {
	p := opened(t, 100)
	p.Sides[1].Disk.Wipe(false)
	ok(t, p.Restart(1))
	ok(t, p.Connect())
	ok(t, p.Settle())
	s := p.Sides[1]
	lost := change[friendship.LostData](t, s)
	if lost.Opening.Verify() != nil || lost.Opening.ID() != p.Sides[0].F.Epoch() {
		t.Fatal("the proof is not the opening")
	}
	if st := s.F.Status(); st.State != ledger.Recovering || st.Ready || st.Highest != 0 {
		t.Fatalf("%+v, want recovering and nothing signed", st)
	}
	m := terms(p, 5)
	ok(t, p.Liar(0).SendFrame(&ledger.Propose{Terms: m}))
	ok(t, p.Connect())
	ok(t, p.Advance(5*time.Minute))
	if s.F.Highest() != 0 || p.Sides[0].F.Status().Number != 2 {
		t.Fatal("a node that lost its data signed an opening")
	}
}

func TestForgedSignaturesOfAnOpening(t *testing.T) {
	bad := ledger.Signature{1}
	t.Run("confirm", func(t *testing.T) {
		p := ledgertest.NewPair()
		ok(t, p.Connect())
		for range 2 {
			ok(t, p.Deliver(0))
			ok(t, p.Deliver(1))
		}
		low := p.Sides[0] // waits for the confirmation of 2
		accept, isAccept := p.Peek(1).(*ledger.Accept)
		if !isAccept {
			t.Fatalf("%#v is no acceptance", p.Peek(1))
		}
		ok(t, p.Hand(0, &ledger.Confirm{Epoch: ledger.Hash{1}, Signature: bad}))
		if len(low.Drops) != 0 {
			t.Fatal("a confirmation of something else must be ignored")
		}
		ok(t, p.Hand(0, &ledger.Confirm{Epoch: accept.Epoch, Signature: bad}))
		dropped(t, low, "wrong signature")
		if low.F.Opening() != nil {
			t.Fatal("opened without a signature")
		}
	})
	t.Run("accept", func(t *testing.T) {
		for name, edit := range map[string]func(*ledger.Accept){
			"signature": func(m *ledger.Accept) { m.Signature = bad },
			"nonce":     func(m *ledger.Accept) { m.Nonce[0]++ },
			"epoch":     func(m *ledger.Accept) { m.Epoch[0]++ },
		} {
			p := ledgertest.NewPair()
			ok(t, p.Connect())
			for range 2 {
				ok(t, p.Deliver(0))
				ok(t, p.Deliver(1))
			}
			m := *p.Peek(1).(*ledger.Accept)
			edit(&m)
			ok(t, p.Hand(1, &m))
			if len(p.Sides[1].Drops) != 1 || p.Sides[1].F.Highest() != 0 {
				t.Errorf("%s: drops %q, highest %d", name, p.Sides[1].Drops, p.Sides[1].F.Highest())
			}
		}
	})
	t.Run("opened", func(t *testing.T) {
		p := opened(t, 100)
		o := *p.Sides[0].F.Opening()
		o.Terms = terms(p, 4)
		o.Low, o.High = bad, bad
		ok(t, p.Hand(0, &ledger.Opened{Opening: &o}))
		dropped(t, p.Sides[0], "wrong signature")
		if p.Sides[0].F.Status().State != ledger.Consistent {
			t.Fatal("a forged opening made the node recover")
		}
	})
}

func TestAcceptanceThatCannotBeConfirmed(t *testing.T) {
	p := ledgertest.NewPair()
	ok(t, p.Connect())
	for range 2 {
		ok(t, p.Deliver(0))
		ok(t, p.Deliver(1))
	}
	accept := p.Peek(1)
	p.Mono += friendship.ProposalTimeout
	ok(t, p.Tick(1)) // the proposal is dropped, and another one made
	ok(t, p.Hand(1, accept))
	if st := p.Sides[1].F.Status(); st.Number != 0 {
		t.Fatalf("%+v: a proposal that was dropped was confirmed", st)
	}
	if err := p.Open(); err != nil {
		t.Fatal(err)
	}
}

func TestRefusedForItsNumber(t *testing.T) {
	p := ledgertest.NewPair()
	ok(t, p.Connect())
	ok(t, p.Deliver(0))
	s := p.Sides[0]
	for n := range uint64(3) {
		ok(t, p.Hand(0, &ledger.Refuse{
			Terms: newestProposal(t, p, 1).Hash(), Highest: 2*n + 2, Reason: ledger.RefuseStale,
		}))
		if got := newestProposal(t, p, 1).Number; got != 2*n+3 {
			t.Fatalf("next proposal has number %d, want %d", got, 2*n+3)
		}
	}
	ok(t, p.Hand(0, &ledger.Refuse{Terms: newestProposal(t, p, 1).Hash(), Highest: 8, Reason: ledger.RefuseStale}))
	if at, due := s.F.Wake(); !due || at != friendship.ProposalEvery {
		t.Fatalf("wakes at %v: more than three answers in a row", at)
	}
	// A number that no clock allows is not believed.
	ok(t, p.Hand(0, &ledger.Refuse{Highest: 1<<64 - 1, Reason: ledger.RefuseStale}))
	if got := s.F.Status().FriendHighest; got != 8 {
		t.Fatalf("friend's highest %d, want 8", got)
	}
}

// newestProposal returns the newest proposal on its way to side i.
func newestProposal(t *testing.T, p *ledgertest.Pair, i int) *ledger.Terms {
	t.Helper()
	var found *ledger.Terms
	for _, f := range p.Waiting(i) {
		if m, is := f.(*ledger.Propose); is {
			found = m.Terms
		}
	}
	if found == nil {
		t.Fatal("no proposal on its way")
	}
	return found
}

func TestRefusedForTheClock(t *testing.T) {
	p := ledgertest.NewPair()
	ok(t, p.Connect())
	ok(t, p.Deliver(0))
	s := p.Sides[0]
	ok(t, p.Hand(0, &ledger.Refuse{Terms: newestProposal(t, p, 1).Hash(), Clock: 77, Reason: ledger.RefuseClock}))
	if st := s.F.Status(); !st.ClockAhead || st.FriendClock != 77 || st.Blocked == "" {
		t.Fatalf("%+v does not say whose clock is ahead", st)
	}
	if at, due := s.F.Wake(); !due || at != p.Mono+friendship.ProposalEvery {
		t.Fatalf("next proposal at %v", at)
	}
}

func TestTenSignaturesASecond(t *testing.T) {
	p := ledgertest.NewPair()
	ok(t, p.Connect())
	ok(t, p.Deliver(0))
	ok(t, p.Deliver(1))
	liar := p.Liar(1)
	accepted := 0
	for n := uint64(2); n <= 60; n += 2 {
		before := p.Sides[0].F.Highest()
		ok(t, liar.SendFrame(&ledger.Propose{Terms: terms(p, n)}))
		if p.Sides[0].F.Highest() > before {
			accepted++
		}
	}
	if accepted != 10 {
		t.Fatalf("%d openings signed at once, want 10", accepted)
	}
	p.Mono += time.Second
	for n := uint64(62); n <= 100; n += 2 {
		before := p.Sides[0].F.Highest()
		ok(t, liar.SendFrame(&ledger.Propose{Terms: terms(p, n)}))
		if p.Sides[0].F.Highest() > before {
			accepted++
		}
	}
	if accepted != 20 {
		t.Fatalf("%d openings signed within a second more, want 10", accepted-10)
	}
}

func TestOnlyTheHighestAcceptanceIsConfirmed(t *testing.T) {
	p := ledgertest.NewPair()
	ok(t, p.Connect())
	ok(t, p.Deliver(0))
	ok(t, p.Deliver(1))
	low, liar := p.Sides[0], p.Liar(1)
	var ids []ledger.Hash
	for _, n := range []uint64{2, 4} {
		ok(t, liar.SendFrame(&ledger.Propose{Terms: terms(p, n)}))
		for _, f := range p.Waiting(1) {
			if a, is := f.(*ledger.Accept); is && (len(ids) == 0 || a.Epoch != ids[len(ids)-1]) {
				ids = append(ids, a.Epoch)
			}
		}
	}
	ids = []ledger.Hash{ids[0], ids[len(ids)-1]}
	if ids[0] == ids[1] {
		t.Fatal("one acceptance only")
	}
	ok(t, liar.SendFrame(&ledger.Confirm{Epoch: ids[0]}))
	if low.F.Opening() != nil {
		t.Fatal("a lower number was confirmed after a higher one was accepted")
	}
	ok(t, liar.SendFrame(&ledger.Confirm{Epoch: ids[1]}))
	if st := low.F.Status(); st.Number != 4 {
		t.Fatalf("%+v, want number 4 open", st)
	}
}

func TestAcceptanceClosesTheEpoch(t *testing.T) {
	p := opened(t, 100)
	low, liar := p.Sides[0], p.Liar(1)
	m := terms(p, 4)
	m.Base = low.F.Epoch()
	ok(t, p.Append(1, ledgertest.Request(ledgertest.EUR, 5, 1)))
	ok(t, liar.SendFrame(&ledger.Propose{Terms: m}))
	if low.F.Highest() != 4 || low.F.Ready() {
		t.Fatal("terms without cost were not accepted, or the epoch is still used")
	}
	ok(t, p.Settle()) // the request arrives
	none[friendship.RequestArrived](t, low)
	if _, err := low.F.Append(p.Env(0), []ledger.Op{ledgertest.Credit(ledgertest.EUR, 7)}); err == nil {
		t.Fatal("signed in an epoch that an acceptance closed")
	}
	ok(t, p.Restart(0))
	if low.F.Status().Number != 2 || low.F.Ready() {
		t.Fatal("the acceptance is forgotten after a restart")
	}
}

func TestFramesBeforeHello(t *testing.T) {
	for _, f := range []ledger.Frame{
		&ledger.Propose{Terms: terms(ledgertest.NewPair(), 2)}, &ledger.Accept{}, &ledger.Confirm{},
		&ledger.Refuse{Reason: ledger.RefuseBusy},
	} {
		p := ledgertest.NewPair()
		ok(t, p.Connect())
		ok(t, p.Hand(0, f))
		dropped(t, p.Sides[0], "before hello")
	}
	p := ledgertest.NewPair()
	ok(t, p.Connect())
	ok(t, p.Hand(0, &ledger.Ping{Nonce: 1}))
	if len(p.Sides[0].Drops) != 0 {
		t.Fatal("a ping before hello dropped the stream")
	}
}
