package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/offset-p2p/offset/indexd"
)

func statusCommand() *cobra.Command {
	var dir string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status --dir DIR [--json]",
		Short: "Show how the server that runs in DIR stands",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			data, err := indexd.ReadStatus(cmd.Context(), dir)
			if err != nil {
				return err
			}
			if asJSON {
				_, err := fmt.Fprintln(cmd.OutOrStdout(), string(data))
				return err
			}
			var status indexd.Status
			if err := json.Unmarshal(data, &status); err != nil {
				return fmt.Errorf("reading the status: %w", err)
			}
			return printStatus(cmd.OutOrStdout(), status)
		},
	}
	dirFlag(cmd, &dir)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// printStatus is the status for people.
func printStatus(out io.Writer, s indexd.Status) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "peer\t%s\n", s.Peer)
	fmt.Fprintf(w, "up\t%s\n", s.Clock.Sub(s.Started).Round(time.Second))
	fmt.Fprintf(w, "sessions\t%d\n", s.Sessions)
	fmt.Fprintf(w, "nodes\t%d\n", s.Pages.Nodes)
	fmt.Fprintf(w, "pages\t%d\n", s.Pages.Pages)
	for _, g := range s.Graph {
		fmt.Fprintf(w, "graph %s\t%d nodes, %d edges\n", g.Currency, g.Nodes, g.Edges)
	}
	if len(s.Trust) > 0 {
		fmt.Fprintln(w, "\nSERVER\tTRUST\tCONNECTED\tCLOCK\tLAST CATCH-UP\tERROR")
	}
	for _, t := range s.Trust {
		last := "never"
		if !t.LastSync.IsZero() {
			last = s.Clock.Sub(t.LastSync).Round(time.Second).String() + " ago"
		}
		fmt.Fprintf(w, "%s\t%s\t%t\t%+dms\t%s\t%s\n", t.Peer, t.State, t.Connected, t.ClockOffset, last, t.Error)
	}
	return w.Flush()
}
