package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/node/apiclient"
)

func (c *cli) relays() *cobra.Command {
	g := group("relays", "The relays through which others reach this node",
		"A node without a public address is reached through relays, of which it should have two. A\n"+
			"relay sees neither who pays whom nor how much.")
	g.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List the relays with their state", Args: exactly(0),
			RunE: func(cmd *cobra.Command, _ []string) error {
				return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
					relays, err := client.Relays(ctx)
					if err != nil {
						return err
					}
					return c.show(relays, func(t *table) {
						if len(relays) == 0 {
							t.line("no relays: add one with stctrl relays add TICKET")
							return
						}
						t.row("RELAY", "RESERVED", "UNTIL", "TICKETS", "TROUBLE")
						for _, r := range relays {
							t.row(r.Peer.String(), yesNo(r.Reserved), when(r.Expires), ticketCell(r.Tickets), dash(r.Error))
						}
					})
				})
			},
		},
		c.serversAdd("relay", func(ctx context.Context, client *apiclient.Client, tickets []string) error {
			return client.AddRelays(ctx, tickets...)
		}),
		&cobra.Command{
			Use: "remove RELAY", Short: "Remove a relay by its peer ID or ticket", Args: exactly(1),
			RunE: c.doing("%s is no longer a relay of this node", func(ctx context.Context, client *apiclient.Client, args []string) error {
				return client.RemoveRelay(ctx, args[0])
			}),
		},
	)
	return g
}

func (c *cli) index() *cobra.Command {
	g := group("index", "The index servers that find routes",
		"Index servers know who can push how much to whom, as their nodes tell them, and answer with\n"+
			"routes for payments. They see this in clear.")
	g.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List the index servers with their state", Args: exactly(0),
			RunE: func(cmd *cobra.Command, _ []string) error {
				return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
					servers, err := client.IndexServers(ctx)
					if err != nil {
						return err
					}
					return c.show(servers, func(t *table) {
						if len(servers) == 0 {
							t.line("no index servers: add one with stctrl index add TICKET")
							return
						}
						t.row("SERVER", "CONNECTED", "TICKETS", "TROUBLE")
						for _, s := range servers {
							t.row(s.Peer.String(), yesNo(s.Connected), ticketCell(s.Tickets), dash(s.Error))
						}
					})
				})
			},
		},
		c.serversAdd("index server", func(ctx context.Context, client *apiclient.Client, tickets []string) error {
			return client.AddIndexServers(ctx, tickets...)
		}),
		&cobra.Command{
			Use: "remove SERVER", Short: "Remove an index server by its peer ID or ticket", Args: exactly(1),
			RunE: c.doing("%s is no longer an index server of this node", func(ctx context.Context, client *apiclient.Client, args []string) error {
				return client.RemoveIndexServer(ctx, args[0])
			}),
		},
	)
	return g
}

// serversAdd makes the command that adds relays or index servers.
func (c *cli) serversAdd(what string, add func(context.Context, *apiclient.Client, []string) error) *cobra.Command {
	var from []string
	cmd := &cobra.Command{
		Use: "add [TICKET...]", Short: "Add by ticket, or all of a file with --from",
		Example: "  add /dns4/example.org/udp/4001/quic-v1/p2p/12D3KooW…\n  add --from public.txt",
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, file := range from {
				args = append(args, "@"+file)
			}
			if len(args) == 0 {
				return badInput("no %s given: write its ticket, or --from FILE", what)
			}
			tickets, err := c.tickets(args)
			if err != nil {
				return err
			}
			return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
				if err := add(ctx, client, tickets); err != nil {
					return err
				}
				return c.done("%d tickets added", len(tickets))
			})
		},
	}
	cmd.Flags().StringArrayVar(&from, "from", nil, "file of tickets; can be given several times")
	return cmd
}

// ticketCell shows the first of some tickets.
func ticketCell(tickets []string) string {
	switch len(tickets) {
	case 0:
		return "-"
	case 1:
		return tickets[0]
	default:
		return tickets[0] + ", …"
	}
}
