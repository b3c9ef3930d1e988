package sim

import (
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// opens begins an epoch and judges what it costs: nothing, unless the node's
// people have allowed it before.
func (ref *reference) opens(d *side, w friendship.PutOpening) {
	if d.number > 0 {
		ref.n.s.res.Resets++
	}
	bound := map[string]ledger.Balance{}
	for _, c := range ref.n.disk.bound[d.friend] {
		bound[c.Currency.Name] = c.Amount
	}
	before, old := ref.values(d), d.pending()
	stake := map[string]ledger.Amount{}
	back, err := d.open(w.Opening, w.Kept)
	if err != nil {
		ref.fail("the opening with %s: %v", ref.nameOf(d), err)
		return
	}
	for _, q := range back {
		ref.comesBack(q)
	}
	for _, q := range old {
		if q.state == gone && q.author != d.me && q.decided == pending && q.link != nil && q.link.state == pending {
			stake[q.r.Currency.Name] = plus(stake[q.r.Currency.Name], q.r.Amount)
		}
		if q.state == gone && len(bound) > 0 {
			ref.n.s.breakOff(q)
		}
	}
	after := ref.values(d)
	for _, c := range currencies {
		less, _ := after[c.Name].Neg()
		cost, _ := sum(before[c.Name], less).Plus(stake[c.Name])
		if cost.Sign() <= 0 {
			continue
		}
		if cost.Cmp(bound[c.Name]) > 0 {
			ref.fail("the opening %d with %s costs %v %s, its people allow %v", d.number, ref.nameOf(d), cost, c.Name, bound[c.Name])
			return
		}
		ref.accept(c.Name, sum(before[c.Name], less))
	}
}

// pending returns all requests that are pending.
func (d *side) pending() []*req {
	var all []*req
	for a := range d.reqs {
		for _, q := range d.reqs[a] {
			all = append(all, q)
		}
	}
	return all
}

// values is what a ledger is worth to its side, by currency: the balance, the
// incoming requests that it can collect, and what own payments have cost there.
func (ref *reference) values(d *side) map[string]ledger.Balance {
	out := map[string]ledger.Balance{}
	for name, p := range d.purses {
		out[name] = p.balance
	}
	for _, q := range d.reqs[d.me.Other()] {
		if q.sure() {
			v, _ := out[q.r.Currency.Name].Plus(q.r.Amount)
			out[q.r.Currency.Name] = v
		}
	}
	return out
}

// sure reports whether the node has the keys of an incoming request.
func (q *req) sure() bool {
	return q.decided == collected || q.decided == pending && q.link != nil && q.link.state == collected
}

// comesBack undoes what counted as done with a request that an opening has made
// pending again.
func (ref *reference) comesBack(q *req) {
	if q.own && q.resolvedAs == collected {
		p := ref.payments[ref.n.s.seals[q.r.PartLock].part.Payment]
		p.spent = minus(p.spent, q.r.Amount)
	}
	q.resolvedAs = pending
}

// accept counts a loss that people were shown and allowed.
func (ref *reference) accept(name string, loss ledger.Balance) {
	if loss.Sign() <= 0 {
		return
	}
	ref.taken[name] = sum(ref.taken[name], loss)
	v, _ := loss.Magnitude().Uint64()
	ref.loss += v
}
