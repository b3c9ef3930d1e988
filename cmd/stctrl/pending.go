package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/apiclient"
)

func (c *cli) friendsPending() *cobra.Command {
	return &cobra.Command{
		Use: "pending FRIEND", Short: "List what payments have frozen with a friend", Args: exactly(1),
		Example: "  stctrl friends pending bob\n  stctrl friends pending bob --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
				pending, err := client.Pending(ctx, args[0])
				if err != nil {
					return err
				}
				return c.show(pending, func(t *table) {
					if len(pending) == 0 {
						t.line("nothing is frozen with %s", args[0])
						return
					}
					t.row("DIRECTION", "AMOUNT", "WHAT", "HOLD", "PART")
					for _, p := range pending {
						t.row(directionWord(p), p.Currency.Format(p.Amount), pendingWord(p), p.Hold.String(), p.PartLock.String())
					}
				})
			})
		},
	}
}

func directionWord(p apiclient.Pending) string {
	if p.Outgoing {
		return "to"
	}
	return "from"
}

// pendingWord says whose payment a request is part of.
func pendingWord(p apiclient.Pending) string {
	word := "passed on"
	switch {
	case p.Own && p.Outgoing:
		word = "own payment"
	case p.Own:
		word = "own invoice"
	}
	if p.Withdrawn {
		word += ", asked back"
	}
	return word
}

func (c *cli) friendsWriteOff() *cobra.Command {
	mayLose := false
	cmd := &cobra.Command{
		Use: "write-off FRIEND PART", Short: "Stop waiting for a request that a friend does not answer", Args: exactly(2),
		Long: "A friend that stays away keeps the requests that you sent it frozen. Writing one off gives a\n" +
			"payment that you passed on back to where it came from, and ends a part of your own with its\n" +
			"outcome unknown. Should the friend come back and collect, the loss is yours: the amount is shown\n" +
			"and --may-lose is asked for. PART is as in stctrl friends pending.",
		Example: "  stctrl friends write-off bob 5f3c… --may-lose",
	}
	cmd.Flags().BoolVar(&mayLose, "may-lose", false, "write it off although its amount may be lost")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var part ledger.Lock
		if err := part.UnmarshalText([]byte(args[1])); err != nil {
			return badInput("%.80q is not the lock of a part, 64 hexadecimal digits", args[1])
		}
		return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
			if err := client.WriteOff(ctx, args[0], part, mayLose); err != nil {
				return err
			}
			return c.done("nothing waits for %s any more", args[1])
		})
	}
	return cmd
}
