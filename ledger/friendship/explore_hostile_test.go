package friendship_test

import (
	"strings"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// siege is an honest node and what is left of the budget: the foe has no state,
// it can always say whatever the node's signatures allow.
type siege struct {
	side int32
	left [budgets]uint8
}

// siegeWorld explores one honest node whose friend is a foe, breadth first.
type siegeWorld struct {
	victim *player
	foe    *foe
	seen   map[siege]bool
	states []siegeNode
	fault  string
}

type siegeNode struct {
	siege  siege
	parent int32
	move   move
}

// explore visits every state within the budget, at most max of them, and reports
// whether these were all. It ends at the first fault.
func (w *siegeWorld) explore(start siege, max int) (complete bool) {
	w.seen[start] = true
	w.states = append(w.states, siegeNode{siege: start, parent: -1})
	for at := 0; at < len(w.states) && w.fault == ""; at++ {
		if len(w.states) > max {
			return false
		}
		for _, u := range w.moves(w.states[at].siege) {
			w.try(int32(at), u)
		}
	}
	return true
}

// moves lists what the foe can say, what the node can do, and what happens to it.
func (w *siegeWorld) moves(g siege) []utterance {
	s := w.victim.sides[g.side]
	out := w.foe.says(g.side, &g.left)
	add := func(m move, cost budget) {
		if g.left[cost] > 0 {
			out = append(out, utterance{m, cost})
		}
	}
	add(move{kind: doLinkUp}, mayStream)
	add(move{kind: doWait}, mayWait)
	add(move{kind: doRestart}, mayCrash)
	add(move{kind: doPropose}, mayPropose)
	if s.f.Ready() && s.f.WindowOpen() {
		for n := int(w.victim.me); n < requestsMax; n += 2 {
			if s.till.of[n] == tillUnmade && !s.f.CanSend(ledgertest.EUR).IsZero() {
				add(move{kind: doRequest, arg: int32(n)}, mayWork)
				break
			}
		}
	}
	for n := int(w.foe.me); n < requestsMax; n += 2 {
		if s.till.of[n] == tillForwarded {
			add(move{kind: doLearnKeys, arg: int32(n)}, mayWork)
			add(move{kind: doLoseBeyond, arg: int32(n)}, mayWork)
		}
	}
	if !s.till.allows {
		add(move{kind: doAllow}, mayAllow)
	}
	return out
}

// try makes a move, and the same with a crash at either side of its commit.
func (w *siegeWorld) try(at int32, u utterance) {
	g := w.states[at].siege
	if u.cost != budgets {
		g.left[u.cost]--
	}
	o := w.victim.step(g.side, u.move)
	w.reach(at, g, u.move, o)
	if !o.wrote || g.left[mayCrash] == 0 {
		return
	}
	g.left[mayCrash]--
	for _, crash := range []ledgertest.Crash{ledgertest.CrashBeforeWrites, ledgertest.CrashBeforeFrames} {
		u.move.crash = crash
		w.reach(at, g, u.move, w.victim.step(g.side, u.move))
	}
}

func (w *siegeWorld) reach(at int32, g siege, m move, o ending) {
	g.side = o.next
	if o.fault == "" && w.seen[g] {
		return
	}
	w.seen[g] = true
	w.states = append(w.states, siegeNode{g, at, m})
	if o.fault != "" && w.fault == "" {
		w.fault = o.fault + "\n" + w.way(int32(len(w.states)-1))
	}
}

// way tells how a state was reached.
func (w *siegeWorld) way(at int32) string {
	var lines []string
	for n := at; w.states[n].parent >= 0; n = w.states[n].parent {
		lines = append([]string{"  it " + w.victim.post.tell(w.states[n].move)}, lines...)
	}
	return strings.Join(lines, "\n")
}

// besieged returns a world in which side me is honest, after a prelude in which
// both were. The requests in asks are pending: number n was made by side n%2,
// and the other forwarded it.
func besieged(t *testing.T, me ledger.Author, wall time.Time, met bool, asks []int) (*siegeWorld, int32) {
	t.Helper()
	p := newPairWorld(false)
	for i := range p.players {
		p.players[i].wall = wall
	}
	s := p.begin(t)
	if met {
		p.activate(t, s)
		for _, n := range asks {
			if o, _ := p.apply(s, n%2, move{kind: doRequest, arg: int32(n)}); o.fault != "" {
				t.Fatal(o.fault)
			}
		}
		if err := p.heal(s); err != nil {
			t.Fatal(err)
		}
	}
	victim := p.players[me]
	victim.lone = true
	w := &siegeWorld{victim: victim, seen: map[siege]bool{}}
	return w, s.sides[me]
}

// siegeExploration is one budget of TestExploreFoe.
type siegeExploration struct {
	name   string
	me     ledger.Author // who is honest; the first epoch has number 2
	clock  int64         // ms since 1970
	met    bool          // an epoch is open and EUR active
	asks   []int         // requests that are pending; number n is of side n%2
	top    uint64        // highest number that the foe names
	bluffs bool          // it also says what can only be refused
	deep   bool
	left   [budgets]uint8
}

// late is a clock that no number of an exploration runs ahead of; others stand
// at 0, where only the next of each parity is plausible.
const late = 1 << 40

var siegeExplorations = []siegeExploration{
	{name: "strangers", top: 2, bluffs: true, left: [budgets]uint8{mayStream: 1, mayWait: 1}},
	{name: "strangers, a process ends", top: 2, bluffs: true, left: [budgets]uint8{mayStream: 1, mayCrash: 1}},
	{name: "two proposals while a forwarded request is paid", clock: late, met: true, asks: []int{1}, top: 6, left: [budgets]uint8{mayWork: 1, mayPropose: 1}},
	{name: "a process ends while a forwarded request is paid", clock: late, met: true, asks: []int{1}, top: 4, left: [budgets]uint8{mayWork: 1, mayCrash: 1, mayStream: 1}},
	{name: "entries while requests of both are pending", clock: late, met: true, asks: []int{0, 1}, top: 4, left: [budgets]uint8{mayEntry: 1, mayWork: 1}},
	{name: "entries about its own request", clock: late, met: true, asks: []int{0}, top: 4, bluffs: true, left: [budgets]uint8{mayEntry: 1, mayPropose: 1}},
	{name: "the higher node", me: 1, clock: late, met: true, asks: []int{0}, top: 5, left: [budgets]uint8{mayWork: 1, mayPropose: 1}},
	{name: "its user decides while a request is paid", clock: late, met: true, asks: []int{1}, top: 4, left: [budgets]uint8{mayWork: 1, mayAllow: 1}},
	{name: "its user decides once", clock: late, met: true, asks: []int{1}, top: 6, left: [budgets]uint8{mayAllow: 1}},
	{name: "its clock stands", met: true, asks: []int{1}, top: 4, bluffs: true, left: [budgets]uint8{mayWork: 1}},

	{name: "deep: strangers", top: 4, bluffs: true, deep: true, left: [budgets]uint8{mayStream: 2, mayWait: 1, mayCrash: 1, mayAsk: 1}},
	{name: "deep: bluffs about requests of both", clock: late, met: true, asks: []int{0, 1}, top: 4, bluffs: true, deep: true, left: [budgets]uint8{mayEntry: 1, mayWork: 1}},
	{name: "deep: entries of the lower node", me: 1, clock: late, met: true, asks: []int{0}, top: 5, bluffs: true, deep: true, left: [budgets]uint8{mayEntry: 1, mayWork: 1}},
	{name: "deep: two streams", clock: late, met: true, asks: []int{1}, top: 6, deep: true, left: [budgets]uint8{mayWork: 1, mayStream: 2}},
	{name: "deep: two entries", clock: late, met: true, asks: []int{0, 1}, top: 4, deep: true, left: [budgets]uint8{mayEntry: 2, mayWork: 2}},
}

// TestExploreFoe wants, whatever a hostile friend says in whatever order: one
// body for each seq, rising numbers within the clock, no entry in an epoch that
// is closed, and no loss beyond what the user allowed.
func TestExploreFoe(t *testing.T) {
	for _, c := range siegeExplorations {
		if c.deep != *exploreDeep {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			w, start := besieged(t, c.me, time.UnixMilli(c.clock), c.met, c.asks)
			w.foe = newFoe(w.victim, c.top, c.bluffs)
			if !w.explore(siege{start, c.left}, exploreMax) {
				t.Errorf("more than %d states", exploreMax)
			}
			t.Logf("%d states, %d of them by the node alone, %d steps of its machine, %v",
				len(w.states), len(w.victim.sides), len(w.victim.memo), time.Since(began).Round(time.Millisecond))
			if w.fault != "" {
				t.Error(w.fault)
			}
		})
	}
}
