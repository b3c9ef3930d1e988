package sim

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// seedsEnv sets how many seeds TestSeeds runs; .ci/run sets 200.
const seedsEnv = "OFFSET_SIM_SEEDS"

// seedsShort is what a plain go test runs: a few seconds of one core.
const seedsShort = 12

// TestSeeds runs seeded networks of 20 nodes that make 500 payments under all
// faults. No invariant may break, all must end, and the faults must have
// happened: a million easy payments prove nothing.
func TestSeeds(t *testing.T) {
	seeds := seedsShort
	if v := os.Getenv(seedsEnv); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 {
			t.Fatalf("%s=%q is no number of seeds", seedsEnv, v)
		}
		seeds = n
	}
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		sum  Result
		next = make(chan uint64)
	)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for seed := range next {
				r := runSeed(t, seed)
				mu.Lock()
				add(&sum, &r)
				mu.Unlock()
			}
		})
	}
	for seed := range uint64(seeds) {
		if t.Failed() {
			break // the first is enough to look at
		}
		next <- seed
	}
	close(next)
	wg.Wait()
	t.Logf("%d seeds: %d payments, %d settled, %d crashes, %d resets, %d cuts, %d steps",
		seeds, sum.Payments, sum.Settled, sum.Crashes, sum.Resets, sum.Cuts, sum.Steps)
	if sum.Settled < sum.Payments/4 || sum.Crashes < 20*seeds || sum.Cuts < 20*seeds || sum.Resets < 2*seeds || sum.Disabled < 10*seeds {
		t.Errorf("the runs are too quiet: %+v", sum)
	}
}

func runSeed(t *testing.T, seed uint64) Result {
	r, err := Run(Config{Nodes: 20, Payments: 500, Seed: seed, Faults: Faults()})
	if err != nil {
		t.Error(err)
		return r
	}
	if !r.OK() {
		var out strings.Builder
		if err := r.Print(&out); err != nil {
			t.Error(err)
		}
		t.Errorf("seed %d (stlab sim --nodes 20 --payments 500 --seed %d --faults all):\n%s", seed, seed, out.String())
	}
	return r
}

func add(sum, r *Result) {
	sum.Payments += r.Payments
	sum.Settled += r.Settled
	sum.Crashes += r.Crashes
	sum.Resets += r.Resets
	sum.Cuts += r.Cuts
	sum.Disabled += r.Disabled
	sum.Steps += r.Steps
}

// TestSameSeedSameRun: nothing but the seed decides a run.
func TestSameSeedSameRun(t *testing.T) {
	run := func(seed uint64) string {
		r, err := Run(Config{Nodes: 8, Payments: 100, Seed: seed, Faults: Faults()})
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%+v", r)
	}
	if a, b := run(7), run(7); a != b {
		t.Errorf("two runs of one seed differ:\n%s\n%s", a, b)
	}
	if run(7) == run(8) {
		t.Error("two seeds make one run")
	}
}

// TestQuietNetwork: without faults whatever can be paid is paid.
func TestQuietNetwork(t *testing.T) {
	r, err := Run(Config{Nodes: 10, Payments: 200, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	if !r.OK() || r.Settled < 120 || r.Crashes+r.Cuts+r.Resets+r.Disabled > 0 {
		t.Errorf("a quiet network: %+v", r)
	}
}

func TestParseFaults(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want int
	}{{"all", len(Faults())}, {"none", 0}, {"", 0}, {"crash", 1}, {"crash, cut,crash", 2}, {"crash,fire", -1}, {",", -1}} {
		got, err := ParseFaults(tc.in)
		if (err != nil) != (tc.want < 0) || err == nil && len(got) != tc.want {
			t.Errorf("ParseFaults(%q) = %v, %v", tc.in, got, err)
		}
	}
}

func TestConfigBounds(t *testing.T) {
	for _, c := range []Config{{Nodes: 2}, {Nodes: 20_000}, {Nodes: 5, Payments: -1}} {
		if _, err := Run(c); err == nil {
			t.Errorf("%+v runs", c)
		}
	}
}
