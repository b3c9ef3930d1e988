package friendship_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// world is two honest friends under everything that may happen to them.
type world struct {
	p    *ledgertest.Pair
	keys map[ledger.Lock]int // which Keys a request has, by part lock
	old  []ledger.Frame      // said to side i before; may be said again
	oldT []int
}

var currencies = []ledger.Currency{ledgertest.EUR, {Name: "HOUR", Decimals: 0}, {Name: "EUR", Decimals: 3}}

func TestTwoFriendsRandomly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { randomly(t, ledgertest.NewPair(), 1) })
}

// TestTwoFriendsForgetRandomly is the same with checkpoints every few entries:
// what is dropped must never be missed, neither by the machine that runs nor by
// one that starts from the disk.
func TestTwoFriendsForgetRandomly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := ledgertest.NewPair()
		gap := rapid.Uint64Range(1, 4).Draw(t, "gap")
		for i, s := range p.Sides {
			s.New = friendship.NewPaced(gap, gap+rapid.Uint64Range(0, 6).Draw(t, "entries"))
			if err := p.Restart(i); err != nil {
				t.Fatal(err)
			}
		}
		randomly(t, p, 2)
	})
}

func randomly(t *rapid.T, p *ledgertest.Pair, rounds int) {
	w := &world{p: p, keys: map[ledger.Lock]int{}}
	w.p.Wall[1] = w.p.Wall[1].Add(time.Duration(rapid.IntRange(-300, 300).Draw(t, "skew")) * time.Second)
	if rapid.IntRange(0, 3).Draw(t, "start open") > 0 {
		if err := w.p.OpenWith(1000); err != nil {
			t.Fatal(err)
		}
	}
	actions := map[string]func(*rapid.T){
		"connect": func(t *rapid.T) { w.must(t, w.p.Connect()) },
		"cut":     func(*rapid.T) { w.p.Cut() },
		"deliver": w.deliver,
		"append":  w.append,
		"append2": w.append, "append3": w.append, "append4": w.append, "append5": w.append,
		"deliver2": w.deliver, "deliver3": w.deliver,
		"settle":  func(t *rapid.T) { w.must(t, w.p.Settle()) },
		"settle2": func(t *rapid.T) { w.must(t, w.p.Settle()) },
		"wait": func(t *rapid.T) {
			w.must(t, w.p.Advance(time.Duration(rapid.IntRange(0, 20_000).Draw(t, "ms"))*time.Millisecond))
		},
		"crash": func(t *rapid.T) {
			s := w.p.Sides[rapid.IntRange(0, 1).Draw(t, "side")]
			s.CrashNext = ledgertest.Crash(rapid.IntRange(1, 2).Draw(t, "how"))
		},
		"restart": func(t *rapid.T) { w.must(t, w.p.Restart(rapid.IntRange(0, 1).Draw(t, "side"))) },
		"again":   w.again,
		"":        w.check,
	}
	for range rounds {
		t.Repeat(actions)
	}
	w.heal(t)
}

func (w *world) must(t *rapid.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) deliver(t *rapid.T) {
	i := rapid.IntRange(0, 1).Draw(t, "to")
	if f := w.p.Peek(i); f != nil {
		w.old, w.oldT = append(w.old, f), append(w.oldT, i)
	}
	w.p.Sides[i].Changes = nil
	w.must(t, w.p.Deliver(i))
	for _, c := range w.p.Sides[i].Changes {
		if r, is := c.(friendship.RequestArrived); is && r.Admitted {
			w.must(t, exposure(w.p.Sides[i].F, r.Request.Currency))
		}
	}
}

// exposure: after an admission the friend owes, and may come to owe by what was
// admitted, no more than its limit.
func exposure(f *friendship.Friendship, c ledger.Currency) error {
	v, _ := f.Currency(c)
	worst, err := v.Balance.Plus(v.Admitted)
	if err != nil {
		return err
	}
	limit, err := v.Limit.Owed()
	if err != nil {
		return err
	}
	if worst.Cmp(limit) > 0 {
		return fmt.Errorf("%s: %s owed and %s admitted are over the limit %s", c, v.Balance, v.Admitted, v.Limit)
	}
	return nil
}

// again says something that was said before once more. A Hello out of its time
// may make the receiver drop the stream, nothing else.
func (w *world) again(t *rapid.T) {
	if len(w.old) == 0 {
		t.Skip("nothing said yet")
	}
	k := rapid.IntRange(0, len(w.old)-1).Draw(t, "which")
	w.must(t, w.p.Hand(w.oldT[k], w.old[k]))
}

// append lets a side sign one to four random operations that are legal here.
func (w *world) append(t *rapid.T) {
	i := rapid.IntRange(0, 1).Draw(t, "side")
	f := w.p.Sides[i].F
	if !f.Ready() {
		if !w.p.Up {
			w.must(t, w.p.Connect())
		}
		return
	}
	var ops []ledger.Op
	used := map[uint64]bool{}
	for range rapid.IntRange(1, 4).Draw(t, "ops") {
		if op := w.op(t, f, used); op != nil {
			ops = append(ops, op)
		}
	}
	if len(ops) == 0 {
		return
	}
	if err := w.p.Append(i, ops...); err != nil && !errors.Is(err, friendship.ErrWindow) {
		t.Fatal(err)
	}
}

func (w *world) op(t *rapid.T, f *friendship.Friendship, used map[uint64]bool) ledger.Op {
	kind := rapid.IntRange(0, 9).Draw(t, "kind") // 0 Credit, 1–3 Request, 4–7 of the payee, 8–9 of the payer
	switch {
	case kind == 0:
		c := rapid.SampledFrom(currencies).Draw(t, "currency")
		for _, v := range f.Currencies() {
			if v.Currency.Name == c.Name && v.Offered {
				c = v.Currency // its decimals cannot change
			}
		}
		for _, b := range f.Opening().Terms.Balances {
			if b.Currency.Name == c.Name {
				c = b.Currency
			}
		}
		for k := range used {
			if k == nameKey(c) {
				return nil
			}
		}
		used[nameKey(c)] = true
		return ledgertest.Credit(c, rapid.Uint64Range(0, 1000).Draw(t, "limit"))
	case kind <= 3:
		for _, v := range f.Currencies() {
			if v.Active {
				n := len(w.keys)
				r := ledgertest.Request(v.Currency, rapid.Uint64Range(1, 300).Draw(t, "amount"), n)
				w.keys[r.PartLock] = n
				return r
			}
		}
		return nil
	}
	author := f.Me()
	if kind <= 7 { // 4 and 5 collect
		author = author.Other()
	}
	all := slices.Collect(f.AllPending(author))
	if len(all) == 0 {
		return nil
	}
	p := all[rapid.IntRange(0, len(all)-1).Draw(t, "request")]
	key := 2*p.Ordinal + uint64(author)
	if used[key] {
		return nil
	}
	used[key] = true
	return w.opOn(kind, p)
}

func nameKey(c ledger.Currency) uint64 { return 1<<63 + uint64(c.Name[0]) }

func (w *world) opOn(kind int, p *friendship.Pending) ledger.Op {
	switch {
	case kind == 4 || kind == 5:
		return ledgertest.Collect(p.Ordinal, w.keys[p.Request.PartLock])
	case kind == 6:
		return ledgertest.Cancel(p.Ordinal)
	case kind == 7 && p.Reservation == nil:
		return &ledger.Reserve{Ordinal: p.Ordinal, Reservation: []byte("reserved")}
	case kind == 8 && !p.Withdrawn:
		return &ledger.Withdraw{Ordinal: p.Ordinal}
	case kind == 9 && p.Commit == nil:
		return &ledger.Commit{Ordinal: p.Ordinal, Sealed: []byte("sealed")}
	}
	return nil
}

// check compares here and there with the reference on both sides, and a restart
// with the machine that runs.
func (w *world) check(t *rapid.T) {
	w.must(t, w.p.Check())
	for i, s := range w.p.Sides {
		if s.F.Evidence() != nil || s.F.Status().State == ledger.Recovering {
			t.Fatalf("side %d: %s", i, s.F.Status().Blocked)
		}
		w.must(t, checkThere(s))
		start := friendship.New
		if s.New != nil {
			start = s.New
		}
		again, err := start(s.ID, w.p.Sides[1-i].ID, s.Disk.Load())
		w.must(t, err)
		if s.Disk.Load().Snapshot != nil {
			all, err := start(s.ID, w.p.Sides[1-i].ID, s.Disk.LoadAll())
			w.must(t, err)
			w.must(t, same(again, all))
		}
		if d := cmp.Diff(s.F.Currencies(), again.Currencies(), cmp.AllowUnexported(ledger.Amount{}, ledger.Balance{}), ignoreAdmission); d != "" {
			t.Fatalf("side %d is another after a restart:\n%s", i, d)
		}
		if s.F.Opening() != nil {
			if d := cmp.Diff(sorted(s.F.There()), sorted(again.There()), cmp.AllowUnexported(ledger.Amount{})); d != "" {
				t.Fatalf("there of side %d is another after a restart:\n%s", i, d)
			}
		}
	}
}

// ignoreAdmission: whether a request fitted when it arrived is not stored.
var ignoreAdmission = cmp.FilterPath(func(p cmp.Path) bool {
	return p.Last().String() == ".Admitted" || p.Last().String() == ".CanReceive"
}, cmp.Ignore())

func sorted(t friendship.There) friendship.There {
	for a := range t.Pending {
		slices.Sort(t.Pending[a])
	}
	return t
}

// checkThere compares there with the model of (my log up to the friend's
// acknowledgement, all I have of the friend's).
func checkThere(s *ledgertest.Party) error {
	if s.F.Opening() == nil {
		return nil
	}
	logs := [2][]*ledger.Entry{s.Disk.Log(0), s.Disk.Log(1)}
	me := s.F.Me()
	logs[me] = logs[me][:s.F.Status().Acknowledged]
	m, err := ledgertest.NewModel(s.F.Opening(), logs, s.Disk.Kept()...)
	if err != nil {
		return err
	}
	there := s.F.There()
	size := 0
	for _, r := range m.Pending[me.Other()] {
		size += r.EncodedLen()
	}
	if there.Bytes != size {
		return fmt.Errorf("there: %d bytes pending, want %d", there.Bytes, size)
	}
	for a := range 2 {
		if len(there.Pending[a]) != len(m.Pending[a]) {
			return fmt.Errorf("there: %d pending of author %d, want %d", len(there.Pending[a]), a, len(m.Pending[a]))
		}
		for _, o := range there.Pending[a] {
			if m.Pending[a][o] == nil {
				return fmt.Errorf("there: request %d of author %d is pending", o, a)
			}
		}
	}
	for name, sums := range m.Sums {
		for a := range 2 {
			c := there.Sums[name][a]
			got := fmt.Sprint(c.Requested, c.Collected, c.Cancelled)
			if want := fmt.Sprint(sums.Requested[a], sums.Collected[a], sums.Cancelled[a]); got != want {
				return fmt.Errorf("there: %s of author %d: %s, want %s", name, a, got, want)
			}
		}
	}
	return nil
}

// heal ends all faults and wants the two to agree.
func (w *world) heal(t *rapid.T) {
	for _, s := range w.p.Sides {
		s.CrashNext = ledgertest.NoCrash
	}
	for range 3 { // a stale Hello may have made one side drop a stream
		w.must(t, w.p.Connect())
		w.must(t, w.p.Advance(3*friendship.ProposalEvery))
	}
	for i, s := range w.p.Sides {
		if !s.F.Ready() {
			t.Fatalf("side %d does not become ready: %s, drops %q", i, s.F.Status().Blocked, s.Drops)
		}
	}
	w.must(t, w.p.CheckAgreed())
	w.must(t, w.p.CheckCheckpoints())
}
