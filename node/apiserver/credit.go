package apiserver

import (
	"context"

	"connectrpc.com/connect"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
	"github.com/offset-p2p/offset/node/engine"
)

// credit finds the friend and reads the currency of a request.
func (s *service) credit(ctx context.Context, ref string, m *appv1.Currency) (ledger.NodeID, ledger.Currency, error) {
	c, err := parseCurrency(m)
	if err != nil {
		return ledger.NodeID{}, ledger.Currency{}, err
	}
	view, err := s.friend(ctx, ref)
	return view.Record.Friend, c, err
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

func (s *service) SetQuota(ctx context.Context, req *connect.Request[appv1.SetQuotaRequest]) (*connect.Response[appv1.SetQuotaResponse], error) {
	if req.Msg.GetPercent() > 100 {
		return nil, invalid(api.ReasonQuota, "quota of %d %% is out of range: choose from 1 to 100, or 0 for the default", req.Msg.GetPercent())
	}
	view, err := s.friend(ctx, req.Msg.GetFriend())
	if err != nil {
		return nil, err
	}
	return do(ctx, s, engine.SetQuota{Friend: view.Record.Friend, Percent: int(req.Msg.GetPercent())}, &appv1.SetQuotaResponse{})
}

// quotaPB is a friend's quota, 0 being the default.
func quotaPB(percent uint8) uint32 {
	if percent == 0 {
		return engine.QuotaShortOfOne
	}
	return uint32(percent)
}
