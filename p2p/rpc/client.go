package rpc

import (
	"context"
	"net"
	"net/http"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// BaseURL is the URL that clients of this package take as the server's: the
// host in it is ignored, the connection decides who answers.
const BaseURL = "http://offset"

// HTTPClient returns a client whose every request goes to this peer on streams
// of this protocol, directly or through a relay. The peer's addresses must be
// in the host's peerstore. All requests share one stream while it lives; after
// it broke the next request opens another. It sets no timeout on requests:
// that is for their contexts. Make one client per peer and keep it;
// CloseIdleConnections ends its stream.
func HTTPClient(h host.Host, to peer.ID, id protocol.ID) *http.Client {
	return newClient(func(ctx context.Context) (net.Conn, error) { return dialPeer(ctx, h, to, id) })
}

// UnixClient returns a client whose every request goes to the server on the
// unix socket at path. Otherwise it is as HTTPClient.
func UnixClient(path string) *http.Client {
	return newClient(func(ctx context.Context) (net.Conn, error) { return dialUnix(ctx, path) })
}

func newClient(dial func(context.Context) (net.Conn, error)) *http.Client {
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	return &http.Client{Transport: &http.Transport{
		DialContext:        func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
		Protocols:          &protocols,
		HTTP2:              &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
		IdleConnTimeout:    idleTimeout,
		DisableCompression: true,
	}}
}
