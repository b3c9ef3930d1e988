package fault

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/offset-p2p/offset/integration/harness"
)

// resident returns the resident memory of a process, in bytes.
func resident(pid int) (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("reading the memory of a process: %w", err)
	}
	for line := range strings.Lines(string(b)) {
		if field, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(field), " kB"), 10, 64)
			if err != nil {
				return 0, fmt.Errorf("reading the memory of a process: %w", err)
			}
			return kib << 10, nil
		}
	}
	return 0, fmt.Errorf("process %d has ended", pid)
}

// scales watch the resident memory of processes.
type scales struct {
	processes []*harness.Process
	before    []int64
	peak      []int64
	stop      func()
}

// weigh begins to watch; the stop of the scales ends it. Elsewhere than on
// Linux it returns nil: there is no file to read resident memory from.
func weigh(t *testing.T, processes ...*harness.Process) *scales {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Logf("memory is not watched: %s has no /proc/PID/status", runtime.GOOS)
		return nil
	}
	s := &scales{processes: processes}
	for _, p := range processes {
		now, err := resident(p.PID())
		if err != nil {
			t.Fatal(err)
		}
		s.before, s.peak = append(s.before, now), append(s.peak, now)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { s.watch(ctx) })
	s.stop = func() {
		cancel()
		wg.Wait()
	}
	t.Cleanup(s.stop)
	return s
}

func (s *scales) watch(ctx context.Context) {
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			for i, p := range s.processes {
				if now, err := resident(p.PID()); err == nil {
					s.peak[i] = max(s.peak[i], now)
				}
			}
		}
	}
}

// check fails when a process has grown by more than growthMax while it was
// watched, or keeps more than restMax of it.
func (s *scales) check(t *testing.T) {
	t.Helper()
	if s == nil {
		return
	}
	s.stop()
	deadline := time.Now().Add(restTimeout)
	for i, p := range s.processes {
		if grown := s.peak[i] - s.before[i]; grown > growthMax {
			t.Errorf("%s has grown by %d MiB, more than %d", p.Name, grown>>20, growthMax>>20)
		}
		for {
			now, err := resident(p.PID())
			if err != nil {
				t.Fatal(err)
			}
			rest := now - s.before[i]
			if rest <= restMax {
				t.Logf("%s: %d MiB before, %d more at most, %d more afterwards", p.Name, s.before[i]>>20, (s.peak[i]-s.before[i])>>20, rest>>20)
				break
			}
			if time.Now().After(deadline) {
				t.Errorf("%s keeps %d MiB more than before, more than %d (at most it was %d)", p.Name, rest>>20, restMax>>20, (s.peak[i]-s.before[i])>>20)
				break
			}
			time.Sleep(pollEvery)
		}
	}
}
