package apiserver

import (
	"context"

	"connectrpc.com/connect"

	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
)

// answer is a response unless there was an error.
func answer[T any](msg *T, err error) (*connect.Response[T], error) {
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(msg), nil
}

func (s *service) ListRelays(ctx context.Context, _ *connect.Request[appv1.ListRelaysRequest]) (*connect.Response[appv1.ListRelaysResponse], error) {
	relays, err := s.relays(ctx)
	return answer(&appv1.ListRelaysResponse{Relays: relays}, err)
}

func (s *service) AddRelays(ctx context.Context, req *connect.Request[appv1.AddRelaysRequest]) (*connect.Response[appv1.AddRelaysResponse], error) {
	return answer(&appv1.AddRelaysResponse{}, s.add(ctx, relayList, req.Msg.GetTickets()))
}

func (s *service) RemoveRelay(ctx context.Context, req *connect.Request[appv1.RemoveRelayRequest]) (*connect.Response[appv1.RemoveRelayResponse], error) {
	return answer(&appv1.RemoveRelayResponse{}, s.remove(ctx, relayList, req.Msg.GetRelay()))
}

func (s *service) SetRelays(ctx context.Context, req *connect.Request[appv1.SetRelaysRequest]) (*connect.Response[appv1.SetRelaysResponse], error) {
	return answer(&appv1.SetRelaysResponse{}, s.replace(ctx, relayList, req.Msg.GetTickets()))
}

func (s *service) ListIndexServers(ctx context.Context, _ *connect.Request[appv1.ListIndexServersRequest]) (*connect.Response[appv1.ListIndexServersResponse], error) {
	servers, err := s.indexServers(ctx)
	return answer(&appv1.ListIndexServersResponse{Servers: servers}, err)
}

func (s *service) AddIndexServers(ctx context.Context, req *connect.Request[appv1.AddIndexServersRequest]) (*connect.Response[appv1.AddIndexServersResponse], error) {
	return answer(&appv1.AddIndexServersResponse{}, s.add(ctx, indexList, req.Msg.GetTickets()))
}

func (s *service) RemoveIndexServer(ctx context.Context, req *connect.Request[appv1.RemoveIndexServerRequest]) (*connect.Response[appv1.RemoveIndexServerResponse], error) {
	return answer(&appv1.RemoveIndexServerResponse{}, s.remove(ctx, indexList, req.Msg.GetServer()))
}

func (s *service) SetIndexServers(ctx context.Context, req *connect.Request[appv1.SetIndexServersRequest]) (*connect.Response[appv1.SetIndexServersResponse], error) {
	return answer(&appv1.SetIndexServersResponse{}, s.replace(ctx, indexList, req.Msg.GetTickets()))
}
