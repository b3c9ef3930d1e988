package apiserver

import (
	"context"

	"connectrpc.com/connect"

	"github.com/offset-p2p/offset/node/api/pb/offset/app/v1/appv1connect"
	"github.com/offset-p2p/offset/node/engine"
	"github.com/offset-p2p/offset/p2p/rpc"

	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
)

// service has the procedures of the interface. It is apart from Server so that
// they are not in the API of this package.
type service struct{ *Server }

var _ appv1connect.NodeServiceHandler = (*service)(nil)

// do runs a command whose reply holds nothing of interest and answers with an
// empty message.
func do[T any](ctx context.Context, s *service, action engine.Action, answer *T) (*connect.Response[T], error) {
	if _, err := s.backend.Do(ctx, action); err != nil {
		return nil, err
	}
	return connect.NewResponse(answer), nil
}

func (s *service) Info(ctx context.Context, _ *connect.Request[appv1.InfoRequest]) (*connect.Response[appv1.InfoResponse], error) {
	self := s.backend.Self()
	caller, _ := rpc.CallerFrom(ctx)
	return connect.NewResponse(&appv1.InfoResponse{
		NodeId: self.Node.String(), Version: self.Version, Tickets: self.Tickets,
		Permissions: s.permissionsOf(ctx), AppId: caller.Peer.String(),
	}), nil
}
