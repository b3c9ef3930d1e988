package apiclient

import (
	"context"

	"connectrpc.com/connect"

	"github.com/offset-p2p/offset/ledger"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
)

// Quote is what paying an invoice would cost now, or why it cannot be paid.
// Amounts are in smallest units.
type Quote struct {
	Fee    ledger.Amount `json:"fee"` // 0 when it cannot be paid
	MaxFee ledger.Amount `json:"max_fee"`
	Routes []QuoteRoute  `json:"routes"` // none when it cannot be paid
	// Failure is the reason why it cannot be paid, "" when it can; FailureText
	// is for people.
	Failure     string        `json:"failure,omitempty"`
	FailureText string        `json:"failure_text,omitempty"`
	Largest     ledger.Amount `json:"largest"` // payable instead; 0: not known
}

// QuoteRoute is one way that a part of a payment would take.
type QuoteRoute struct {
	Route  []ledger.NodeID `json:"route"`  // after this node, the seller last
	Amount ledger.Amount   `json:"amount"` // fees included
	Share  ledger.Amount   `json:"share"`  // what would reach the seller
}

// Quote asks what paying an invoice would cost, with fees of maxFee at most; nil:
// the default of Pay. Nothing is paid. A quote that says why the invoice cannot
// be paid now is no error; an invoice that can never be paid is.
func (c *Client) Quote(ctx context.Context, invoice string, maxFee *ledger.Amount) (Quote, error) {
	msg := &appv1.GetQuoteRequest{Invoice: invoice, MaxFee: feeText(maxFee)}
	res, err := c.rpc.GetQuote(ctx, connect.NewRequest(msg))
	if err != nil {
		return Quote{}, c.fail(err)
	}
	return one(res.Msg, (*decoder).quote)
}

// feeText renders the highest fee; nil stays nil.
func feeText(a *ledger.Amount) *string {
	if a == nil {
		return nil
	}
	s := a.String()
	return &s
}

func (d *decoder) quote(m *appv1.GetQuoteResponse) Quote {
	return Quote{
		Fee: d.amount(m.GetFee()), MaxFee: d.amount(m.GetMaxFee()), Largest: d.amount(m.GetLargest()),
		Failure: m.GetFailure(), FailureText: m.GetFailureText(),
		Routes: all(d, m.GetRoutes(), func(d *decoder, r *appv1.QuoteRoute) QuoteRoute {
			return QuoteRoute{
				Route: all(d, r.GetRoute(), (*decoder).node), Amount: d.amount(r.GetAmount()), Share: d.amount(r.GetShare()),
			}
		}),
	}
}
