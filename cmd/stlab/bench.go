package main

import (
	"encoding/json"
	"time"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/integration/bench"
	"github.com/offset-p2p/offset/integration/harness"
)

func benchCommand(f *flags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure a network of real processes",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(benchPayments(f))
	return cmd
}

func benchPayments(f *flags) *cobra.Command {
	var (
		opts    bench.Options
		seconds int
		asJSON  bool
	)
	cmd := &cobra.Command{
		Use:   "payments",
		Short: "Pay along the chain as fast as it goes and report",
		Long: "Payments pays from the first node of the chain to the last, each invoice made and paid by an\n" +
			"application over the node's socket, with the database on disk, and reports what the network\n" +
			"carries, how long a payment takes and what it costs. Processor time is that of all processes\n" +
			"and of this load generator; syncs are those of all nodes together. The reference figures say\n" +
			"how fast this machine is, measured in the same run.",
		Example: "  stlab bench payments --hops 3 --concurrency 64 --seconds 20 --json\n" +
			"  stlab bench payments --hops 3 --concurrency 1",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opts.Duration = time.Duration(seconds) * time.Second
			if err := opts.Validate(); err != nil {
				return err
			}
			opts.Progress = func(what string) { say(cmd.ErrOrStderr(), "%s", what) }
			lab, end, err := start(cmd.Context(), cmd.ErrOrStderr(), *f, harness.Options{})
			if err != nil {
				return err
			}
			defer end()
			r, err := bench.Payments(cmd.Context(), lab, opts)
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(r)
			}
			return r.Print(cmd.OutOrStdout())
		},
	}
	cmd.Flags().IntVar(&opts.Concurrency, "concurrency", 64, "payments under way at once")
	cmd.Flags().IntVar(&seconds, "seconds", 20, "how long to measure")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}
