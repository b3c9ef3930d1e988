package sim

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
)

// Result is what a run came to. Payments is Settled, Failed, Held and Unresolved
// payments together.
type Result struct {
	Seed           uint64         `json:"seed"`
	Nodes          int            `json:"nodes"`
	Payments       int            `json:"payments"`
	Settled        int            `json:"settled"`
	Failed         map[string]int `json:"failed"` // by reason
	Violations     int            `json:"violations"`
	Unresolved     int            `json:"unresolved"` // payments and requests that did not end
	Crashes        int            `json:"crashes"`
	Resets         int            `json:"resets"`      // ledgers that began anew
	Accepted       int            `json:"accepted"`    // terms that people allowed
	WrittenOff     int            `json:"written_off"` // requests
	Cuts           int            `json:"cuts"`        // links that a fault broke
	Disabled       int            `json:"disabled"`
	AdversaryNodes int            `json:"adversary_nodes"`
	Inconsistent   int            `json:"inconsistent"` // ledgers that an adversary has spoilt
	// Held counts the payments, and HeldRequests the requests of honest nodes, that
	// did not end because an adversary has them.
	Held         int `json:"held"`
	HeldRequests int `json:"held_requests"`
	// HonestLoss is what honest nodes have less than their own records of sales
	// and purchases say; AcceptedLoss what people lost by removing friends, after
	// they were shown it. In smallest units of all currencies together.
	HonestLoss   uint64 `json:"honest_loss"`
	AcceptedLoss uint64 `json:"accepted_loss"`
	Steps        uint64 `json:"steps"` // events of the simulation
	Digest       string `json:"digest"`

	Left      []string `json:"left,omitempty"`      // the first that did not end
	Violation string   `json:"violation,omitempty"` // the first, which ended the run
	Trace     []string `json:"trace,omitempty"`     // the last events before it
}

// OK reports whether the run is as it must be.
func (r *Result) OK() bool { return r.Violations == 0 && r.Unresolved == 0 && r.HonestLoss == 0 }

// Print writes the result for people.
func (r *Result) Print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	row := func(name string, v any) { fmt.Fprintf(t, "%s\t%v\n", name, v) }
	row("seed", r.Seed)
	row("nodes", r.Nodes)
	row("adversaries among them", r.AdversaryNodes)
	row("payments", r.Payments)
	row("settled", r.Settled)
	for _, reason := range slices.Sorted(maps.Keys(r.Failed)) {
		row("failed: "+reason, r.Failed[reason])
	}
	row("held by adversaries", r.Held)
	row("requests held by adversaries", r.HeldRequests)
	row("ledgers spoilt by adversaries", r.Inconsistent)
	row("crashes", r.Crashes)
	row("links cut", r.Cuts)
	row("friends disabled", r.Disabled)
	row("ledgers begun anew", r.Resets)
	row("terms accepted by people", r.Accepted)
	row("requests written off", r.WrittenOff)
	row("loss accepted by people", r.AcceptedLoss)
	row("steps", r.Steps)
	row("digest", r.Digest)
	row("unresolved", r.Unresolved)
	row("loss of honest nodes", r.HonestLoss)
	row("violations", r.Violations)
	if err := t.Flush(); err != nil {
		return err
	}
	for _, line := range r.Left {
		fmt.Fprintln(w, "not ended:", line)
	}
	if r.Violation == "" {
		return nil
	}
	fmt.Fprintf(w, "\nviolation at step %d of seed %d: %s\n", r.Steps, r.Seed, r.Violation)
	for _, line := range r.Trace {
		fmt.Fprintln(w, line)
	}
	return nil
}

// finish counts what became of everything.
func (s *Sim) finish() {
	s.res.Payments = len(s.orders)
	for _, o := range s.orders {
		p := o.buyer.ref.payments[o.payment]
		switch {
		case o.refused != "":
			s.res.Failed[o.refused]++
		case o.begun && p != nil && p.settled:
			s.res.Settled++
		case o.begun && p != nil && !p.ended && o.buyer.heldUp(o.payment):
			s.res.Held++
		case !o.begun || p == nil || !p.ended:
			s.res.Unresolved++
			rec := o.buyer.disk.open[o.payment]
			s.left("payment %v of %s to %s: begun %t, %v, %d parts, asked %d times, failure %q", o.payment, o.buyer.name, o.seller.name,
				o.begun, rec.State, len(rec.Parts), rec.Attempts, rec.Failure)
		default:
			s.res.Failed[p.failure]++
		}
	}
	s.res.Digest = fmt.Sprintf("%016x", s.digest.Sum64())
	if s.stop != nil {
		s.res.Violations++
		s.res.Violation = s.stop.Error()
	}
}
