package friendship_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// estranged: the lower side is owed 10, the higher has removed the friendship
// and begun it anew, with nothing in it.
func estranged(t *testing.T) *ledgertest.Pair {
	t.Helper()
	p := opened(t, 100)
	ok(t, p.Append(1, ledgertest.Request(ledgertest.EUR, 10, 1)))
	ok(t, p.Settle())
	ok(t, p.Append(0, ledgertest.Collect(1, 1)))
	ok(t, p.Settle())
	p.Sides[1].Disk.Wipe(true)
	ok(t, p.Restart(1))
	ok(t, p.Connect())
	ok(t, p.Settle())
	return p
}

func euros(n int64) []friendship.Cost {
	return []friendship.Cost{{Currency: ledgertest.EUR, Amount: ledger.NewBalance(n)}}
}

var plainBalances = cmp.AllowUnexported(ledger.Balance{}, ledger.Amount{})

func TestNothingToDecide(t *testing.T) {
	p := opened(t, 100)
	for i, s := range p.Sides {
		if d, is := s.F.Disagreement(p.Env(i)); is {
			t.Fatalf("side %d: %+v", i, d)
		}
	}
}

func TestUserDecides(t *testing.T) {
	p := estranged(t)
	s := p.Sides[0]
	d, is := s.F.Disagreement(p.Env(0))
	if !is || d.Theirs == nil || !d.Theirs.Base.IsZero() || d.Mine == nil || len(d.Lost) != 0 || d.Allowed != nil {
		t.Fatalf("%v %+v", is, d)
	}
	if diff := cmp.Diff(euros(10), d.Costs, plainBalances); diff != "" {
		t.Fatal(diff)
	}
	for _, bound := range [][]friendship.Cost{euros(9), {{Currency: ledger.Currency{Name: "EUR", Decimals: 3}, Amount: ledger.NewBalance(10)}}} {
		ok(t, p.Allow(0, bound...))
		ok(t, p.Advance(2*friendship.ProposalEvery))
		if s.F.Status().Number != 2 {
			t.Fatalf("accepted with %v", bound)
		}
	}
	ok(t, p.Allow(0, euros(10)...))
	ok(t, p.Settle()) // the friend is asked to propose again: nobody waits for a minute
	if st := s.F.Status(); st.Number == 2 || !st.Ready {
		t.Fatalf("not accepted: %+v", st)
	}
	ok(t, p.CheckAgreed())
	balance(t, s, 0)
	if d, is := s.F.Disagreement(p.Env(0)); is || d.Allowed != nil || len(s.Disk.Load().Bound) != 0 {
		t.Fatalf("the decision outlives its epoch: %+v", d)
	}
}

func TestDecisionSurvivesARestart(t *testing.T) {
	p := estranged(t)
	p.Cut()
	ok(t, p.Allow(0, euros(10)...))
	ok(t, p.Restart(0))
	if diff := cmp.Diff(euros(10), p.Sides[0].Disk.Load().Bound, plainBalances); diff != "" {
		t.Fatal(diff)
	}
	ok(t, p.Open())
	ok(t, p.CheckAgreed())
}

func TestDecisionIsWithdrawn(t *testing.T) {
	p := estranged(t)
	p.Cut()
	ok(t, p.Allow(0, euros(10)...))
	ok(t, p.Allow(0))
	ok(t, p.Connect())
	ok(t, p.Advance(3*friendship.ProposalEvery))
	if st := p.Sides[0].F.Status(); st.Number != 2 || len(p.Sides[0].Disk.Load().Bound) != 0 {
		t.Fatalf("accepted: %+v", st)
	}
	if eff := p.Sides[0].F.Allow(p.Env(0), nil); len(eff.Writes) != 0 {
		t.Fatal("nothing is withdrawn twice")
	}
}

// TestEitherSideAccepts: the two views differ, to the cost of whoever accepts.
// Either user can end it.
func TestEitherSideAccepts(t *testing.T) {
	for accepter := range 2 {
		p := opened(t, 100)
		ok(t, p.Append(1, ledgertest.Request(ledgertest.EUR, 10, 1)))
		ok(t, p.Advance(2*friendship.AckDelay))
		before := p.Sides[1].Disk.Clone()
		ok(t, p.Append(0, ledgertest.Collect(1, 1)))
		ok(t, acknowledgeAll(p))
		p.Cut()
		p.Sides[1].Disk = *before
		breakUp(t, p, 1)
		breakUp(t, p, 0)
		ok(t, p.Connect())
		ok(t, p.Advance(4*friendship.ProposalEvery))
		for i, s := range p.Sides {
			d, is := s.F.Disagreement(p.Env(i))
			if !is || s.F.Status().Number != 2 {
				t.Fatalf("side %d: %+v in epoch %d", i, d, s.F.Status().Number)
			}
			if diff := cmp.Diff(euros(10), d.Costs, plainBalances); diff != "" {
				t.Fatalf("side %d: %s", i, diff)
			}
		}
		ok(t, p.Allow(accepter, euros(10)...))
		ok(t, p.Settle())
		ok(t, p.CheckReady())
		ok(t, p.CheckAgreed())
		balance(t, p.Sides[0], int64(10*accepter))
		ok(t, p.Append(0, ledgertest.Credit(ledgertest.EUR, 50)))
		ok(t, p.Settle())
		ok(t, p.CheckAgreed())
	}
}

// TestProposalsOfAnInconsistentSide: on every stream, and once a minute.
func TestProposalsOfAnInconsistentSide(t *testing.T) {
	p := opened(t, 100)
	breakUp(t, p, 0)
	for range 2 {
		ok(t, p.Connect())
		ok(t, p.Deliver(0)) // the friend's Hello
		if !proposing(p, 1) {
			t.Fatal("no proposal on a new stream")
		}
		p.Cut()
	}
	ok(t, p.Connect())
	ok(t, p.Deliver(0))
	p.Sides[1].F.LinkDown(p.Env(1)) // it says what the test says
	hush := &ledger.Refuse{Reason: ledger.RefuseCost}
	count := 0
	for end := p.Mono + 10*friendship.ProposalEvery; p.Mono < end; p.Mono += time.Second {
		ok(t, p.Tick(0))
		for p.Peek(1) != nil {
			m, is := p.Peek(1).(*ledger.Propose)
			ok(t, p.Deliver(1))
			if is {
				count++
				hush.Terms = m.Terms.Hash()
				ok(t, p.Hand(0, hush))
			}
		}
	}
	if count < 9 || count > 10+friendship.ProposalBurst {
		t.Fatalf("%d proposals in ten minutes", count)
	}
}

func proposing(p *ledgertest.Pair, i int) bool {
	for _, f := range p.Waiting(i) {
		if _, is := f.(*ledger.Propose); is {
			return true
		}
	}
	return false
}

func TestBoundCodec(t *testing.T) {
	bound := append(euros(-5), friendship.Cost{Currency: ledger.Currency{Name: "HOUR"}, Amount: ledger.NewBalance(7)})
	b := friendship.EncodeBound(bound)
	got, err := friendship.DecodeBound(b)
	ok(t, err)
	if d := cmp.Diff(bound, got, plainBalances); d != "" {
		t.Fatal(d)
	}
	for n := range len(b) {
		if _, err := friendship.DecodeBound(b[:n]); err == nil {
			t.Fatalf("%d of %d bytes decode", n, len(b))
		}
	}
}

// TestTermsAreWeighedAtARate: reading terms that keep requests costs time, which
// a friend cannot make this side spend as often as it likes.
func TestTermsAreWeighedAtARate(t *testing.T) {
	p := opened(t, 100)
	ok(t, p.Append(1, ledgertest.Request(ledgertest.EUR, 10, 1)))
	ok(t, p.Settle())
	m := terms(p, 4)
	m.Base = p.Sides[0].F.Epoch()
	m.Kept = []ledger.Kept{{Author: 1, Ordinal: 9, Request: ledger.Hash{7}}} // never supplied
	m.Balances = []ledger.TermsBalance{{Currency: ledgertest.EUR}}
	answers := map[ledger.RefuseReason]int{}
	for range 100 {
		ok(t, p.Liar(1).SendFrame(&ledger.Propose{Terms: m}))
	}
	for _, f := range p.Waiting(1) {
		if r, is := f.(*ledger.Refuse); is {
			answers[r.Reason]++
		}
	}
	if answers[ledger.RefuseMissing] != 2*friendship.ProposalBurst || answers[ledger.RefuseBusy] != 100-2*friendship.ProposalBurst {
		t.Fatalf("answers %v", answers)
	}
}
