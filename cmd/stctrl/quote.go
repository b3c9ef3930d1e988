package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/apiclient"
)

// feeFlag adds the flag of the highest fee.
func feeFlag(cmd *cobra.Command, maxFee *string) {
	cmd.Flags().StringVar(maxFee, "max-fee", "", "the most that fees may be, in the invoice's currency (default 1 % and 10 smallest units)")
}

// feeLimit reads the flag of the highest fee; nil: it is not given.
func feeLimit(cmd *cobra.Command, invoice *ledger.Invoice, maxFee string) (*ledger.Amount, error) {
	if !cmd.Flags().Changed("max-fee") {
		return nil, nil
	}
	limit, err := parseAmount(invoice.Currency, maxFee)
	if err != nil {
		return nil, fmt.Errorf("--max-fee: %w", err)
	}
	return &limit, nil
}

func (c *cli) buyQuote() *cobra.Command {
	var maxFee string
	cmd := &cobra.Command{
		Use: "quote INVOICE", Short: "Say what paying an invoice would cost, and pay nothing", Args: exactly(1),
		Long: "Ask for routes and say what the fees would be now. When the invoice cannot be paid, say why,\n" +
			"and how much could be; that is exit code 4, as of a payment that fails.",
		Example: "  stctrl buy quote @invoice.txt\n  stctrl buy quote @invoice.txt --max-fee 2.00 --json",
	}
	feeFlag(cmd, &maxFee)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		invoice, err := c.invoiceText(args[0])
		if err != nil {
			return err
		}
		limit, err := feeLimit(cmd, invoice, maxFee)
		if err != nil {
			return err
		}
		return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
			q, err := client.Quote(ctx, invoice.Text(), limit)
			if err != nil {
				return err
			}
			if q.Failure == "" || c.json {
				if err := c.show(q, func(t *table) { quoteTable(t, invoice, q) }); err != nil {
					return err
				}
			}
			if q.Failure != "" {
				return quoteFailure(invoice.Currency, q)
			}
			return nil
		})
	}
	return cmd
}

func quoteTable(t *table, v *ledger.Invoice, q apiclient.Quote) {
	t.row("amount", v.Currency.Format(v.Amount))
	t.row("fee", v.Currency.Format(q.Fee))
	if sum, err := v.Amount.Add(q.Fee); err == nil {
		t.row("together", v.Currency.Format(sum))
	}
	t.row("highest fee", v.Currency.Format(q.MaxFee))
	t.row("seller", v.Seller.String())
	for _, r := range q.Routes {
		var hops []string
		for _, n := range r.Route {
			hops = append(hops, "…"+n.Short())
		}
		t.row("route", v.Currency.Format(r.Amount)+", "+strings.Join(hops, " → "))
	}
}

// quoteFailure says why an invoice cannot be paid now.
func quoteFailure(c ledger.Currency, q apiclient.Quote) error {
	text := q.FailureText
	if text == "" {
		text = q.Failure
	}
	return &failure{
		code: exitPayment, reason: q.Failure,
		err: fmt.Errorf("the invoice cannot be paid now: %s", withLargest(text, c, q.Largest)),
	}
}

// withLargest adds what could be paid instead, unless it is not known or the text
// says it already.
func withLargest(text string, c ledger.Currency, largest ledger.Amount) string {
	if largest.IsZero() || strings.Contains(text, c.Format(largest)) {
		return text
	}
	return text + "; the most that can be paid now is " + c.Format(largest)
}
