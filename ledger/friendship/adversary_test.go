package friendship_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// attacked is an honest side against an adversary. The honest side mediates: each of
// its own requests is paid for upstream if it is collected, each of the friend's
// is forwarded downstream and may be collected there.
type attacked struct {
	p      *ledgertest.Pair
	victim *ledgertest.Party
	i      int // the victim's side
	keys   int // of its requests

	worth map[ledger.Currency]ledger.Balance // at least, as of the last step
	done  map[ledger.Lock]ledger.Amount      // own requests that are paid for, or dead upstream: 0
	freed map[ledger.Lock]bool               // the friend's that are cancelled downstream
	paid  map[ledger.Currency]ledger.Balance // what upstream has paid

	allowed  ledger.Amount // what terms may cost in EUR, by the user's decision
	epoch    ledger.Hash
	pending  map[ledger.Lock]bool // own, before the step
	arrived  map[ledger.Lock]bool // the friend's, before the step
	limits   map[ledger.Currency]ledger.Amount
	reopened int
}

// fataler is a test, of the standard library or of rapid.
type fataler interface {
	Helper()
	Fatal(args ...any)
}

func newAttacked(t fataler, victim int) *attacked {
	t.Helper()
	g := &attacked{
		p: ledgertest.NewPair(), i: victim,
		worth: map[ledger.Currency]ledger.Balance{}, done: map[ledger.Lock]ledger.Amount{},
		freed: map[ledger.Lock]bool{}, paid: map[ledger.Currency]ledger.Balance{},
	}
	g.victim = g.p.Sides[victim]
	if err := g.p.OpenWith(1000); err != nil {
		t.Fatal(err)
	}
	g.remember()
	return g
}

// remember is the state before a step.
func (g *attacked) remember() {
	f := g.victim.F
	g.epoch = f.Epoch()
	g.pending, g.arrived = map[ledger.Lock]bool{}, map[ledger.Lock]bool{}
	for p := range f.AllPending(f.Me()) {
		g.pending[p.Request.PartLock] = true
	}
	for p := range f.AllPending(f.Me().Other()) {
		g.arrived[p.Request.PartLock] = true
	}
	g.limits = map[ledger.Currency]ledger.Amount{}
	for _, v := range f.Currencies() {
		g.limits[v.Currency] = v.Limit
	}
}

// value is what the victim has, whatever its friends do from now on: its balance
// with this one, what upstream has paid, what the friend's requests will bring
// when they are collected downstream; less what the friend may still collect
// though upstream pays no more.
func (g *attacked) value() (map[ledger.Currency]ledger.Balance, error) {
	out := map[ledger.Currency]ledger.Balance{}
	var err error
	add := func(c ledger.Currency, b ledger.Balance) {
		sum, e := out[c].Add(b)
		out[c], err = sum, errors.Join(err, e)
	}
	for c, b := range g.paid {
		add(c, b)
	}
	f := g.victim.F
	for _, v := range f.Currencies() {
		add(v.Currency, v.Balance)
	}
	for p := range f.AllPending(f.Me().Other()) {
		if !g.freed[p.Request.PartLock] {
			b, e := p.Request.Amount.Owed()
			add(p.Request.Currency, b)
			err = errors.Join(err, e)
		}
	}
	for p := range f.AllPending(f.Me()) {
		if _, over := g.done[p.Request.PartLock]; over {
			b, e := p.Request.Amount.Owed()
			n, e2 := b.Neg()
			add(p.Request.Currency, n)
			err = errors.Join(err, e, e2)
		}
	}
	return out, err
}

// check is called after every step of either side.
func (g *attacked) check() error {
	f := g.victim.F
	if err := g.p.CheckSide(g.i); err != nil {
		return err
	}
	if err := g.changes(); err != nil {
		return err
	}
	now, err := g.value()
	if err != nil {
		return err
	}
	for c, before := range g.worth {
		if now[c].Cmp(before) < 0 {
			return fmt.Errorf("the honest side had %s %s and has %s", before, c, now[c])
		}
	}
	g.worth = now
	if f.State() == ledger.Recovering {
		return errors.New("the honest side believes that it lost data")
	}
	if e := f.Evidence(); e != nil {
		if _, err := friendship.Verify(g.p.Sides[1-g.i].ID, &e.Entry); err != nil {
			return fmt.Errorf("evidence %q proves nothing: %w", e.Why, err)
		}
	}
	if err := g.bounded(); err != nil {
		return err
	}
	g.remember()
	return nil
}

// changes follows what upstream and downstream do because of a step.
func (g *attacked) changes() error {
	f := g.victim.F
	for _, c := range g.victim.TakeChanges() {
		switch c := c.(type) {
		case friendship.RequestCollected:
			g.collected(c.Pending)
		case friendship.RequestCancelled:
			g.over(c.Request.PartLock)
		case friendship.RequestArrived:
			if f.Pending(f.Me().Other(), c.Ordinal) != c.Pending || !c.Admitted {
				continue
			}
			if err := exposure(f, c.Request.Currency); err != nil {
				return err
			}
		}
	}
	if f.Epoch() == g.epoch {
		return nil
	}
	g.reopened++
	if err := g.spend(); err != nil {
		return err
	}
	for lock := range g.pending { // what is not kept is cancelled upstream
		if f.PendingByPartLock(f.Me(), lock) == nil {
			g.over(lock)
		}
	}
	return g.keptLimits()
}

// spend lowers what the honest side must have by what its user has allowed: the
// decision ends with the epoch.
func (g *attacked) spend() error {
	left, err := g.worth[ledgertest.EUR].Minus(g.allowed)
	g.worth[ledgertest.EUR], g.allowed = left, ledger.Amount{}
	if len(g.victim.Disk.Load().Bound) > 0 {
		return errors.New("the decision has outlived its epoch")
	}
	return err
}

func (g *attacked) over(lock ledger.Lock) {
	if _, known := g.done[lock]; !known {
		g.done[lock] = ledger.Amount{}
	}
}

// collected lets upstream pay, once, if nothing has ended it there.
func (g *attacked) collected(p *friendship.Pending) {
	lock := p.Request.PartLock
	if _, over := g.done[lock]; over {
		return
	}
	g.done[lock] = p.Request.Amount
	b, err := g.paid[p.Request.Currency].Plus(p.Request.Amount)
	if err != nil {
		panic(err)
	}
	g.paid[p.Request.Currency] = b
}

// keptLimits: requests that a new epoch has brought are admitted only as far as
// the limit of the one before allows it.
func (g *attacked) keptLimits() error {
	f := g.victim.F
	fresh := map[ledger.Currency]bool{}
	for p := range f.AllPending(f.Me().Other()) {
		if p.Admitted && !p.Again() && !g.arrived[p.Request.PartLock] { // else it was admitted when it came
			fresh[p.Request.Currency] = true
		}
	}
	for _, v := range f.Currencies() {
		worst, err := v.Balance.Plus(v.Admitted)
		if err != nil {
			return err
		}
		if limit, err := g.limits[v.Currency].Owed(); fresh[v.Currency] && (err != nil || worst.Cmp(limit) > 0) {
			return fmt.Errorf("an opening admits %s beside %s, over the limit %s", v.Admitted, v.Balance, limit)
		}
	}
	return nil
}

// bounded: what the friend makes this side keep has bounds.
func (g *attacked) bounded() error {
	f := g.victim.F
	for a := range ledger.Author(2) {
		if n, size := f.PendingCount(a); n > ledger.PendingMax || size > ledger.PendingBytesMax {
			return fmt.Errorf("%d requests of %d bytes are pending", n, size)
		}
	}
	if n := len(f.Currencies()); n > 4*ledger.CurrenciesMax {
		return fmt.Errorf("%d currencies", n)
	}
	number := f.Highest()
	clock := uint64(max(g.p.Wall[g.i].Add(g.p.Mono+friendship.ClockSlack).UnixMilli(), 0))
	if number > clock {
		return fmt.Errorf("number %d is signed, the clock says %d", number, clock)
	}
	return nil
}

// live is a step of the honest side: it pays, forwards, resolves, waits.
func (g *attacked) live(dice ledgertest.Dice) error {
	f := g.victim.F
	switch dice(16) {
	case 0, 1:
		g.p.Sleep(time.Duration(dice(90)) * time.Second)
		return g.p.Tick(g.i)
	case 2, 3:
		return g.p.Restart(g.i)
	case 4:
		return g.allow(dice(200))
	}
	op := g.op(dice)
	if op == nil || !f.Ready() {
		return nil
	}
	var freed *friendship.Pending
	if c, is := op.(*ledger.Cancel); is {
		freed = f.Pending(f.Me().Other(), c.Ordinal)
	}
	err := g.p.Append(g.i, op)
	if err == nil && freed != nil { // it was cancelled downstream
		g.freed[freed.Request.PartLock] = true
		g.worth, err = g.value()
	}
	if errors.Is(err, friendship.ErrWindow) {
		return nil
	}
	return err
}

// allow is the user's decision, after which no more than this may be lost.
func (g *attacked) allow(most int) error {
	g.allowed = ledger.NewAmount(uint64(most))
	b, err := g.allowed.Owed()
	if err != nil {
		return err
	}
	var bound []friendship.Cost
	if most > 0 {
		bound = append(bound, friendship.Cost{Currency: ledgertest.EUR, Amount: b})
	}
	return g.p.Allow(g.i, bound...)
}

func (g *attacked) op(dice ledgertest.Dice) ledger.Op {
	f := g.victim.F
	theirs := slices.Collect(f.AllPending(f.Me().Other()))
	switch k := dice(6); {
	case k == 0 || len(f.Currencies()) == 0:
		return ledgertest.Credit(ledgertest.EUR, uint64(dice(1000)))
	case k <= 2:
		if v, _ := f.Currency(ledgertest.EUR); v.Active {
			g.keys++
			return ledgertest.Request(ledgertest.EUR, uint64(1+dice(300)), g.keys)
		}
	case len(theirs) > 0:
		p := theirs[dice(len(theirs))]
		n, known := ledgertest.KeyNumber(p.Request)
		switch {
		case p.Again():
			return nil // the ledger does that itself
		case known && p.Admitted && k <= 4 && !g.freed[p.Request.PartLock]:
			return ledgertest.Collect(p.Ordinal, n)
		}
		return ledgertest.Cancel(p.Ordinal)
	}
	return nil
}

// turn is one move of the adversary and one step of the honest side.
func (g *attacked) turn(adversary ledgertest.Adversary, dice ledgertest.Dice) error {
	if err := adversary.Move(dice); err != nil {
		return err
	}
	if err := g.check(); err != nil {
		return err
	}
	if err := g.live(dice); err != nil {
		return err
	}
	return g.check()
}

// attack runs an adversary against an honest side for as many turns.
func attack(t *testing.T, name string, seed uint64, turns int) *attacked {
	t.Helper()
	g := newAttacked(t, int(seed%2))
	g.p.Record()
	random := rand.New(rand.NewPCG(seed, 0))
	adversary := g.p.Adversaries(1 - g.i)[name]
	for k := range turns {
		if err := g.turn(adversary, random.IntN); err != nil {
			t.Fatalf("%s, seed %d, turn %d: %v\n%s", name, seed, k, err, g.p.Transcript())
		}
	}
	if _, err := friendship.New(g.victim.ID, g.p.Sides[1-g.i].ID, g.victim.Disk.Load()); err != nil {
		t.Fatalf("%s, seed %d: what is stored does not load: %v", name, seed, err)
	}
	return g
}

// anew lets both users remove each other and begin again: the adversary has left
// nothing behind that stops an honest friend.
func (g *attacked) anew() error {
	for i := range g.p.Sides {
		if err := g.p.Remove(i); err != nil {
			return err
		}
		if err := g.p.Add(i); err != nil {
			return err
		}
	}
	if err := g.p.OpenWith(10); err != nil {
		return fmt.Errorf("beginning anew: %w", err)
	}
	return nil
}

// TestAdversaries: none of them, whatever it does, makes an honest side lose,
// sign a number twice, exceed a limit or believe that it lost data.
func TestAdversaries(t *testing.T) {
	for name := range ledgertest.NewPair().Adversaries(0) {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(10) {
				ok(t, attack(t, name, seed, 60).anew())
			}
		})
	}
}
