package apiclient

import (
	"context"

	"connectrpc.com/connect"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
)

// App is an application that the node's owner has listed.
type App struct {
	Peer        ledger.NodeID    `json:"peer"`
	Name        string           `json:"name"`
	Permissions []api.Permission `json:"permissions"`
}

// Apps lists the applications.
func (c *Client) Apps(ctx context.Context) ([]App, error) {
	res, err := c.rpc.ListApps(ctx, connect.NewRequest(&appv1.ListAppsRequest{}))
	if err != nil {
		return nil, c.fail(err)
	}
	return convert(res.Msg.GetApps(), (*decoder).app)
}

// AddApp lists an application, or replaces its name and permissions.
func (c *Client) AddApp(ctx context.Context, app App) error {
	msg := &appv1.AddAppRequest{PeerId: app.Peer.String(), Name: app.Name}
	for _, p := range app.Permissions {
		msg.Permissions = append(msg.Permissions, string(p))
	}
	_, err := c.rpc.AddApp(ctx, connect.NewRequest(msg))
	return c.fail(err)
}

// RemoveApp takes all permissions from an application, named by its peer ID or
// name.
func (c *Client) RemoveApp(ctx context.Context, app string) error {
	_, err := c.rpc.RemoveApp(ctx, connect.NewRequest(&appv1.RemoveAppRequest{App: app}))
	return c.fail(err)
}
