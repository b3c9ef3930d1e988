package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/apiclient"
)

func (c *cli) buy() *cobra.Command {
	g := group("buy", "Pay invoices and see payments", "")
	g.Example = "  stctrl buy quote @invoice.txt\n  stctrl buy pay @invoice.txt --max-fee 0.50\n  stctrl buy show PAYMENT"
	g.AddCommand(c.buyQuote(), c.buyPay(), c.buyShow(), c.buyCancel())
	return g
}

func (c *cli) buyPay() *cobra.Command {
	var maxFee, note string
	cmd := &cobra.Command{
		Use: "pay INVOICE", Short: "Pay an invoice and print the receipt", Args: exactly(1),
		Long: "Pay an invoice over as many attempts as --timeout allows and wait for the end. The receipt\n" +
			"is printed: it proves to anybody that the invoice was paid. Paying an invoice again shows the\n" +
			"payment there is and costs nothing.",
		Example: "  stctrl buy pay offset:i1… > receipt.txt\n  stctrl buy pay @invoice.txt --max-fee 0.50 --note \"table 7\"",
	}
	feeFlag(cmd, &maxFee)
	cmd.Flags().StringVar(&note, "note", "", "a note that only the seller reads")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		invoice, err := c.invoiceText(args[0])
		if err != nil {
			return err
		}
		req := apiclient.PayRequest{Invoice: invoice.Text(), Note: note, Timeout: c.timeout}
		if req.MaxFee, err = feeLimit(cmd, invoice, maxFee); err != nil {
			return err
		}
		return c.pay(cmd.Context(), invoice, req)
	}
	return cmd
}

// pay pays and shows what becomes of it.
func (c *cli) pay(ctx context.Context, invoice *ledger.Invoice, req apiclient.PayRequest) error {
	if c.timeout <= 0 {
		return badInput("--timeout must be over 0")
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout+payGrace)
	defer cancel()
	client, err := c.dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	c.progress("paying %s to %v", invoice.Currency.Format(invoice.Amount), invoice.Seller)
	last := ""
	p, err := client.Pay(ctx, req, func(p apiclient.Payment) {
		if line := progressLine(p); line != last {
			c.progress("%s", line)
			last = line
		}
	})
	if err != nil {
		return unfinished(p, err)
	}
	if err := c.show(p, func(t *table) {
		if p.State == apiclient.PaymentSettled {
			t.line("%s", p.Receipt)
		}
	}); err != nil {
		return err
	}
	if p.State == apiclient.PaymentFailed {
		return paymentFailure(p)
	}
	c.progress("paid %s and %s of fees; payment %v", p.Currency.Format(p.Amount), p.Currency.Format(p.Fee), p.ID)
	return nil
}

// unfinished says how to find a payment again that goes on without us.
func unfinished(p apiclient.Payment, err error) error {
	e, ok := errors.AsType[*apiclient.Error](err)
	if !ok || p.State == "" || e.Code != apiclient.Timeout && e.Code != apiclient.Unreachable {
		return err
	}
	return fmt.Errorf("the payment may go on, see stctrl buy show %v: %w", p.ID, err)
}

// progressLine says where a payment stands.
func progressLine(p apiclient.Payment) string {
	switch p.State {
	case apiclient.PaymentPlanning:
		return fmt.Sprintf("looking for routes, attempt %d", max(p.Attempts, 1))
	case apiclient.PaymentSending:
		var routes []string
		for _, part := range p.Parts {
			if part.State != apiclient.PartCancelled {
				routes = append(routes, fmt.Sprintf("%s over %d friends", p.Currency.Format(part.Amount), len(part.Route)))
			}
		}
		return "sending " + strings.Join(routes, ", ")
	default:
		return string(p.State)
	}
}

// paymentFailure is the error of a payment that failed.
func paymentFailure(p apiclient.Payment) error {
	text := p.FailureText
	if text == "" {
		text = p.Failure
	}
	text = withLargest(text, p.Currency, p.Largest)
	return &failure{code: exitPayment, reason: p.Failure, err: fmt.Errorf("the payment failed, nothing was paid: %s", text)}
}

func (c *cli) buyCancel() *cobra.Command {
	return &cobra.Command{
		Use: "cancel PAYMENT", Short: "Give up a payment that is under way", Args: exactly(1),
		Long: "Make no new attempt and ask for what is on its way back. The payment has failed when all of it\n" +
			"is back; if the seller took it before, it is paid: see stctrl buy show.",
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := paymentID(args[0])
			if err != nil {
				return err
			}
			return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
				if err := client.CancelPayment(ctx, id); err != nil {
					return err
				}
				return c.done("the payment is given up: stctrl buy show %v says when all of it is back", id)
			})
		},
	}
}

// paymentID reads the id of a payment.
func paymentID(s string) (ledger.PaymentID, error) {
	var id ledger.PaymentID
	if err := id.UnmarshalText([]byte(s)); err != nil {
		return id, badInput("%w: see stctrl history", err)
	}
	return id, nil
}

func (c *cli) buyShow() *cobra.Command {
	return &cobra.Command{
		Use: "show PAYMENT", Short: "Show one payment by its id", Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := paymentID(args[0])
			if err != nil {
				return err
			}
			return c.call(cmd, func(ctx context.Context, client *apiclient.Client) error {
				p, err := client.Payment(ctx, id)
				if err != nil {
					return err
				}
				return c.show(p, func(t *table) { paymentTable(t, p) })
			})
		},
	}
}

func paymentTable(t *table, p apiclient.Payment) {
	t.row("payment", p.ID.String())
	t.row("seller", p.Seller.String())
	t.row("amount", p.Currency.Format(p.Amount))
	t.row("description", dash(p.Description))
	t.row("note", dash(p.Note))
	t.row("state", string(p.State))
	t.row("begun", when(p.Created))
	t.row("ended", when(p.Finished))
	t.row("attempts", fmt.Sprint(p.Attempts))
	t.row("highest fee", p.Currency.Format(p.MaxFee))
	if p.State == apiclient.PaymentSettled {
		t.row("fee", p.Currency.Format(p.Fee))
		t.row("receipt", p.Receipt)
	}
	if p.State == apiclient.PaymentFailed {
		t.row("failure", p.Failure+": "+p.FailureText)
	}
	for _, part := range p.Parts {
		var hops []string
		for _, n := range part.Route {
			hops = append(hops, "…"+n.Short())
		}
		t.row("part", fmt.Sprintf("%s %s, %s", p.Currency.Format(part.Amount), part.State, strings.Join(hops, " → ")))
		if part.State == apiclient.PartCancelled {
			t.row("", fmt.Sprintf("%s, says %s", part.Reason, part.Reporter))
		}
	}
}
