package apiserver

import (
	"context"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
	"github.com/offset-p2p/offset/node/engine"
)

func (s *service) ListPending(ctx context.Context, req *connect.Request[appv1.ListPendingRequest]) (*connect.Response[appv1.ListPendingResponse], error) {
	view, err := s.friend(ctx, req.Msg.GetFriend())
	if err != nil {
		return nil, err
	}
	pending, err := s.backend.Pending(ctx, view.Record.Friend)
	if err != nil {
		return nil, err
	}
	out := &appv1.ListPendingResponse{}
	for i := range pending {
		p := &pending[i]
		out.Requests = append(out.Requests, &appv1.PendingRequest{
			PartLock: p.PartLock.String(), Currency: currencyPB(p.Currency), Amount: p.Amount.String(), Hold: durationpb.New(p.Hold),
			Outgoing: p.Outgoing, Own: p.Own, Withdrawn: p.Withdrawn,
		})
	}
	return connect.NewResponse(out), nil
}

func (s *service) WriteOff(ctx context.Context, req *connect.Request[appv1.WriteOffRequest]) (*connect.Response[appv1.WriteOffResponse], error) {
	var lock ledger.Lock
	if err := lock.UnmarshalText([]byte(req.Msg.GetPartLock())); err != nil {
		return nil, invalid(api.ReasonID, "%.80q is not the lock of a part, 64 hexadecimal digits", req.Msg.GetPartLock())
	}
	view, err := s.friend(ctx, req.Msg.GetFriend())
	if err != nil {
		return nil, err
	}
	return do(ctx, s, engine.WriteOff{Friend: view.Record.Friend, PartLock: lock, MayLose: req.Msg.GetMayLose()}, &appv1.WriteOffResponse{})
}
