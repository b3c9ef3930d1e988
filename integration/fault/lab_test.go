package fault

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/offset-p2p/offset/integration/harness"
	"github.com/offset-p2p/offset/ledger"
)

// built holds the programs of all tests of this package.
var built struct {
	once sync.Once
	dir  string
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
	os.Exit(code)
}

// programs builds the programs once and returns their directory.
func programs(t *testing.T) string {
	t.Helper()
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "offset-programs-"); built.err == nil {
			_, built.err = harness.Programs(context.Background(), built.dir)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.dir
}

// startLab starts a lab whose neighbours are friends; it ends with the test.
func startLab(t *testing.T, hops int) *harness.Lab {
	t.Helper()
	lab, err := harness.Start(t.Context(), harness.Options{Hops: hops, Programs: programs(t), Dir: shortDir(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		lab.Close()
		if t.Failed() {
			showLogs(t, lab)
		}
	})
	if err := lab.Befriend(t.Context(), harness.DefaultCredit()); err != nil {
		t.Fatal(err)
	}
	return lab
}

// shortDir is a temporary directory whose path leaves room for the name of a
// unix socket, which t.TempDir's often does not.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "fault-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func showLogs(t *testing.T, lab *harness.Lab) {
	t.Helper()
	processes := []*harness.Process{lab.Relay, lab.Index[0], lab.Index[1]}
	for _, n := range lab.Nodes {
		processes = append(processes, n.Process)
	}
	for _, p := range processes {
		b, err := os.ReadFile(filepath.Join(p.Dir, "log"))
		if err != nil {
			continue
		}
		t.Logf("end of the log of %s:\n%s", p.Name, b[max(0, len(b)-logTailBytes):])
	}
}

// mustSettle pays from one end of the lab to the other and fails unless all
// payments settle with the books right.
func mustSettle(t *testing.T, lab *harness.Lab, count int) {
	t.Helper()
	load := harness.Load{
		Count: count, Concurrency: 2, Amount: ledger.NewAmount(1000),
		Credit: harness.DefaultCredit(), GraphTimeout: graphTimeout,
	}
	out, err := lab.Run(t.Context(), load)
	if err != nil {
		t.Fatal(err)
	}
	r, err := lab.Report(t.Context(), load, out)
	if err != nil {
		t.Fatal(err)
	}
	if !r.OK() {
		t.Fatalf("payments do not settle with the books right: %+v", *r)
	}
}
