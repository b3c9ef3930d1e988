package apiserver

import (
	"context"
	"fmt"

	"connectrpc.com/connect"

	"github.com/offset-p2p/offset/node/api"
	"github.com/offset-p2p/offset/p2p/rpc"
)

// guard stands before every procedure: it asks who calls and whether it may,
// and turns whatever went wrong into an error of the interface.
type guard struct{ s *Server }

// WrapUnary guards calls with one answer.
func (g guard) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, req connect.AnyRequest) (connect.AnyResponse, error) {
		if err := g.s.mayCall(ctx, req.Spec().Procedure); err != nil {
			return nil, err
		}
		res, err := next(ctx, req)
		if err != nil {
			return nil, g.s.explain(ctx, req.Spec().Procedure, err)
		}
		return res, nil
	}
}

// WrapStreamingClient is for clients, which this is not.
func (g guard) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return next
}

// WrapStreamingHandler guards streams and counts them.
func (g guard) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return func(ctx context.Context, conn connect.StreamingHandlerConn) error {
		procedure := conn.Spec().Procedure
		if err := g.s.mayCall(ctx, procedure); err != nil {
			return err
		}
		caller, _ := rpc.CallerFrom(ctx)
		if !g.s.streams.open(caller) {
			return refuse(connect.CodeResourceExhausted, api.ReasonTooManyStreams,
				"too many streams are open, at most %d of one application: close some", streamsPerCaller)
		}
		defer g.s.streams.close(caller)
		if err := next(ctx, conn); err != nil {
			return g.s.explain(ctx, procedure, err)
		}
		return nil
	}
}

// mayCall refuses a caller that lacks the permission of a procedure.
func (s *Server) mayCall(ctx context.Context, procedure string) error {
	perm, ok := api.PermissionOf(procedure)
	if !ok {
		return refuse(connect.CodePermissionDenied, api.ReasonPermission, "%s is not open to applications", procedure)
	}
	return s.may(ctx, perm)
}

// may refuses a caller that lacks a permission.
func (s *Server) may(ctx context.Context, perm api.Permission) error {
	caller, ok := rpc.CallerFrom(ctx)
	switch {
	case !ok:
		return refuse(connect.CodeUnauthenticated, api.ReasonUnknownCaller, "the caller is not known")
	case caller.Local:
		return nil
	case (*s.apps.Load())[caller.Peer][perm]:
		return nil
	}
	return refuse(connect.CodePermissionDenied, api.ReasonPermission, "%s", fmt.Sprintf(
		"application %s lacks permission %q: the node's owner gives it with stctrl apps add", caller.Peer, perm))
}

// permissionsOf lists what the caller may do.
func (s *Server) permissionsOf(ctx context.Context) []string {
	var names []string
	for _, p := range api.AllPermissions() {
		if s.may(ctx, p) == nil {
			names = append(names, string(p))
		}
	}
	return names
}
