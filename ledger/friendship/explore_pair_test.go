package friendship_test

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// budget bounds how often something may happen on one path of an exploration.
type budget uint8

const (
	mayStream  budget = iota // new streams; the one before is lost with all in it
	mayCrash                 // ends of a process: between moves, or at either side of a commit
	mayWait                  // one side waits longer than every delay
	mayPropose               // a side proposes without a reason
	mayWork                  // requests, and what becomes of them downstream
	mayReplay                // an old frame arrives once more
	mayEntry                 // a foe signs an entry
	mayAsk                   // a foe makes a node propose again
	mayAllow                 // a user allows a loss
	budgets
)

// pairState is two honest nodes and what is between them.
type pairState struct {
	sides    [2]int32
	attached [2]bool    // to the newest stream
	fresh    [2]bool    // the newest stream is not seen yet
	inbox    [2][]int32 // on the newest stream
	old      [2][]int32 // said to this side before, sorted; no Hellos
	left     [budgets]uint8
}

func (s *pairState) key() string {
	b := make([]byte, 0, 64)
	flags := byte(0)
	for i := range s.sides {
		b = binary.AppendUvarint(b, uint64(s.sides[i]))
		for _, flag := range []bool{s.attached[i], s.fresh[i]} {
			if flags <<= 1; flag {
				flags++
			}
		}
		for _, list := range [][]int32{s.inbox[i], s.old[i]} {
			b = append(b, byte(len(list)))
			for _, n := range list {
				b = binary.AppendUvarint(b, uint64(n))
			}
		}
	}
	return string(append(append(b, flags), s.left[:]...))
}

func (s *pairState) clone() *pairState {
	c := *s
	for i := range s.sides {
		c.inbox[i], c.old[i] = slices.Clone(s.inbox[i]), slices.Clone(s.old[i])
	}
	return &c
}

// pairWorld explores two honest nodes, breadth first.
type pairWorld struct {
	players [2]*player
	post    *post
	replay  bool
	log     []string // what apply did, when not nil

	seen   map[string]int32
	states []pairNode
	faults []string
	healed map[string]string // what a fair schedule ends in, by state
}

// pairNode is a state and how it was first reached.
type pairNode struct {
	state  *pairState
	parent int32
	side   int8 // -1: both
	move   move
}

// retire makes frames ones that may be replayed to side i: they arrived, or were
// lost. Of what is on its way nothing overtakes anything.
func (w *pairWorld) retire(s *pairState, i int, frames ...int32) {
	for _, n := range frames {
		if _, isHello := w.post.frames[n].(*ledger.Hello); isHello || !w.replay {
			continue
		}
		if at, found := slices.BinarySearch(s.old[i], n); !found {
			s.old[i] = slices.Insert(s.old[i], at, n)
		}
	}
}

// newStream loses the stream and everything in it.
func (w *pairWorld) newStream(s *pairState) {
	for i := range s.inbox {
		w.retire(s, i, s.inbox[i]...)
	}
	s.attached, s.fresh, s.inbox = [2]bool{}, [2]bool{true, true}, [2][]int32{}
}

// apply lets side i make a move in place. It reports a fault, and whether the
// move did anything.
func (w *pairWorld) apply(s *pairState, i int, m move) (o ending, changed bool) {
	before := s.sides[i]
	o = w.players[i].step(before, m)
	s.sides[i] = o.next
	if w.log != nil {
		w.log = append(w.log, fmt.Sprintf("  %d %s", i, w.post.tell(m)))
	}
	if m.kind == doLinkUp {
		s.attached[i], s.fresh[i] = true, false
	}
	if s.attached[i] {
		for _, n := range o.frames {
			if s.attached[1-i] || s.fresh[1-i] {
				s.inbox[1-i] = append(s.inbox[1-i], n)
			}
		}
	}
	if o.drop {
		w.retire(s, i, s.inbox[i]...)
		s.attached[i], s.fresh[i], s.inbox[i] = false, false, nil
	}
	return o, o.next != before || len(o.frames) > 0
}

// option is a move that may be made next.
type option struct {
	side int
	move move
	cost budget // budgets: none
	stop bool   // the stream is replaced
}

// moves lists what may happen next.
func (w *pairWorld) moves(s *pairState) []option {
	var out []option
	add := func(side int, m move, cost budget) {
		if cost == budgets || s.left[cost] > 0 {
			out = append(out, option{side: side, move: m, cost: cost})
		}
	}
	if s.left[mayStream] > 0 {
		out = append(out, option{side: -1, cost: mayStream, stop: true})
	}
	for i := range s.sides {
		switch {
		case s.fresh[i]:
			add(i, move{kind: doLinkUp}, budgets)
		case s.attached[i] && len(s.inbox[i]) > 0:
			add(i, move{kind: doDeliver, arg: s.inbox[i][0]}, budgets)
		}
		add(i, move{kind: doWait}, mayWait)
		add(i, move{kind: doPropose}, mayPropose)
		add(i, move{kind: doRestart}, mayCrash)
		for n := i; n < requestsMax; n += 2 {
			w.work(s, i, n, add)
		}
		if s.attached[i] {
			for _, n := range s.old[i] {
				add(i, move{kind: doDeliver, arg: n}, mayReplay)
			}
		}
	}
	return out
}

// work lists what the nodes can do about request n, which side i makes.
func (w *pairWorld) work(s *pairState, i, n int, add func(int, move, budget)) {
	payer, payee := w.players[i].sides[s.sides[i]], w.players[1-i].sides[s.sides[1-i]]
	if payer.till.of[n] == tillUnmade && payer.f.Ready() && (n < 2 || payer.till.of[n-2] != tillUnmade) && !payer.f.CanSend(ledgertest.EUR).IsZero() {
		add(i, move{kind: doRequest, arg: int32(n)}, mayWork)
	}
	if payee.till.of[n] == tillForwarded {
		add(1-i, move{kind: doLearnKeys, arg: int32(n)}, mayWork)
		add(1-i, move{kind: doLoseBeyond, arg: int32(n)}, mayWork)
	}
}

// check wants what concerns both sides.
func (w *pairWorld) check(s *pairState) error {
	var opened []vow
	for i, n := range s.sides {
		opened = append(opened, w.players[i].sides[n].oath.opened...)
	}
	for k, a := range opened {
		for _, b := range opened[:k] {
			if a.number == b.number && a.id != b.id {
				return fmt.Errorf("two openings with number %d", a.number)
			}
		}
	}
	return nil
}
