package friendship_test

import (
	"testing"

	"github.com/offset-p2p/offset/ledger"
)

// TestHoarderIsBounded: what a friend can make this side store without
// acknowledging anything is its window.
func TestHoarderIsBounded(t *testing.T) {
	for seed := range uint64(2) {
		g := attack(t, "hoarder", seed, 200)
		if n := g.victim.Disk.Entries(); n > 4*ledger.EntryWindow {
			t.Fatalf("seed %d: %d entries are stored", seed, n)
		}
		if e := g.victim.F.Evidence(); e == nil {
			t.Fatalf("seed %d: it never went too far", seed)
		}
	}
}
