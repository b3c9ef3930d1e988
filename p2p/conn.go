package p2p

import (
	"context"

	"github.com/libp2p/go-libp2p/core/network"
	ma "github.com/multiformats/go-multiaddr"
)

// Relayed says whether a connection runs through a relay. The limits of a
// connection do not tell: a relay without limits makes connections that look
// like direct ones.
func Relayed(c network.Conn) bool {
	return isCircuit(c.RemoteMultiaddr())
}

func isCircuit(a ma.Multiaddr) bool {
	_, err := a.ValueForProtocol(ma.P_CIRCUIT)
	return err == nil
}

// AllowRelayed returns a context with which a stream may be opened over a
// connection that a relay limits in time or data; without it, opening waits
// for a direct connection until the context ends. The reason appears in logs
// of libp2p.
func AllowRelayed(ctx context.Context, reason string) context.Context {
	return network.WithAllowLimitedConn(ctx, reason)
}
