package engine_test

import (
	"encoding/binary"
	"slices"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// planRoute answers with the first shortest route that carries the whole amount.
func (w *world) planRoute(n *node, q *engine.PlanQuestion) engine.Planned {
	if part, ok := w.route(n, q, q.Amount); ok {
		return engine.Planned{Payment: q.Payment, Attempt: q.Attempt, Parts: []engine.PlannedPart{part}}
	}
	return engine.Planned{Payment: q.Payment, Attempt: q.Attempt, Failure: &engine.PlanFailure{Reason: "no_route", Text: "there is no route"}}
}

// planSplit answers with two parts where the amount allows it. It does not see
// that they may need one edge's capacity twice: then the ledgers refuse one.
func (w *world) planSplit(n *node, q *engine.PlanQuestion) engine.Planned {
	half := amount(uint64(1 + w.rnd.IntN(100)))
	if q.MaxParts < 2 || !half.Less(q.Amount) {
		return w.planRoute(n, q)
	}
	a, first := w.route(n, q, half)
	rest := *q
	rest.MaxFee = q.MaxFee.SubFloor(a.Amount.SubFloor(a.Share))
	rest.Exclude = append(slices.Clone(q.Exclude), engine.Edge{From: n.id, To: a.Friend}) // another way, if there is one
	b, second := w.route(n, &rest, q.Amount.SubFloor(half))
	if !second {
		rest.Exclude = q.Exclude
		b, second = w.route(n, &rest, q.Amount.SubFloor(half))
	}
	if !first || !second {
		return w.planRoute(n, q)
	}
	return engine.Planned{Payment: q.Payment, Attempt: q.Attempt, Parts: []engine.PlannedPart{a, b}}
}

// route seals a part for the shortest route of an amount.
func (w *world) route(n *node, q *engine.PlanQuestion, share ledger.Amount) (engine.PlannedPart, bool) {
	var seller *node
	if seller = w.ids[q.Invoice.Seller]; seller == nil {
		return engine.PlannedPart{}, false
	}
	for length := 2; length <= len(w.names); length++ {
		if nodes := w.walk([]*node{n}, seller, length, q, share); nodes != nil {
			return w.partOver(nodes, q, share), true
		}
	}
	return engine.PlannedPart{}, false
}

func (w *world) walk(at []*node, seller *node, length int, q *engine.PlanQuestion, share ledger.Amount) []*node {
	last := at[len(at)-1]
	if last == seller {
		if w.feasible(at, q, share) {
			return at
		}
		return nil
	}
	if len(at) == length || last.eng == nil {
		return nil
	}
	for _, c := range last.eng.Capacities() {
		next := w.ids[c.Friend]
		if c.Currency != q.Invoice.Currency || slices.Contains(at, next) || next.eng == nil ||
			slices.Contains(q.Exclude, engine.Edge{From: last.id, To: next.id}) {
			continue
		}
		if found := w.walk(append(slices.Clip(at), next), seller, length, q, share); found != nil {
			return found
		}
	}
	return nil
}

// amounts returns what is frozen on each hop so that share arrives.
func (w *world) amounts(nodes []*node, c ledger.Currency, share ledger.Amount) []ledger.Amount {
	out := make([]ledger.Amount, len(nodes)-1)
	x := share
	for i := len(nodes) - 2; i >= 0; i-- {
		out[i] = x
		if i > 0 {
			fee, err := capacityOf(nodes[i], nodes[i-1], c).Rate.Fee(x)
			if err != nil {
				w.t.Fatal(err)
			}
			x, _ = x.Add(fee)
		}
	}
	return out
}

func (w *world) feasible(nodes []*node, q *engine.PlanQuestion, share ledger.Amount) bool {
	amounts := w.amounts(nodes, q.Invoice.Currency, share)
	for i, x := range amounts {
		if capacityOf(nodes[i], nodes[i+1], q.Invoice.Currency).CanSend.Less(x) {
			return false
		}
	}
	return !q.MaxFee.Less(amounts[0].SubFloor(share))
}

func capacityOf(n, friend *node, c ledger.Currency) engine.Capacity {
	for _, cap := range n.eng.Capacities() {
		if cap.Friend == friend.id && cap.Currency == c {
			return cap
		}
	}
	return engine.Capacity{}
}

// partOver seals a part for a route, whether it is feasible or not.
func (w *world) partOver(nodes []*node, q *engine.PlanQuestion, share ledger.Amount) engine.PlannedPart {
	amounts := w.amounts(nodes, q.Invoice.Currency, share)
	var key ledger.Key
	w.seals++
	binary.BigEndian.PutUint64(key[:], uint64(w.seals))
	p := engine.PlannedPart{
		Friend: nodes[1].id, Amount: amounts[0], Share: share, Path: ledger.NewPath(), PartLock: key.Lock(),
	}
	for i := 1; i < len(amounts); i++ {
		p.Path.Hops = append(p.Path.Hops, ledger.Hop{Node: nodes[i+1].id, Amount: amounts[i]})
	}
	p.Sealed = w.seal(q.Invoice.Lock, p.PartLock, &ledger.Part{
		Payment: q.Payment, Total: q.Total, Amount: share, Invoice: q.Invoice.ID, InvoiceAmount: q.Invoice.Amount,
		Currency: q.Invoice.Currency, Expires: q.Invoice.Expires, PartKey: &key, Note: q.Note,
	})
	return p
}
