package engine

import (
	"math/bits"
	"time"

	"github.com/offset-p2p/offset/ledger"
)

// This file is the quotas against freezing (ledger.md 3.6). Who sends requests
// through this node freezes credit that is not its own, so what one outgoing
// friendship can carry is shared out by the friend that a request comes from,
// and by class: a request is long when its hold is, or when it has been pending
// for QuotaShort whatever it promised. Own payments are exempt.
//
// What can be carried is counted in three ways, and each bound holds for each of
// them: the amount in the currency, the slots and the bytes of pending requests.

// load is forwarded requests that are pending at a friend, or wait to be.
type load struct {
	amounts map[string]ledger.Amount // by currency name
	slots   int
	bytes   int
}

// cargo is the loads of both classes.
type cargo struct{ short, long load }

func (c *cargo) of(long bool) *load {
	if long {
		return &c.long
	}
	return &c.short
}

// transit is everything that is forwarded to one friend.
type transit struct {
	from  map[ledger.NodeID]*cargo // by the friend that it came from
	all   cargo
	young []*forward // short ones in order of their time, ended ones among them
	ended int        // about how many of young have ended
}

// carry adds a forward to what f carries; uncarry takes it out.
func (f *friend) carry(fw *forward) {
	if f.transit.from == nil {
		f.transit.from = make(map[ledger.NodeID]*cargo)
	}
	own := f.transit.from[fw.From]
	if own == nil {
		own = &cargo{}
		f.transit.from[fw.From] = own
	}
	fw.carried = true
	own.of(fw.long).add(fw)
	f.transit.all.of(fw.long).add(fw)
	if !fw.long {
		f.transit.young = append(f.transit.young, fw)
	}
}

func (f *friend) uncarry(fw *forward) {
	if !fw.carried {
		return
	}
	fw.carried = false
	own := f.transit.from[fw.From]
	own.of(fw.long).sub(fw)
	f.transit.all.of(fw.long).sub(fw)
	if own.short.slots+own.long.slots == 0 {
		delete(f.transit.from, fw.From)
	}
	if !fw.long {
		f.transit.ended++
		f.transit.compact()
	}
}

// compact lets go of ended forwards when they are most of the list.
func (t *transit) compact() {
	if t.ended <= 64+len(t.young)/2 {
		return
	}
	kept := t.young[:0]
	for _, fw := range t.young {
		if fw.carried {
			kept = append(kept, fw)
		}
	}
	clear(t.young[len(kept):])
	t.young, t.ended = kept, 0
}

// age makes short forwards long whose time is over, and reports whether any was.
func (f *friend) age(now time.Duration) bool {
	aged := false
	for {
		at, ok := f.ages()
		if !ok || now < at {
			return aged
		}
		t := &f.transit
		fw := t.young[0]
		t.young = drop(t.young, 1)
		own := t.from[fw.From]
		own.short.sub(fw)
		t.all.short.sub(fw)
		fw.long = true
		own.long.add(fw)
		t.all.long.add(fw)
		aged = true
	}
}

// ages returns when age has something to do next.
func (f *friend) ages() (time.Duration, bool) {
	t := &f.transit
	for len(t.young) > 0 && !t.young[0].carried {
		t.young = drop(t.young, 1)
		t.ended--
	}
	if len(t.young) == 0 {
		return 0, false
	}
	return t.young[0].since + QuotaShort, true
}

func (l *load) add(fw *forward) {
	if l.amounts == nil {
		l.amounts = make(map[string]ledger.Amount)
	}
	sum, err := l.amounts[fw.Currency.Name].Add(fw.Out)
	if err != nil { // PendingMax amounts below 2^AmountBits
		panic("engine: what a friend carries exceeds an amount")
	}
	l.amounts[fw.Currency.Name] = sum
	l.slots++
	l.bytes += fw.bytes
}

func (l *load) sub(fw *forward) {
	if left := l.amounts[fw.Currency.Name].SubFloor(fw.Out); left.IsZero() {
		delete(l.amounts, fw.Currency.Name)
	} else {
		l.amounts[fw.Currency.Name] = left
	}
	l.slots--
	l.bytes -= fw.bytes
}

// weight is a load in one currency.
type weight struct {
	amount ledger.Amount
	slots  int
	bytes  int
}

func (l *load) in(c ledger.Currency) weight {
	return weight{l.amounts[c.Name], l.slots, l.bytes}
}

func (w weight) plus(v weight) weight {
	sum, _ := w.amount.Add(v.amount) // both below 2^CounterBits
	return weight{sum, w.slots + v.slots, w.bytes + v.bytes}
}

// fits reports whether w is within percent of whole, in each of the three.
func (w weight) fits(whole weight, percent int) bool {
	return !portion(whole.amount, percent).Less(w.amount) &&
		w.slots <= whole.slots*percent/100 && w.bytes <= whole.bytes*percent/100
}

// capable returns what the friendship can carry in a currency, pending or not.
func (f *friend) capable(c ledger.Currency) weight {
	v, ok := f.book.Currency(c)
	if !ok || !v.Active {
		return weight{}
	}
	amount := v.FriendLimit
	if v.Balance.Sign() < 0 {
		amount = amount.SubFloor(v.Balance.Magnitude())
	} else {
		amount, _ = amount.Add(v.Balance.Magnitude()) // both below 2^CounterBits
	}
	return weight{amount, ledger.PendingMax, ledger.PendingBytesMax}
}

// share is how much of a friendship the short requests of f may use, in percent.
func (f *friend) share() int {
	if f.rec.Quota > 0 {
		return int(f.rec.Quota)
	}
	return QuotaShortOfOne
}

// isLong reports whether a request promises to be pending for long.
func isLong(r *ledger.Request) bool { return time.Duration(r.Hold)*time.Second > QuotaShort }

// overQuota reports whether passing r on from one friend to the other would
// break a quota.
func (s *step) overQuota(from, to *friend, r *ledger.Request) bool {
	if to.age(s.now.Mono) {
		s.touch(to)
	}
	one := weight{r.Path.Hops[0].Amount, 1, r.EncodedLen()}
	return to.overQuota(from, r.Currency, one, isLong(r))
}

// overQuota reports whether one more forward of friend from would break a quota
// of the friend that it goes to.
func (f *friend) overQuota(from *friend, c ledger.Currency, one weight, long bool) bool {
	whole := f.capable(c)
	var ownShort, ownLong weight
	if own := f.transit.from[from.id]; own != nil {
		ownShort, ownLong = own.short.in(c), own.long.in(c)
	}
	allShort, allLong := f.transit.all.short.in(c), f.transit.all.long.in(c)
	switch {
	case !ownLong.fits(whole, QuotaLongOfOne): // by age: nothing more of that friend
		return true
	case !allShort.plus(allLong).plus(one).fits(whole, QuotaForwarded):
		return true
	case long:
		return !ownLong.plus(one).fits(whole, QuotaLongOfOne) || !allLong.plus(one).fits(whole, QuotaLongOfAll)
	default:
		return !ownShort.plus(one).fits(whole, from.share())
	}
}

// strangers returns what one short request of a stranger may use of f now: what
// is left to that friend who sends through here and has the most left. One of
// whom nothing is pending has the usual share.
func (e *Engine) strangers(f *friend, c ledger.Currency) ledger.Amount {
	whole := f.capable(c)
	usual := weight{}.left(whole, QuotaShortOfOne)
	left := f.transit.all.short.in(c).plus(f.transit.all.long.in(c)).left(whole, QuotaForwarded)
	others := len(e.order) - 1
	if len(f.transit.from) < others {
		return ledger.MinAmount(left, usual)
	}
	var most ledger.Amount
	for id, own := range f.transit.from {
		from := e.friends[id]
		if from == nil {
			continue // removed
		}
		others--
		if one := own.short.in(c).left(whole, from.share()); own.long.in(c).fits(whole, QuotaLongOfOne) && most.Less(one) {
			most = one
		}
	}
	if others > 0 && most.Less(usual) {
		most = usual
	}
	return ledger.MinAmount(left, most)
}

// left returns the amount that still fits beside w in percent of whole; 0 when
// no slot or no bytes are left for one request.
func (w weight) left(whole weight, percent int) ledger.Amount {
	if !w.plus(weight{slots: 1, bytes: requestBytesMax}).fits(whole, percent) {
		return ledger.Amount{}
	}
	return portion(whole.amount, percent).SubFloor(w.amount)
}

// portion returns percent of an amount below 2^CounterBits, rounded down.
func portion(a ledger.Amount, percent int) ledger.Amount {
	hi, lo := a.Parts()
	p := uint64(percent)
	carry, low := bits.Mul64(lo, p)
	high := hi*p + carry // below 2^64: hi is below 2^57 and p at most 100
	q, rem := high/100, high%100
	r, _ := bits.Div64(rem, low, 100)
	return ledger.AmountFromParts(q, r)
}
