package sim

import (
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// react is what a villain does about what a friend has signed.
func (b *book) react(c friendship.Change, parts map[ledger.Lock]*ledger.Part) {
	switch c := c.(type) {
	case friendship.BecameReady:
		b.v.n.s.after(time.Millisecond, b.credit)
	case friendship.EpochOpened:
		b.foul = false
	case friendship.RequestArrived:
		if p := parts[c.Request.PartLock]; p != nil && p.PartKey != nil {
			b.v.gang.learn(*p.PartKey)
		}
		p := c.Pending
		b.after(b.pause(), func() { b.decide(p) })
	case friendship.RequestCollected:
		b.v.gang.learn(c.Collect.Key)
		b.v.gang.learn(c.Collect.PartKey)
		p := c.Pending
		b.after(b.pause(), func() { b.collected(p) })
	case friendship.RequestCancelled:
		p := c.Pending
		b.after(b.pause(), func() { b.cancelled(p) })
	}
}

// after plans something about the present epoch. When faults end villains say
// nothing more of requests: what they hold then they hold for ever.
func (b *book) after(d time.Duration, do func()) {
	epoch := b.led.Epoch()
	b.v.n.s.after(d, func() {
		if b.led.Epoch() == epoch && !b.v.n.s.calm {
			do()
		}
	})
}

func (b *book) pause() time.Duration {
	s := b.v.n.s
	if b.v.habit == slow {
		return s.spread(slowSpread)
	}
	return s.spread(20 * time.Millisecond)
}

// credit offers the friend the currencies, once an epoch.
func (b *book) credit() {
	for _, c := range currencies {
		if v, ok := b.led.Currency(c); !ok || !v.Offered {
			b.sign(&ledger.Credit{Currency: c, Limit: ledger.NewAmount(limitMin + limitSpread)})
		}
	}
}

// decide is what becomes of a request of the friend.
func (b *book) decide(p *friendship.Pending) {
	if p.Resolved() {
		return
	}
	if key, part, ok := b.v.gang.open(p.Request); ok && !b.v.n.s.chance(4) {
		// The gang has the keys: a colluding seller, or one that saw them elsewhere.
		b.sign(&ledger.Collect{Ordinal: p.Ordinal, Key: key, PartKey: part})
		return
	}
	bad := !b.v.n.s.chance(3)
	switch h := b.v.habit; {
	case h == silent && bad:
	case h == dropping && bad:
		b.refuse(p)
	case len(p.Request.Path.Hops) == 0:
		b.refuse(p)
	default:
		b.passOn(p, h == lying && bad)
	}
}

// refuse cancels, and says that somebody else did.
func (b *book) refuse(p *friendship.Pending) {
	s := b.v.n.s
	reporter := s.nodes[s.rnd.IntN(len(s.nodes))].id
	b.sign(&ledger.Cancel{Ordinal: p.Ordinal, Reason: ledger.Reason(1 + s.rnd.IntN(int(ledger.BadPath))), Reporter: reporter})
}

// passOn forwards a request, as it should be or changed.
func (b *book) passOn(p *friendship.Pending, lie bool) {
	r := p.Request
	next := b.v.book(r.Path.Hops[0].Node)
	if next == nil {
		b.refuse(p)
		return
	}
	o := *r
	o.Amount, o.Path = r.Path.Hops[0].Amount, ledger.NewPath(r.Path.Hops[1:]...)
	if lie {
		b.change(&o)
	}
	if !next.sign(&o) {
		b.refuse(p)
		return
	}
	b.v.held[r.PartLock] = &heldUp{in: b, order: p.Ordinal, epoch: b.led.Epoch(), out: next}
	if b.v.habit == stealing && b.v.n.s.chance(3) {
		// Upstream is told that it failed; beyond, it may be collected yet.
		b.answer(b.v.held[r.PartLock], nil)
	}
}

// change lies about what was asked for.
func (b *book) change(o *ledger.Request) {
	s := b.v.n.s
	switch s.rnd.IntN(4) {
	case 0:
		o.Amount = half(o.Amount)
	case 1:
		o.Amount = plus(o.Amount, o.Amount)
	case 2:
		s.random(o.Lock[:])
	case 3:
		o.Sealed = append([]byte("changed"), o.Sealed[7:]...)
	}
}

// answer resolves the incoming half of what was passed on.
func (b *book) answer(h *heldUp, keys *ledger.Collect) {
	if h.closed || h.in.led.Epoch() != h.epoch {
		return
	}
	p := h.in.led.Pending(h.in.led.Me().Other(), h.order)
	if p == nil {
		return
	}
	h.closed = true
	if keys != nil {
		h.in.sign(&ledger.Collect{Ordinal: p.Ordinal, Key: keys.Key, PartKey: keys.PartKey})
		return
	}
	h.in.refuse(p)
}

// collected is what a villain does when what it passed on was collected.
func (b *book) collected(p *friendship.Pending) {
	h := b.v.held[p.Request.PartLock]
	if h == nil || h.out != b {
		return
	}
	delete(b.v.held, p.Request.PartLock)
	if b.v.habit == stealing && b.v.n.s.chance(2) {
		return // upstream never hears of it, unless the gang collects elsewhere
	}
	b.answer(h, p.Collect)
}

// cancelled is what it does when what it passed on was cancelled.
func (b *book) cancelled(p *friendship.Pending) {
	h := b.v.held[p.Request.PartLock]
	if h == nil || h.out != b {
		return
	}
	delete(b.v.held, p.Request.PartLock)
	if b.v.habit == silent {
		return
	}
	b.answer(h, nil)
}
