package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/node/apiclient"
)

func (c *cli) sell() *cobra.Command {
	g := group("sell", "Make invoices and see whether they are paid",
		"An invoice is a text: give it to the payer, who pays it once. INVOICE is its id or the text.")
	g.Example = "  stctrl sell create 12.50 EUR --description \"two pizzas\" > invoice.txt\n  stctrl sell list"
	g.AddCommand(c.sellCreate(), c.sellList(), c.sellShow(),
		&cobra.Command{
			Use: "cancel INVOICE", Short: "Stop an unpaid invoice from being paid", Args: exactly(1),
			RunE: func(cmd *cobra.Command, args []string) error {
				ref, err := c.text(args[0])
				if err != nil {
					return err
				}
				return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
					if err := client.CancelInvoice(ctx, ref); err != nil {
						return err
					}
					return c.done("the invoice is cancelled")
				})
			},
		})
	return g
}

func (c *cli) sellCreate() *cobra.Command {
	var req apiclient.InvoiceRequest
	cmd := &cobra.Command{
		Use: "create AMOUNT CURRENCY", Short: "Make an invoice and print its text", Args: exactly(2),
		Example: "  stctrl sell create 12.50 EUR\n  stctrl sell create 3 HOURS/0 --description gardening --expires 168h",
	}
	cmd.Flags().StringVar(&req.Description, "description", "", "what it is for; the payer reads it")
	cmd.Flags().DurationVar(&req.ExpiresIn, "expires", time.Hour, "how long it can be paid")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var err error
		if req.Currency, err = parseCurrency(args[1]); err != nil {
			return err
		}
		if req.Amount, err = parsePositive(req.Currency, args[0]); err != nil {
			return err
		}
		if req.ExpiresIn <= 0 {
			return badInput("--expires must be over 0")
		}
		return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
			inv, err := client.CreateInvoice(ctx, req)
			if err != nil {
				return err
			}
			c.progress("invoice %v over %s, to be paid until %s", inv.ID, inv.Currency.Format(inv.Amount), when(inv.Expires))
			return c.show(inv, func(t *table) { t.line("%s", inv.Text) })
		})
	}
	return cmd
}

func (c *cli) sellList() *cobra.Command {
	var limit int
	var f filter
	states := []string{
		string(apiclient.InvoiceOpen), string(apiclient.InvoicePaid), string(apiclient.InvoiceCancelled), string(apiclient.InvoiceExpired),
	}
	cmd := &cobra.Command{
		Use: "list", Short: "List invoices, newest first", Args: exactly(0),
		Example: "  stctrl sell list --state open\n  stctrl sell list --since 2026-11-01 --currency EUR --limit 200",
		RunE: func(cmd *cobra.Command, _ []string) error {
			query, err := f.query(states)
			if err != nil {
				return err
			}
			return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
				invoices, err := collect(limit, func(cursor string, size int) ([]apiclient.Invoice, string, error) {
					q := apiclient.InvoiceQuery{Query: query, State: apiclient.InvoiceState(f.state)}
					q.Cursor, q.Size = cursor, size
					return client.Invoices(ctx, q)
				})
				if err != nil {
					return err
				}
				return c.show(invoices, func(t *table) {
					if len(invoices) == 0 {
						t.line("no such invoices: make one with stctrl sell create AMOUNT CURRENCY")
						return
					}
					t.row("CREATED", "AMOUNT", "STATE", "EXPIRES", "ID", "DESCRIPTION")
					for _, v := range invoices {
						t.row(when(v.Created), v.Currency.Format(v.Amount), string(v.State), when(v.Expires), v.ID.String(), dash(v.Description))
					}
				})
			})
		},
	}
	limitFlag(cmd, &limit)
	f.flags(cmd, states)
	return cmd
}

func (c *cli) sellShow() *cobra.Command {
	return &cobra.Command{
		Use: "show INVOICE", Short: "Show one invoice of this node", Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ref, err := c.text(args[0])
			if err != nil {
				return err
			}
			return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
				v, err := client.Invoice(ctx, ref)
				if err != nil {
					return err
				}
				return c.show(v, func(t *table) {
					t.row("id", v.ID.String())
					t.row("amount", v.Currency.Format(v.Amount))
					t.row("description", dash(v.Description))
					t.row("state", string(v.State))
					t.row("created", when(v.Created))
					t.row("expires", when(v.Expires))
					if v.State == apiclient.InvoicePaid {
						t.row("paid", when(v.PaidAt))
						t.row("received", v.Currency.Format(v.Paid))
						t.row("payer's note", dash(v.Note))
					}
					t.row("text", v.Text)
				})
			})
		},
	}
}

// limitFlag gives a command that lists things the flag --limit.
func limitFlag(cmd *cobra.Command, limit *int) {
	cmd.Flags().IntVar(limit, "limit", historyDefault, "how many at most")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if *limit < 1 {
			return badInput("--limit must be over 0")
		}
		return nil
	}
}

// collect fetches pages until there are limit items, over 0, or no more.
func collect[T any](limit int, page func(cursor string, size int) ([]T, string, error)) ([]T, error) {
	all := []T{}
	for cursor := ""; ; {
		items, next, err := page(cursor, min(limit-len(all), pageItems))
		if err != nil {
			return nil, err
		}
		all = append(all, items...)
		if next == "" || len(all) >= limit {
			return all, nil
		}
		cursor = next
	}
}
