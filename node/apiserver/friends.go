package apiserver

import (
	"context"

	"connectrpc.com/connect"

	"github.com/offset-p2p/offset/node/api"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
	"github.com/offset-p2p/offset/node/engine"
)

func (s *service) ListFriends(ctx context.Context, _ *connect.Request[appv1.ListFriendsRequest]) (*connect.Response[appv1.ListFriendsResponse], error) {
	views, err := s.friends(ctx)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&appv1.ListFriendsResponse{Friends: s.friendsPB(views)}), nil
}

func (s *service) GetFriend(ctx context.Context, req *connect.Request[appv1.GetFriendRequest]) (*connect.Response[appv1.GetFriendResponse], error) {
	view, err := s.friend(ctx, req.Msg.GetFriend())
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&appv1.GetFriendResponse{Friend: s.friendPB(&view)}), nil
}

func (s *service) GetStatement(ctx context.Context, req *connect.Request[appv1.GetStatementRequest]) (*connect.Response[appv1.GetStatementResponse], error) {
	view, err := s.friend(ctx, req.Msg.GetFriend())
	if err != nil {
		return nil, err
	}
	text, err := s.backend.Statement(ctx, view.Record.Friend)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&appv1.GetStatementResponse{Text: text}), nil
}

func (s *service) AddFriend(ctx context.Context, req *connect.Request[appv1.AddFriendRequest]) (*connect.Response[appv1.AddFriendResponse], error) {
	id, tickets, err := s.parseFriend(req.Msg.GetTickets())
	if err != nil {
		return nil, err
	}
	if err := checkName("friend's name", req.Msg.GetName()); err != nil {
		return nil, err
	}
	return do(ctx, s, engine.AddFriend{Friend: id, Name: req.Msg.GetName(), Addresses: tickets},
		&appv1.AddFriendResponse{NodeId: id.String()})
}

func (s *service) EditFriend(ctx context.Context, req *connect.Request[appv1.EditFriendRequest]) (*connect.Response[appv1.EditFriendResponse], error) {
	msg := req.Msg
	if msg.Name == nil && msg.Enabled == nil && len(msg.GetTickets()) == 0 {
		return nil, invalid(api.ReasonNothingToChange, "nothing to change: give a name, tickets, or whether the friend is enabled")
	}
	view, err := s.friend(ctx, msg.GetFriend())
	if err != nil {
		return nil, err
	}
	action := engine.EditFriend{Friend: view.Record.Friend, Name: msg.Name, Enabled: msg.Enabled}
	if msg.Name != nil {
		if err := checkName("friend's name", msg.GetName()); err != nil {
			return nil, err
		}
	}
	if len(msg.GetTickets()) > 0 {
		id, tickets, err := s.parseFriend(msg.GetTickets())
		if err != nil {
			return nil, err
		}
		if id != action.Friend {
			return nil, invalid(api.ReasonTicket, "the tickets are of %s, but friend %q is %s: add the other one as a new friend",
				id, view.Record.Name, action.Friend)
		}
		action.Addresses = tickets
	}
	return do(ctx, s, action, &appv1.EditFriendResponse{})
}

func (s *service) RemoveFriend(ctx context.Context, req *connect.Request[appv1.RemoveFriendRequest]) (*connect.Response[appv1.RemoveFriendResponse], error) {
	view, err := s.friend(ctx, req.Msg.GetFriend())
	if err != nil {
		return nil, err
	}
	return do(ctx, s, engine.RemoveFriend{Friend: view.Record.Friend, MayLose: req.Msg.GetMayLose()}, &appv1.RemoveFriendResponse{})
}
