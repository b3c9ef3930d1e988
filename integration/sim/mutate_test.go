package sim

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

const (
	// mutantsEnv lets TestMutants run: "all", or a part of a mutant's name. It
	// builds the simulator once for each, which takes minutes.
	mutantsEnv = "OFFSET_SIM_MUTANTS"
	// mutantSeeds is how many runs a mutant has to survive to count as missed.
	mutantSeeds = 24
	// mutantTime ends the runs of a mutant that does not come to rest: it is caught.
	mutantTime = 5 * time.Minute
)

// TestMutants: a simulator that never fails proves nothing. Each mutant is an
// engine with one rule broken, and has to be caught. Without mutantsEnv only the
// table is checked: that every text is where the mutant says.
func TestMutants(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	only := os.Getenv(mutantsEnv)
	for _, m := range mutants {
		t.Run(m.Name, func(t *testing.T) {
			source := m.source(t, root)
			if only == "" || only != "all" && !strings.Contains(m.Name, only) {
				return
			}
			m.mustBeCaught(t, root, source)
		})
	}
}

// source returns the file with the rule broken.
func (m *mutant) source(t *testing.T, root string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, m.File))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(b), m.Old); n != 1 {
		t.Fatalf("%s has the text of this mutant %d times, want once: bring the mutant up to date\n%s", m.File, n, m.Old)
	}
	return []byte(strings.Replace(string(b), m.Old, m.New, 1))
}

// caught is what the output of a run says of a mutant that was noticed, what
// tells most first.
var caught = []*regexp.Regexp{
	regexp.MustCompile(`violation at .*`), regexp.MustCompile(`panic: .*`),
	regexp.MustCompile(`loss of honest nodes +[1-9]\d*`), regexp.MustCompile(`not ended: .*`),
}

func (m *mutant) mustBeCaught(t *testing.T, root string, source []byte) {
	dir := t.TempDir()
	changed, overlay, binary := filepath.Join(dir, "mutant.go"), filepath.Join(dir, "overlay.json"), filepath.Join(dir, "sim.test")
	list, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, m.File): changed}})
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{changed: source, overlay: list} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.Command("go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", binary, "./integration/sim")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the mutant does not build: %v\n%s", err, out)
	}
	run := exec.Command(binary, "-test.run", "^TestSeeds$", "-test.failfast", "-test.timeout", mutantTime.String())
	run.Env = append(os.Environ(), fmt.Sprintf("%s=%d", seedsEnv, mutantSeeds))
	out, err := run.CombinedOutput()
	if err == nil {
		t.Fatalf("the mutant was not caught in %d runs", mutantSeeds)
	}
	for _, re := range caught {
		if what := re.Find(out); what != nil {
			t.Logf("caught: %s", what)
			return
		}
	}
	t.Errorf("the mutant's runs failed, and not for what it does:\n%s", out)
}
