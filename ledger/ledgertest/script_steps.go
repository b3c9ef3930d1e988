package ledgertest

import (
	"fmt"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/wire"
)

// plain is a step without words of its own.
func plain(do action) verb {
	return verb{parse: func(*args, int) action { return do }}
}

// ofSide is a step that names a side.
func ofSide(do func(r *run, side int) error) verb {
	return verb{usage: "SIDE", parse: func(a *args, _ int) action {
		side := a.side()
		return func(r *run) error { return do(r, side) }
	}}
}

// during is a step that takes time.
func during(do func(r *run, d time.Duration) error) verb {
	return verb{usage: "DURATION", parse: func(a *args, _ int) action {
		d := a.duration()
		return func(r *run) error { return do(r, d) }
	}}
}

// worldSteps are the steps of the world, and those that happen to a side.
func worldSteps() map[string]verb {
	return map[string]verb{
		"connect": plain(func(r *run) error { return r.p.Connect() }),
		"cut":     plain(func(r *run) error { r.p.Cut(); return nil }),
		"settle":  plain(func(r *run) error { return r.p.Settle() }),
		"open":    plain(func(r *run) error { return r.p.Open() }),
		"wait":    during(func(r *run, d time.Duration) error { return r.p.Advance(d) }),
		"sleep":   during(func(r *run, d time.Duration) error { r.p.Sleep(d); return nil }),
		"tick":    ofSide(func(r *run, i int) error { return r.p.Tick(i) }),
		"restart": ofSide(func(r *run, i int) error { return r.p.Restart(i) }),
		"remove":  ofSide(func(r *run, i int) error { return r.p.Remove(i) }),
		"add":     ofSide(func(r *run, i int) error { return r.p.Add(i) }),
		"lose":    ofSide(func(r *run, i int) error { return r.p.Lose(i) }),
		"discard": ofSide(func(r *run, i int) error { r.p.Discard(i); return nil }),
		"friends": {"CURRENCY LIMIT", parseFriends, false},
		"deliver": {"SIDE [COUNT]", parseDeliver, false},
		"crash":   {"SIDE before writes|before frames|never [after COUNT]", parseCrash, false},
		"clock":   {"SIDE DURATION", parseClock, false},
		"nonce":   {"NUMBER", parseNonce, false},
		"hand":    {"SIDE FRAME", parseHand, false},
	}
}

// parseFriends reads the usual beginning: both meet and offer one currency.
func parseFriends(a *args, _ int) action {
	c, limit := a.currency(), a.amount()
	return func(r *run) error {
		if err := r.p.Open(); err != nil {
			return err
		}
		for i := range r.p.Sides {
			if err := r.p.Append(i, &ledger.Credit{Currency: c, Limit: limit}); err != nil {
				return err
			}
		}
		if err := r.p.Settle(); err != nil {
			return err
		}
		for _, s := range r.p.Sides {
			s.Changes = nil
		}
		return r.p.CheckAgreed()
	}
}

func parseDeliver(a *args, _ int) action {
	side, n := a.side(), uint64(1)
	if !a.done() {
		n = a.count("a count")
	}
	return func(r *run) error {
		for range n {
			if r.p.Peek(side) == nil {
				return fmt.Errorf("nothing is on its way")
			}
			if err := r.p.Deliver(side); err != nil {
				return err
			}
		}
		return nil
	}
}

func parseCrash(a *args, _ int) action {
	side, how := a.side(), NoCrash
	if !a.skip("never") {
		a.want("before")
		switch {
		case a.skip("writes"):
			how = CrashBeforeWrites
		case a.skip("frames"):
			how = CrashBeforeFrames
		default:
			a.fail("want writes or frames")
		}
	}
	skip := uint64(0)
	if a.skip("after") {
		skip = a.count("a count")
	}
	return func(r *run) error {
		r.p.Sides[side].CrashNext, r.p.Sides[side].CrashAfter = how, int(skip)
		return nil
	}
}

func parseClock(a *args, _ int) action {
	side, d := a.side(), a.duration()
	return func(r *run) error { r.p.Wall[side] = r.p.Wall[side].Add(d); return nil }
}

func parseNonce(a *args, _ int) action {
	n := a.count("a number")
	return func(r *run) error { r.p.nonce = n; return nil }
}

func parseHand(a *args, _ int) action {
	side, b := a.side(), a.hex("a frame")
	if a.err != nil {
		return nil
	}
	f, err := wire.Decode(b)
	if err != nil {
		a.fail("want a frame: %v", err)
	}
	return func(r *run) error { r.lied[1-side] = true; return r.p.Hand(side, f) }
}

// sideSteps are what a side's user decides.
func sideSteps() map[string]verb {
	return map[string]verb{
		"allows": {"CURRENCY AMOUNT … | nothing", parseAllows, false},
		"risks":  {"NAME … | nothing | all", parseRisks, false},
	}
}

func parseAllows(a *args, side int) action {
	bound := a.costs()
	return func(r *run) error { return r.p.Allow(side, bound...) }
}

// costs reads an amount per currency, or "nothing".
func (a *args) costs() []friendship.Cost {
	if a.skip("nothing") {
		return nil
	}
	var out []friendship.Cost
	for len(out) == 0 || a.err == nil && !a.done() {
		out = append(out, friendship.Cost{Currency: a.currency(), Amount: a.balance()})
	}
	return out
}

// parseRisks reads which of the friend's requests the side would lose by.
func parseRisks(a *args, side int) action {
	if a.skip("all") {
		return func(r *run) error { r.p.RiskAll(side); return nil }
	}
	var keys []int
	if !a.skip("nothing") {
		for len(keys) == 0 || a.err == nil && !a.done() {
			keys = append(keys, a.request())
		}
	}
	return func(r *run) error { r.p.Risk(side, keys...); return nil }
}

func partLock(n int) ledger.Lock {
	_, part := Keys(n)
	return part.Lock()
}
