package apiclient

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"connectrpc.com/connect"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/offset-p2p/offset/node/api"
	"github.com/offset-p2p/offset/node/api/pb/offset/app/v1/appv1connect"
	"github.com/offset-p2p/offset/p2p"
	"github.com/offset-p2p/offset/p2p/identity"
	"github.com/offset-p2p/offset/p2p/rpc"
)

// Options say which node to call and as whom: either Socket, or Node with
// Identity or Host.
type Options struct {
	// Socket is the path of the unix socket in the node's data directory,
	// named api.SocketName there.
	Socket string

	// Node is the node's ticket, addresses through relays included.
	Node peer.AddrInfo
	// Relays are tried as well: the node may have a place on them although
	// its ticket does not say so.
	Relays []peer.AddrInfo
	// Identity is the application's key, which the node's owner has listed.
	Identity *identity.Identity
	// Host is used instead of an own host with Identity, and not closed.
	Host host.Host
}

// Client calls one node. It is safe for concurrent use.
type Client struct {
	rpc  appv1connect.NodeServiceClient
	http *http.Client
	host *p2p.Host // nil when there is none of our own
	app  string    // our peer ID; empty on a socket
}

// Dial connects to a node. It fails with an *Error of code Unreachable when
// nothing answers there; whether the application is listed shows in the first
// call. The context bounds the dialling only. Close the client after use.
func Dial(ctx context.Context, opts Options) (*Client, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	switch {
	case opts.Socket != "" && opts.Node.ID == "":
		return dialSocket(ctx, opts.Socket)
	case opts.Socket == "" && opts.Node.ID != "" && opts.Host != nil:
		return dialHost(ctx, opts.Host, opts)
	case opts.Socket == "" && opts.Node.ID != "" && opts.Identity != nil:
		return dialPeer(ctx, opts)
	}
	return nil, errors.New("which node to call is not clear: give either a socket, or a node's ticket with a key")
}

func dialSocket(ctx context.Context, path string) (*Client, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, &Error{
			Code: Unreachable, Reason: reasonNoNode, err: err,
			Text: fmt.Sprintf("no node answers on %s: is stnode running with this data directory?", path),
		}
	}
	_ = conn.Close() // It only showed that somebody listens.
	return newClient(rpc.UnixClient(path)), nil
}

func dialPeer(ctx context.Context, opts Options) (*Client, error) {
	cfg := p2p.DefaultConfig()
	cfg.Identity = opts.Identity
	h, err := p2p.New(cfg)
	if err != nil {
		return nil, err
	}
	c, err := dialHost(ctx, h, opts)
	if err != nil {
		_ = h.Close()
		return nil, err
	}
	c.host = h
	return c, nil
}

func dialHost(ctx context.Context, h host.Host, opts Options) (*Client, error) {
	target := peer.AddrInfo{ID: opts.Node.ID, Addrs: append(circuits(opts.Relays), opts.Node.Addrs...)}
	// Kept for good: a call after a break must find the way again.
	h.Peerstore().AddAddrs(target.ID, target.Addrs, peerstore.PermanentAddrTTL)
	if err := h.Connect(p2p.AllowRelayed(ctx, "application"), target); err != nil {
		return nil, &Error{
			Code: Unreachable, Reason: reasonNoNode, err: err,
			Text: fmt.Sprintf("node %s cannot be reached: is it running, and is its ticket still right?", target.ID),
		}
	}
	c := newClient(rpc.HTTPClient(h, target.ID, api.Protocol))
	c.app = h.ID().String()
	return c, nil
}

// circuits are the addresses that go through relays.
func circuits(relays []peer.AddrInfo) []ma.Multiaddr {
	var out []ma.Multiaddr
	for _, r := range relays {
		addrs, err := peer.AddrInfoToP2pAddrs(&r)
		if err != nil {
			continue // A relay without a name is no relay.
		}
		for _, a := range addrs {
			out = append(out, a.Encapsulate(ma.StringCast("/p2p-circuit")))
		}
	}
	return out
}

func newClient(h *http.Client) *Client {
	return &Client{
		http: h,
		rpc:  appv1connect.NewNodeServiceClient(h, rpc.BaseURL, connect.WithReadMaxBytes(responseBytesMax)),
	}
}

// Close ends the connection. Calls that still run fail.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	if c.host != nil {
		return c.host.Close()
	}
	return nil
}
