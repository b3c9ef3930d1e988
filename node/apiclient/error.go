package apiclient

import (
	"context"
	"errors"

	"connectrpc.com/connect"

	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
)

// Code is the kind of an Error, for programs that branch on it.
type Code uint8

// The codes of an Error. 0 is invalid.
const (
	// Invalid: the request can never be right; nothing was changed.
	Invalid Code = iota + 1
	// NotFound: what the request names does not exist.
	NotFound
	// Exists: what the request makes is there already.
	Exists
	// Precondition: not possible now; the text says what to do first.
	Precondition
	// Exhausted: a limit is reached.
	Exhausted
	// Denied: the application lacks the permission.
	Denied
	// Unreachable: the node does not answer, or went away during the call.
	Unreachable
	// Timeout: the context of the call ended first.
	Timeout
	// Broken: the node is in trouble, or its answer cannot be understood.
	Broken
)

// String names the code as programs print it.
func (c Code) String() string {
	names := [...]string{
		Invalid: "invalid", NotFound: "not_found", Exists: "exists", Precondition: "precondition", Exhausted: "exhausted",
		Denied: "denied", Unreachable: "unreachable", Timeout: "timeout", Broken: "broken",
	}
	if int(c) < len(names) && c > 0 {
		return names[c]
	}
	return "unknown"
}

// Error is what a call to a node fails with.
type Error struct {
	Code   Code
	Reason string // lower_case, stable, e.g. "unknown_friend"
	Text   string // for people; says what to do next where that is known
	err    error
}

// Error returns Text.
func (e *Error) Error() string { return e.Text }

// Unwrap returns what the transport said, or nil.
func (e *Error) Unwrap() error { return e.err }

// Reasons that this package gives itself.
const (
	reasonNoNode    = "no_node"
	reasonNoAnswer  = "no_answer"
	reasonTimeout   = "timeout"
	reasonBadAnswer = "bad_answer"
	reasonInternal  = "internal"
)

// ReasonOf returns the machine-readable reason of a node's error, or "" when
// err does not come from a node.
func ReasonOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	if e, ok := errors.AsType[*connect.Error](err); ok {
		return detail(e)
	}
	return ""
}

// detail finds the Reason among the details of an error.
func detail(e *connect.Error) string {
	for _, d := range e.Details() {
		if v, err := d.Value(); err == nil {
			if r, ok := v.(*appv1.Reason); ok {
				return r.GetReason()
			}
		}
	}
	return ""
}

var codes = map[connect.Code]Code{
	connect.CodeInvalidArgument:    Invalid,
	connect.CodeOutOfRange:         Invalid,
	connect.CodeNotFound:           NotFound,
	connect.CodeAlreadyExists:      Exists,
	connect.CodeFailedPrecondition: Precondition,
	connect.CodeResourceExhausted:  Exhausted,
	connect.CodePermissionDenied:   Denied,
	connect.CodeUnauthenticated:    Denied,
	connect.CodeUnavailable:        Unreachable,
	connect.CodeCanceled:           Timeout,
	connect.CodeDeadlineExceeded:   Timeout,
}

// fail turns what a call returned into an *Error; nil stays nil.
func (c *Client) fail(err error) error {
	if err == nil {
		return nil
	}
	out := &Error{Code: Broken, Reason: reasonInternal, Text: err.Error(), err: err}
	if e, ok := errors.AsType[*connect.Error](err); ok {
		out.Text = e.Message()
		if code, ok := codes[e.Code()]; ok {
			out.Code = code
		}
		if out.Reason = detail(e); out.Reason != "" {
			return out
		}
	}
	return c.withoutReason(out)
}

// withoutReason explains an error that the node did not give a reason for: it
// comes from the way there, or from a program that is no node.
func (c *Client) withoutReason(e *Error) *Error {
	switch {
	case cut(e.err):
		e.Code, e.Reason = Unreachable, reasonNoAnswer
		e.Text = "the node went away in the middle of its answer: whether it did what was asked is not known"
	case errors.Is(e.err, context.DeadlineExceeded), errors.Is(e.err, context.Canceled), e.Code == Timeout:
		e.Code, e.Reason = Timeout, reasonTimeout
		e.Text = "the node did not answer in time: whether it did what was asked is not known"
	case e.Code == Unreachable && c.app != "":
		e.Reason = reasonNoAnswer
		e.Text = "the node closed the connection without a word: is this application's key listed there? " +
			"The node's owner lists it with: stctrl apps add NAME " + c.app + " --permissions read"
	case e.Code == Unreachable:
		e.Reason = reasonNoAnswer
		e.Text = "the node went away during the call: whether it did what was asked is not known"
	default:
		e.Code, e.Reason = Broken, reasonInternal
	}
	return e
}

// cut reports a message of which the end did not come: the library, not the
// node, speaks of an internal error then.
func cut(err error) bool {
	e, ok := errors.AsType[*connect.Error](err)
	return ok && e.Code() == connect.CodeInternal && !connect.IsWireError(err)
}

// broken is the Error for an answer that cannot be understood.
func broken(err error) error {
	return &Error{
		Code: Broken, Reason: reasonBadAnswer, err: err,
		Text: "the node's answer cannot be understood, is it of another version? " + err.Error(),
	}
}
