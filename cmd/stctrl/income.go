package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/node/apiclient"
)

func (c *cli) creditIncome() *cobra.Command {
	return &cobra.Command{
		Use: "income", Short: "Show what forwarding payments has earned you", Args: exactly(0),
		Long: "Show what you have earned by passing on payments between your friends, by the friend from whom\n" +
			"they came, whose rate they paid, and by currency, since the node was made.",
		Example: "  stctrl credit income\n  stctrl credit income --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
				income, err := client.Income(ctx)
				if err != nil {
					return err
				}
				return c.show(income, func(t *table) {
					if len(income) == 0 {
						t.line("nothing was forwarded yet")
						return
					}
					t.row("FROM", "CURRENCY", "EARNED", "FORWARDED", "PARTS", "LAST")
					for _, i := range income {
						name := i.Name
						if name == "" {
							name = "…" + i.Node.Short()
						}
						t.row(name, i.Currency.String(), i.Currency.Format(i.Earned), i.Currency.Format(i.Forwarded), fmt.Sprint(i.Count), when(i.Last))
					}
				})
			})
		},
	}
}
