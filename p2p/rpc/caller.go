package rpc

import (
	"context"
	"net"

	"github.com/libp2p/go-libp2p/core/peer"
)

// Caller says who made a request.
type Caller struct {
	// Peer is the authenticated peer ID of a remote caller; empty for a
	// local one.
	Peer peer.ID

	// Local is true for a caller on the unix socket: a user of this machine
	// who may open the socket file.
	Local bool
}

type callerKey struct{}

// CallerFrom returns who made the request that ctx belongs to; false when ctx
// does not come from a listener of this package, and such a request must be
// refused.
func CallerFrom(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(Caller)
	return c, ok
}

// WithCaller returns a context that says who calls. Servers of this package do
// it for every connection; it is exported for tests of handlers.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// connCaller records the caller of a new connection. A connection of a kind
// that is not known gets none.
func connCaller(ctx context.Context, c net.Conn) context.Context {
	switch c := c.(type) {
	case *peerConn:
		return WithCaller(ctx, Caller{Peer: c.peer})
	case *net.UnixConn:
		return WithCaller(ctx, Caller{Local: true})
	}
	return ctx
}
