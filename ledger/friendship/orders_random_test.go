package friendship_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// TestRandomOrdersOfLargeLogs: hundreds of entries a side, signed and delivered
// in random order, with every there compared with what the other side saw; then
// both logs, replayed by nobody's order in particular: any order in which an
// entry comes after its own log and what it acknowledges ends in the state of
// both machines.
func TestRandomOrdersOfLargeLogs(t *testing.T) {
	for name, start := range map[string]func(self, friend ledger.NodeID, s friendship.Stored) (*friendship.Friendship, error){
		"plain": friendship.New, "checkpoints": friendship.NewPaced(2, 9),
	} {
		o := newOrders(t, start)
		for seed := range uint64(8) {
			t.Run(fmt.Sprint(name, seed), func(t *testing.T) {
				g := newLargeRun(t, o, seed)
				g.live(t, 250)
				state, err := g.finish()
				must(t, err)
				for range 20 {
					if r := g.anyOrder(); r.state() != state {
						t.Fatalf("another order of the same logs ends in\n%s\nnot in\n%s", r, g.sides[0].here)
					}
				}
			})
		}
	}
}

// TestRandomOrdersWithALiar: after a random life one of the lies comes at a
// random place, in the middle of what is on the way; the victim's here is what
// it was, and the evidence is that entry.
func TestRandomOrdersWithALiar(t *testing.T) {
	o := newOrders(t, friendship.New)
	all := lies()
	for k, name := range slices.Sorted(maps.Keys(all)) {
		if name == "collected unseen" || name == "cancelled unseen" || name == "nothing new" {
			continue // legal or not as it comes; the exhaustive test has them
		}
		for seed := range uint64(4) {
			g := newLargeRun(t, o, seed+100*uint64(k+1))
			g.live(t, 20+int(seed)*15)
			victim, liar := g.sides[0], g.sides[1]
			for victim.got < len(liar.log) { // the lie stands behind all that the liar said
				must(t, g.receive(victim))
			}
			n := &ledger.Entry{
				Epoch: victim.f.Epoch(), Author: 1, Seq: victim.f.Status().Theirs.Seq + 1, Prev: victim.f.Status().Theirs.Hash,
				Ack: victim.f.Status().Mine, Totals: victim.here.totals(),
			}
			all[name](n, liar.log[len(liar.log)-1])
			if name == "key of another" || name == "twice" || name == "good, then bad" {
				n.Ops = append(n.Ops, ledgertest.Cancel(1<<40)) // what they name may be over by now
			}
			v, err := friendship.Trusted(o.ids[1], n.Encode())
			must(t, err)
			eff, err := victim.f.ReceiveEntry(g.env(), v)
			must(t, err)
			if e := victim.f.Evidence(); e == nil || string(e.Entry.Body) != string(n.Encode()) || eff.Drop == "" {
				t.Fatalf("%s, seed %d: evidence %+v, drop %q", name, seed, e, eff.Drop)
			}
			must(t, victim.here.sameHere(victim.f))
			if _, err := victim.f.Append(g.env(), entry(request(5))); !errors.Is(err, friendship.ErrNotReady) {
				t.Fatalf("%s: signs on: %v", name, err)
			}
		}
	}
}

// largeRun lets both sides sign whatever is legal.
type largeRun struct {
	*run
	rng  *rand.Rand
	keys map[ledger.Lock]int
}

func newLargeRun(t *testing.T, o *orders, seed uint64) *largeRun {
	t.Helper()
	r, err := o.run()
	must(t, err)
	g := &largeRun{run: r, rng: rand.New(rand.NewPCG(seed, 4)), keys: map[ledger.Lock]int{}}
	for _, n := range []int{1, 2} { // what is pending at the start
		g.keys[ledgertest.Request(ledgertest.EUR, 1, n).PartLock] = n
	}
	return g
}

// live goes on until each side has signed so many entries.
func (g *largeRun) live(t *testing.T, entries int) {
	t.Helper()
	for steps := 0; min(len(g.sides[0].log), len(g.sides[1].log)) < entries; steps++ {
		if steps > 100*entries {
			t.Fatal("the two stand still")
		}
		s := g.sides[g.rng.IntN(2)]
		other := g.sides[s.me.Other()]
		var err error
		if s.got < len(other.log) && g.rng.IntN(2) == 0 {
			err = g.receive(s)
		} else if len(s.log) < entries+40 {
			err = g.sign(s, g.ops(s))
		}
		if err != nil && !errors.Is(err, friendship.ErrWindow) {
			t.Fatal(err)
		}
	}
}

// ops draws one to five operations that are legal here, one after the other.
func (g *largeRun) ops(s *orderly) []ledger.Op {
	view := s.here.clone()
	var ops []ledger.Op
	for len(ops) == 0 || g.rng.IntN(3) > 0 && len(ops) < 5 {
		if op := g.op(s.me, view); view.legal(s.me, op, false) {
			view.do(s.me, op)
			ops = append(ops, op)
		}
	}
	return ops
}

func (g *largeRun) op(me ledger.Author, view *replica) ledger.Op {
	c := []ledger.Currency{ledgertest.EUR, hour}[g.rng.IntN(2)]
	pick := func(a ledger.Author) (uint64, *held) {
		all := sortedOrdinals(view.held[a])
		if len(all) == 0 {
			return 0, &held{req: request(1)}
		}
		o := all[g.rng.IntN(len(all))]
		return o, view.held[a][o]
	}
	theirs, h := pick(me.Other())
	mine, _ := pick(me)
	switch g.rng.IntN(9) {
	case 0:
		return ledgertest.Credit(c, uint64(g.rng.IntN(2000)))
	case 1, 2, 3:
		if len(view.held[me]) > 25 {
			return &ledger.Withdraw{Ordinal: mine}
		}
		n := len(g.keys) + 100
		r := ledgertest.Request(c, 1+g.rng.Uint64N(50), n)
		g.keys[r.PartLock] = n
		return r
	case 4, 5:
		return ledgertest.Collect(theirs, g.keys[h.req.PartLock])
	case 6:
		return ledgertest.Cancel(theirs)
	case 7:
		return &ledger.Reserve{Ordinal: theirs}
	default:
		return &ledger.Commit{Ordinal: mine}
	}
}

// anyOrder applies both logs to one replica in a random order that respects
// what each entry acknowledges, and returns where it ends.
func (g *largeRun) anyOrder() *replica {
	r := g.o.base.clone()
	var at [2]int
	first := [2]uint64{g.sides[0].log[0].Seq, g.sides[1].log[0].Seq}
	for at[0]+at[1] < len(g.sides[0].log)+len(g.sides[1].log) {
		i := g.rng.IntN(2)
		for range 2 {
			log := g.sides[i].log
			if at[i] < len(log) && log[at[i]].Ack.Seq < first[1-i]+uint64(at[1-i]) {
				break
			}
			i = 1 - i
		}
		r.force(g.sides[i].log[at[i]])
		at[i]++
	}
	return r
}
