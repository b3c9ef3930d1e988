package friendship_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// reach adds a state, once, and checks it.
func (w *pairWorld) reach(s *pairState, from pairNode) {
	key := s.key()
	if _, known := w.seen[key]; known {
		return
	}
	n := int32(len(w.states))
	w.seen[key] = n
	from.state = s
	w.states = append(w.states, from)
	err := w.check(s)
	if err == nil {
		err = w.heals(s, false)
	}
	if err == nil && s.attached == [2]bool{true, true} {
		err = w.heals(s, true)
	}
	if err != nil {
		w.fault(n, err.Error()+w.healing(s))
	}
}

// healing tells what a fair schedule did.
func (w *pairWorld) healing(s *pairState) string {
	w.log = []string{"\n left alone:"}
	defer func() { w.log = nil }()
	_ = w.heal(s.clone())
	return strings.Join(w.log, "\n") + "\n reached by:"
}

// fault books the first of each kind of fault with the way to it.
func (w *pairWorld) fault(at int32, why string) {
	w.faults = append(w.faults, why+"\n"+w.way(at))
}

// way tells how a state was reached.
func (w *pairWorld) way(at int32) string {
	var lines []string
	for n := at; w.states[n].parent >= 0; n = w.states[n].parent {
		lines = append(lines, w.tell(w.states[n]))
	}
	for i, j := 0, len(lines)-1; i < j; i, j = i+1, j-1 {
		lines[i], lines[j] = lines[j], lines[i]
	}
	return strings.Join(lines, "\n")
}

func (w *pairWorld) tell(n pairNode) string {
	if n.side < 0 {
		return "  the stream is replaced"
	}
	return fmt.Sprintf("  %d %s", n.side, w.post.tell(n.move))
}

// explore visits every state that the budget of the start allows, at most max of
// them, and reports whether these were all. It ends at the first fault.
func (w *pairWorld) explore(start *pairState, max int) (complete bool) {
	w.reach(start, pairNode{parent: -1})
	for at := 0; at < len(w.states) && len(w.faults) == 0; at++ {
		if len(w.states) > max {
			return false
		}
		w.expand(int32(at))
	}
	return true
}

// expand makes every move that a state allows.
func (w *pairWorld) expand(at int32) {
	s := w.states[at].state
	for _, m := range w.moves(s) {
		next := s.clone()
		if m.cost != budgets {
			next.left[m.cost]--
		}
		from := pairNode{parent: at, side: int8(m.side), move: m.move}
		if m.side < 0 {
			w.newStream(next)
			w.reach(next, from)
			continue
		}
		if m.move.kind == doDeliver && m.cost != mayReplay {
			next.inbox[m.side] = next.inbox[m.side][1:]
			w.retire(next, m.side, m.move.arg)
		}
		w.try(next, from)
		wrote := w.players[m.side].step(s.sides[m.side], m.move).wrote
		if !wrote || next.left[mayCrash] == 0 {
			continue
		}
		for _, crash := range []ledgertest.Crash{ledgertest.CrashBeforeWrites, ledgertest.CrashBeforeFrames} {
			broken := next.clone()
			broken.left[mayCrash]--
			from.move.crash = crash
			w.try(broken, from)
		}
	}
	w.states[at].state = nil // its key is enough from here on
}

// try makes a move and keeps where it leads, if it leads anywhere.
func (w *pairWorld) try(s *pairState, from pairNode) {
	c := s.clone()
	o, changed := w.apply(c, int(from.side), from.move)
	if o.fault != "" {
		n := int32(len(w.states))
		w.states = append(w.states, from)
		w.fault(n, fmt.Sprintf("side %d %s", from.side, o.fault))
		return
	}
	if changed || from.move.kind == doDeliver {
		w.reach(c, from)
	}
}

// healRounds is how many times everything is delivered and every delay passes
// before two friends that are left alone must be able to work.
const healRounds = 6

// heals lets the two go on without faults, on the present stream or on a new
// one, and wants that both become ready in one epoch with opposite balances,
// nothing lost.
func (w *pairWorld) heals(s *pairState, onStream bool) error {
	c := s.clone()
	c.old, c.left = [2][]int32{}, [budgets]uint8{}
	if !onStream {
		c.attached, c.fresh, c.inbox = [2]bool{}, [2]bool{}, [2][]int32{}
	}
	key := c.key()
	why, known := w.healed[key]
	if !known {
		if err := w.heal(c); err != nil {
			why = err.Error()
		}
		w.healed[key] = why
	}
	return asError(why)
}

func asError(why string) error {
	if why == "" {
		return nil
	}
	return fmt.Errorf("%s", why)
}

func (w *pairWorld) heal(s *pairState) error {
	for range healRounds {
		if !s.attached[0] || !s.attached[1] {
			w.newStream(s)
			for i := range s.sides {
				if o, _ := w.apply(s, i, move{kind: doLinkUp}); o.fault != "" {
					return asError(o.fault)
				}
			}
		}
		if err := w.settle(s); err != nil {
			return err
		}
		for i := range s.sides {
			if o, _ := w.apply(s, i, move{kind: doWait}); o.fault != "" {
				return asError(o.fault)
			}
		}
		if err := w.settle(s); err != nil {
			return err
		}
		if w.agreed(s) == nil {
			return nil
		}
	}
	return w.agreed(s)
}

// settle delivers everything.
func (w *pairWorld) settle(s *pairState) error {
	for range 1000 {
		quiet := true
		for i := range s.sides {
			if len(s.inbox[i]) == 0 || !s.attached[i] {
				continue
			}
			quiet = false
			n := s.inbox[i][0]
			s.inbox[i] = s.inbox[i][1:]
			if o, _ := w.apply(s, i, move{kind: doDeliver, arg: n}); o.fault != "" {
				return asError(o.fault)
			}
		}
		if quiet {
			return nil
		}
	}
	return fmt.Errorf("the two never fall silent")
}

// agreed wants that both can work, in one epoch, with opposite views.
func (w *pairWorld) agreed(s *pairState) error {
	a, b := w.players[0].sides[s.sides[0]], w.players[1].sides[s.sides[1]]
	for i, x := range []*side{a, b} {
		if !x.f.Ready() {
			return fmt.Errorf("left alone, side %d never becomes ready: %s", i, x.f.Status().Blocked)
		}
	}
	sum, err := a.f.Balance(ledgertest.EUR).Add(b.f.Balance(ledgertest.EUR))
	switch {
	case a.f.Epoch() != b.f.Epoch():
		return fmt.Errorf("left alone, the sides stay in two epochs")
	case err != nil || sum.Sign() != 0:
		return fmt.Errorf("left alone, the balances are %s and %s", a.f.Balance(ledgertest.EUR), b.f.Balance(ledgertest.EUR))
	}
	for i, x := range []*side{a, b} {
		if n := x.undecided(); n >= 0 {
			return fmt.Errorf("left alone, side %d never says what it has decided about request %d", i, n)
		}
	}
	for author := range ledger.Author(2) {
		x, _ := a.f.PendingCount(author)
		y, _ := b.f.PendingCount(author)
		if x != y {
			return fmt.Errorf("left alone, one side sees %d pending requests of author %d, the other %d", x, author, y)
		}
	}
	return nil
}

// newPairWorld returns a world without states.
func newPairWorld(replay bool) *pairWorld {
	p := newPost()
	w := &pairWorld{post: p, replay: replay, seen: map[string]int32{}, healed: map[string]string{}}
	for i := range w.players {
		w.players[i] = newPlayer(ledger.Author(i), ledgertest.NewPair().Wall[i], p)
	}
	return w
}

// begin returns two friends that have never met, or after the prelude.
func (w *pairWorld) begin(t *testing.T) *pairState {
	t.Helper()
	s := &pairState{}
	for i, p := range w.players {
		n, err := p.start()
		if err != nil {
			t.Fatal(err)
		}
		s.sides[i] = n
	}
	return s
}

// activate opens an epoch in which both offer EUR, and acknowledges all.
func (w *pairWorld) activate(t *testing.T, s *pairState) {
	t.Helper()
	if err := w.heal(s); err != nil {
		t.Fatal(err)
	}
	for i := range s.sides {
		if o, _ := w.apply(s, i, move{kind: doOffer}); o.fault != "" {
			t.Fatal(o.fault)
		}
	}
	if err := w.heal(s); err != nil {
		t.Fatal(err)
	}
	for i := range s.old {
		s.old[i] = nil
	}
}

// steps returns how many different moves of single nodes were made.
func (w *pairWorld) steps() int { return len(w.players[0].memo) + len(w.players[1].memo) }
