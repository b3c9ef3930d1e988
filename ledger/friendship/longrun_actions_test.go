package friendship_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// action is one step of a run: a word, a side, and a number from which all else
// that the step needs is drawn. What an action finds nothing to do for does
// nothing, so that a run from which actions are left out is a run, too.
type action struct {
	verb string
	side int
	arg  uint64
}

func (a action) String() string { return fmt.Sprintf("%s %d %d", a.verb, a.side, a.arg) }

// verbs are what may happen, and how often beside one another.
var verbs = []struct {
	name   string
	weight int
	do     func(n *node, rng *rand.Rand) error
}{
	{"append", 380, (*node).appendSome},
	{"deliver", 300, func(n *node, rng *rand.Rand) error {
		for range 1 + rng.IntN(6) {
			if err := n.deliver(); err != nil {
				return err
			}
		}
		return nil
	}},
	{"settle", 60, func(n *node, _ *rand.Rand) error { return n.w.settle() }},
	{"wait", 60, func(n *node, rng *rand.Rand) error {
		limit := []time.Duration{2 * friendship.AckDelay, friendship.ProposalTimeout, 2 * friendship.ProposalEvery}[rng.IntN(3)]
		return n.w.advance(time.Duration(rng.Int64N(int64(limit))))
	}},
	{"pass", 20, func(n *node, rng *rand.Rand) error { // time, without anybody looking
		n.w.mono += time.Duration(rng.Int64N(int64(friendship.ProposalTimeout)))
		return n.perform(n.f.Tick(n.w.env(n)))
	}},
	{"decide", 30, (*node).decideSome},
	{"again", 50, func(n *node, rng *rand.Rand) error {
		if len(n.w.old) == 0 {
			return nil
		}
		old := n.w.old[rng.IntN(len(n.w.old))]
		return n.w.sides[old.to].hand(old.frame)
	}},
	{"connect", 45, func(n *node, _ *rand.Rand) error { return n.w.connect(n.i) }},
	{"cut", 20, func(n *node, rng *rand.Rand) error {
		if n.w.cut(n.i); rng.IntN(2) == 0 {
			n.w.cut(1 - n.i)
		}
		return nil
	}},
	{"crash", 30, func(n *node, rng *rand.Rand) error {
		n.crash = 1 + crash(rng.IntN(int(crashes)-1))
		return nil
	}},
	{"restart", 10, func(n *node, _ *rand.Rand) error { return n.restart() }},
	{"propose", 10, func(n *node, _ *rand.Rand) error { return n.perform(n.f.Propose(n.w.env(n))) }},
	{"allow", 25, func(n *node, rng *rand.Rand) error { return n.allow(rng.IntN(5)) }},
	{"audit", 10, func(n *node, _ *rand.Rand) error { return n.audit() }},
	{"lie", 3, (*node).lie},
	{"terms", 10, (*node).lieInTerms},
	{"agree", 40, (*node).lieAgree},
	{"hello", 10, (*node).lieInHello},
	{"remove", 1, func(n *node, _ *rand.Rand) error {
		n.w.count.removals++
		n.forgetAll()
		return n.restart()
	}},
	{"heal", 7, func(n *node, _ *rand.Rand) error { return n.w.heal() }},
}

// step carries out one action and checks everything.
func (w *scene) step(a action) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	w.count.steps++
	for _, v := range verbs {
		if v.name == a.verb {
			rng := rand.New(rand.NewPCG(a.arg, 2))
			return errors.Join(v.do(w.sides[a.side], rng), w.check())
		}
	}
	return fmt.Errorf("no action is called %q", a.verb)
}

// draw returns a random action.
func draw(rng *rand.Rand) action {
	total := 0
	for _, v := range verbs {
		total += v.weight
	}
	k := rng.IntN(total)
	for _, v := range verbs {
		if k -= v.weight; k < 0 {
			return action{v.name, rng.IntN(2), uint64(rng.Uint32())}
		}
	}
	panic("weights do not add up")
}

// appendSome lets a side sign one to four random operations that are legal here.
func (n *node) appendSome(rng *rand.Rand) error {
	if !n.f.Ready() {
		if n.stream == 0 && rng.IntN(3) == 0 {
			return n.w.connect(n.i)
		}
		return nil
	}
	p := picker{n: n, rng: rng, used: map[string]bool{}}
	var ops []ledger.Op
	for range 1 + rng.IntN(4) {
		if op := p.op(); op != nil {
			ops = append(ops, op)
		}
	}
	if len(ops) == 0 {
		return nil
	}
	eff, err := n.f.Append(n.w.env(n), ops)
	if errors.Is(err, friendship.ErrWindow) {
		return nil
	}
	return errors.Join(err, n.perform(eff))
}

// decideSome marks a random request of the friend to be collected, whether the
// ledger may say so now or not; but while an acceptance of this side waits, what
// it has accepted stands.
func (n *node) decideSome(rng *rand.Rand) error {
	if n.accepting {
		return nil
	}
	for p := range n.f.AllPending(n.me().Other()) {
		if rng.IntN(3) == 0 && n.mayCollect(p) {
			n.decide(p.Request.PartLock)
		}
	}
	n.purse.worth = n.value()
	return nil
}

// mayCollect: neither refused before nor over the limit.
func (n *node) mayCollect(p *friendship.Pending) bool {
	return p.Admitted && !p.Again() && !n.purse.refused[p.Request.PartLock]
}

// pendingSome bounds what random requests leave pending, which every check
// looks at.
const pendingSome = 14

// picker draws operations for one entry of a side.
type picker struct {
	n    *node
	rng  *rand.Rand
	used map[string]bool // requests and currencies that the entry names already
}

func (p *picker) op() ledger.Op {
	switch kind := p.rng.IntN(12); {
	case kind == 0 || len(p.n.here.offers[p.n.i]) == 0:
		return p.credit()
	case kind <= 4:
		return p.request()
	case kind <= 9:
		return p.answer()
	default:
		return p.advice()
	}
}

func (p *picker) first(kind string, k any) bool {
	key := fmt.Sprint(kind, k)
	before := p.used[key]
	p.used[key] = true
	return !before
}

func (p *picker) credit() ledger.Op {
	c := currencies[p.rng.IntN(len(currencies))]
	if mine, offered := p.n.here.offers[p.n.i][c.Name]; offered {
		c = mine.Currency // its decimals cannot change
	}
	if o, named := p.n.here.start[c.Name]; named {
		c.Decimals = o.decimals
	}
	if !p.first("credit", c.Name) {
		return nil
	}
	return ledgertest.Credit(c, uint64(p.rng.IntN(1000)))
}

func (p *picker) request() ledger.Op {
	if len(p.n.here.held[p.n.i]) >= pendingSome {
		return nil
	}
	names := p.n.here.names()
	if len(names) == 0 {
		return nil
	}
	c, active := p.n.here.active(names[p.rng.IntN(len(names))])
	if !active {
		return nil
	}
	d := &deal{keys: len(p.n.w.deals), currency: c, amount: 1 + p.rng.Int64N(300)}
	r := ledgertest.Request(c, uint64(d.amount), d.keys)
	p.n.w.deals[r.PartLock] = d
	return r
}

// one returns a random pending request of an author that the entry does not name.
func (p *picker) one(author ledger.Author) *friendship.Pending {
	all := slices.Collect(p.n.f.AllPending(author))
	if len(all) == 0 {
		return nil
	}
	r := all[p.rng.IntN(len(all))]
	if r.Again() || !p.first("request", 2*r.Ordinal+uint64(author)) {
		return nil
	}
	return r
}

// answer resolves or reserves a request of the friend.
func (p *picker) answer() ledger.Op {
	n := p.n
	r := p.one(n.me().Other())
	switch {
	case r == nil:
		return nil
	case n.purse.decided[r.Request.PartLock]:
		return n.keys(r)
	case !n.mayCollect(r):
		return ledgertest.Cancel(r.Ordinal)
	}
	switch p.rng.IntN(5) {
	case 0, 1:
		n.decide(r.Request.PartLock)
		n.purse.worth = n.value()
		return n.keys(r)
	case 2:
		return ledgertest.Cancel(r.Ordinal)
	case 3:
		if r.Reservation == nil {
			return &ledger.Reserve{Ordinal: r.Ordinal, Reservation: []byte("reserved")}
		}
	}
	return nil
}

// advice says something of a request of its own.
func (p *picker) advice() ledger.Op {
	r := p.one(p.n.me())
	switch {
	case r == nil:
		return nil
	case p.rng.IntN(2) == 0 && !r.Withdrawn:
		return &ledger.Withdraw{Ordinal: r.Ordinal}
	case r.Commit == nil:
		return &ledger.Commit{Ordinal: r.Ordinal, Sealed: []byte("sealed")}
	}
	return nil
}

// allow is the user's decision about the friend's terms: 0 and 1 exactly what
// they cost now, 2 half of it, 3 nothing any more, 4 a lot of everything.
func (n *node) allow(how int) error {
	d, open := n.f.Disagreement(n.w.env(n))
	var bound []friendship.Cost
	switch how {
	case 3:
	case 4:
		for _, c := range currencies {
			bound = append(bound, friendship.Cost{Currency: c, Amount: ledger.NewBalance(1000)})
		}
	default:
		if !open {
			return nil
		}
		for _, c := range d.Costs {
			amount := small(c.Amount)
			if how == 2 {
				amount /= 2
			}
			bound = append(bound, friendship.Cost{Currency: c.Currency, Amount: ledger.NewBalance(amount)})
		}
	}
	return n.perform(n.f.Allow(n.w.env(n), bound))
}

// audit compares what starts from the disk with what runs, and what starts from
// every entry of the epoch with what starts from a snapshot. (Whether a request
// was admitted when it arrived is not in a snapshot: all are, after a start.)
func (n *node) audit() error {
	for _, stored := range []friendship.Stored{n.disk.Load(), n.disk.LoadAll()} {
		f, err := n.start(n.id, n.friend, stored)
		if err != nil {
			return err
		}
		if err := n.here.sameHere(f); err != nil {
			return fmt.Errorf("here after a restart: %w", err)
		}
		if n.f.Opening() == nil || n.f.Evidence() != nil {
			continue
		}
		if err := n.there.sameThere(f); err != nil {
			return fmt.Errorf("there after a restart: %w", err)
		}
		for a := range ledger.Author(2) {
			seq, since := n.f.Mileage(a)
			if s, b := f.Mileage(a); s != seq || b != since {
				return fmt.Errorf("log %d is %d bytes after checkpoint %d, after a restart %d after %d", a, since, seq, b, s)
			}
		}
		if f.WindowOpen() != n.f.WindowOpen() || f.Status().Acknowledged != n.f.Status().Acknowledged {
			return fmt.Errorf("window or acknowledgement is another after a restart")
		}
	}
	return nil
}
