package friendship_test

import (
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// paid returns two friends of whom side 0 owes 10 to side 1, nothing pending.
func paid(t *testing.T) *ledgertest.Pair {
	t.Helper()
	p := opened(t, 100)
	ok(t, p.Append(0, ledgertest.Request(ledgertest.EUR, 10, 1)))
	ok(t, p.Settle())
	ok(t, p.Append(1, ledgertest.Collect(1, 1)))
	ok(t, p.Settle())
	ok(t, p.Advance(5*time.Second))
	return p
}

// next returns terms that say what both sides see, as side i proposes them.
func next(p *ledgertest.Pair, i int, balance int64) *ledger.Terms {
	number := uint64(4)
	if i == 0 {
		number = 3
	}
	m := terms(p, number)
	m.Base = p.Sides[0].F.Epoch()
	if balance != 0 {
		m.Balances = []ledger.TermsBalance{{Currency: ledgertest.EUR, Balance: ledger.NewBalance(balance)}}
	}
	return m
}

// TestUnconfirmedAcceptanceIsProposedAgain: after a reconnect the acceptor
// proposes its view, and the balance goes over into the new epoch.
func TestUnconfirmedAcceptanceIsProposedAgain(t *testing.T) {
	for acceptor := range 2 {
		p := paid(t)
		base := p.Sides[0].F.Epoch()
		ok(t, p.Liar(1-acceptor).SendFrame(&ledger.Propose{Terms: next(p, 1-acceptor, -10)}))
		if p.Sides[acceptor].F.Highest() != next(p, 1-acceptor, 0).Number {
			t.Fatalf("side %d does not accept what costs nothing", acceptor)
		}
		ok(t, p.Restart(acceptor))
		if err := p.Open(); err != nil {
			t.Fatal(err)
		}
		o := p.Sides[acceptor].F.Opening()
		if o.Terms.Base != base || o.Terms.Proposer() != p.Sides[acceptor].ID || p.Sides[0].F.Epoch() == base {
			t.Fatalf("side %d: opening %+v", acceptor, o.Terms)
		}
		ok(t, p.CheckAgreed())
		balance(t, p.Sides[0], -10)
		balance(t, p.Sides[1], 10)
		if v := view(t, p.Sides[0]); v.Active || v.Offered {
			t.Fatal("an offer outlived its epoch")
		}
		for i := range p.Sides {
			ok(t, p.Append(i, ledgertest.Credit(ledgertest.EUR, 100)))
		}
		ok(t, p.Settle())
		ok(t, p.Append(1, ledgertest.Request(ledgertest.EUR, 4, 2)))
		ok(t, p.Settle())
		ok(t, p.Append(0, ledgertest.Collect(1, 2)))
		ok(t, p.Settle())
		balance(t, p.Sides[0], -6)
		balance(t, p.Sides[1], 6)
		ok(t, p.Restart(0)) // the opening's balance comes back from the disk
		balance(t, p.Sides[0], -6)
	}
}

func TestDecimalsOfTheOpening(t *testing.T) {
	p := paid(t)
	ok(t, p.Liar(1).SendFrame(&ledger.Propose{Terms: next(p, 1, -10)}))
	ok(t, p.Restart(0))
	ok(t, p.Open())
	three := ledger.Currency{Name: "EUR", Decimals: 3}
	if err := p.Append(0, ledgertest.Credit(three, 5)); err == nil {
		t.Fatal("decimals other than the opening's")
	}
	n, err := p.Liar(1).Next()
	ok(t, err)
	n.Ops = []ledger.Op{ledgertest.Credit(three, 5)}
	ok(t, p.Liar(1).Send(n))
	dropped(t, p.Sides[0], "changes the decimals")
}

func TestTermsAgainstTheView(t *testing.T) {
	// Side 0 owes 10: its balance is −10. Balances in terms are side 0's.
	for side, cases := range [2]map[int64]bool{
		{-10: true, -9: true, 0: true, 5: true, -11: false},
		{-10: true, -11: true, -9: false, 0: false, 5: false},
	} {
		for b, accepts := range cases {
			p := paid(t)
			m := next(p, 1-side, b)
			ok(t, p.Liar(1-side).SendFrame(&ledger.Propose{Terms: m}))
			if got := p.Sides[side].F.Highest() == m.Number; got != accepts {
				t.Errorf("side %d, balance %d: accepted %v, want %v", side, b, got, accepts)
			}
		}
	}
}

func TestNewEpochAfterInconsistency(t *testing.T) {
	p := paid(t)
	n, err := p.Liar(1).Next()
	ok(t, err)
	n.Ops = []ledger.Op{ledgertest.Cancel(99)}
	ok(t, p.Liar(1).Send(n))
	dropped(t, p.Sides[0], "not pending")
	if p.Sides[0].F.Evidence() == nil {
		t.Fatal("consistent")
	}
	ok(t, p.Open())
	ok(t, p.CheckAgreed())
	s := p.Sides[0]
	id := s.F.Epoch()
	if s.F.Evidence() != nil || s.F.Status().Number == 2 {
		t.Fatalf("%+v", s.F.Status())
	}
	ok(t, p.Restart(0))
	if s.F.Epoch() != id || s.F.Evidence() != nil {
		t.Fatal("the evidence of the old epoch came back")
	}
	balance(t, s, -10)
}

func TestAcceptorWaitsThenProposes(t *testing.T) {
	p := ledgertest.NewPair()
	ok(t, p.Connect())
	ok(t, p.Deliver(0))
	low := p.Sides[0]
	p.Mono += 30 * time.Second
	ok(t, p.Tick(0)) // its own first proposal is long gone
	ok(t, p.Liar(1).SendFrame(&ledger.Propose{Terms: terms(p, 2)}))
	if low.F.Highest() != 2 {
		t.Fatal("not accepted")
	}
	count := len(p.Waiting(1))
	at, due := low.F.Wake()
	if !due || at != p.Mono+friendship.ProposalTimeout {
		t.Fatalf("wakes at %v, %v, now %v", at, due, p.Mono)
	}
	p.Mono = at - 1
	ok(t, p.Tick(0))
	if len(p.Waiting(1)) != count {
		t.Fatal("proposed while a confirmation may come")
	}
	p.Mono = at
	ok(t, p.Tick(0))
	if m := newestProposal(t, p, 1); m.Number != 3 {
		t.Fatalf("proposes %d, want 3", m.Number)
	}
}

func TestAcceptorWaitsForTheOpeningOnANewStream(t *testing.T) {
	p := ledgertest.NewPair()
	ok(t, p.Connect())
	for range 2 {
		ok(t, p.Deliver(0))
		ok(t, p.Deliver(1))
	}
	ok(t, p.Deliver(1)) // side 1 has opened; its confirmation is lost
	ok(t, p.Connect())
	ok(t, p.Deliver(0)) // the friend's Hello names what side 0 accepted
	for _, f := range p.Waiting(1) {
		if _, is := f.(*ledger.Propose); is {
			t.Fatal("proposed what the friend has opened")
		}
	}
	ok(t, p.Settle())
	ok(t, p.CheckAgreed())
	if p.Sides[0].F.Status().Number != 2 {
		t.Fatal("another epoch was opened")
	}
}

func TestCutDropsTheProposal(t *testing.T) {
	p := ledgertest.NewPair()
	ok(t, p.Connect())
	for range 2 {
		ok(t, p.Deliver(0))
		ok(t, p.Deliver(1))
	}
	accept := p.Peek(1)
	p.Cut()
	p.Sides[0].F.LinkDown(p.Env(0))
	p.Up = true
	ok(t, handUp(p, 1, &ledger.Hello{Versions: []uint16{1}, State: ledger.Fresh}))
	ok(t, p.Hand(1, accept))
	if st := p.Sides[1].F.Status(); st.Number != 0 {
		t.Fatal("an acceptance of a proposal from before the cut was confirmed")
	}
}

// handUp brings side i's stream up alone and hands it a frame.
func handUp(p *ledgertest.Pair, i int, f ledger.Frame) error {
	p.Sides[i].F.LinkUp(p.Env(i), nil)
	return p.Hand(i, f)
}

func TestReplacedAcceptanceIsNoSignOfLoss(t *testing.T) {
	p := ledgertest.NewPair()
	ok(t, p.Connect())
	ok(t, p.Deliver(0))
	ok(t, p.Deliver(1))
	low, liar := p.Sides[0], p.Liar(1)
	var old *ledger.Accept
	for _, n := range []uint64{2, 4} {
		ok(t, liar.SendFrame(&ledger.Propose{Terms: terms(p, n)}))
		for _, f := range p.Waiting(1) {
			if a, is := f.(*ledger.Accept); is && old == nil {
				old = a
			}
		}
	}
	o := &ledger.Opening{Terms: terms(p, 2), Acceptor: old.Nonce}
	o.Low, o.High = old.Signature, ledger.Signature{}
	ok(t, liar.SendFrame(&ledger.Opened{Opening: o}))
	if st := low.F.Status(); st.State != ledger.Fresh || st.Number != 0 || len(low.Drops) != 0 {
		t.Fatalf("%+v, drops %q", st, low.Drops)
	}
}

func TestClockOfZero(t *testing.T) {
	p := ledgertest.NewPair()
	p.Wall = [2]time.Time{time.UnixMilli(-2_000_000), time.UnixMilli(-2_000_000)}
	ok(t, p.Open()) // numbers just above the highest are always plausible
}

func TestUnconfirmedAcceptanceOnANewStreamAtOnce(t *testing.T) {
	p := ledgertest.NewPair()
	ok(t, p.Connect())
	for range 2 {
		ok(t, p.Deliver(0))
		ok(t, p.Deliver(1))
	}
	if p.Sides[0].F.Highest() != 2 {
		t.Fatal("not accepted")
	}
	ok(t, p.Connect()) // the acceptance is lost on its way
	ok(t, p.Deliver(0))
	if m := newestProposal(t, p, 1); m.Number != 3 {
		t.Fatalf("proposes %d at once, want 3", m.Number)
	}
	ok(t, p.Settle())
	ok(t, p.CheckAgreed())
	if !p.Sides[0].F.Ready() || p.Mono != 0 {
		t.Fatalf("not ready at %v", p.Mono)
	}
}
