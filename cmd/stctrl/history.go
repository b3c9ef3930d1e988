package main

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/apiclient"
)

// historyStates are what --state of the history may be; a sale is always paid.
var historyStates = []string{
	string(apiclient.PaymentPlanning), string(apiclient.PaymentSending), string(apiclient.PaymentSettled), string(apiclient.PaymentFailed),
	string(apiclient.InvoicePaid),
}

// historyFlags are those of the history.
type historyFlags struct {
	filter
	kind, seller, export string
	limit                int
}

func (c *cli) history() *cobra.Command {
	var f historyFlags
	cmd := &cobra.Command{
		Use: "history", Short: "List or export payments made and invoices paid, newest first", Args: exactly(0),
		Long: "List payments made and invoices paid, newest first. An application sees the side that it is\n" +
			"permitted: payments with buyer, sales with seller. Who paid an invoice nobody tells the seller.\n\n" +
			"--export writes everything that fits the other flags, unless --limit is given: csv for a\n" +
			"spreadsheet, json with every field, or plain-text accounting for ledger (and hledger) or\n" +
			"beancount, of what moved credit. The accounts are Assets:Offset, Expenses:Offset:Purchases,\n" +
			"Expenses:Offset:Fees and Income:Offset:Sales.\n" +
			"What forwarding has earned is in stctrl credit income.",
		Example: "  stctrl history --limit 10\n  stctrl history --since 2026-11-01 --until 2026-12-01 --currency EUR\n" +
			"  stctrl history --state failed\n  stctrl history --export beancount > offset.beancount",
	}
	limitFlag(cmd, &f.limit)
	f.flags(cmd, historyStates)
	cmd.Flags().StringVar(&f.kind, "kind", "", "only this kind: payment, sale")
	cmd.Flags().StringVar(&f.seller, "seller", "", "only payments to this seller, by peer ID")
	cmd.Flags().StringVar(&f.export, "export", "", "write a file instead of a table: "+strings.Join(exportNames(), ", "))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		w, err := f.wanted()
		if err != nil {
			return err
		}
		if f.export != "" {
			limit := f.limit
			if !cmd.Flags().Changed("limit") {
				limit = 0
			}
			return c.export(cmd, w, f.export, limit)
		}
		return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
			deals := []deal{}
			for d, err := range first(f.limit, w.deals(ctx, client, c.timeout)) {
				if err != nil {
					return err
				}
				deals = append(deals, d)
			}
			slices.SortStableFunc(deals, func(a, b deal) int { return b.Time.Compare(a.Time) })
			return c.show(deals, func(t *table) { historyTable(t, deals) })
		})
	}
	return cmd
}

// wanted reads the flags.
func (f *historyFlags) wanted() (wanted, error) {
	q, err := f.query(historyStates)
	if err != nil {
		return wanted{}, err
	}
	q.Size = pageItems
	if f.export == "" {
		q.Size = min(q.Size, f.limit)
	}
	paid := string(apiclient.InvoicePaid)
	w := wanted{Query: q, state: f.state, payments: f.state != paid, sales: f.state == "" || f.state == paid}
	switch f.kind {
	case "":
	case kindPayment:
		w.sales = false
	case kindSale:
		w.payments = false
	default:
		return w, badInput("--kind %.40q is unknown: choose from %s, %s", f.kind, kindPayment, kindSale)
	}
	if f.seller != "" {
		if w.seller, err = ledger.ParseNodeID(f.seller); err != nil {
			return w, badInput("--seller: %w", err)
		}
		w.sales = false
	}
	if !w.payments && !w.sales {
		return w, badInput("these flags leave nothing: a sale is always %s and has no seller but you, a payment is never %s", paid, paid)
	}
	return w, nil
}

func historyTable(t *table, deals []deal) {
	if len(deals) == 0 {
		t.line("there is nothing of that kind: nothing was paid or sold yet, or the flags leave it out")
		return
	}
	t.row("TIME", "KIND", "AMOUNT", "FEE", "STATE", "WITH", "DESCRIPTION", "ID")
	for _, d := range deals {
		fee, state, with := "-", d.State, "-"
		if d.Kind == kindPayment {
			fee = d.Currency.Format(d.Fee)
			with = "…" + d.Seller[max(len(d.Seller)-8, 0):]
		}
		if d.Failure != "" {
			state += " (" + d.Failure + ")"
		}
		t.row(when(d.Time), d.Kind, d.Currency.Format(d.Amount), fee, state, with, dash(d.Description), d.ID)
	}
}
