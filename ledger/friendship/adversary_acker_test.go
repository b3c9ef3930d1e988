package friendship_test

import (
	"math/rand/v2"
	"testing"

	"github.com/offset-p2p/offset/ledger"
)

// TestAckerChangesNothing: false heads in a Hello stop the ledger as long as the
// stream lasts. With a true one it goes on, unless the acker has signed a lie.
func TestAckerChangesNothing(t *testing.T) {
	went, stopped := 0, 0
	for seed := range uint64(30) {
		g := attack(t, "acker", seed, 4)
		if len(g.victim.Drops) > 0 {
			stopped++
		}
		ok(t, g.p.Rogue(1-g.i).Greet())
		if g.victim.F.Ready() == (g.victim.F.Evidence() != nil) {
			t.Fatalf("seed %d: %+v", seed, g.victim.F.Status())
		}
		if g.victim.F.Ready() {
			went++
		}
	}
	if went == 0 || stopped == 0 {
		t.Fatalf("of 30 runs %d went on, %d were ever stopped", went, stopped)
	}
}

// TestHoldsBackEverything: a friend that acknowledges nothing stops this side's
// log at the window, not its memory or its other duties.
func TestHoldsBackEverything(t *testing.T) {
	g := newAttacked(t, 0)
	r := g.p.Rogue(1)
	ok(t, r.Greet())
	random := rand.New(rand.NewPCG(5, 0))
	for range 300 {
		if op := g.op(random.IntN); op != nil && g.victim.F.WindowOpen() {
			ok(t, g.p.Append(0, op))
		}
		if st := g.victim.F.Status(); st.Mine.Seq-st.Acknowledged > ledger.EntryWindow {
			t.Fatalf("%d entries wait for an acknowledgement", st.Mine.Seq-st.Acknowledged)
		}
	}
	if g.victim.F.WindowOpen() {
		t.Fatal("the window never closes")
	}
	n, err := r.Entry()
	ok(t, err)
	ok(t, r.Send(n))
	if !g.victim.F.WindowOpen() {
		t.Fatal("an acknowledgement does not open the window")
	}
	ok(t, g.check())
}
