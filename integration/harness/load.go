package harness

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/apiclient"
)

// reasonNoSeller counts payments that could not begin because the payee's node
// was away and made no invoice.
const reasonNoSeller = "seller_away"

// away reports whether a node did not answer.
func away(err error) bool {
	fault, ok := errors.AsType[*apiclient.Error](err)
	return ok && (fault.Code == apiclient.Timeout || fault.Code == apiclient.Unreachable)
}

// Load is a number of payments from the first node of the chain to the last.
type Load struct {
	Count       int
	Concurrency int // payments under way at once
	// Pause comes after every Concurrency payments: it spreads them in bursts
	// over whatever happens meanwhile. 0: as fast as they go.
	Pause  time.Duration
	Amount ledger.Amount
	Credit Credit
	// GraphTimeout is how long to wait before the first payment until both index
	// servers know the whole chain: capacities need a second or two to travel.
	GraphTimeout time.Duration
	// During, unless nil, runs beside the payments once a third of them have
	// begun. It begins at a random moment within the time that a payment takes
	// after a burst has begun, so that it meets payments under way.
	During func(ctx context.Context) error
	// Progress, unless nil, hears how many payments have ended.
	Progress func(ended int)
}

// Outcome is what became of a Load.
type Outcome struct {
	Settled  []apiclient.Payment
	Failed   map[string]int // by reason
	Unknown  int            // neither settled nor failed when the time was over
	Latency  []time.Duration
	Receipts int // receipts of settled payments that verify offline
	Elapsed  time.Duration
}

// Run makes the payments and waits for the end of each. Payments that fail are
// counted, not an error.
func (l *Lab) Run(ctx context.Context, load Load) (*Outcome, error) {
	out := &Outcome{Failed: make(map[string]int)}
	if _, err := l.AwaitGraph(ctx, load.Credit.Currency, load.GraphTimeout); err != nil {
		return nil, err
	}
	start := time.Now()
	if err := l.payAll(ctx, load, out); err != nil {
		return nil, err
	}
	out.Elapsed = time.Since(start)
	return out, nil
}

// ending is the end of one payment.
type ending struct {
	payment apiclient.Payment
	took    time.Duration
	unknown bool
}

func (o *Outcome) add(e ending) {
	switch {
	case e.unknown:
		o.Unknown++
	case e.payment.State == apiclient.PaymentSettled:
		o.Settled = append(o.Settled, e.payment)
		o.Latency = append(o.Latency, e.took)
		if r, err := ledger.ParseReceipt(e.payment.Receipt); err == nil && r.Invoice.ID == e.payment.InvoiceID {
			o.Receipts++
		}
	default:
		o.Failed[e.payment.Failure]++
	}
}

func (l *Lab) payAll(ctx context.Context, load Load, out *Outcome) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		mu        sync.Mutex // guards out and ended
		ended     int
		wg        sync.WaitGroup
		slots     = make(chan struct{}, load.Concurrency)
		disturbed = load.During == nil
	)
	for i := range load.Count {
		if i > 0 && i%load.Concurrency == 0 {
			time.Sleep(load.Pause)
		}
		if !disturbed && 3*i >= load.Count && i%load.Concurrency == 0 {
			disturbed = true
			mu.Lock()
			usual := time.Duration(quantile(out.Latency, 0.5) * float64(time.Millisecond))
			mu.Unlock()
			wg.Go(func() {
				time.Sleep(rand.N(usual + 1))
				if err := load.During(ctx); err != nil {
					cancel(err)
				}
			})
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			e, err := l.payOnce(ctx, load.Amount, load.Credit.Currency)
			if err != nil {
				cancel(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			out.add(e)
			ended++
			if load.Progress != nil {
				load.Progress(ended)
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return nil
}

// payOnce makes one invoice at the last node and pays it from the first. An
// error means that the lab is broken; a payment that fails is an ending.
func (l *Lab) payOnce(ctx context.Context, amount ledger.Amount, c ledger.Currency) (ending, error) {
	payer, payee := l.Nodes[0], l.Nodes[len(l.Nodes)-1]
	invoice, err := payee.Client.CreateInvoice(ctx, apiclient.InvoiceRequest{Currency: c, Amount: amount})
	if away(err) {
		return ending{payment: apiclient.Payment{State: apiclient.PaymentFailed, Failure: reasonNoSeller}}, nil
	}
	if err != nil {
		return ending{}, fmt.Errorf("making an invoice at %s: %w", payee.Name, err)
	}
	start := time.Now()
	// A long chain of mediators costs more than the usual cap.
	p, err := payer.Client.Pay(ctx, apiclient.PayRequest{Invoice: invoice.Text, MaxFee: &amount}, nil)
	e := ending{payment: p, took: time.Since(start)}
	if away(err) {
		e.unknown = true
		return e, nil
	}
	if err != nil {
		return e, fmt.Errorf("paying an invoice by %s: %w", payer.Name, err)
	}
	return e, nil
}
