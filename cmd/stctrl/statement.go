package main

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/node/apiclient"
)

func (c *cli) friendsStatement() *cobra.Command {
	return &cobra.Command{
		Use: "statement FRIEND", Short: "Export a statement of the balances, signed by both", Args: exactly(1),
		Long: "Print a statement of the balances with a friend that both nodes have signed. Anybody verifies\n" +
			"it without a node: stctrl statement verify. It holds what both knew of each other; what was\n" +
			"signed since, and is not acknowledged yet, is not in it.",
		Example: "  stctrl friends statement bob > bob.statement",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
				text, err := client.Statement(ctx, args[0])
				if err != nil {
					return err
				}
				s, err := friendship.ParseStatement(text)
				if err != nil {
					return err
				}
				v, err := s.Verify()
				if err != nil {
					return err
				}
				return c.show(map[string]any{"text": text, "statement": v}, func(t *table) { t.line("%s", text) })
			})
		},
	}
}

func (c *cli) statement() *cobra.Command {
	g := group("statement", "Verify statements of balance, without any node", "")
	newer := ""
	verify := &cobra.Command{
		Use: "verify STATEMENT", Short: "Verify what two friends have signed about their balances", Args: exactly(1),
		Long: "Verify a statement of balance: one friend signed the totals, the other signed an entry that\n" +
			"acknowledges them. It proves what both had signed at that point. It cannot know of later\n" +
			"entries or epochs: whoever has a later statement of the same two gives it with --newer.",
		Example: "  stctrl statement verify @bob.statement\n  stctrl statement verify @old --newer @new",
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := c.statementText(args[0])
			if err != nil {
				return err
			}
			v, err := s.Verify()
			if newer != "" && err == nil {
				var later *friendship.Statement
				if later, err = c.statementText(newer); err != nil {
					return err
				}
				v, err = s.VerifyAgainst(later.Opening)
			}
			if err != nil {
				return badInput("%w", err)
			}
			return c.show(map[string]any{"valid": true, "statement": v}, func(t *table) { statementTable(t, v) })
		},
	}
	verify.Flags().StringVar(&newer, "newer", "", "a statement of the same two nodes that may be of a newer epoch")
	g.AddCommand(verify)
	return g
}

// statementText reads an argument that is a statement; it verifies nothing.
func (c *cli) statementText(arg string) (*friendship.Statement, error) {
	text, err := c.text(arg)
	if err != nil {
		return nil, err
	}
	s, err := friendship.ParseStatement(text)
	if err != nil {
		return nil, badInput("%w", err)
	}
	return s, nil
}

func statementTable(t *table, v *friendship.VerifiedStatement) {
	t.line("valid: both nodes have signed these balances")
	t.row("nodes", v.Low.String())
	t.row("", v.High.String())
	t.row("epoch", strconv.FormatUint(v.Number, 10)+", "+v.Epoch.String())
	t.row("stated by", "…"+v.First.Node.Short()+" in entry "+strconv.FormatUint(v.First.Seq, 10))
	t.row("acknowledged by", "…"+v.Second.Node.Short()+" in entry "+strconv.FormatUint(v.Second.Seq, 10))
	if len(v.Balances) == 0 {
		t.line("no currency was in use: nobody owes anything")
	}
	for _, b := range v.Balances {
		debtor, creditor, owed := v.Owes(b)
		if owed.IsZero() {
			t.line("%s: nobody owes anything", b.Currency.Name)
		} else {
			t.line("…%s owes …%s %s", debtor.Short(), creditor.Short(), b.Currency.Format(owed))
		}
		statedFrozen(t, v.Low, b.Currency, b.FrozenLow)
		statedFrozen(t, v.High, b.Currency, b.FrozenHigh)
	}
}

// statedFrozen says what may still change a balance.
func statedFrozen(t *table, payer ledger.NodeID, c ledger.Currency, a ledger.Amount) {
	if !a.IsZero() {
		t.line("  and %s of …%s's was still pending", c.Format(a), payer.Short())
	}
}
