package friendship_test

import (
	"bytes"
	"flag"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// The explorer drives the real machines, not a model of them: breadth first, it
// visits every state that two nodes can reach within a budget of disturbances,
// and judges each. What ../../../shared/models found about the rules it has to
// find about the code when a rule is taken out (integration/mutate).
//
// A node is remembered by what its machine, its disk, its till and its
// signatures are; time only by what is still due; nonces count. The same node
// that makes the same move is asked once, so that most of a state is a few small
// numbers, and millions of them are little work.
//
// The budgets below end within a minute. The deep ones are bounded by exploreMax
// and by patience; most of them nobody has run to the end yet:
//
//	go test ./ledger/friendship -run TestExplore -timeout 12h -friendship.explore
var exploreDeep = flag.Bool("friendship.explore", false, "explore with large budgets")

// exploreMax bounds the states of one exploration: more are a mistake in its
// budget.
const exploreMax = 20_000_000

// pairExploration is one budget of TestExplorePair. Numbers of states are what a
// run prints; all are complete.
type pairExploration struct {
	name string
	met  bool // an epoch is open and EUR active
	deep bool
	left [budgets]uint8
}

var pairExplorations = []pairExploration{
	{"strangers", false, false, [budgets]uint8{mayStream: 2, mayCrash: 1, mayWait: 1, mayReplay: 1}},
	{"work while a stream is lost and a process ends", true, false, [budgets]uint8{mayPropose: 1, mayWork: 2, mayStream: 1, mayCrash: 1}},
	{"crossing proposals, a stream lost, a process ends", true, false, [budgets]uint8{mayPropose: 2, mayWork: 1, mayStream: 1, mayCrash: 1}},
	{"crossing proposals, a stream lost, delays", true, false, [budgets]uint8{mayPropose: 2, mayWork: 1, mayStream: 1, mayWait: 1}},
	{"crossing proposals, work, an old frame again", true, false, [budgets]uint8{mayPropose: 2, mayWork: 2, mayReplay: 1}},

	{"deep: strangers", false, true, [budgets]uint8{mayStream: 3, mayCrash: 2, mayWait: 2, mayReplay: 1}},
	{"deep: work and a stream lost", true, true, [budgets]uint8{mayPropose: 2, mayWork: 3, mayStream: 1}},
	{"deep: work and two streams lost", true, true, [budgets]uint8{mayPropose: 2, mayWork: 2, mayStream: 2, mayCrash: 1}},
	{"deep: crashes", true, true, [budgets]uint8{mayPropose: 2, mayWork: 2, mayStream: 1, mayCrash: 2}},
	{"deep: three proposals", true, true, [budgets]uint8{mayPropose: 3, mayWork: 1, mayStream: 1, mayCrash: 1, mayReplay: 1}},
}

// TestExplorePair wants, in every state that two honest nodes can reach: one
// body for each seq, rising numbers, one opening for each number, no entry in an
// epoch that is not fully signed or is closed, no loss of money; and that the
// two, left alone on the present stream or on a new one, end ready in one epoch.
func TestExplorePair(t *testing.T) {
	for _, c := range pairExplorations {
		if c.deep != *exploreDeep {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			w := newPairWorld(c.left[mayReplay] > 0)
			s := w.begin(t)
			if c.met {
				w.activate(t, s)
			} else {
				w.newStream(s)
			}
			s.left = c.left
			if !w.explore(s, exploreMax) {
				t.Errorf("more than %d states", exploreMax)
			}
			t.Logf("%d states of %d and %d sides, %d steps of machines, %v",
				len(w.states), len(w.players[0].sides), len(w.players[1].sides), w.steps(), time.Since(began).Round(time.Millisecond))
			for _, f := range w.faults {
				t.Error(f)
			}
		})
	}
}

// TestExplorerSeesADifference wants that the explorer's idea of equal machines
// notices what distinguishes two, and not what does not.
func TestExplorerSeesADifference(t *testing.T) {
	p := ledgertest.NewPair()
	ok(t, p.OpenWith(100))
	f := p.Sides[0].F
	image := f.Image(p.Mono)
	if again := f.Clone().Image(p.Mono); !bytes.Equal(image, again) {
		t.Fatal("a copy has another image")
	}
	c := f.Clone()
	_, err := c.Append(p.Env(0), []ledger.Op{ledgertest.Request(ledgertest.EUR, 5, 1)})
	ok(t, err)
	if bytes.Equal(image, c.Image(p.Mono)) {
		t.Fatal("a request more has the same image")
	}
	if !bytes.Equal(image, f.Image(p.Mono)) {
		t.Fatal("what a copy does changes the original")
	}
	if !bytes.Equal(f.Image(time.Hour), f.Image(2*time.Hour)) {
		t.Fatal("the past is not forgotten")
	}
	ok(t, p.Append(1, ledgertest.Request(ledgertest.EUR, 1, 2)))
	ok(t, p.Settle())
	if bytes.Equal(f.Image(p.Mono), f.Image(p.Mono+friendship.AckDelay)) {
		t.Fatal("a moment at which something is due is forgotten")
	}
}
