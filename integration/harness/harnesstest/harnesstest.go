// Package harnesstest starts labs in tests: the programs are built once for a
// test binary, a lab ends with its test, and the logs of a failed test are shown.
// A package that uses it has a TestMain that calls Main.
package harnesstest

import (
	"context"
	"os"
	"sync"
	"testing"

	"github.com/offset-p2p/offset/integration/harness"
)

// built holds the programs of all tests of a test binary.
var built struct {
	once sync.Once
	dir  string
	err  error
}

// Main runs the tests and removes what Programs built. It does not return.
func Main(m *testing.M) {
	code := m.Run()
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
	os.Exit(code)
}

// Programs builds the programs of a lab once and returns their directory.
func Programs(t testing.TB) string {
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

// Dir returns a temporary directory of the test whose path leaves room for the
// name of a unix socket, which t.TempDir's often does not.
func Dir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "lab-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// Start starts a lab whose neighbours are friends. Dir and Programs of the
// options are set here where they are empty. The lab ends with the test, and its
// logs are shown when that fails.
func Start(t testing.TB, opts harness.Options, credit harness.Credit) *harness.Lab {
	t.Helper()
	if opts.Programs == "" {
		opts.Programs = Programs(t)
	}
	if opts.Dir == "" {
		opts.Dir = Dir(t)
	}
	lab, err := harness.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		lab.Close()
		if t.Failed() {
			for _, p := range lab.Processes() {
				t.Logf("end of the log of %s:\n%s", p.Name, p.LogTail())
			}
		}
	})
	if err := lab.Befriend(t.Context(), credit); err != nil {
		t.Fatal(err)
	}
	return lab
}

// Run makes the payments of a load and reports on the whole lab.
func Run(t testing.TB, lab *harness.Lab, load harness.Load) *harness.Report {
	t.Helper()
	out, err := lab.Run(t.Context(), load)
	if err != nil {
		t.Fatal(err)
	}
	r, err := lab.Report(t.Context(), load, out)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", *r)
	return r
}
