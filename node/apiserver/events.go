package apiserver

import (
	"context"
	"time"

	"connectrpc.com/connect"

	"github.com/offset-p2p/offset/node/api"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
	"github.com/offset-p2p/offset/node/engine"
)

func (s *service) Events(ctx context.Context, req *connect.Request[appv1.EventsRequest], stream *connect.ServerStream[appv1.EventsResponse]) error {
	seen, fresh := req.Msg.GetSeq(), req.Msg.GetInstance() == s.instance
	for {
		events, changed, ok := s.hub.after(seen)
		if !fresh || !ok {
			// The number is taken before the state is read: a change in between
			// is told twice rather than not at all.
			seen, fresh = s.hub.head(), true
			if err := s.sendState(ctx, seen, stream); err != nil {
				return err
			}
			continue
		}
		for _, ev := range events {
			seen = ev.Seq
			if err := s.sendEvent(ctx, ev, stream); err != nil {
				return err
			}
		}
		if len(events) > 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

// message begins a message of the stream, after asking whether the caller still
// may read it.
func (s *service) message(ctx context.Context, seq uint64, at time.Time) (*appv1.EventsResponse, error) {
	if err := s.may(ctx, api.PermRead); err != nil {
		return nil, err
	}
	return &appv1.EventsResponse{Instance: s.instance, Seq: seq, Time: timePB(at)}, nil
}

// sendEvent sends a change, unless it is of a kind that the caller may not see.
func (s *service) sendEvent(ctx context.Context, ev engine.Event, stream *connect.ServerStream[appv1.EventsResponse]) error {
	msg, err := s.message(ctx, ev.Seq, ev.Wall)
	if err != nil {
		return err
	}
	switch {
	case ev.Friend != nil:
		msg.What = &appv1.EventsResponse_Friend{Friend: s.friendPB(ev.Friend)}
	case ev.Removed != nil:
		msg.What = &appv1.EventsResponse_FriendRemoved{FriendRemoved: ev.Removed.String()}
	case ev.Invoice != nil:
		if s.may(ctx, api.PermSeller) != nil {
			return nil
		}
		msg.What = &appv1.EventsResponse_Invoice{Invoice: s.invoicePB(ev.Invoice)}
	case ev.Payment != nil:
		if s.may(ctx, api.PermBuyer) != nil {
			return nil
		}
		msg.What = &appv1.EventsResponse_Payment{Payment: paymentPB(ev.Payment)}
	default:
		network, err := s.network(ctx)
		if err != nil {
			return err
		}
		msg.What = &appv1.EventsResponse_Network{Network: network}
	}
	return stream.Send(msg)
}

// sendState sends all that events are about, as far as the caller may see it.
func (s *service) sendState(ctx context.Context, seq uint64, stream *connect.ServerStream[appv1.EventsResponse]) error {
	msg, err := s.message(ctx, seq, s.now())
	if err != nil {
		return err
	}
	views, err := s.friends(ctx)
	if err != nil {
		return err
	}
	state := &appv1.State{Friends: s.friendsPB(views)}
	if state.Network, err = s.network(ctx); err != nil {
		return err
	}
	if s.may(ctx, api.PermSeller) == nil {
		records, _, err := s.backend.Invoices(ctx, Page{Limit: stateItems}, nil)
		if err != nil {
			return err
		}
		state.Invoices = s.invoicesPB(records)
	}
	if s.may(ctx, api.PermBuyer) == nil {
		records, _, err := s.backend.Payments(ctx, Page{Limit: stateItems}, nil)
		if err != nil {
			return err
		}
		state.Payments = paymentsPB(records)
	}
	msg.What = &appv1.EventsResponse_State{State: state}
	return stream.Send(msg)
}
