package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/integration/sim"
)

func simCommand() *cobra.Command {
	var (
		c      sim.Config
		faults string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "sim",
		Short: "Simulate a whole network in virtual time",
		Long: "Sim runs a network of real node engines and ledgers in this process and in virtual time, lets\n" +
			"people pay one another while things break, and checks the invariants of the ledger after every\n" +
			"step. The seed decides everything: the same seed gives the same run. It exits with 1 when an\n" +
			"invariant broke, something did not end, or an honest node lost money.",
		Example: "  stlab sim --nodes 20 --payments 500 --seed 1\n  stlab sim --nodes 200 --payments 100000 --seed 1 --faults all --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if c.Faults, err = sim.ParseFaults(faults); err != nil {
				return fmt.Errorf("--faults: %w", err)
			}
			r, err := sim.Run(c)
			if err != nil {
				return err
			}
			if err := printSim(cmd.OutOrStdout(), &r, asJSON); err != nil {
				return err
			}
			if !r.OK() {
				return errResult
			}
			return nil
		},
	}
	cmd.Flags().IntVar(&c.Nodes, "nodes", 20, "nodes of the network, 3 or more")
	cmd.Flags().IntVar(&c.Payments, "payments", 500, "payments that honest nodes begin")
	cmd.Flags().Uint64Var(&c.Seed, "seed", 1, "decides everything that happens")
	cmd.Flags().StringVar(&faults, "faults", "all", "what goes wrong: all, none, or a comma list of "+sim.FaultNames())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func printSim(w io.Writer, r *sim.Result, asJSON bool) error {
	if !asJSON {
		return r.Print(w)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}
