package sim

import (
	"github.com/offset-p2p/offset/ledger"
)

// resting reports whether nothing is pending any more.
func (s *Sim) resting() bool {
	if len(s.orders) < s.cfg.Payments {
		return false
	}
	for _, n := range s.nodes {
		if n.eng == nil || len(n.tasks) > 0 || len(n.disk.open)+len(n.disk.forwards)+len(n.disk.marks) > 0 {
			return false
		}
		for _, d := range n.ref.sides {
			if len(d.reqs[0])+len(d.reqs[1]) > 0 {
				return false
			}
		}
	}
	return true
}

// atRest judges what is left when everything is repaired.
func (s *Sim) atRest() {
	for _, n := range s.nodes {
		for _, e := range n.edges {
			s.mirror(n, e.other(n))
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
		s.fail("%s is at %d %v with %s, who is at %d %v", a.name, x.number, x.heads, b.name, y.number, y.heads)
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
	stuck := len(n.disk.forwards) + len(n.disk.marks)
	for _, d := range n.ref.sides {
		stuck += len(d.reqs[d.me])
	}
	s.res.Unresolved += stuck
	if stuck > 0 {
		s.note("%s has %d forwards, %d marks and own requests at rest, %d in all", n.name, len(n.disk.forwards), len(n.disk.marks), stuck)
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

// worth compares what a node has with what its own records say: sales less
// purchases. What it earned by forwarding comes on top.
func (s *Sim) worth(n *node) {
	for _, c := range currencies {
		has, must := n.ref.taken[c.Name], ledger.Balance{}
		for _, d := range n.ref.sides {
			has = sum(has, d.purse(c.Name).balance)
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
	if p == nil || !p.ended || o.invoice == nil {
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
