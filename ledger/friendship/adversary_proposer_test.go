package friendship_test

import "testing"

// TestProposerGetsNothing: many of its terms are accepted, since many cost
// nothing, and after none of them has the honest side less than before.
func TestProposerGetsNothing(t *testing.T) {
	reopened := 0
	for seed := range uint64(20) {
		g := attack(t, "proposer", 1000+seed, 80)
		reopened += g.reopened
	}
	if reopened < 20 {
		t.Fatalf("only %d epochs were opened", reopened)
	}
}
