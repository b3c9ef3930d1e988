package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/node/apiclient"
)

func (c *cli) friends() *cobra.Command {
	g := group("friends", "Add, list and change friends",
		"A friend is another node with whom this node keeps credit. Both must add each other. FRIEND\n"+
			"is a friend's name, its peer ID, or a beginning of either that fits no other friend.")
	g.Example = "  stctrl friends add bob @bob.ticket\n  stctrl friends list"
	mayLose := false
	remove := &cobra.Command{
		Use: "remove FRIEND", Short: "Forget a friend and the ledger with it", Args: exactly(1),
		RunE: c.doing("%s is no longer a friend", func(ctx context.Context, client *apiclient.Client, args []string) error {
			return client.RemoveFriend(ctx, args[0], mayLose)
		}),
	}
	remove.Flags().BoolVar(&mayLose, "may-lose", false, "remove it although balances or pending requests may be lost")
	g.AddCommand(
		c.friendsList(), c.friendsShow(), c.friendsAdd(), c.friendsStatement(), c.friendsTerms(), c.friendsAccept(), c.friendsEvidence(), c.friendsQuota(), c.friendsPending(), c.friendsWriteOff(), remove,
		&cobra.Command{
			Use: "rename FRIEND NAME", Short: "Give a friend another name", Args: exactly(2),
			RunE: c.doing("%s is now called %s", func(ctx context.Context, client *apiclient.Client, args []string) error {
				return client.RenameFriend(ctx, args[0], args[1])
			}),
		},
		&cobra.Command{
			Use: "enable FRIEND", Short: "Let requests to and from a friend through", Args: exactly(1),
			RunE: c.doing("%s is enabled", func(ctx context.Context, client *apiclient.Client, args []string) error {
				return client.EnableFriend(ctx, args[0], true)
			}),
		},
		&cobra.Command{
			Use: "disable FRIEND", Short: "Stop new requests to and from a friend", Args: exactly(1),
			RunE: c.doing("%s is disabled", func(ctx context.Context, client *apiclient.Client, args []string) error {
				return client.EnableFriend(ctx, args[0], false)
			}),
		},
		&cobra.Command{
			Use: "tickets FRIEND TICKET...", Short: "Replace how a friend is reached", Args: atLeast(2),
			RunE: func(cmd *cobra.Command, args []string) error {
				tickets, err := c.tickets(args[1:])
				if err != nil {
					return err
				}
				return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
					if err := client.SetFriendTickets(ctx, args[0], tickets...); err != nil {
						return err
					}
					return c.done("%s is reached by %d tickets", args[0], len(tickets))
				})
			},
		},
	)
	return g
}

// doing makes the run of a command that only does something; said is printed
// with the arguments when it is done.
func (c *cli) doing(said string, do func(context.Context, *apiclient.Client, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
			if err := do(ctx, client, args); err != nil {
				return err
			}
			words := make([]any, 0, len(args))
			for _, a := range args {
				words = append(words, a)
			}
			return c.done(said, words...)
		})
	}
}

func (c *cli) friendsAdd() *cobra.Command {
	return &cobra.Command{
		Use: "add NAME TICKET...", Short: "Add a friend by its tickets", Args: atLeast(2),
		Example: "  stctrl friends add bob /dns4/relay.example.org/udp/4001/quic-v1/p2p/RELAY/p2p-circuit/p2p/BOB\n" +
			"  stctrl friends add bob @bob.ticket",
		RunE: func(cmd *cobra.Command, args []string) error {
			tickets, err := c.tickets(args[1:])
			if err != nil {
				return err
			}
			return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
				id, err := client.AddFriend(ctx, args[0], tickets...)
				if err != nil {
					return err
				}
				return c.show(map[string]string{"name": args[0], "node": id.String()}, func(t *table) {
					t.line("%s is added: %v", args[0], id)
					t.line("next: it adds this node too (stctrl ticket), and both give credit: stctrl credit set %s CURRENCY LIMIT", args[0])
				})
			})
		},
	}
}

func (c *cli) friendsList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List all friends", Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
				friends, err := client.Friends(ctx)
				if err != nil {
					return err
				}
				return c.show(friends, func(t *table) {
					if len(friends) == 0 {
						t.line("no friends yet: add one with stctrl friends add NAME TICKET")
						return
					}
					t.row("NAME", "NODE", "LINK", "PATH", "LEDGER", "CURRENCIES")
					for _, f := range friends {
						t.row(f.Name, "…"+f.Node.Short(), linkWord(f), pathWord(f.Link), ledgerWord(&f), strconv.Itoa(len(f.Currencies)))
					}
					for _, f := range friends {
						if needsDecision(&f) {
							t.line("! you and %s do not agree about your ledger, and you can decide: stctrl friends terms %s", f.Name, quotedName(f.Name))
						}
					}
				})
			})
		},
	}
}

func (c *cli) friendsShow() *cobra.Command {
	return &cobra.Command{
		Use: "show FRIEND", Short: "Show one friend with its credit", Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
				f, err := client.Friend(ctx, args[0])
				if err != nil {
					return err
				}
				return c.show(f, func(t *table) {
					t.row("name", f.Name)
					t.row("node", f.Node.String())
					t.row("added", when(f.Added))
					t.row("link", linkWord(f))
					t.row("path", pathWord(f.Link))
					t.row("address", dash(f.Link.Address))
					t.row("ledger", ledgerWord(&f)+", epoch "+strconv.FormatUint(f.Epoch, 10))
					if needsDecision(&f) {
						t.row("to decide", "stctrl friends terms "+quotedName(f.Name))
					}
					t.row("quota", fmt.Sprintf("%d %% of what another friendship can carry", f.Quota))
					for _, ticket := range f.Tickets {
						t.row("ticket", ticket)
					}
					t.line("")
					creditTable(t, []apiclient.Friend{f})
				})
			})
		},
	}
}

// ledgerWord is the state of a ledger, with a mark when its user has to decide.
func ledgerWord(f *apiclient.Friend) string {
	if needsDecision(f) {
		return "! " + dash(f.Status)
	}
	return dash(f.Status)
}

func (c *cli) friendsQuota() *cobra.Command {
	return &cobra.Command{
		Use: "quota FRIEND PERCENT", Short: "Say how much of your other credit a friend's payments may freeze", Args: exactly(2),
		Long: "Payments that come from a friend and that you pass on freeze credit with your other friends\n" +
			"until they end. The quota bounds that, in percent of what each other friendship can carry; 50\n" +
			"unless you say otherwise. Payments that take longer than a minute have lower bounds of their own.",
		Example: "  stctrl friends quota bob 100\n  stctrl friends quota bob default",
		RunE: func(cmd *cobra.Command, args []string) error {
			percent := 0
			if args[1] != "default" {
				var err error
				if percent, err = strconv.Atoi(strings.TrimSuffix(args[1], "%")); err != nil || percent < 1 || percent > 100 {
					return badInput("quota %.20q is not a percentage from 1 to 100, nor default", args[1])
				}
			}
			return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
				if err := client.SetQuota(ctx, args[0], percent); err != nil {
					return err
				}
				return c.done("the quota of %s is set: %s", args[0], args[1])
			})
		},
	}
}

// linkWord says in one word whether payments can go to and from a friend.
func linkWord(f apiclient.Friend) string {
	switch {
	case !f.Enabled:
		return "disabled"
	case f.Link.Ready:
		return "ready"
	case f.Link.Connected:
		return "connected"
	default:
		return "offline"
	}
}

func pathWord(l apiclient.Link) string {
	switch {
	case !l.Connected:
		return "-"
	case l.Relayed:
		return "relayed"
	default:
		return "direct"
	}
}
