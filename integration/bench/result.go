package bench

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// Result is what Payments measured. Its JSON keys are for programs and stay.
type Result struct {
	// PerSecond are payments settled per second.
	PerSecond float64 `json:"payments_per_second"`
	Settled   int     `json:"settled"`
	Failed    int     `json:"failed"`
	Hops      int     `json:"hops"`
	// Concurrency is how many payments were under way at once.
	Concurrency int `json:"concurrency"`
	// Latency is from the call that pays to the receipt.
	Latency Latency `json:"latency_ms"`
	// CPU is processor time, of all processes and of the load generator.
	CPU float64 `json:"cpu_ms_per_payment"`
	// Syncs are waits for stable storage, of all nodes together: each of
	// Hops+1 nodes has its share.
	Syncs float64 `json:"fsyncs_per_payment"`
	// Bytes are those that all processes gave to the disk, in whole pages.
	Bytes float64 `json:"bytes_per_payment"`
	// RSS is the resident memory of all processes together, without the load
	// generator, in MiB.
	RSS       float64   `json:"rss_mb"`
	Reference Reference `json:"reference"`
}

// Latency are quantiles in milliseconds.
type Latency struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
}

// Reference is the speed of the machine, measured in the same run.
type Reference struct {
	Sign   float64 `json:"sign_per_s"`   // Ed25519, one core
	Verify float64 `json:"verify_per_s"` // Ed25519, one core
	Fsync  float64 `json:"fsync_per_s"`  // in the data directory, one after another
}

// Print writes the result as a table for people.
func (r *Result) Print(w io.Writer) error {
	_, err := fmt.Fprintf(w, `payments per second   %.0f
settled               %d
failed                %d
hops                  %d
concurrency           %d
latency               p50 %.1f ms, p95 %.1f ms, p99 %.1f ms
processor time        %.2f ms a payment, all processes and the load generator
syncs                 %.2f a payment, %.2f of each node
bytes written         %.0f a payment
resident memory       %.0f MiB, all processes
reference             %.0f signatures/s and %.0f checks/s of one core, %.0f syncs/s
`, r.PerSecond, r.Settled, r.Failed, r.Hops, r.Concurrency, r.Latency.P50, r.Latency.P95, r.Latency.P99,
		r.CPU, r.Syncs, r.Syncs/float64(r.Hops+1), r.Bytes, r.RSS, r.Reference.Sign, r.Reference.Verify, r.Reference.Fsync)
	return err
}

// latency sorts the times of payments.
func latency(took []time.Duration) Latency {
	slices.Sort(took)
	at := func(q float64) float64 {
		if len(took) == 0 {
			return 0
		}
		return ms(took[min(int(q*float64(len(took))), len(took)-1)])
	}
	return Latency{P50: at(0.50), P95: at(0.95), P99: at(0.99)}
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
