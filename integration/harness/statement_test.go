package harness_test

import (
	"testing"

	"github.com/offset-p2p/offset/integration/harness"
	"github.com/offset-p2p/offset/integration/harness/harnesstest"
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// After payments both friends export a statement. A third party, who has
// nothing but the two texts, finds both valid and the balances opposite, equal to
// what the nodes say.
func TestFriendsStateTheirBalances(t *testing.T) {
	lab := harnesstest.Start(t, harness.Options{Hops: 2}, harness.DefaultCredit())
	load := testLoad(5)
	if r := harnesstest.Run(t, lab, load); !r.OK() {
		t.Fatalf("payments: %+v", r)
	}
	payer, payee := lab.Nodes[0], lab.Nodes[1]
	var verified []*friendship.VerifiedStatement
	err := payer.Await(t.Context(), "the last acknowledgement", func() bool {
		verified = nil
		for _, n := range []*harness.Node{payer, payee} {
			other := payee
			if n == payee {
				other = payer
			}
			if v := stated(t, n, other); v != nil && v.Balances[0].FrozenLow.IsZero() && v.Balances[0].FrozenHigh.IsZero() {
				verified = append(verified, v)
			}
		}
		return len(verified) == 2 && verified[0].Balances[0] == verified[1].Balances[0]
	})
	if err != nil {
		t.Fatal(err)
	}
	mine, theirs := balanceIn(t, verified[0], payer, load.Credit.Currency), balanceIn(t, verified[1], payee, load.Credit.Currency)
	if negated, err := mine.Neg(); err != nil || negated != theirs || mine.Sign() >= 0 {
		t.Errorf("the payer states %s and its friend %s", mine, theirs)
	}
	total, err := payer.Total(t.Context(), load.Credit.Currency)
	if err != nil {
		t.Fatal(err)
	}
	if mine != total.Balance {
		t.Errorf("the statement says %s, the payer's node %s", mine, total.Balance)
	}
}

// stated is what a node's statement with a friend proves to a third party; nil
// while no currency is in it.
func stated(t *testing.T, n, other *harness.Node) *friendship.VerifiedStatement {
	t.Helper()
	text, err := n.Client.Statement(t.Context(), other.ID.String())
	if err != nil {
		t.Fatal(err)
	}
	s, err := friendship.ParseStatement(text)
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Verify()
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Balances) == 0 {
		return nil
	}
	return v
}

func balanceIn(t *testing.T, v *friendship.VerifiedStatement, n *harness.Node, c ledger.Currency) ledger.Balance {
	t.Helper()
	b, err := v.BalanceOf(n.ID, c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
