package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
	"github.com/offset-p2p/offset/node/apiclient"
)

func (c *cli) apps() *cobra.Command {
	g := group("apps", "The applications that may use this node",
		"An application has a key of its own and may do what it is permitted: read (see friends and\n"+
			"balances), routes, buyer (pay), seller (make invoices), config (change friends and limits),\n"+
			"admin (change this list). None includes another. APP is its name or peer ID.")
	g.Example = "  stctrl apps add phone 12D3KooW… --permissions read,buyer,seller\n  stctrl apps list"
	g.AddCommand(c.appsList(), c.appsAdd(),
		&cobra.Command{
			Use: "remove APP", Short: "Take all permissions from an application", Args: exactly(1),
			RunE: c.doing("%s may do nothing any more", func(ctx context.Context, client *apiclient.Client, args []string) error {
				return client.RemoveApp(ctx, args[0])
			}),
		})
	return g
}

func (c *cli) appsList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the applications", Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
				apps, err := client.Apps(ctx)
				if err != nil {
					return err
				}
				return c.show(apps, func(t *table) {
					if len(apps) == 0 {
						t.line("no applications: only the user of this machine controls this node")
						return
					}
					t.row("NAME", "PERMISSIONS", "KEY")
					for _, app := range apps {
						t.row(app.Name, joined(app.Permissions), app.Peer.String())
					}
				})
			})
		},
	}
}

func (c *cli) appsAdd() *cobra.Command {
	var names []string
	cmd := &cobra.Command{
		Use: "add NAME PEERID", Short: "Let an application use this node", Args: exactly(2),
		Long: "List an application by the peer ID of its key (stctrl ident new, stctrl ident show), or\n" +
			"replace the name and permissions of one that is listed.",
		Example: "  stctrl apps add till 12D3KooW… --permissions seller",
	}
	cmd.Flags().StringSliceVar(&names, "permissions", nil, "what it may do, separated by commas")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		app := apiclient.App{Name: args[0]}
		var err error
		if app.Peer, err = ledger.ParseNodeID(args[1]); err != nil {
			return badInput("%w", err)
		}
		if app.Permissions, err = api.ParsePermissions(names); err != nil {
			return badInput("--permissions: %w", err)
		}
		return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
			if err := client.AddApp(ctx, app); err != nil {
				return err
			}
			return c.done("%s may %s", app.Name, joined(app.Permissions))
		})
	}
	return cmd
}

func joined(perms []api.Permission) string {
	names := make([]string, 0, len(perms))
	for _, p := range perms {
		names = append(names, string(p))
	}
	return strings.Join(names, ", ")
}
