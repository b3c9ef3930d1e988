package apiserver

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"connectrpc.com/connect"

	"github.com/offset-p2p/offset/ledger"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
	"github.com/offset-p2p/offset/node/engine"
)

func (s *service) ListIncome(ctx context.Context, _ *connect.Request[appv1.ListIncomeRequest]) (*connect.Response[appv1.ListIncomeResponse], error) {
	records, err := s.backend.Income(ctx)
	if err != nil {
		return nil, err
	}
	views, err := s.friends(ctx)
	if err != nil {
		return nil, err
	}
	names := make(map[ledger.NodeID]string, len(views))
	for i := range views {
		names[views[i].Record.Friend] = views[i].Record.Name
	}
	records = slices.Clone(records)
	slices.SortFunc(records, func(a, b engine.IncomeRecord) int {
		return cmp.Or(cmp.Compare(names[a.From], names[b.From]), bytes.Compare(a.From[:], b.From[:]),
			cmp.Compare(a.Currency.Name, b.Currency.Name), cmp.Compare(a.Currency.Decimals, b.Currency.Decimals))
	})
	out := &appv1.ListIncomeResponse{}
	for i := range records {
		r := &records[i]
		out.Income = append(out.Income, &appv1.Income{
			NodeId: r.From.String(), Name: names[r.From], Currency: currencyPB(r.Currency), Count: r.Count,
			Forwarded: r.Forwarded.String(), Earned: r.Earned.String(), Last: timePB(r.Last),
		})
	}
	return connect.NewResponse(out), nil
}
