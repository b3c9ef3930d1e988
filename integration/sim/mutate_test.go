package sim

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/offset-p2p/offset/integration/mutate"
)

const (
	// mutantsEnv lets TestMutants run: "all", or a part of a mutant's name. It
	// builds the simulator once for each, which takes minutes.
	mutantsEnv = "OFFSET_SIM_MUTANTS"
	// mutantSeeds is how many runs a mutant has to survive to count as missed.
	mutantSeeds = 24
)

// TestMutants: a simulator that never fails proves nothing. Each mutant is an
// engine with one rule broken, and has to be caught. Without mutantsEnv only the
// table is checked: that every text is where the mutant says.
func TestMutants(t *testing.T) {
	root, err := mutate.Root()
	if err != nil {
		t.Fatal(err)
	}
	only := os.Getenv(mutantsEnv)
	t.Setenv(seedsEnv, strconv.Itoa(mutantSeeds)) // for the runs of the mutants
	for i := range mutants {
		m := mutants[i]
		m.Package, m.Test = "integration/sim", "^TestSeeds$"
		t.Run(m.Name, func(t *testing.T) {
			if _, err := m.Apply(root); err != nil {
				t.Fatal(err)
			}
			if only == "" || only != "all" && !strings.Contains(m.Name, only) {
				return
			}
			out, err := m.Run(t.Context(), root, t.TempDir())
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			what := caught.FindString(out)
			if what == "" {
				t.Fatalf("the mutant's runs failed, and not for what it does:\n%s", out)
			}
			t.Logf("caught: %s", what)
		})
	}
}

// caught is what the output of a run says of a mutant that was noticed.
var caught = regexp.MustCompile(`violation at .*|panic: .*|loss of honest nodes +[1-9]\d*|not ended: .*`)
