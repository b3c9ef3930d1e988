package mutate

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// tables are all mutants. A table of another package is a variable in a file of
// its own and a line here.
var tables = map[string][]Mutant{
	"ledger/friendship": friendshipMutants,
}

// mutantsEnv chooses the mutants that TestMutantsDie runs.
const mutantsEnv = "OFFSET_MUTANTS"

// sample is run without mutantsEnv: one each for the explorer of two nodes, the
// explorer of a foe, and a plain test.
var sample = map[string]bool{"cost-off": true, "resend-off": true, "totals-off": true}

func root(t *testing.T) string {
	t.Helper()
	dir, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestMutantsFit wants that each mutant still finds its text, and is told apart.
func TestMutantsFit(t *testing.T) {
	dir := root(t)
	seen := map[string]bool{}
	for pkg, table := range tables {
		for i := range table {
			m := &table[i]
			if m.Name == "" || m.Why == "" || m.Test == "" || m.Old == m.New || seen[m.Name] {
				t.Errorf("%s: mutant %d (%q) is not described, changes nothing, or has the name of another", pkg, i, m.Name)
			}
			seen[m.Name] = true
			if _, err := m.Apply(dir); err != nil {
				t.Error(err)
			}
		}
	}
	for name := range sample {
		if !seen[name] {
			t.Errorf("no mutant is called %s", name)
		}
	}
}

// TestMutantsDie wants that a test notices each mutant.
func TestMutantsDie(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("needs the go tool")
	}
	dir, chosen := root(t), os.Getenv(mutantsEnv)
	for _, table := range tables {
		for i := range table {
			m := &table[i]
			if !runs(m.Name, chosen) {
				continue
			}
			t.Run(m.Name, func(t *testing.T) {
				began := time.Now()
				out, err := m.Run(t.Context(), dir, t.TempDir())
				if err != nil {
					t.Errorf("%v\n%s", err, out)
				}
				t.Logf("%v: %s", time.Since(began).Round(time.Millisecond), m.Why)
			})
		}
	}
}

// runs reports whether a mutant is among those chosen: the sample, all, or a
// comma list of parts of names.
func runs(name, chosen string) bool {
	if chosen == "" {
		return sample[name]
	}
	return chosen == "all" || slices.ContainsFunc(strings.Split(chosen, ","), func(part string) bool {
		return strings.Contains(name, part)
	})
}

// TestJudge wants that only a failure of the right kind counts.
func TestJudge(t *testing.T) {
	failed := exec.Command("false").Run()
	m := Mutant{Name: "m", Test: "T", Says: "loses"}
	done, cancel := context.WithCancel(context.Background())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		out  string
		err  error
		want error
	}{
		{"fails as it must", context.Background(), "--- FAIL: T\nloses 1", failed, nil},
		{"panics as it must", context.Background(), "panic: loses all", failed, nil},
		{"fails with something else", context.Background(), "--- FAIL: T\nis slow", failed, ErrAlive},
		{"passes", context.Background(), "loses", nil, ErrAlive},
		{"was ended", done, "--- FAIL: T\nloses 1", failed, ErrAlive},
		{"ends otherwise", context.Background(), "loses", failed, ErrAlive},
	} {
		if err := m.judge(c.ctx, c.out, c.err); !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// TestStale wants that a mutant whose text is gone, or there twice, is refused.
func TestStale(t *testing.T) {
	dir := root(t)
	for _, old := range []string{"no such text\x00", "package"} {
		m := Mutant{Name: "stale", File: "integration/mutate/doc.go", Old: old, New: "x"}
		if _, err := m.Apply(dir); !errors.Is(err, ErrStale) {
			t.Errorf("replacing %q: %v, want ErrStale", old, err)
		}
	}
	m := Mutant{Name: "broken", File: "integration/mutate/doc.go", Old: "package mutate\n", New: "packag mutate\n", Package: "integration/mutate", Test: "TestStale"}
	if _, err := m.Run(t.Context(), dir, t.TempDir()); !errors.Is(err, ErrBuild) {
		t.Errorf("mutant that does not compile: %v, want ErrBuild", err)
	}
}
