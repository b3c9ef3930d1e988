package bench_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/offset-p2p/offset/integration/bench"
	"github.com/offset-p2p/offset/integration/harness"
	"github.com/offset-p2p/offset/integration/harness/harnesstest"
)

func TestMain(m *testing.M) { harnesstest.Main(m) }

// Every figure of a short run of real processes is there and within reason.
func TestPayments(t *testing.T) {
	lab, err := harness.Start(t.Context(), harness.Options{Programs: harnesstest.Programs(t), Dir: harnesstest.Dir(t), Hops: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(lab.Close)
	r, err := bench.Payments(t.Context(), lab, bench.Options{Concurrency: 8, Duration: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", *r)
	if r.Settled < 10 || r.Failed != 0 || r.Hops != 2 || r.Concurrency != 8 {
		t.Errorf("%d payments settled and %d failed over %d hops, %d at once", r.Settled, r.Failed, r.Hops, r.Concurrency)
	}
	if l := r.Latency; l.P50 <= 0 || l.P95 < l.P50 || l.P99 < l.P95 || l.P99 > 1000 {
		t.Errorf("latency %+v", l)
	}
	for name, v := range map[string][3]float64{ // least, measured, most
		"payments per second": {10, r.PerSecond, 1e5},
		"processor time":      {0.1, r.CPU, 100},
		"syncs":               {0.01, r.Syncs, 50},
		"bytes written":       {500, r.Bytes, 1e6},
		"resident memory":     {50, r.RSS, 2000},
		"signatures":          {1000, r.Reference.Sign, 1e6},
		"checks":              {500, r.Reference.Verify, 1e6},
		"reference syncs":     {1, r.Reference.Fsync, 1e6},
	} {
		if v[1] < v[0] || v[1] > v[2] {
			t.Errorf("%s: %g is outside %g to %g", name, v[1], v[0], v[2])
		}
	}
}

// Programs read these keys.
func TestResultKeys(t *testing.T) {
	b, err := json.Marshal(bench.Result{})
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"bytes_per_payment", "concurrency", "cpu_ms_per_payment", "failed", "fsyncs_per_payment", "hops",
		"latency_ms", "payments_per_second", "reference", "rss_mb", "settled",
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	for key, want := range map[string][]string{
		"latency_ms": {"p50", "p95", "p99"},
		"reference":  {"fsync_per_s", "sign_per_s", "verify_per_s"},
	} {
		inner, _ := got[key].(map[string]any)
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(inner))); diff != "" {
			t.Errorf("keys of %s (-want +got):\n%s", key, diff)
		}
	}
}

func TestPrint(t *testing.T) {
	var b strings.Builder
	r := bench.Result{PerSecond: 1234.4, Settled: 9, Hops: 3, Syncs: 1.2, CPU: 0.75}
	if err := r.Print(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"payments per second   1234\n", "0.75 ms a payment", "1.20 a payment, 0.30 of each node"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []bench.Options{
		{Concurrency: 0, Duration: time.Second},
		{Concurrency: bench.ConcurrencyMax + 1, Duration: time.Second},
		{Concurrency: 1},
		{Concurrency: 1, Duration: bench.DurationMax + 1},
	} {
		if o.Validate() == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}
