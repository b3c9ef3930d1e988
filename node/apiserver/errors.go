package apiserver

import (
	"context"
	"errors"
	"fmt"

	"connectrpc.com/connect"

	"github.com/offset-p2p/offset/node/api"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
	"github.com/offset-p2p/offset/node/engine"
)

// refuse makes an error of the interface. The text is for people and says what
// to do next.
func refuse(code connect.Code, reason, format string, args ...any) *connect.Error {
	err := connect.NewError(code, fmt.Errorf(format, args...))
	if d, bad := connect.NewErrorDetail(&appv1.Reason{Reason: reason}); bad == nil {
		err.AddDetail(d)
	}
	return err
}

// invalid refuses a request that can never be right.
func invalid(reason, format string, args ...any) *connect.Error {
	return refuse(connect.CodeInvalidArgument, reason, format, args...)
}

func notFound(reason, format string, args ...any) *connect.Error {
	return refuse(connect.CodeNotFound, reason, format, args...)
}

func errInternal() *connect.Error {
	return refuse(connect.CodeInternal, api.ReasonInternal, "the node is in trouble: its log says more")
}

// explain is the one place where errors become answers. What we refuse on
// purpose passes, the engine's refusals are translated, and anything else is
// our own trouble: logged, and not told to applications.
func (s *Server) explain(ctx context.Context, procedure string, err error) error {
	if e, ok := errors.AsType[*connect.Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*engine.CommandError](err); ok {
		return refuse(connectCode(e.Code), e.Reason, "%s", e.Text)
	}
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return refuse(connect.CodeDeadlineExceeded, api.ReasonTimeout, "the time of the call is over: whether it was done is not known")
	case ctx.Err() != nil:
		return refuse(connect.CodeCanceled, api.ReasonCancelled, "the call was given up: whether it was done is not known")
	}
	s.log.Error("application call went wrong", "procedure", procedure, "err", err)
	return errInternal()
}

func connectCode(c engine.Code) connect.Code {
	switch c {
	case engine.Invalid:
		return connect.CodeInvalidArgument
	case engine.NotFound:
		return connect.CodeNotFound
	case engine.Exists:
		return connect.CodeAlreadyExists
	case engine.Precondition:
		return connect.CodeFailedPrecondition
	case engine.Exhausted:
		return connect.CodeResourceExhausted
	default:
		return connect.CodeInternal
	}
}
