package harness_test

import (
	"sync"
	"testing"
	"time"

	"github.com/offset-p2p/offset/integration/harness"
	"github.com/offset-p2p/offset/integration/harness/harnesstest"
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/apiclient"
)

// Two people pay the same invoice at the same moment: one payment settles, the
// other is cancelled and costs its payer nothing.
func TestTwoPayersOneInvoice(t *testing.T) {
	credit := harness.DefaultCredit()
	lab := harnesstest.Start(t, harness.Options{Hops: 3}, credit)
	if r := harnesstest.Run(t, lab, testLoad(1)); !r.OK() { // routes are known from here on
		t.Fatalf("before the contest: %+v", r)
	}
	payee := lab.Nodes[3]
	for round := range 5 {
		invoice, err := payee.Client.CreateInvoice(t.Context(), apiclient.InvoiceRequest{Currency: credit.Currency, Amount: ledger.NewAmount(700)})
		if err != nil {
			t.Fatal(err)
		}
		payments := payBoth(t, lab, invoice.Text)
		settled := 0
		for _, p := range payments {
			switch {
			case p.State == apiclient.PaymentSettled:
				settled++
			case p.Failure != "already_paid":
				t.Errorf("round %d: the other payment failed with %q, want already_paid", round, p.Failure)
			}
		}
		if settled != 1 {
			t.Errorf("round %d: %d payments of one invoice settled", round, settled)
		}
		got, err := payee.Client.Invoice(t.Context(), invoice.Text)
		if err != nil {
			t.Fatal(err)
		}
		if got.State != apiclient.InvoicePaid || got.Paid != invoice.Amount {
			t.Errorf("round %d: the invoice is %s with %s received", round, got.State, got.Paid)
		}
	}
	sum, err := lab.AwaitNothingFrozen(t.Context(), credit.Currency)
	if err != nil {
		t.Fatal(err)
	}
	if !sum.Frozen.IsZero() || sum.Balance.Sign() != 0 {
		t.Errorf("after the contests %s is frozen and balances sum to %s", sum.Frozen, sum.Balance)
	}
}

// payBoth pays an invoice from the first two nodes at once.
func payBoth(t *testing.T, lab *harness.Lab, invoice string) [2]apiclient.Payment {
	t.Helper()
	var (
		out  [2]apiclient.Payment
		errs [2]error
		wg   sync.WaitGroup
	)
	for i := range out {
		wg.Go(func() {
			out[i], errs[i] = lab.Nodes[i].Client.Pay(t.Context(), apiclient.PayRequest{Invoice: invoice, Timeout: 20 * time.Second}, nil)
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}
