package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/offset-p2p/offset/integration/harness"
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/apiclient"
)

// Options say how a lab is loaded.
type Options struct {
	// Concurrency is how many payments are under way at once, 1 to
	// ConcurrencyMax.
	Concurrency int
	// Duration is how long is measured, over 0, at most DurationMax; a short
	// time to warm up comes before it.
	Duration time.Duration
	// Progress, unless nil, hears what is being done.
	Progress func(what string)
}

// Validate says what is wrong with Options.
func (o Options) Validate() error {
	switch {
	case o.Concurrency < 1 || o.Concurrency > ConcurrencyMax:
		return fmt.Errorf("concurrency must be 1 to %d", ConcurrencyMax)
	case o.Duration <= 0 || o.Duration > DurationMax:
		return fmt.Errorf("the time to measure must be over 0 and at most %v", DurationMax)
	}
	return nil
}

// Payments makes the neighbours of a fresh lab friends, pays from its first to
// its last node for a while, and returns what that came to. It fails when the
// lab does, and when the books are not right afterwards.
func Payments(ctx context.Context, lab *harness.Lab, opts Options) (*Result, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	if opts.Progress == nil {
		opts.Progress = func(string) {}
	}
	credit := harness.DefaultCredit()
	credit.Limit = ledger.NewAmount(limit)
	opts.Progress("making friends")
	if err := lab.Befriend(ctx, credit); err != nil {
		return nil, err
	}
	known, err := lab.AwaitGraph(ctx, credit.Currency, graphTimeout)
	if err != nil {
		return nil, err
	}
	if !known {
		return nil, errors.New("the index servers do not know the chain: look into their logs")
	}
	r := &Result{Hops: len(lab.Nodes) - 1, Concurrency: opts.Concurrency}
	opts.Progress("measuring the machine")
	if r.Reference, err = reference(lab.Nodes[0].Dir); err != nil {
		return nil, err
	}
	opts.Progress(fmt.Sprintf("paying for %v", warmUp+opts.Duration))
	g := &generator{lab: lab, currency: credit.Currency}
	if err := g.measure(ctx, opts, r); err != nil {
		return nil, err
	}
	sum, err := lab.AwaitNothingFrozen(ctx, credit.Currency)
	if err != nil {
		return nil, err
	}
	if !sum.Frozen.IsZero() || sum.Balance.Sign() != 0 {
		return nil, fmt.Errorf("the books are wrong: balances sum to %s, %s is frozen", sum.Balance, sum.Frozen)
	}
	return r, nil
}

// generator pays from the first node of a lab to the last.
type generator struct {
	lab      *harness.Lab
	currency ledger.Currency

	mu      sync.Mutex // guards what follows
	counts  bool       // it is being measured
	took    []time.Duration
	failed  int
	reasons map[string]int
}

// measure runs the load and fills r in.
func (g *generator) measure(ctx context.Context, opts Options, r *Result) error {
	g.reasons = map[string]int{}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range opts.Concurrency {
		wg.Go(func() {
			if err := g.pay(ctx, stop); err != nil {
				cancel(err)
			}
		})
	}
	err := g.window(ctx, opts.Duration, r)
	close(stop)
	wg.Wait()
	return errors.Join(err, context.Cause(ctx))
}

// window measures between two moments of the load.
func (g *generator) window(ctx context.Context, d time.Duration, r *Result) error {
	if err := sleep(ctx, warmUp); err != nil {
		return err
	}
	before, err := g.used(ctx)
	if err != nil {
		return err
	}
	start := time.Now()
	g.count(true)
	if err := sleep(ctx, d); err != nil {
		return err
	}
	g.count(false)
	elapsed := time.Since(start)
	after, err := g.used(ctx)
	if err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	r.Settled, r.Failed = len(g.took), g.failed
	r.PerSecond = float64(r.Settled) / elapsed.Seconds()
	r.Latency = latency(g.took)
	if r.Settled == 0 {
		return fmt.Errorf("no payment settled, %d failed: %v", g.failed, g.reasons)
	}
	each := 1 / float64(r.Settled)
	r.CPU = ms(after.cpu-before.cpu) * each
	r.Syncs = float64(after.syncs-before.syncs) * each
	r.Bytes = float64(after.written-before.written) * each
	r.RSS = float64(after.rss) / (1 << 20)
	return nil
}

func (g *generator) count(on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.counts = on
}

// totals are the sums over a lab.
type totals struct {
	usage
	syncs uint64
}

// used adds up what the lab has used, and the processor time of this process.
func (g *generator) used(ctx context.Context) (totals, error) {
	var t totals
	for _, p := range g.lab.Processes() {
		u, err := usageOf(p.PID())
		if err != nil {
			return t, err
		}
		t.cpu, t.written, t.rss = t.cpu+u.cpu, t.written+u.written, t.rss+u.rss
	}
	for _, n := range g.lab.Nodes {
		syncs, err := syncsOf(ctx, n)
		if err != nil {
			return t, err
		}
		t.syncs += syncs
	}
	own, err := usageOf(os.Getpid())
	t.cpu += own.cpu
	return t, err
}

// pay makes payments one after another until stop is closed. An error means
// that the lab is broken; payments that fail are counted.
func (g *generator) pay(ctx context.Context, stop <-chan struct{}) error {
	payer, payee := g.lab.Nodes[0], g.lab.Nodes[len(g.lab.Nodes)-1]
	sum := ledger.NewAmount(amount)
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		invoice, err := payee.Client.CreateInvoice(ctx, apiclient.InvoiceRequest{Currency: g.currency, Amount: sum})
		if err != nil {
			return fmt.Errorf("making an invoice at %s: %w", payee.Name, err)
		}
		start := time.Now()
		p, err := payer.Client.Pay(ctx, apiclient.PayRequest{Invoice: invoice.Text, MaxFee: &sum}, nil)
		if err != nil {
			return fmt.Errorf("paying an invoice by %s: %w", payer.Name, err)
		}
		g.ended(p, time.Since(start))
	}
}

func (g *generator) ended(p apiclient.Payment, took time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case !g.counts:
	case p.State == apiclient.PaymentSettled:
		g.took = append(g.took, took)
	default:
		g.failed++
		g.reasons[p.Failure]++
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
