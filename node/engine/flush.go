package engine

import (
	"time"

	"github.com/offset-p2p/offset/ledger"
)

// flush ends a step for the friends that it touched: everything that waits for
// a friend goes into one entry; decisions that do not become durable marks.
func (s *step) flush() {
	// A request that is given up becomes a decision towards another friend, so
	// that comes before any entry is made. The lists grow while they are walked.
	for i := 0; i < len(s.touched); i++ {
		s.sweep(s.touched[i])
	}
	for i := 0; i < len(s.touched); i++ {
		s.sign(s.touched[i])
	}
	for _, f := range s.touched {
		f.touched = false
		s.mark(f)
		s.setAlarm(f)
		s.showCapacities(f)
		s.showFriend(f)
	}
}

// batch is what one entry would hold: credits first, because they may activate
// a currency, then what releases, then advice, then what freezes.
type batch struct {
	ops      []ledger.Op
	credits  int
	resolved int
	advice   int
}

// firm counts the operations that are legal by construction.
func (b *batch) firm() int { return b.credits + b.resolved + b.advice }

func (s *step) gather(f *friend) batch {
	b := batch{ops: f.credits()}
	b.credits = len(b.ops)
	for _, d := range f.decisions {
		b.ops = append(b.ops, d.op())
	}
	b.resolved = len(f.decisions)
	withdraw := f.withdrawOps()
	b.ops = append(b.ops, withdraw...)
	b.advice = len(withdraw)
	for _, o := range f.queue {
		b.ops = append(b.ops, o.request)
	}
	return b
}

// sign puts what waits for f into one entry, as far as it may be signed now.
func (s *step) sign(f *friend) {
	if !f.book.Ready() || !f.book.WindowOpen() {
		return
	}
	b := s.gather(f)
	n := f.book.Fit(b.ops)
	if n == 0 {
		return
	}
	fx, err := f.book.Append(s.env(f), b.ops[:n])
	if firm := b.firm(); err != nil && n > firm {
		// Requests can be illegal for what CanSend does not know, such as counters
		// at their bound. All else is legal by construction.
		for _, o := range f.queue {
			s.unmade(f, o, ledger.TooManyPending)
		}
		f.queue = nil
		if n = firm; n == 0 {
			return
		}
		fx, err = f.book.Append(s.env(f), b.ops[:n])
	}
	if err != nil {
		panic("engine: an own operation is illegal: " + err.Error())
	}
	resolved := min(max(n-b.credits, 0), b.resolved)
	s.signed(f, resolved, max(n-b.firm(), 0))
	s.absorb(f, fx, nil, nil)
	s.change(f)
}

// signed takes the first decisions and requests out of the outbox: they stand
// in an entry of this batch.
func (s *step) signed(f *friend, resolved, requested int) {
	for _, d := range f.decisions[:resolved] {
		delete(f.decided, d.ordinal)
		if d.durable {
			s.write(DeleteMark{Friend: f.id, PartLock: d.PartLock})
		}
	}
	f.decisions = drop(f.decisions, resolved)
	for _, o := range f.queue[:requested] {
		f.release(o.request)
		if o.forward != nil {
			o.forward.waits = false
			s.write(PutForward{o.forward.ForwardRecord})
		}
	}
	f.queue = drop(f.queue, requested)
}

// drop returns list without its first n, and lets go of an array that has
// emptied.
func drop[T any](list []*T, n int) []*T {
	if n == len(list) {
		return nil
	}
	clear(list[:n])
	return list[n:]
}

// mark makes the decisions durable that could not be signed.
func (s *step) mark(f *friend) {
	for _, d := range f.decisions {
		if !d.durable && !d.twin {
			d.durable = true
			s.write(PutMark{d.MarkRecord})
		}
	}
}

// setAlarm wakes the step that f needs next.
func (s *step) setAlarm(f *friend) {
	at, ok := f.book.Wake()
	sooner := func(t time.Duration) {
		if !ok || t < at {
			at, ok = t, true
		}
	}
	if len(f.queue) > 0 {
		sooner(f.queue[0].since + RequestWait)
	}
	if t, ages := f.ages(); ages {
		sooner(t)
	}
	if len(f.decisions)+len(f.withdrawals)+len(f.queue) > 0 && f.book.Ready() && f.book.WindowOpen() {
		sooner(s.now.Mono) // more than one entry holds, or decided after it was made
	}
	if ok {
		s.alarms.set(friendKey(f.id), at)
	} else {
		s.alarms.clear(friendKey(f.id))
	}
}

// credits returns what must still be said of this node's limits: settings that
// the open epoch does not know yet, in a new epoch all of them.
func (f *friend) credits() []ledger.Op {
	var ops []ledger.Op
	for _, set := range f.rec.Currencies {
		v, known := f.book.Currency(set.Currency)
		if known && v.Offered && v.Limit == set.Limit || !known && f.fixed(set.Currency.Name) {
			continue
		}
		ops = append(ops, &ledger.Credit{Currency: set.Currency, Limit: set.Limit})
	}
	return ops
}

// fixed reports whether the epoch holds this side to the decimals of a name: it
// has offered it, or the opening names it.
func (f *friend) fixed(name string) bool {
	for _, v := range f.book.Currencies() {
		if v.Currency.Name == name && v.Offered {
			return true
		}
	}
	if o := f.book.Opening(); o != nil {
		for _, b := range o.Terms.Balances {
			if b.Currency.Name == name {
				return true
			}
		}
	}
	return false
}
