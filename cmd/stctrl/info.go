package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/node/apiclient"
)

func (c *cli) infoCommand() *cobra.Command {
	return &cobra.Command{
		Use: "info", Short: "Show who the node is and how it is attached", Args: exactly(0),
		Example: "  stctrl info\n  stctrl info --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
				info, err := client.Info(ctx)
				if err != nil {
					return err
				}
				return c.show(info, func(t *table) {
					t.row("node", info.Node.String())
					t.row("version", info.Version)
					for _, ticket := range info.Tickets {
						t.row("ticket", ticket)
					}
					if len(info.Tickets) == 0 {
						t.row("ticket", "none: nobody can reach this node; add a relay with stctrl relays add")
					}
					perms := make([]string, 0, len(info.Permissions))
					for _, p := range info.Permissions {
						perms = append(perms, string(p))
					}
					t.row("you may", strings.Join(perms, ", "))
					if info.App != "" {
						t.row("you are", info.App)
					}
				})
			})
		},
	}
}

func (c *cli) ticketCommand() *cobra.Command {
	return &cobra.Command{
		Use: "ticket", Short: "Print how others reach this node, to give to a friend", Args: exactly(0),
		Long:    "Print the node's tickets, one per line: give them all to a friend, who adds them with\nstctrl friends add.",
		Example: "  stctrl ticket > alice.ticket",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
				info, err := client.Info(ctx)
				if err != nil {
					return err
				}
				if len(info.Tickets) == 0 {
					return &failure{code: exitRefused, reason: "no_ticket", err: errNoTicket}
				}
				return c.show(info.Tickets, func(t *table) {
					for _, ticket := range info.Tickets {
						t.line("%s", ticket)
					}
				})
			})
		},
	}
}
