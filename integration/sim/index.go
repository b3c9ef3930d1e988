package sim

import (
	"slices"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// hop is a directed edge of the network in one currency.
type hop struct {
	friend   ledger.NodeID
	currency ledger.Currency
}

// sealed is what a buyer sealed to a seller.
type sealed struct {
	seller ledger.NodeID
	lock   ledger.Lock
	bytes  []byte
	part   *ledger.Part
}

// publish is a node's report to the index.
func (s *Sim) publish(n *node, c engine.Capacity) {
	k := hop{c.Friend, c.Currency}
	if c.CanSend.IsZero() && c.CanReceive.IsZero() {
		delete(n.caps, k)
	} else {
		n.caps[k] = c
	}
}

// unpublish ends a node's session with the index.
func (s *Sim) unpublish(n *node) { clear(n.caps) }

// search is one question to the index.
type search struct {
	s    *Sim
	from *node
	to   *node
	q    *engine.PlanQuestion
	used map[[2]*node]ledger.Amount // by the parts that are found
	bad  map[[2]*node]bool          // edges that this search has tried in vain
}

// plan answers with one route that carries the whole amount, or with several.
func (s *Sim) plan(n *node, q *engine.PlanQuestion) engine.Input {
	a := engine.Planned{Payment: q.Payment, Attempt: q.Attempt}
	w := &search{s: s, from: n, to: s.byID[q.Invoice.Seller], q: q, used: map[[2]*node]ledger.Amount{}}
	rest, fee := q.Amount, q.MaxFee
	try := rest
	if s.chance(6) { // several parts also where one would do
		try = half(rest)
	}
	for !rest.IsZero() && len(a.Parts) < min(q.MaxParts, partsTried) {
		part, ok := w.route(try, fee)
		if !ok {
			if try = half(try); try.Less(ledger.NewAmount(smallestPart)) {
				break
			}
			continue
		}
		a.Parts = append(a.Parts, part)
		rest, fee = rest.SubFloor(try), fee.SubFloor(part.Amount.SubFloor(part.Share))
		try = ledger.MinAmount(try, rest)
	}
	if !rest.IsZero() {
		a.Parts = nil
		a.Failure = &engine.PlanFailure{Reason: "no_route", Text: "there is no route for that amount"}
	}
	return a
}

func half(a ledger.Amount) ledger.Amount {
	v, ok := a.Uint64()
	if !ok {
		return ledger.Amount{}
	}
	return ledger.NewAmount((v + 1) / 2)
}

// route seals a part for a shortest route that carries a share.
func (w *search) route(share, maxFee ledger.Amount) (engine.PlannedPart, bool) {
	w.bad = map[[2]*node]bool{}
	for range routesTried {
		nodes := w.shortest(share)
		if nodes == nil {
			return engine.PlannedPart{}, false
		}
		amounts, full := w.amounts(nodes, share)
		switch {
		case full != nil:
			w.bad[*full] = true
		case maxFee.Less(amounts[0].SubFloor(share)):
			w.bad[[2]*node{nodes[0], nodes[1]}] = true
		default:
			for i, x := range amounts {
				e := [2]*node{nodes[i], nodes[i+1]}
				w.used[e], _ = w.used[e].Add(x)
			}
			return w.seal(nodes, amounts, share), true
		}
	}
	return engine.PlannedPart{}, false
}

// room returns what an edge can still carry.
func (w *search) room(a, b *node) ledger.Amount {
	e := [2]*node{a, b}
	if w.bad[e] || slices.Contains(w.q.Exclude, engine.Edge{From: a.id, To: b.id}) {
		return ledger.Amount{}
	}
	c := a.caps[hop{b.id, w.q.Invoice.Currency}]
	room := c.Transit
	if a == w.from {
		room = ledger.Amount{}
		for _, f := range w.q.FirstHops {
			if f.Friend == b.id {
				room = f.CanSend
			}
		}
	}
	return room.SubFloor(w.used[e])
}

// shortest searches breadth first; neighbours come in random order.
func (w *search) shortest(share ledger.Amount) []*node {
	before := map[*node]*node{w.from: nil}
	line := []*node{w.from}
	for depth := 1; len(line) > 0 && depth < ledger.PathNodesMax; depth++ {
		var next []*node
		for _, n := range line {
			for _, i := range w.s.rnd.Perm(len(n.edges)) {
				m := n.edges[i].other(n)
				if _, seen := before[m]; seen || w.room(n, m).Less(share) {
					continue
				}
				before[m] = n
				if m == w.to {
					return trail(before, m)
				}
				next = append(next, m)
			}
		}
		line = next
	}
	return nil
}

func trail(before map[*node]*node, at *node) []*node {
	var nodes []*node
	for n := at; n != nil; n = before[n] {
		nodes = append(nodes, n)
	}
	slices.Reverse(nodes)
	return nodes
}

// amounts returns what is frozen on each hop so that the share arrives, and the
// first hop from the end that cannot carry it.
func (w *search) amounts(nodes []*node, share ledger.Amount) ([]ledger.Amount, *[2]*node) {
	out := make([]ledger.Amount, len(nodes)-1)
	x := share
	for i := len(out) - 1; i >= 0; i-- {
		if w.room(nodes[i], nodes[i+1]).Less(x) {
			return nil, &[2]*node{nodes[i], nodes[i+1]}
		}
		out[i] = x
		if i == 0 {
			break
		}
		fee, err := nodes[i].caps[hop{nodes[i-1].id, w.q.Invoice.Currency}].Rate.Fee(x)
		if err == nil {
			x, err = x.Add(fee)
		}
		if err != nil || !x.IsRequestable() {
			return nil, &[2]*node{nodes[i-1], nodes[i]}
		}
	}
	return out, nil
}

func (w *search) seal(nodes []*node, amounts []ledger.Amount, share ledger.Amount) engine.PlannedPart {
	q, key := w.q, ledger.Key{}
	w.s.random(key[:])
	p := engine.PlannedPart{
		Friend: nodes[1].id, Amount: amounts[0], Share: share, Path: ledger.NewPath(), PartLock: key.Lock(),
		Sealed: make([]byte, sealedBytes),
	}
	for i := 1; i < len(amounts); i++ {
		p.Path.Hops = append(p.Path.Hops, ledger.Hop{Node: nodes[i+1].id, Amount: amounts[i]})
	}
	for _, n := range nodes {
		if n.villain != nil {
			w.s.broken[q.Payment] = true // a villain can tell either side what it likes, at its own cost
		}
	}
	w.s.random(p.Sealed)
	w.s.seals[p.PartLock] = &sealed{seller: w.to.id, lock: q.Invoice.Lock, bytes: p.Sealed, part: &ledger.Part{
		Payment: q.Payment, Total: q.Total, Amount: share, Invoice: q.Invoice.ID, InvoiceAmount: q.Invoice.Amount,
		Currency: q.Invoice.Currency, Expires: q.Invoice.Expires, PartKey: &key, Note: q.Note,
	}}
	return p
}
