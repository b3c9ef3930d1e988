package fault

import (
	"strings"
	"testing"

	"github.com/offset-p2p/offset/integration/harness"
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/apiclient"
)

// Alice, who owes Bob, removes him and adds him again. Her node begins anew, his
// holds what she owed: that costs him, so he has to say yes, and then the ledger
// can be used again.
func TestFriendsMakeUpThroughTheCommandLine(t *testing.T) {
	lab := startLab(t, 1)
	mustSettle(t, lab, 1)
	alice, bob := controlOf(lab, lab.Nodes[0]), controlOf(lab, lab.Nodes[1])
	owed := balanceWith(t, lab.Nodes[1], lab.Nodes[0])
	if owed != ledger.NewBalance(1000) {
		t.Fatalf("bob's balance with alice is %v: she has paid him 10.00", owed)
	}
	if got := bob.refused(t, "friends", "accept", "alice", "--yes"); got.Reason != "nothing_to_accept" || got.Exit != exitRefused {
		t.Errorf("accepting what nobody disagrees about: %+v", got)
	}

	awaitStated(t, alice, "bob", "1000")
	beginAnew(t, lab, alice, bob)
	if got := bob.must(t, "friends", "list"); !strings.Contains(got, "stctrl friends terms alice") {
		t.Errorf("bob's list does not say what to do:\n%s", got)
	}
	shown := bob.must(t, "friends", "terms", "alice")
	for _, want := range []string{
		"You lose nothing by waiting", "begins anew", "alice owes you 10.00 EUR", "Accepting what alice proposes costs you 10.00 EUR",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("bob reads\n%s\nwithout %q", shown, want)
		}
	}
	if got := alice.must(t, "friends", "terms", "bob"); !strings.Contains(got, "nothing for you to decide") || !strings.Contains(got, "waits for its user") {
		t.Errorf("alice, who has nothing to decide, reads\n%s", got)
	}
	if got := bob.refused(t, "friends", "accept", "alice", "--yes", "--at-most", "9.99EUR"); got.Reason != "terms_cost_more" || !strings.Contains(got.Text, "10.00 EUR") {
		t.Errorf("accepting for less than it costs: %+v", got)
	}
	if got := bob.refused(t, "friends", "evidence", "alice", t.TempDir()+"/proof"); got.Reason != "no_evidence" {
		t.Errorf("evidence against an honest friend: %+v", got)
	}
	if got := balanceWith(t, lab.Nodes[1], lab.Nodes[0]); got != owed {
		t.Errorf("bob has accepted nothing, and his balance is %v", got)
	}

	r := bob.run(t, "friends", "accept", "alice", "--yes")
	if r.code != 0 || !strings.Contains(r.err, "costs you at most 10.00 EUR") || !strings.Contains(r.out, "accepted: you and alice go on with epoch") {
		t.Fatalf("accepting exits with %d:\n%s%s", r.code, r.out, r.err)
	}
	awaitAgreed(t, lab)
	for i, n := range lab.Nodes {
		if got := balanceWith(t, n, lab.Nodes[1-i]); got.Sign() != 0 {
			t.Errorf("bob gave all up, and %s's balance is %v", n.Name, got)
		}
	}
	payAgain(t, lab, alice)
}

// A decision that no proposal has met yet is taken back, and holds no longer.
func TestDecisionIsWithdrawn(t *testing.T) {
	lab := startLab(t, 1)
	mustSettle(t, lab, 1)
	alice, bob := controlOf(lab, lab.Nodes[0]), controlOf(lab, lab.Nodes[1])
	beginAnew(t, lab, alice, bob)
	lab.Nodes[0].Kill()
	if out := bob.must(t, "friends", "accept", "alice", "--yes", "--at-most", "10EUR", "--timeout", "2s"); !strings.Contains(out, "your decision is stored") {
		t.Errorf("a decision about a friend that is gone: %q", out)
	}
	if out := bob.must(t, "friends", "terms", "alice"); !strings.Contains(out, "You have decided") {
		t.Errorf("the decision is not shown:\n%s", out)
	}
	bob.must(t, "friends", "accept", "alice", "--withdraw")
	if got := bob.refused(t, "friends", "accept", "alice", "--withdraw"); got.Reason != "nothing_to_withdraw" {
		t.Errorf("withdrawing twice: %+v", got)
	}
	if out := bob.must(t, "friends", "terms", "alice"); strings.Contains(out, "You have decided") {
		t.Errorf("the decision is still shown:\n%s", out)
	}
}

// awaitStated waits until both friends have signed that one owes the other so
// much, in smallest units: before that the payment is still pending for one.
func awaitStated(t *testing.T, c control, friend, owed string) {
	t.Helper()
	await(t, "both friends to have signed the balance", func() bool {
		v, _ := c.value(t, "friends", "statement", friend).(map[string]any)
		stated, _ := v["statement"].(map[string]any)
		balances, _ := stated["balances"].([]any)
		if len(balances) != 1 {
			return false
		}
		first, _ := balances[0].(map[string]any)
		balance, _ := first["balance"].(string)
		return strings.TrimPrefix(balance, "-") == owed
	})
}

// beginAnew lets alice remove bob and add him again, and waits until bob is
// asked.
func beginAnew(t *testing.T, lab *harness.Lab, alice, bob control) {
	t.Helper()
	if got := alice.refused(t, "friends", "remove", "bob"); got.Reason != "friend_may_lose" {
		t.Fatalf("removing a friend whom one owes: %+v", got)
	}
	alice.must(t, "friends", "remove", "bob", "--may-lose")
	alice.must(t, "friends", "add", "bob", lab.TicketOf(lab.Nodes[1]))
	alice.must(t, "credit", "set", "bob", "EUR", "1000000")
	await(t, "bob to be asked", func() bool {
		shown, _ := bob.value(t, "friends", "terms", "alice").(map[string]any)
		d, _ := shown["disagreement"].(map[string]any)
		return d["theirs"] != nil
	})
}

// awaitAgreed waits until both ends agree and can pay.
func awaitAgreed(t *testing.T, lab *harness.Lab) {
	t.Helper()
	await(t, "both to agree", func() bool {
		for i, n := range lab.Nodes {
			f := friendOf(t, n, lab.Nodes[1-i])
			if f.Disagreement != nil || !f.Link.Ready {
				return false
			}
		}
		return true
	})
	if err := lab.AwaitUsable(t.Context(), harness.DefaultCredit().Currency); err != nil {
		t.Fatal(err)
	}
}

func friendOf(t *testing.T, n, friend *harness.Node) apiclient.Friend {
	t.Helper()
	f, err := n.Client.Friend(t.Context(), friend.ID.String())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func balanceWith(t *testing.T, n, friend *harness.Node) ledger.Balance {
	t.Helper()
	fc, _ := friendOf(t, n, friend).Currency(harness.DefaultCredit().Currency)
	return fc.Balance
}

// payAgain shows that the ledger can be used.
func payAgain(t *testing.T, lab *harness.Lab, alice control) {
	t.Helper()
	invoice := controlOf(lab, lab.Nodes[1]).must(t, "sell", "create", "10.00", "EUR")
	if out := alice.must(t, "buy", "quote", invoice); !strings.Contains(out, "0.00 EUR") {
		t.Errorf("a payment to a friend is quoted as\n%s", out)
	}
	if receipt := alice.must(t, "buy", "pay", invoice); !strings.HasPrefix(receipt, "offset:r1") {
		t.Errorf("paying prints %q", receipt)
	}
}
