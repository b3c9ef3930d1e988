package node

import (
	"context"

	"github.com/offset-p2p/offset/gossip/route"
	"github.com/offset-p2p/offset/node/engine"
	"github.com/offset-p2p/offset/node/market"
)

// plan asks the market for routes and sealed parts.
func (n *node) plan(ctx context.Context, q *engine.PlanQuestion) engine.Input {
	ctx, cancel := context.WithTimeout(ctx, planTimeout)
	defer cancel()
	ask := market.Question{
		Payment: q.Payment, Invoice: q.Invoice, Amount: q.Amount, Total: q.Total, MaxFee: q.MaxFee,
		Note: q.Note, MaxParts: q.MaxParts, FirstHops: edges(q.FirstHops),
	}
	for _, e := range q.Exclude {
		ask.Exclude = append(ask.Exclude, route.EdgeKey{From: e.From, To: e.To})
	}
	parts, failure := n.market.Plan(ctx, ask)
	out := engine.Planned{Payment: q.Payment, Attempt: q.Attempt}
	if failure != nil {
		out.Failure = &engine.PlanFailure{Reason: failure.Reason, Text: failure.Text, Largest: failure.Largest}
		return out
	}
	for _, p := range parts {
		out.Parts = append(out.Parts, engine.PlannedPart(p))
	}
	return out
}

// edges are the engine's capacities as the market takes them.
func edges(list []engine.Capacity) []market.Capacity {
	out := make([]market.Capacity, len(list))
	for i, c := range list {
		out[i] = market.Capacity(c)
	}
	return out
}
