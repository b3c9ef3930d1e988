package apiclient

import (
	"context"
	"time"

	"connectrpc.com/connect"
	"github.com/libp2p/go-libp2p/core/peer"

	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
)

// Relay is a configured relay with its state.
type Relay struct {
	Peer     peer.ID   `json:"peer"`
	Tickets  []string  `json:"tickets"`
	Reserved bool      `json:"reserved"` // friends can come through it
	Expires  time.Time `json:"expires,omitzero"`
	Error    string    `json:"error,omitempty"` // why there is no reservation
}

// IndexServer is a configured index server with its state.
type IndexServer struct {
	Peer      peer.ID  `json:"peer"`
	Tickets   []string `json:"tickets"`
	Connected bool     `json:"connected"`
	Error     string   `json:"error,omitempty"` // why not
}

// Network is how a node is attached.
type Network struct {
	Relays       []Relay       `json:"relays"`
	IndexServers []IndexServer `json:"index_servers"`
}

// Relays lists the configured relays.
func (c *Client) Relays(ctx context.Context) ([]Relay, error) {
	res, err := c.rpc.ListRelays(ctx, connect.NewRequest(&appv1.ListRelaysRequest{}))
	if err != nil {
		return nil, c.fail(err)
	}
	return convert(res.Msg.GetRelays(), (*decoder).relay)
}

// AddRelays adds relays by their tickets.
func (c *Client) AddRelays(ctx context.Context, tickets ...string) error {
	_, err := c.rpc.AddRelays(ctx, connect.NewRequest(&appv1.AddRelaysRequest{Tickets: tickets}))
	return c.fail(err)
}

// RemoveRelay removes a relay by its peer ID or ticket.
func (c *Client) RemoveRelay(ctx context.Context, relay string) error {
	_, err := c.rpc.RemoveRelay(ctx, connect.NewRequest(&appv1.RemoveRelayRequest{Relay: relay}))
	return c.fail(err)
}

// SetRelays replaces all relays; none are allowed.
func (c *Client) SetRelays(ctx context.Context, tickets ...string) error {
	_, err := c.rpc.SetRelays(ctx, connect.NewRequest(&appv1.SetRelaysRequest{Tickets: tickets}))
	return c.fail(err)
}

// IndexServers lists the configured index servers.
func (c *Client) IndexServers(ctx context.Context) ([]IndexServer, error) {
	res, err := c.rpc.ListIndexServers(ctx, connect.NewRequest(&appv1.ListIndexServersRequest{}))
	if err != nil {
		return nil, c.fail(err)
	}
	return convert(res.Msg.GetServers(), (*decoder).indexServer)
}

// AddIndexServers adds index servers by their tickets.
func (c *Client) AddIndexServers(ctx context.Context, tickets ...string) error {
	_, err := c.rpc.AddIndexServers(ctx, connect.NewRequest(&appv1.AddIndexServersRequest{Tickets: tickets}))
	return c.fail(err)
}

// RemoveIndexServer removes an index server by its peer ID or ticket.
func (c *Client) RemoveIndexServer(ctx context.Context, server string) error {
	_, err := c.rpc.RemoveIndexServer(ctx, connect.NewRequest(&appv1.RemoveIndexServerRequest{Server: server}))
	return c.fail(err)
}

// SetIndexServers replaces all index servers; none are allowed.
func (c *Client) SetIndexServers(ctx context.Context, tickets ...string) error {
	_, err := c.rpc.SetIndexServers(ctx, connect.NewRequest(&appv1.SetIndexServersRequest{Tickets: tickets}))
	return c.fail(err)
}
