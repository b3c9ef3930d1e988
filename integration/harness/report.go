package harness

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/offset-p2p/offset/ledger"
)

// Report is what a run of payments came to, as the lab prints it.
type Report struct {
	Payments        int            `json:"payments"`
	Settled         int            `json:"settled"`
	Failed          int            `json:"failed"`
	Failures        map[string]int `json:"failures"` // by reason
	Unknown         int            `json:"unknown"`  // neither settled nor failed
	Hops            int            `json:"hops"`
	Processes       int            `json:"processes"`
	ReceiptVerified bool           `json:"receipt_verified"` // every settled payment's, offline
	Relayed         bool           `json:"relayed"`          // every friend link, read off its connection
	FeesExact       bool           `json:"fees_exact"`       // every settled payment's, to the unit
	BalanceSum      json.Number    `json:"balance_sum"`      // over all nodes; 0 unless money was made or lost
	Frozen          json.Number    `json:"frozen"`           // over all nodes, when everything had ended
	ElapsedMS       int64          `json:"elapsed_ms"`
	Latency         Latency        `json:"latency_ms"`
}

// Latency are times from the call to the receipt, in milliseconds.
type Latency struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"` // over the outage when a node was killed
}

// OK reports whether every payment settled and nothing is wrong.
func (r *Report) OK() bool {
	return r.Settled == r.Payments && r.ReceiptVerified && r.Relayed && r.FeesExact && r.Conserved()
}

// Conserved reports whether every payment has ended and no credit was made,
// lost or left frozen: what must hold whatever was killed meanwhile.
func (r *Report) Conserved() bool {
	return r.Unknown == 0 && r.BalanceSum == "0" && r.Frozen == "0"
}

// settleTimeout is how long the ends of payments may take to reach all nodes
// after the payer has its receipt.
const settleTimeout = 30 * time.Second

// Report waits until nothing is frozen, or the time is over, and adds up the
// whole lab.
func (l *Lab) Report(ctx context.Context, load Load, out *Outcome) (*Report, error) {
	r := &Report{
		Payments: load.Count, Settled: len(out.Settled), Failures: out.Failed, Unknown: out.Unknown,
		Hops: len(l.Nodes) - 1, Processes: len(l.Processes()),
		ReceiptVerified: len(out.Settled) > 0 && out.Receipts == len(out.Settled),
		ElapsedMS:       out.Elapsed.Milliseconds(),
		Latency:         Latency{P50: quantile(out.Latency, 0.5), P99: quantile(out.Latency, 0.99), Max: quantile(out.Latency, 1)},
	}
	for _, n := range out.Failed {
		r.Failed += n
	}
	fee, err := l.ExpectedFee(load.Credit, load.Amount)
	if err != nil {
		return nil, err
	}
	r.FeesExact = true
	for _, p := range out.Settled {
		r.FeesExact = r.FeesExact && p.Fee == fee
	}
	total, err := l.AwaitNothingFrozen(ctx, load.Credit.Currency)
	if err != nil {
		return nil, err
	}
	r.BalanceSum, r.Frozen = json.Number(total.Balance.String()), json.Number(total.Frozen.String())
	r.Relayed, err = l.awaitRelayed(ctx)
	return r, err
}

// AwaitNothingFrozen waits until nothing is frozen on any node and all balances
// sum to zero, or the time is over, and returns the sums.
func (l *Lab) AwaitNothingFrozen(ctx context.Context, c ledger.Currency) (Total, error) {
	deadline := time.Now().Add(settleTimeout)
	for {
		sum, err := l.total(ctx, c)
		if err != nil || (sum.Frozen.IsZero() && sum.Balance.Sign() == 0) || time.Now().After(deadline) {
			return sum, err
		}
		select {
		case <-time.After(pollEvery):
		case <-ctx.Done():
			return sum, ctx.Err()
		}
	}
}

func (l *Lab) total(ctx context.Context, c ledger.Currency) (Total, error) {
	var sum Total
	for _, n := range l.Nodes {
		t, err := n.Total(ctx, c)
		if err != nil {
			return sum, err
		}
		if sum.Balance, err = sum.Balance.Add(t.Balance); err != nil {
			return sum, err
		}
		if sum.Frozen, err = sum.Frozen.Add(t.Frozen); err != nil {
			return sum, err
		}
	}
	return sum, nil
}

// awaitRelayed looks at the connections, once more after a while when a link is
// just coming back.
func (l *Lab) awaitRelayed(ctx context.Context) (bool, error) {
	deadline := time.Now().Add(settleTimeout)
	for {
		all := true
		for _, n := range l.Nodes {
			ok, err := n.relayed(ctx)
			if err != nil {
				return false, err
			}
			all = all && ok
		}
		if all || time.Now().After(deadline) {
			return all, nil
		}
		select {
		case <-time.After(pollEvery):
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// quantile returns the q-quantile in milliseconds, 0 of nothing.
func quantile(d []time.Duration, q float64) float64 {
	if len(d) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(d))
	i := min(int(q*float64(len(sorted))), len(sorted)-1)
	return float64(sorted[i].Microseconds()) / 1000
}
