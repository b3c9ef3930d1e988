package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/integration/harness"
	"github.com/offset-p2p/offset/ledger"
)

const (
	// graphTimeout is how long the first payment waits for capacities to reach
	// both index servers; they need a second or two, and never do without
	// federation.
	graphTimeout = 10 * time.Second
	// downTime is how long a killed node stays away.
	downTime = 500 * time.Millisecond
	// killPause spreads bursts of payments so that they meet a killed node
	// before, during and after its absence.
	killPause = 500 * time.Millisecond
	// countMax bounds the payments of one run.
	countMax = 100_000
)

type payFlags struct {
	count, concurrency int
	amount             string
	noFederation       bool
	kill               string
	asJSON             bool
}

func payCommand(f *flags) *cobra.Command {
	var p payFlags
	cmd := &cobra.Command{
		Use:   "pay",
		Short: "Pay along the chain and report",
		Long: "Pay makes payments from the first node of the chain to the last and reports what became of\n" +
			"them. It exits with 0 only if all settled and the books are right; with --kill payments may\n" +
			"fail, but each must end and the books must be right.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return pay(cmd, *f, p) },
	}
	cmd.Flags().IntVar(&p.count, "count", 10, "payments to make")
	cmd.Flags().IntVar(&p.concurrency, "concurrency", 8, "payments under way at once")
	cmd.Flags().StringVar(&p.amount, "amount", "1000", "amount of each in cents of EUR")
	cmd.Flags().BoolVar(&p.noFederation, "no-federation", false, "index server 2 does not trust server 1, so that no route is known")
	cmd.Flags().StringVar(&p.kill, "kill", "", "kill this node while payments are under way, and restart it: mediator or seller")
	cmd.Flags().BoolVar(&p.asJSON, "json", false, "print one JSON object")
	return cmd
}

func pay(cmd *cobra.Command, f flags, p payFlags) error {
	if p.count < 1 || p.count > countMax || p.concurrency < 1 {
		return fmt.Errorf("--count must be 1 to %d and --concurrency at least 1", countMax)
	}
	amount, err := ledger.ParseAmount(p.amount)
	if err != nil {
		return err
	}
	if !amount.IsRequestable() {
		return errors.New("--amount must be between 1 and 2^96 − 1 cents")
	}
	if p.kill != "" && p.kill != "mediator" && p.kill != "seller" {
		return fmt.Errorf("--kill %q: choose mediator or seller", p.kill)
	}
	if p.kill == "mediator" && f.hops < 2 {
		return errors.New("--kill mediator needs a mediator: choose --hops 2 or more")
	}
	ctx, log := cmd.Context(), cmd.ErrOrStderr()
	lab, end, err := start(ctx, log, f, harness.Options{NoFederation: p.noFederation})
	if err != nil {
		return err
	}
	defer end()
	report, err := run(ctx, log, lab, p, amount)
	if err != nil {
		return err
	}
	if err := printReport(cmd.OutOrStdout(), report, p.asJSON); err != nil {
		return err
	}
	if report.OK() || (p.kill != "" && report.Conserved() && report.Settled > 0) {
		return nil
	}
	return errResult
}

func run(ctx context.Context, log io.Writer, lab *harness.Lab, p payFlags, amount ledger.Amount) (*harness.Report, error) {
	load := harness.Load{
		Count: p.count, Concurrency: p.concurrency, Amount: amount,
		Credit: harness.DefaultCredit(), GraphTimeout: graphTimeout,
		Progress: func(ended int) {
			if ended%max(p.count/10, 1) == 0 {
				say(log, "%d of %d payments have ended", ended, p.count)
			}
		},
	}
	say(log, "making friends")
	if err := lab.Befriend(ctx, load.Credit); err != nil {
		return nil, err
	}
	if p.kill != "" {
		victim := lab.Nodes[len(lab.Nodes)-1]
		if p.kill == "mediator" {
			victim = lab.Nodes[len(lab.Nodes)/2]
		}
		load.Pause = killPause
		load.During = func(ctx context.Context) error {
			say(log, "killing %s", victim.Name)
			err := victim.KillAndRestart(ctx, downTime)
			say(log, "%s is back", victim.Name)
			return err
		}
	}
	say(log, "paying")
	out, err := lab.Run(ctx, load)
	if err != nil {
		return nil, err
	}
	return lab.Report(ctx, load, out)
}

func printReport(w io.Writer, r *harness.Report, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(r)
	}
	_, err := fmt.Fprintf(w, `payments          %d over %d hops, %d processes
settled           %d
failed            %d %v
unknown           %d
receipts verified %v
links relayed     %v
fees exact        %v
sum of balances   %s
frozen            %s
elapsed           %d ms
latency           p50 %.1f ms, p99 %.1f ms, max %.1f ms
`, r.Payments, r.Hops, r.Processes, r.Settled, r.Failed, r.Failures, r.Unknown, r.ReceiptVerified, r.Relayed,
		r.FeesExact, r.BalanceSum, r.Frozen, r.ElapsedMS, r.Latency.P50, r.Latency.P99, r.Latency.Max)
	return err
}
