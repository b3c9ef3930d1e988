package friendship_test

import (
	"strings"
	"testing"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// TestForkerIsConvicted: the evidence and what the honest side holds are two
// bodies for one number, both signed by the forker.
func TestForkerIsConvicted(t *testing.T) {
	for seed := range uint64(8) {
		g := attack(t, "forker", seed, 30)
		foe := g.p.Sides[1-g.i].ID
		e := g.victim.F.Evidence()
		if e == nil {
			t.Fatalf("seed %d: no evidence", seed)
		}
		forked, err := friendship.Verify(foe, &e.Entry)
		ok(t, err)
		if !strings.Contains(e.Why, "two entries") {
			continue // it was the newest, with another predecessor
		}
		held := g.victim.Disk.Load().Theirs[e.Held.Seq-1]
		first, err := friendship.Verify(foe, &held)
		ok(t, err)
		if first.Entry().Seq != forked.Entry().Seq || e.Held.Hash != ledger.EntryHash(held.Body) || e.Held.Hash == ledger.EntryHash(e.Entry.Body) {
			t.Fatalf("seed %d: evidence %+v of entry %d", seed, e.Held, forked.Entry().Seq)
		}
	}
}
