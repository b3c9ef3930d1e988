package ledgertest_test

import (
	"math/rand/v2"
	"testing"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// A rogue must be able to look honest, or its lies prove nothing.
func TestRogueLooksHonest(t *testing.T) {
	for side := range 2 {
		p := open(t)
		r := p.Rogue(side)
		v := r.Victim()
		check := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			if v.F.Evidence() != nil || len(v.Drops) != 0 {
				t.Fatalf("the honest side is not taken in: %q, %v", v.Drops, v.F.Evidence())
			}
		}
		check(r.Greet())
		if !v.F.Ready() {
			t.Fatal("the honest side is not ready")
		}
		for n := range 5 {
			check(p.Append(1-side, ledgertest.Request(ledgertest.EUR, 3, n)))
			e, err := r.Entry(ledgertest.Request(ledgertest.EUR, 5, 50+n), ledgertest.Collect(uint64(1+n), n))
			check(err)
			check(r.Send(e))
		}
		if got := v.F.Balance(ledgertest.EUR); got != ledger.NewBalance(-15) {
			t.Fatalf("balance %s", got)
		}
		old, err := r.EntryAt(v.F.Status().Acknowledged, ledgertest.Credit(ledgertest.EUR, 7))
		check(err)
		check(r.Send(old))
		for range 2 { // also from an opening that keeps requests and balances
			answer, err := r.Propose(r.Terms())
			check(err)
			a, accepted := answer.(*ledger.Accept)
			if !accepted {
				t.Fatalf("honest terms are answered with %#v", answer)
			}
			check(r.Confirm(a))
			if n, _ := v.F.PendingCount(ledger.Author(side)); !v.F.Ready() || n != 5 {
				t.Fatalf("ready %v, %d pending", v.F.Ready(), n)
			}
			e, err := r.Entry(ledgertest.Credit(ledgertest.EUR, 9))
			check(err)
			check(r.Send(e))
		}
		check(p.CheckSide(1 - side))
	}
}

// TestAdversariesRepeat: the same dice make the same run, to the last frame.
func TestAdversariesRepeat(t *testing.T) {
	for name := range ledgertest.NewPair().Adversaries(0) {
		life := func() string {
			p := open(t)
			p.Record()
			a := p.Adversaries(1)[name]
			dice := rand.New(rand.NewPCG(4, 2))
			for range 30 {
				if err := a.Move(dice.IntN); err != nil {
					t.Fatal(err)
				}
			}
			return p.Transcript()
		}
		first := life()
		if first != life() {
			t.Errorf("%s: two runs differ", name)
		}
		if len(first) < 1000 {
			t.Errorf("%s does next to nothing:\n%s", name, first)
		}
	}
}
