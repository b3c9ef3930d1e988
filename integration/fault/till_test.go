package fault

import (
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/offset-p2p/offset/integration/harness"
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/apiclient"
)

// till sells at the last node of a lab and buys at the first, whatever dies
// meanwhile, and remembers what both were told.
type till struct {
	lab    *harness.Lab
	credit harness.Credit
	amount ledger.Amount

	mu    sync.Mutex // guards what follows
	sales []sale
}

// sale is an invoice that the seller's node has answered with, and the end of
// its payment as the buyer's node told it.
type sale struct {
	invoice apiclient.Invoice
	payment apiclient.Payment
}

func (c *till) payer() *apiclient.Client { return c.lab.Nodes[0].Client }
func (c *till) payee() *apiclient.Client { return c.lab.Nodes[len(c.lab.Nodes)-1].Client }

// trade starts workers that sell and pay until the returned function is called,
// which waits for the ends of all payments.
func (c *till) trade(t *testing.T, workers int) (finish func()) {
	t.Helper()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				s, err := c.sell(t)
				if err != nil {
					t.Error(err)
					return
				}
				c.mu.Lock()
				c.sales = append(c.sales, s)
				c.mu.Unlock()
				if s.payment.State != apiclient.PaymentSettled {
					time.Sleep(pollEvery) // somebody is away: no use to ask at once
				}
			}
		})
	}
	return func() {
		close(stop)
		wg.Wait()
	}
}

// sell makes an invoice and pays it, asking again as long as a node is away:
// with the payment's id of its own, so that nothing is paid twice.
func (c *till) sell(t *testing.T) (s sale, err error) {
	err = insist(func() error {
		s.invoice, err = c.payee().CreateInvoice(t.Context(), apiclient.InvoiceRequest{Currency: c.credit.Currency, Amount: c.amount})
		return err
	})
	if err != nil {
		return s, fmt.Errorf("making an invoice: %w", err)
	}
	req := apiclient.PayRequest{Invoice: s.invoice.Text, MaxFee: &c.amount, Timeout: 20 * time.Second}
	_, _ = rand.Read(req.Payment[:])
	err = insist(func() error {
		s.payment, err = c.payer().Pay(t.Context(), req, nil)
		return err
	})
	if err != nil {
		return s, fmt.Errorf("paying: %w", err)
	}
	if s.payment.ID != req.Payment {
		return s, fmt.Errorf("payment %v was asked for, %v is answered", req.Payment, s.payment.ID)
	}
	return s, nil
}

// insist repeats a call while the node that it is for is away.
func insist(call func() error) error {
	deadline := time.Now().Add(time.Minute)
	for {
		err := call()
		fault, ok := errors.AsType[*apiclient.Error](err)
		if !ok || fault.Code != apiclient.Timeout && fault.Code != apiclient.Unreachable || time.Now().After(deadline) {
			return err
		}
		time.Sleep(pollEvery)
	}
}

func (c *till) settled() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, s := range c.sales {
		if s.payment.State == apiclient.PaymentSettled {
			n++
		}
	}
	return n
}

// audit fails unless everything that applications were told is still so, on
// both sides, and every cent is where it has to be: nothing lost, nothing
// doubled. Nothing may be under way.
func (c *till) audit(t *testing.T) {
	t.Helper()
	sum, err := c.lab.AwaitNothingFrozen(t.Context(), c.credit.Currency)
	if err != nil {
		t.Fatal(err)
	}
	if !sum.Frozen.IsZero() || sum.Balance.Sign() != 0 {
		t.Fatalf("balances sum to %s, %s is frozen", sum.Balance, sum.Frozen)
	}
	var spent, earned uint64
	for _, s := range c.sales {
		paid := c.auditSale(t, s)
		earned += paid
		if paid > 0 {
			fee, _ := s.payment.Fee.Uint64()
			spent += paid + fee
		}
	}
	first, err1 := c.lab.Nodes[0].Total(t.Context(), c.credit.Currency)
	last, err2 := c.lab.Nodes[len(c.lab.Nodes)-1].Total(t.Context(), c.credit.Currency)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if got, want := first.Balance.String(), balance(true, spent); got != want {
		t.Errorf("the buyer's balance is %s, its receipts say %s", got, want)
	}
	if got, want := last.Balance.String(), balance(false, earned); got != want {
		t.Errorf("the seller's balance is %s, its paid invoices say %s", got, want)
	}
}

// auditSale compares one sale with what both nodes say now, and returns what
// was paid for it.
func (c *till) auditSale(t *testing.T, s sale) uint64 {
	t.Helper()
	v, err := c.payee().Invoice(t.Context(), s.invoice.ID.String())
	if err != nil {
		t.Errorf("an invoice that was answered with is lost: %v", err)
		return 0
	}
	p, err := c.payer().Payment(t.Context(), s.payment.ID)
	if err != nil {
		t.Errorf("a payment that was answered with is lost: %v", err)
		return 0
	}
	if p.State != s.payment.State || p.Receipt != s.payment.Receipt || p.Fee != s.payment.Fee {
		t.Errorf("a payment that ended as %s is %s now", s.payment.State, p.State)
	}
	settled := p.State == apiclient.PaymentSettled
	if paid := v.State == apiclient.InvoicePaid; paid != settled || paid && v.Paid != c.amount {
		t.Errorf("the payment is %s (%s), its invoice %s with %s received", p.State, p.Failure, v.State, v.Paid)
	}
	if !settled {
		return 0
	}
	receipt, err := ledger.ParseReceipt(p.Receipt)
	if err != nil || receipt.Invoice.ID != s.invoice.ID {
		t.Errorf("a receipt does not verify: %v", err)
	}
	n, _ := c.amount.Uint64()
	return n
}

func balance(negative bool, n uint64) string {
	if negative && n > 0 {
		return fmt.Sprintf("-%d", n)
	}
	return fmt.Sprint(n)
}
