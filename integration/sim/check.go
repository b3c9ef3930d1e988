package sim

import (
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// judge looks at a batch that is durable now.
func (ref *reference) judge(b *batch) {
	ref.link(b)
	for friend, n := range b.entries {
		if n > 2 { // what an opening has kept may be said again in one of its own
			ref.fail("%d entries with operations for %s in one step", n, ref.n.s.nameOf(friend))
		}
	}
	sold := ref.soldNow(b)
	for _, m := range b.marks {
		ref.marked(m)
	}
	for _, q := range b.resolved {
		ref.resolved(q)
	}
	for _, v := range sold {
		ref.allOrNone(b, v)
	}
	for _, p := range b.paid {
		ref.paidChanged(p)
	}
	for _, q := range b.ended {
		ref.ended(q)
	}
	for _, d := range b.touched {
		ref.compare(d)
	}
}

// link finds the incoming half of each request that was sent: hop order at a
// mediator (testing.md 2).
func (ref *reference) link(b *batch) {
	for _, q := range b.sent {
		fw, ok := ref.n.disk.forwards[q.r.PartLock]
		if !ok {
			fw, ok = b.forwards[q.r.PartLock] // resolved in the same batch
		}
		if ok && fw.To == q.side.friend {
			ref.forwarded(q, fw)
			continue
		}
		if ref.ownPart(q) == nil {
			ref.fail("a request of %v to %s is neither a stored forward nor a part of a stored payment", q.r.Amount, ref.nameOf(q.side))
			return
		}
		q.own = true
	}
}

func (ref *reference) forwarded(q *req, fw engine.ForwardRecord) {
	in := ref.side(fw.From).incoming(q.r.PartLock)
	switch {
	case in == nil || in.decided != pending:
		ref.fail("a request to %s is forwarded for %s, which has none pending", ref.nameOf(q.side), ref.n.s.nameOf(fw.From))
		return
	case in.refused:
		ref.fail("a request to %s is forwarded that was refused on arrival", ref.nameOf(q.side))
	case in.link != nil && in.link.state != gone:
		ref.fail("a request of %s is forwarded twice", ref.nameOf(in.side))
	case in.r.Lock != q.r.Lock || in.r.Currency != q.r.Currency || string(in.r.Sealed) != string(q.r.Sealed):
		ref.fail("a request to %s is not the one that it is forwarded for", ref.nameOf(q.side))
	case len(in.r.Path.Hops) == 0 || in.r.Path.Hops[0].Node != q.side.friend || in.r.Path.Hops[0].Amount != q.r.Amount,
		!q.r.Path.Equal(ledger.NewPath(in.r.Path.Hops[1:]...)):
		ref.fail("a request to %s does not follow its path", ref.nameOf(q.side))
	}
	in.link, q.link = q, in
	ref.feeOf(in, q)
}

// feeOf checks that a forward earns the fee that the node advertises.
func (ref *reference) feeOf(in, out *req) {
	for _, c := range ref.n.disk.friend(in.side.friend).record.Currencies {
		if c.Currency != in.r.Currency {
			continue
		}
		fee, err := c.Rate.Fee(out.r.Amount)
		if err != nil {
			ref.fail("a fee of what was forwarded is out of range")
			return
		}
		if in.r.Amount.SubFloor(out.r.Amount).Less(fee) {
			ref.fail("a request of %v is forwarded with %v: the fee is %v", in.r.Amount, out.r.Amount, fee)
		}
	}
}

// ownPart returns the stored part of an own payment that a request is.
func (ref *reference) ownPart(q *req) *engine.PartRecord {
	c := ref.n.s.seals[q.r.PartLock]
	if c == nil {
		return nil
	}
	rec, ok := ref.n.disk.payment(c.part.Payment)
	if !ok {
		return nil
	}
	for i := range rec.Parts {
		if p := &rec.Parts[i]; p.PartLock == q.r.PartLock && p.Friend == q.side.friend && p.Amount == q.r.Amount {
			return p
		}
	}
	return nil
}

// marked notes a decision that waits for its ledger.
func (ref *reference) marked(m engine.MarkRecord) {
	in := ref.side(m.Friend).incoming(m.PartLock)
	if in == nil || in.decided != pending {
		return // resolved in the same batch
	}
	if in.decided = cancelled; m.Key != nil {
		in.decided = collected
	}
	ref.decided(in)
}

// resolved judges what this node signed about a friend's request.
func (ref *reference) resolved(q *req) {
	if q.decided != pending && q.decided != q.state {
		ref.fail("a request of %s is decided one way and signed the other", ref.nameOf(q.side))
		return
	}
	was := q.decided
	q.decided = q.state
	if was == pending {
		ref.decided(q)
	}
}

// decided judges the one decision about a friend's request: atomicity.
func (ref *reference) decided(q *req) {
	out := q.link
	switch {
	case out == nil && q.decided == collected:
		ref.collectedOwn(q)
	case out == nil:
	case q.decided == collected && out.state != collected:
		ref.fail("a request of %s is collected, that to %s is not", ref.nameOf(q.side), ref.nameOf(out.side))
	case q.decided == cancelled && ref.writtenOff[q.r.PartLock]:
	case q.decided == cancelled && out.state == pending:
		ref.fail("a request of %s is cancelled while that to %s is pending", ref.nameOf(q.side), ref.nameOf(out.side))
	case q.decided == cancelled && out.state == collected:
		ref.fail("a request of %s is cancelled after that to %s was collected", ref.nameOf(q.side), ref.nameOf(out.side))
	}
}

// ended judges what must follow, in the same batch, from what a friend signed
// about a request of this node.
func (ref *reference) ended(q *req) {
	if q.own {
		ref.ownEnded(q)
		return
	}
	in := q.link
	if in == nil {
		return // judged when it was sent
	}
	switch {
	case in.state == gone: // its friend was removed, or its end allowed: what was paid on is lost
		if q.state == collected {
			ref.lose(q)
		}
	case ref.writtenOff[q.r.PartLock] && in.decided == cancelled:
		if q.state == collected {
			ref.lose(q)
		}
	case q.state == collected && in.decided != collected:
		ref.fail("%s has collected and the request of %s is not: the decision is not durable", ref.nameOf(q.side), ref.nameOf(in.side))
	case q.state == cancelled && in.decided != cancelled:
		ref.fail("%s has cancelled and the request of %s is not: the decision is not durable", ref.nameOf(q.side), ref.nameOf(in.side))
	}
}

// compare holds the engine, whose batch is on the disk, against the reference.
func (ref *reference) compare(d *side) {
	v, ok := ref.n.eng.Friend(d.friend)
	if !ok {
		if ref.n.disk.friend(d.friend).there {
			ref.fail("the engine does not know %s, the disk does", ref.nameOf(d))
		}
		return
	}
	for _, c := range v.Currencies {
		p := d.purses[c.Currency.Name]
		if p == nil {
			p = &purse{}
		}
		if c.Balance != p.balance || c.FrozenOut != p.frozen[d.me] || c.FrozenIn != p.frozen[d.me.Other()] || c.Granted != p.limit[d.me.Other()] {
			ref.fail("with %s in %s the engine says balance %v, frozen %v and %v, limit %v; its disk says %v, %v and %v, %v",
				ref.nameOf(d), c.Currency, c.Balance, c.FrozenOut, c.FrozenIn, c.Granted,
				p.balance, p.frozen[d.me], p.frozen[d.me.Other()], p.limit[d.me.Other()])
			return
		}
	}
}
