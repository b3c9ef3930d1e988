package sim

import (
	"fmt"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// resting reports whether nothing is pending any more but what villains hold.
func (s *Sim) resting() bool {
	if len(s.orders) < s.cfg.Payments {
		return false
	}
	for _, n := range s.honest {
		if n.eng == nil || len(n.tasks) > 0 {
			return false
		}
		for id := range n.disk.open {
			if !n.heldUp(id) {
				return false
			}
		}
		if stuck, _ := n.pending(nil); stuck > 0 {
			return false
		}
	}
	return true
}

// pending counts the requests of a node that are pending, and those of them that
// are because of a villain.
func (n *node) pending(left func(*req)) (stuck, held int) {
	for _, d := range n.ref.sides {
		for a := range d.reqs {
			for _, q := range d.reqs[a] {
				if n.s.blamesVillain(q, n) {
					held++
					continue
				}
				stuck++
				if left != nil {
					left(q)
				}
			}
		}
	}
	return stuck, held
}

// blamesVillain follows a pending request of n along its route and reports
// whether it is a villain who does not resolve it, or does not let it be.
func (s *Sim) blamesVillain(q *req, n *node) bool {
	for range ledger.PathNodesMax + 1 {
		if s.byID[q.side.friend].villain != nil {
			return true // it is the one who must sign, or who keeps the ledger from it
		}
		if s.strict {
			return false
		}
		if q.author == q.side.me {
			// Sent to an honest friend: as that one sees it.
			n, q = s.follow(q, n)
		} else {
			q = q.link // passed on to the next
		}
		if q == nil || q.state != pending {
			return false
		}
	}
	return false
}

// follow returns an outgoing request of n as its receiver has it.
func (s *Sim) follow(q *req, n *node) (*node, *req) {
	to := s.byID[q.side.friend]
	d := to.ref.side(n.id)
	if d.epoch != q.side.epoch {
		return to, nil
	}
	return to, d.reqs[q.author][q.ordinal]
}

// heldUp reports whether every part of a payment of n that is not ended is held
// by a villain.
func (n *node) heldUp(id ledger.PaymentID) bool {
	rec, ok := n.disk.open[id]
	if !ok {
		return false
	}
	for i := range rec.Parts {
		p := &rec.Parts[i]
		if p.Collected || p.Cancelled != 0 || p.Lost {
			continue
		}
		if q := n.ref.side(p.Friend).ours(p.PartLock); q == nil || !n.s.blamesVillain(q, n) {
			return false
		}
	}
	return rec.State == engine.Settled || len(rec.Parts) > 0 && partsOut(&rec)
}

// partsOut reports whether a payment waits for parts, and not for a plan.
func partsOut(r *engine.PaymentRecord) bool {
	for i := range r.Parts {
		if p := &r.Parts[i]; !p.Collected && p.Cancelled == 0 && !p.Lost {
			return true
		}
	}
	return false
}

// atRest judges what is left when everything is repaired.
func (s *Sim) atRest() {
	for _, n := range s.honest {
		for _, e := range n.edges {
			if !e.hostile() {
				s.mirror(n, e.other(n))
			}
		}
		s.leftovers(n)
		s.worth(n)
	}
	for _, o := range s.orders {
		s.outcome(o)
	}
}

// mirror: what one side says the other says, with the sign turned. All balances
// sum to zero with it.
func (s *Sim) mirror(a, b *node) {
	x, y := a.ref.side(b.id), b.ref.side(a.id)
	if x.epoch != y.epoch || x.heads != y.heads {
		v, _ := a.eng.Friend(b.id)
		w, _ := b.eng.Friend(a.id)
		s.fail("%s is at %d %v with %s, who is at %d %v: %s; %s", a.name, x.number, x.heads, b.name, y.number, y.heads, v.Status, w.Status)
		return
	}
	for _, c := range currencies {
		p, q := x.purse(c.Name), y.purse(c.Name)
		if neg, _ := q.balance.Neg(); p.balance != neg || p.frozen != q.frozen {
			s.fail("%s is owed %v by %s, who says %v", a.name, p.balance, b.name, q.balance)
		}
	}
}

// leftovers counts what is frozen or stored for something that should be over.
func (s *Sim) leftovers(n *node) {
	stuck, held := n.pending(func(q *req) {
		d, way := q.side, "to"
		if q.author != d.me {
			way = "from"
		}
		v, _ := n.eng.Friend(d.friend)
		s.left("%s: request %d %s %s, lock %.8s, decided %d, linked %t, own %t: %s", n.name, q.ordinal, way, s.nameOf(d.friend),
			q.r.PartLock.String(), q.decided, q.link != nil, q.own, v.Status)
	})
	s.res.Unresolved += stuck
	s.res.HeldRequests += held
	for _, fw := range n.disk.forwards {
		if out := n.ref.side(fw.To).ours(fw.PartLock); out == nil {
			s.fail("%s keeps a forward to %s that is over", n.name, s.nameOf(fw.To))
		}
	}
	for k := range n.disk.marks {
		if n.ref.side(k.friend).incoming(k.lock) == nil {
			s.fail("%s keeps a decision about a request of %s that is over", n.name, s.nameOf(k.friend))
		}
	}
	if f := n.eng.Capacities(); len(f) != len(n.caps) {
		s.fail("%s has told the index of %d edges, it has %d", n.name, len(n.caps), len(f))
	} else {
		for _, c := range f {
			if n.caps[hop{c.Friend, c.Currency}] != c {
				s.fail("%s has told the index %+v, it is %+v", n.name, n.caps[hop{c.Friend, c.Currency}], c)
			}
		}
	}
}

// left says what did not end.
func (s *Sim) left(format string, args ...any) {
	if len(s.res.Left) < leftShown {
		s.res.Left = append(s.res.Left, fmt.Sprintf(format, args...))
	}
}

// worth compares what a node has with what its own records say: sales less
// purchases. What it earned by forwarding comes on top.
func (s *Sim) worth(n *node) {
	for _, c := range currencies {
		has, must := n.ref.taken[c.Name], ledger.Balance{}
		for _, d := range n.ref.sides {
			has = sum(has, d.purse(c.Name).balance)
			for _, q := range d.reqs[d.me.Other()] {
				if q.r.Currency == c && q.sure() {
					has, _ = has.Plus(q.r.Amount) // a friend who does not let it be signed can be shown the keys
				}
			}
		}
		for _, v := range n.ref.sales {
			if v.currency == c.Name {
				must, _ = must.Plus(v.amount)
			}
		}
		for _, p := range n.ref.payments {
			if p.currency == c.Name {
				must, _ = must.Minus(p.spent)
			}
		}
		if has.Cmp(must) < 0 {
			short, _ := must.Neg()
			v, _ := sum(has, short).Magnitude().Uint64()
			s.res.HonestLoss += v
			s.note("%s has %v %s, its records say at least %v", n.name, has, c.Name, must)
		}
	}
	s.res.AcceptedLoss += n.ref.loss
}

// outcome: a payment is settled exactly when its seller collected it.
func (s *Sim) outcome(o *order) {
	p := o.buyer.ref.payments[o.payment]
	if p == nil || !p.ended || o.invoice == nil || o.seller.villain != nil {
		return
	}
	v := o.seller.ref.sales[o.invoice.Lock]
	sold := v != nil && v.payment == o.payment
	if sold && !p.settled && !p.unknown && !s.broken[o.payment] {
		s.fail("%s has collected a payment that has failed for %s: %s", o.seller.name, o.buyer.name, p.failure)
	}
	if p.settled && !sold {
		s.fail("%s has a receipt of a payment that %s has not collected", o.buyer.name, o.seller.name)
	}
}
