package friendship_test

import (
	"testing"

	"github.com/offset-p2p/offset/ledger/friendship"
)

// TestClockLiarUsesUpNoNumbers: the numbers that this side signs stay below its
// own clock, however far ahead its friend's seems to be, so that there is always
// a next one.
func TestClockLiarUsesUpNoNumbers(t *testing.T) {
	for seed := range uint64(8) {
		g := attack(t, "clock", seed, 60)
		now := uint64(g.p.Wall[g.i].Add(g.p.Mono + friendship.ClockSlack).UnixMilli())
		if n := g.victim.F.Highest(); n > now {
			t.Fatalf("seed %d: number %d is signed at %d", seed, n, now)
		}
		ok(t, g.anew())
		if n := g.victim.F.Highest(); n > now+2 {
			t.Fatalf("seed %d: number %d is signed at %d", seed, n, now)
		}
	}
}
