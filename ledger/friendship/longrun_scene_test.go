package friendship_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// scene is two friends under everything that may happen to them. It differs from
// ledgertest.Pair in what it costs and in what it knows: replicas that grow with
// the writes make a check of every step cheap, streams may be open on one side
// only, and every amount is followed through all epochs (see purse).
type scene struct {
	sides  [2]*node
	mono   time.Duration // both processes' monotonic clock
	stream int           // number of the newest stream
	nonce  uint64
	deals  map[ledger.Lock]*deal // every request ever made, by part lock
	bodies map[slot]ledger.Hash  // signed, by place in the logs
	views  map[slot]string       // the author's here, after its entry
	lies   map[ledger.Hash]bool  // entries that were signed against the rules
	checks map[ledger.Hash]friendship.VerifiedEntry
	old    []oldFrame
	count  tally

	// hostile: side 1 signs what it wants, and nobody knows what it sees.
	hostile bool
	trace   func(format string, args ...any) // of a run that is repeated; nil: none
}

// slot is a place in the logs: one body may ever be signed for it.
type slot struct {
	epoch  ledger.Hash
	author ledger.Author
	seq    uint64
}

// deal is one request, which keeps its part lock through all epochs.
type deal struct {
	keys     int // of ledgertest.Keys
	currency ledger.Currency
	amount   int64
}

// oldFrame is one that was delivered once and may come again at any time.
type oldFrame struct {
	to    int
	frame ledger.Frame
}

// oldMax is how many frames may come again: enough to reach back over several
// epochs, few enough that the newest come often.
const oldMax = 300

// tally counts what a run has seen: a run that never opened an epoch over
// pending requests proves nothing about those.
type tally struct {
	steps, entries, collects, openings, kept, costly, lies, evidence, crashes, removals, terms, betrayals int
}

func (t *tally) add(o tally) {
	t.steps += o.steps
	t.entries += o.entries
	t.collects += o.collects
	t.openings += o.openings
	t.kept += o.kept
	t.costly += o.costly
	t.lies += o.lies
	t.evidence += o.evidence
	t.crashes += o.crashes
	t.removals += o.removals
	t.terms += o.terms
	t.betrayals += o.betrayals
}

// newScene returns two friends who have never met. arg decides how far apart
// their clocks are and how often checkpoints come.
func newScene(arg uint64) (*scene, error) {
	rng := rand.New(rand.NewPCG(arg, 1))
	w := &scene{
		deals: map[ledger.Lock]*deal{}, bodies: map[slot]ledger.Hash{}, views: map[slot]string{},
		lies: map[ledger.Hash]bool{}, checks: map[ledger.Hash]friendship.VerifiedEntry{},
	}
	low, lowKey := ledgertest.Key(0)
	high, highKey := ledgertest.Key(1)
	if high.Less(low) {
		low, lowKey, high, highKey = high, highKey, low, lowKey
	}
	gap := rng.Uint64N(5)
	for i := range w.sides {
		n := &node{w: w, i: i, id: low, friend: high, key: lowKey, start: friendship.New}
		if i == 1 {
			n.id, n.friend, n.key = high, low, highKey
			n.skew = time.Duration(rng.Int64N(601)-300) * time.Second
		}
		if gap > 0 {
			n.start = friendship.NewPaced(gap, gap+rng.Uint64N(7))
		}
		n.forgetAll()
		w.sides[i] = n
		if err := n.restart(); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func (w *scene) other(n *node) *node { return w.sides[1-n.i] }

// env is what a node knows of the world, with a fresh nonce.
func (w *scene) env(n *node) friendship.Env {
	w.nonce++
	e := friendship.Env{
		Wall: time.UnixMilli(1_700_000_000_000).Add(w.mono + n.skew), Mono: w.mono,
		AtStake: func(p *friendship.Pending) bool { return n.purse.decided[p.Request.PartLock] },
	}
	binary.BigEndian.PutUint64(e.Nonce[:], w.nonce)
	return e
}

// connect brings a stream up, first at the given side; those before are gone.
func (w *scene) connect(first int) error {
	w.stream++
	for _, n := range w.sides {
		n.stream, n.inbox = w.stream, nil
	}
	for _, i := range [2]int{first, 1 - first} {
		n := w.sides[i]
		if n.stream != w.stream { // it dropped the stream at once
			continue
		}
		if err := n.perform(n.f.LinkUp(w.env(n), []byte("record"))); err != nil {
			return err
		}
	}
	return nil
}

// cut loses the stream on both sides, or on one, which is then gone for it while
// the other still waits there and reads what is on the way.
func (w *scene) cut(sides ...int) {
	for _, i := range sides {
		n := w.sides[i]
		n.stream, n.inbox = 0, nil
		n.f.LinkDown(w.env(n))
		n.dirty = true
	}
}

// settle delivers everything that is on the way, and what that causes.
func (w *scene) settle() error {
	for range 10_000 {
		if len(w.sides[0].inbox)+len(w.sides[1].inbox) == 0 {
			return nil
		}
		for _, n := range w.sides {
			if err := n.deliver(); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("the two sides never fall silent")
}

// advance lets time pass, to every moment at which a side wants to wake, and
// delivers everything meanwhile.
func (w *scene) advance(d time.Duration) error {
	end := w.mono + d
	for range 10_000 {
		if err := w.settle(); err != nil {
			return err
		}
		next, woken := end, -1
		for i, n := range w.sides {
			if at, ok := n.f.Wake(); ok && at <= next {
				next, woken = at, i
			}
		}
		w.mono = max(w.mono, next)
		if woken < 0 {
			return nil
		}
		n := w.sides[woken]
		if err := n.perform(n.f.Tick(w.env(n))); err != nil {
			return err
		}
		if at, ok := n.f.Wake(); ok && at <= w.mono {
			return fmt.Errorf("side %d wants to wake at %v again after Tick", woken, at)
		}
	}
	return fmt.Errorf("the two sides never rest within %v", d)
}

// check compares both machines with their replicas, as far as something
// happened to them.
func (w *scene) check() error {
	for _, n := range w.sides {
		if !n.dirty {
			continue
		}
		n.dirty = false
		if err := n.check(); err != nil {
			return fmt.Errorf("side %d: %w", n.i, err)
		}
	}
	a, b := w.sides[0], w.sides[1]
	if a.f.Epoch() != b.f.Epoch() || a.f.Opening() == nil {
		return nil
	}
	x, y := a.f.Status(), b.f.Status()
	if x.Theirs.Seq > y.Mine.Seq || y.Theirs.Seq > x.Mine.Seq {
		return fmt.Errorf("a side holds more of the other's log than that has signed")
	}
	return nil
}

// heal ends all faults, lets both users accept what it costs, and wants the two
// to agree and to go on.
func (w *scene) heal() error {
	for _, n := range w.sides {
		n.crash = noCrash
	}
	for round := range 12 {
		if n := w.forger(); n != nil && round >= 6 {
			n.w.count.removals++
			n.forgetAll()
			if err := n.restart(); err != nil {
				return err
			}
		}
		if err := w.connect(0); err != nil {
			return err
		}
		if err := w.advance(3 * friendship.ProposalEvery); err != nil {
			return err
		}
		if w.sides[0].f.Ready() && w.sides[1].f.Ready() {
			return w.agreed()
		}
		for _, n := range w.sides {
			if err := n.allow(0); err != nil {
				return err
			}
		}
		if err := w.advance(2 * friendship.ProposalEvery); err != nil { // the friend was asked to propose again
			return err
		}
	}
	var why string
	for _, n := range w.sides {
		d, open := n.f.Disagreement(w.env(n))
		why += fmt.Sprintf("\nside %d: %s; open=%t refused=%s theirs=%t costs=%v allowed=%v drops=%q", n.i, n.f.Status().Blocked, open,
			d.Refused, d.Theirs != nil, d.Costs, d.Allowed, n.drops[max(0, len(n.drops)-3):])
	}
	return fmt.Errorf("the two do not find a way on:%s", why)
}

// forger returns a side in whose name terms were signed that the other accepted
// and its machine does not know. When nothing else helps, that side removes its
// friend and adds it again.
func (w *scene) forger() *node {
	for _, n := range w.sides {
		if n.forged {
			return n
		}
	}
	return nil
}

// agreed wants, with nothing on the way, one state on both sides, balances that
// sum to zero, and nothing that is still due again.
func (w *scene) agreed() error {
	a, b := w.sides[0], w.sides[1]
	a.forged, b.forged = false, false
	x, y := a.f.Status(), b.f.Status()
	if a.f.Epoch() != b.f.Epoch() || x.Mine != y.Theirs || y.Mine != x.Theirs {
		return fmt.Errorf("the sides stand at\n%+v\nand\n%+v", x, y)
	}
	if a.here.state() != b.here.state() {
		return fmt.Errorf("here is\n%s\non one side, on the other\n%s", a.here, b.here)
	}
	for _, n := range w.sides {
		for author := range ledger.Author(2) {
			for p := range n.f.AllPending(author) {
				if p.Again() {
					return fmt.Errorf("request %d of author %d is still due again on side %d", p.Ordinal, author, n.i)
				}
			}
		}
		for _, v := range n.f.Currencies() {
			if v.Active && small(v.Balance)+small(w.other(n).f.Balance(v.Currency)) != 0 {
				return fmt.Errorf("balances in %s do not sum to zero", v.Currency)
			}
		}
	}
	return nil
}
