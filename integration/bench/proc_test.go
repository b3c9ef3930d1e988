package bench

import (
	"os"
	"testing"
	"time"
)

func TestCPUTime(t *testing.T) {
	tests := []struct {
		stat string
		want time.Duration
		ok   bool
	}{
		{"7 (stnode) S 1 7 7 0 -1 4194304 100 0 0 0 250 50 0 0 20 0", 3 * time.Second, true},
		{"7 (a) b (c) d) R 1 7 7 0 -1 4194304 100 0 0 0 1 2 0 0 20 0", 30 * time.Millisecond, true},
		{"7 (stnode) S 1 7", 0, false},
		{"7 (stnode) S 1 7 7 0 -1 4194304 100 0 0 0 x 50 0 0 20 0", 0, false},
		{"", 0, false},
	}
	for _, tt := range tests {
		got, err := cpuTime(tt.stat)
		if got != tt.want || (err == nil) != tt.ok {
			t.Errorf("cpuTime(%q) = %v, %v", tt.stat, got, err)
		}
	}
}

func TestField(t *testing.T) {
	text := "rchar: 1\nwrite_bytes: 4096\ncancelled_write_bytes: 5\nempty:\n"
	if n, err := field(text, "write_bytes:"); n != 4096 || err != nil {
		t.Errorf("write_bytes: %d, %v", n, err)
	}
	for _, name := range []string{"bytes:", "empty:", "syscr:"} {
		if n, err := field(text, name); err == nil {
			t.Errorf("%s: %d", name, n)
		}
	}
}

// What this process does shows in its own figures.
func TestUsageOfSelf(t *testing.T) {
	before, err := usageOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for start := time.Now(); time.Since(start) < 100*time.Millisecond; {
		_ = latency([]time.Duration{3, 1, 2})
	}
	after, err := usageOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if used := after.cpu - before.cpu; used < tick || used > time.Minute {
		t.Errorf("100 ms of work took %v of processor time", used)
	}
	if after.rss < 1<<20 {
		t.Errorf("%d bytes are resident", after.rss)
	}
	if _, err := usageOf(-1); err == nil {
		t.Error("a process that cannot be was found")
	}
}

func TestLatency(t *testing.T) {
	var took []time.Duration
	for i := range 100 {
		took = append(took, time.Duration((i*37)%100)*time.Millisecond)
	}
	if got, want := latency(took), (Latency{P50: 50, P95: 95, P99: 99}); got != want {
		t.Errorf("quantiles of 0 to 99: %+v", got)
	}
	if got := latency(nil); got != (Latency{}) {
		t.Errorf("quantiles of nothing: %+v", got)
	}
}
