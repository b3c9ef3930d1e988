package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/apiclient"
)

// deal is one line of the history: a payment made or an invoice paid.
type deal struct {
	Time        time.Time       `json:"time"`
	Kind        string          `json:"kind"` // "payment" or "sale"
	State       string          `json:"state"`
	Currency    ledger.Currency `json:"currency"`
	Amount      ledger.Amount   `json:"amount"` // without fees; of a sale: received
	Fee         ledger.Amount   `json:"fee"`    // of a payment
	Description string          `json:"description,omitempty"`
	Note        string          `json:"note,omitempty"`
	Seller      string          `json:"seller,omitempty"` // of a payment
	ID          string          `json:"id"`               // of the payment or the invoice
	Failure     string          `json:"failure,omitempty"`
	Receipt     string          `json:"receipt,omitempty"`
}

func (c *cli) history() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use: "history", Short: "List payments made and invoices paid, newest first", Args: exactly(0),
		Long: "List payments made and invoices paid, newest first. An application sees the side that it is\n" +
			"permitted: payments with buyer, sales with seller.",
		Example: "  stctrl history --limit 10\n  stctrl history --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
				deals, err := deals(ctx, client, limit)
				if err != nil {
					return err
				}
				return c.show(deals, func(t *table) { historyTable(t, deals) })
			})
		},
	}
	limitFlag(cmd, &limit)
	return cmd
}

// deals returns the newest limit deals.
func deals(ctx context.Context, client *apiclient.Client, limit int) ([]deal, error) {
	payments, noPayments := collect(limit, func(cursor string, size int) ([]apiclient.Payment, string, error) {
		return client.Payments(ctx, cursor, size)
	})
	sales, noSales := collect(limit, func(cursor string, _ int) ([]apiclient.Invoice, string, error) {
		page, next, err := client.Invoices(ctx, cursor, pageItems)
		paid := slices.DeleteFunc(page, func(v apiclient.Invoice) bool { return v.State != apiclient.InvoicePaid })
		return paid, next, err
	})
	// One side may be closed to this application, not both.
	switch {
	case noPayments != nil && (!denied(noPayments) || noSales != nil):
		return nil, noPayments
	case noSales != nil && !denied(noSales):
		return nil, noSales
	}
	all := make([]deal, 0, len(payments)+len(sales))
	for _, p := range payments {
		all = append(all, deal{
			Time: p.Created, Kind: "payment", State: string(p.State), Currency: p.Currency, Amount: p.Amount, Fee: p.Fee,
			Description: p.Description, Note: p.Note, Seller: p.Seller.String(), ID: p.ID.String(), Failure: p.Failure, Receipt: p.Receipt,
		})
	}
	for _, v := range sales {
		all = append(all, deal{
			Time: v.PaidAt, Kind: "sale", State: string(v.State), Currency: v.Currency, Amount: v.Paid,
			Description: v.Description, Note: v.Note, ID: v.ID.String(),
		})
	}
	slices.SortStableFunc(all, func(a, b deal) int { return b.Time.Compare(a.Time) })
	return all[:min(limit, len(all))], nil
}

// denied reports whether the application lacks a permission.
func denied(err error) bool {
	e, ok := errors.AsType[*apiclient.Error](err)
	return ok && e.Code == apiclient.Denied
}

func historyTable(t *table, deals []deal) {
	if len(deals) == 0 {
		t.line("nothing was paid or sold yet")
		return
	}
	t.row("TIME", "KIND", "AMOUNT", "FEE", "STATE", "DESCRIPTION", "ID")
	for _, d := range deals {
		fee, state := "-", d.State
		if d.Kind == "payment" {
			fee = d.Currency.Format(d.Fee)
		}
		if d.Failure != "" {
			state += " (" + d.Failure + ")"
		}
		t.row(when(d.Time), d.Kind, d.Currency.Format(d.Amount), fee, state, dash(d.Description), d.ID)
	}
}
