package friendship_test

import (
	"strings"
	"testing"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// The checks of an attack must notice the faults that they are for. Each case
// makes the honest side do what it never does by itself.

func noticed(t *testing.T, g *attacked, text string) {
	t.Helper()
	if err := g.check(); err == nil || !strings.Contains(err.Error(), text) {
		t.Fatalf("error %v, want %q", err, text)
	}
}

// reopen lets the honest side accept terms, whatever they cost.
func reopen(t *testing.T, g *attacked, terms *ledger.Terms, supplied ...*ledger.Request) {
	t.Helper()
	ok(t, g.p.Allow(g.i, friendship.Cost{Currency: ledgertest.EUR, Amount: ledger.NewBalance(1000)}))
	r := g.p.Rogue(1 - g.i)
	answer, err := r.Propose(terms, supplied...)
	ok(t, err)
	a, accepted := answer.(*ledger.Accept)
	if !accepted {
		t.Fatalf("answered with %#v", answer)
	}
	ok(t, r.Confirm(a))
}

func TestALossIsNoticed(t *testing.T) {
	for name, take := range map[string]func(g *attacked, terms *ledger.Terms){
		"balance": func(_ *attacked, terms *ledger.Terms) { terms.Balances[0].Balance = ledger.NewBalance(-50) },
		"request of the friend": func(_ *attacked, terms *ledger.Terms) {
			terms.Kept = terms.Kept[:1] // of the lower side, which is the honest one
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := newAttacked(t, 0)
			ok(t, g.p.Append(0, ledgertest.Request(ledgertest.EUR, 7, 1)))
			r := g.p.Rogue(1)
			n, err := r.Entry(ledgertest.Request(ledgertest.EUR, 30, 2))
			ok(t, err)
			ok(t, r.Send(n))
			ok(t, g.check())
			terms := r.Terms()
			take(g, terms)
			reopen(t, g, terms)
			noticed(t, g, "the honest side had")
		})
	}
}

// TestACollectTooManyIsNoticed: what is dead upstream and collected here is lost.
func TestACollectTooManyIsNoticed(t *testing.T) {
	g := newAttacked(t, 0)
	ok(t, g.p.Append(0, ledgertest.Request(ledgertest.EUR, 7, 1)))
	ok(t, g.check())
	lock := ledgertest.Request(ledgertest.EUR, 7, 1).PartLock
	g.over(lock) // upstream is cancelled, though the request is pending
	noticed(t, g, "the honest side had")
}

func TestAnAdmissionOverTheLimitIsNoticed(t *testing.T) {
	g := newAttacked(t, 0)
	ok(t, g.check())
	q := ledgertest.Request(ledgertest.EUR, 300, 9)
	terms := g.p.Rogue(1).Terms()
	terms.Kept = append(terms.Kept, ledger.Kept{Author: 1, Ordinal: 5, Request: q.Hash()})
	terms.Balances = []ledger.TermsBalance{{Currency: ledgertest.EUR}}
	reopen(t, g, terms, q)
	g.limits[ledgertest.EUR] = amount(299)
	noticed(t, g, "an opening admits 300")
}

func TestFalseLossOfDataIsNoticed(t *testing.T) {
	g := newAttacked(t, 0)
	g.victim.F.StopSigning(g.p.Env(0))
	noticed(t, g, "believes that it lost data")
}

func TestANumberOfTheFutureIsNoticed(t *testing.T) {
	g := newAttacked(t, 0)
	g.p.Wall[0] = g.p.Wall[0].AddDate(-80, 0, 0)
	noticed(t, g, "is signed, the clock says")
}
