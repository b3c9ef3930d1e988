package friendship_test

import "testing"

// TestReplayerIsNotBlamed: everything that it says was true once. Nothing of it is
// evidence, and with a new stream the ledger goes on.
func TestReplayerIsNotBlamed(t *testing.T) {
	reopened := 0
	for seed := range uint64(10) {
		g := attack(t, "replayer", seed, 80)
		if e := g.victim.F.Evidence(); e != nil {
			t.Fatalf("seed %d: blamed for %q", seed, e.Why)
		}
		ok(t, g.p.Rogue(1-g.i).Greet())
		if !g.victim.F.Ready() {
			t.Fatalf("seed %d: %+v", seed, g.victim.F.Status())
		}
		reopened += g.reopened
	}
	if reopened == 0 {
		t.Fatal("no epoch was ever closed: nothing of old ones was said again")
	}
}
