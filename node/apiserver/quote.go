package apiserver

import (
	"context"

	"connectrpc.com/connect"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
)

func (s *service) GetQuote(ctx context.Context, req *connect.Request[appv1.GetQuoteRequest]) (*connect.Response[appv1.GetQuoteResponse], error) {
	invoice, err := ledger.ParseInvoice(req.Msg.GetInvoice())
	if err != nil {
		return nil, invalid(api.ReasonInvoice, "%v", err)
	}
	maxFee, err := feeCap(invoice.Amount, req.Msg.MaxFee)
	if err != nil {
		return nil, err
	}
	quote, err := s.backend.Quote(ctx, invoice, maxFee)
	if err != nil {
		return nil, err
	}
	out, err := quotePB(quote)
	if err != nil {
		return nil, err
	}
	out.MaxFee = maxFee.String()
	return connect.NewResponse(out), nil
}

// quotePB renders a quote; its fee is what the parts cost beyond their shares.
func quotePB(q Quote) (*appv1.GetQuoteResponse, error) {
	out := &appv1.GetQuoteResponse{Fee: "0", Largest: "0"}
	if f := q.Failure; f != nil {
		out.Failure, out.FailureText, out.Largest = f.Reason, f.Text, f.Largest.String()
		return out, nil
	}
	var fee ledger.Amount
	for _, p := range q.Parts {
		more, err := p.Amount.Sub(p.Share)
		if err == nil {
			fee, err = fee.Add(more)
		}
		if err != nil {
			return nil, err
		}
		r := &appv1.QuoteRoute{Amount: p.Amount.String(), Share: p.Share.String()}
		for _, n := range p.Route {
			r.Route = append(r.Route, n.String())
		}
		out.Routes = append(out.Routes, r)
	}
	out.Fee = fee.String()
	return out, nil
}
