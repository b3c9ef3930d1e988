package harness

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"time"

	"github.com/offset-p2p/offset/ledger"
)

// AwaitGraph waits until both index servers know every edge of the chain in a
// currency, and reports whether they do: without federation they never will.
func (l *Lab) AwaitGraph(ctx context.Context, c ledger.Currency, timeout time.Duration) (bool, error) {
	want := 2 * (len(l.Nodes) - 1) // each friendship has two directions
	deadline := time.Now().Add(timeout)
	for {
		least := want
		for _, p := range l.Index {
			n, err := l.edges(ctx, p, c)
			if err != nil {
				return false, err
			}
			least = min(least, n)
		}
		if least == want || time.Now().After(deadline) {
			return least == want, nil
		}
		select {
		case <-time.After(pollEvery):
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// edges asks an index server, as its operator would, how many edges it knows.
func (l *Lab) edges(ctx context.Context, p *Process, c ledger.Currency) (int, error) {
	out, err := exec.CommandContext(ctx, l.Program("stindex"), "status", "--dir", p.Dir, "--json").Output()
	if err != nil {
		return 0, fmt.Errorf("asking %s for its status: %w", p.Name, err)
	}
	var status struct {
		Graph []struct {
			Currency ledger.Currency `json:"currency"`
			Edges    int             `json:"edges"`
		} `json:"graph"`
	}
	if err := json.Unmarshal(out, &status); err != nil {
		return 0, fmt.Errorf("reading the status of %s: %w", p.Name, err)
	}
	for _, g := range status.Graph {
		if g.Currency == c {
			return g.Edges, nil
		}
	}
	return 0, nil
}
