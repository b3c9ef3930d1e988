package friendship_test

import "testing"

// TestForgerIsConvicted: what it signs against the rules is evidence, for many
// different reasons, and nothing of it counts.
func TestForgerIsConvicted(t *testing.T) {
	reasons := map[string]bool{}
	for seed := range uint64(16) {
		g := attack(t, "forger", 100+seed, 30)
		e := g.victim.F.Evidence()
		if e == nil || e.Entry.Body == nil {
			t.Fatalf("seed %d: thirty entries of a forger leave no evidence", seed)
		}
		reasons[e.Why] = true
		if g.victim.F.Ready() {
			t.Fatalf("seed %d: the ledger goes on after %q", seed, e.Why)
		}
	}
	if len(reasons) < 5 {
		t.Fatalf("only convicted for %v", reasons)
	}
}
