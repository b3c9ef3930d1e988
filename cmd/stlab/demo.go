package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/integration/harness"
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/apiclient"
)

// demoAmount is what the demonstration pays: 12.50 EUR.
const demoAmount = 1250

// demo shows one payment from end to end and stays up until interrupted.
func demo(cmd *cobra.Command, f flags) error {
	ctx, w := cmd.Context(), cmd.OutOrStdout()
	lab, end, err := start(ctx, w, f, harness.Options{})
	if err != nil {
		return err
	}
	defer end()
	credit := harness.DefaultCredit()
	if err := showPeople(w, lab); err != nil {
		return err
	}
	say(w, "making friends of neighbours: each lets the other owe %s; mediators charge %s cents",
		credit.Currency.Format(credit.Limit), credit.Rate)
	if err := lab.Befriend(ctx, credit); err != nil {
		return err
	}
	say(w, "waiting until both index servers have heard of all friendships")
	if known, err := lab.AwaitGraph(ctx, credit.Currency, graphTimeout); err != nil || !known {
		return errors.Join(err, errors.New("the index servers do not know the chain: look into their logs"))
	}
	if err := showPayment(ctx, w, lab, credit); err != nil {
		return err
	}
	showAround(w, lab)
	<-ctx.Done()
	say(w, "\nending everything")
	return nil
}

func showPeople(w io.Writer, lab *harness.Lab) error {
	say(w, "")
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "WHO\tPROGRAM\tREACHED BY\tPROCESS")
	fmt.Fprintf(t, "%s\tstrelay\t%s\t%d\n", lab.Relay.Name, lab.Ticket.Relay, lab.Relay.PID())
	for i, p := range lab.Index {
		fmt.Fprintf(t, "%s\tstindex\t%s\t%d\n", p.Name, lab.Ticket.Index[i], p.PID())
	}
	for i, n := range lab.Nodes {
		fmt.Fprintf(t, "%s\tstnode\tthe relay only, as …%s; reports to %s\t%d\n", n.Name, n.ID.Short(), lab.Index[lab.IndexOf(i)].Name, n.PID())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	say(w, "")
	return nil
}

func showPayment(ctx context.Context, w io.Writer, lab *harness.Lab, credit harness.Credit) error {
	payer, payee := lab.Nodes[0], lab.Nodes[len(lab.Nodes)-1]
	before, err := balances(ctx, lab, credit.Currency)
	if err != nil {
		return err
	}
	amount := ledger.NewAmount(demoAmount)
	invoice, err := payee.Client.CreateInvoice(ctx, apiclient.InvoiceRequest{
		Currency: credit.Currency, Amount: amount, Description: "five loaves of bread",
	})
	if err != nil {
		return err
	}
	say(w, "\n%s asks for %s: %.60s…", payee.Name, credit.Currency.Format(amount), invoice.Text)
	begin, shown := time.Now(), apiclient.PaymentState("")
	p, err := payer.Client.Pay(ctx, apiclient.PayRequest{Invoice: invoice.Text, MaxFee: &amount}, func(p apiclient.Payment) {
		if p.State != shown {
			shown = p.State
			say(w, "  %6.1f ms  %s", float64(time.Since(begin).Microseconds())/1000, p.State)
		}
	})
	if err != nil {
		return err
	}
	if p.State != apiclient.PaymentSettled {
		return fmt.Errorf("the payment failed: %s", p.FailureText)
	}
	say(w, "%s paid %s and %s of fees over %d friendships\n", payer.Name,
		credit.Currency.Format(p.Amount), credit.Currency.Format(p.Fee), len(lab.Nodes)-1)
	if err := showBalances(ctx, w, lab, credit.Currency, before); err != nil {
		return err
	}
	receipt, err := ledger.ParseReceipt(p.Receipt)
	if err != nil {
		return fmt.Errorf("the receipt is wrong: %w", err)
	}
	say(w, "\nreceipt, verified offline (%s to …%s): %.60s…\n", receipt.Invoice.Currency.Format(receipt.Invoice.Amount), receipt.Invoice.Seller.Short(), p.Receipt)
	return nil
}

func balances(ctx context.Context, lab *harness.Lab, c ledger.Currency) ([]harness.Total, error) {
	var all []harness.Total
	for _, n := range lab.Nodes {
		t, err := n.Total(ctx, c)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

func showBalances(ctx context.Context, w io.Writer, lab *harness.Lab, c ledger.Currency, before []harness.Total) error {
	after, err := balances(ctx, lab, c)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "BALANCE\tBEFORE\tAFTER\tFROZEN\t")
	for i, n := range lab.Nodes {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t\n", n.Name, c.FormatBalance(before[i].Balance), c.FormatBalance(after[i].Balance), c.Format(after[i].Frozen))
	}
	return t.Flush()
}

func showAround(w io.Writer, lab *harness.Lab) {
	stctrl := lab.Program("stctrl")
	payer, payee := lab.Nodes[0], lab.Nodes[len(lab.Nodes)-1]
	say(w, "The network stays up until you press Ctrl-C. Look around from another terminal:\n")
	say(w, "  %s --dir %s info", stctrl, payer.Dir)
	say(w, "  %s --dir %s friends list", stctrl, payer.Dir)
	say(w, "  %s --dir %s history", stctrl, payer.Dir)
	say(w, "  %s --dir %s sell create 3.20 EUR --description coffee", stctrl, payee.Dir)
	say(w, "  %s --dir %s buy pay INVOICE", stctrl, payer.Dir)
	say(w, "\nThe logs are in %s", filepath.Join(filepath.Dir(payer.Dir), "*", "log"))
}
