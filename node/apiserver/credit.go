package apiserver

import (
	"context"

	"connectrpc.com/connect"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
	"github.com/offset-p2p/offset/node/engine"
)

// credit finds the friend and the currency of a request, and refuses a
// currency that this node's user counts with other decimals there: 1.00 would
// mean 100 to one and 100,000 to the other.
func (s *service) credit(ctx context.Context, ref string, m *appv1.Currency) (ledger.NodeID, ledger.Currency, error) {
	c, err := parseCurrency(m)
	if err != nil {
		return ledger.NodeID{}, ledger.Currency{}, err
	}
	view, err := s.friend(ctx, ref)
	if err != nil {
		return ledger.NodeID{}, ledger.Currency{}, err
	}
	for _, have := range view.Record.Currencies {
		if have.Currency.Name == c.Name && have.Currency != c {
			return ledger.NodeID{}, ledger.Currency{}, refuse(connect.CodeFailedPrecondition, api.ReasonOtherDecimals,
				"with %q you count %s with %d decimals, not %d: write %v", view.Record.Name, c.Name, have.Currency.Decimals, c.Decimals, have.Currency)
		}
	}
	return view.Record.Friend, c, nil
}

func (s *service) SetCredit(ctx context.Context, req *connect.Request[appv1.SetCreditRequest]) (*connect.Response[appv1.SetCreditResponse], error) {
	limit, err := parseAmount("limit", req.Msg.GetLimit())
	if err != nil {
		return nil, err
	}
	friend, currency, err := s.credit(ctx, req.Msg.GetFriend(), req.Msg.GetCurrency())
	if err != nil {
		return nil, err
	}
	return do(ctx, s, engine.SetCredit{Friend: friend, Currency: currency, Limit: limit}, &appv1.SetCreditResponse{})
}

func (s *service) SetRate(ctx context.Context, req *connect.Request[appv1.SetRateRequest]) (*connect.Response[appv1.SetRateResponse], error) {
	rate, err := parseRate(req.Msg.GetRate())
	if err != nil {
		return nil, err
	}
	friend, currency, err := s.credit(ctx, req.Msg.GetFriend(), req.Msg.GetCurrency())
	if err != nil {
		return nil, err
	}
	return do(ctx, s, engine.SetRate{Friend: friend, Currency: currency, Rate: rate}, &appv1.SetRateResponse{})
}

func (s *service) SetOpen(ctx context.Context, req *connect.Request[appv1.SetOpenRequest]) (*connect.Response[appv1.SetOpenResponse], error) {
	friend, currency, err := s.credit(ctx, req.Msg.GetFriend(), req.Msg.GetCurrency())
	if err != nil {
		return nil, err
	}
	return do(ctx, s, engine.SetOpen{Friend: friend, Currency: currency, Open: req.Msg.GetOpen()}, &appv1.SetOpenResponse{})
}
