package node

import (
	"context"
	"fmt"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/apiserver"
	"github.com/offset-p2p/offset/node/engine"
)

// Quote implements apiserver.Machine: it asks for the plan that a payment would
// ask for first, and throws the sealed parts away.
func (b backend) Quote(ctx context.Context, invoice *ledger.Invoice, maxFee ledger.Amount) (apiserver.Quote, error) {
	var hops []engine.Capacity
	var refusal *engine.CommandError
	err := b.loop.look(ctx, func(e *engine.Engine) {
		hops, refusal = e.FirstHops(invoice.Currency), e.MayPay(invoice, time.Now())
	})
	if err != nil {
		return apiserver.Quote{}, err
	}
	if refusal != nil {
		return apiserver.Quote{}, refusal
	}
	answer := b.plan(ctx, &engine.PlanQuestion{
		Invoice: invoice, Amount: invoice.Amount, Total: invoice.Amount, MaxFee: maxFee,
		MaxParts: ledger.PartsMax, FirstHops: hops,
	})
	if err := ctx.Err(); err != nil {
		return apiserver.Quote{}, err // not for want of routes
	}
	planned, ok := answer.(engine.Planned)
	if !ok {
		return apiserver.Quote{}, fmt.Errorf("planner answered with %T", answer)
	}
	out := apiserver.Quote{Failure: planned.Failure}
	for _, p := range planned.Parts {
		part := apiserver.QuotePart{Route: []ledger.NodeID{p.Friend}, Amount: p.Amount, Share: p.Share}
		for _, hop := range p.Path.Hops {
			part.Route = append(part.Route, hop.Node)
		}
		out.Parts = append(out.Parts, part)
	}
	return out, nil
}
