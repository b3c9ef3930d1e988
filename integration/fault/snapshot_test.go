package fault

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/offset-p2p/offset/integration/harness"
)

// kept are the commands that show everything a node keeps, with the fields that
// change by themselves: how connections stand right now.
var kept = []struct {
	args     []string
	volatile []string
}{
	{[]string{"friends", "list"}, []string{"link"}},
	{[]string{"sell", "list", "--limit", "1000"}, nil},
	{[]string{"history", "--limit", "1000"}, nil},
	{[]string{"relays", "list"}, []string{"reserved", "expires", "error"}},
	{[]string{"index", "list"}, []string{"connected", "error"}},
	{[]string{"apps", "list"}, nil},
}

// snapshot is all that the nodes of a lab keep: by node and command.
func snapshot(t *testing.T, lab *harness.Lab) map[string]any {
	t.Helper()
	all := make(map[string]any)
	for _, n := range lab.Nodes {
		for _, k := range kept {
			v := controlOf(lab, n).value(t, k.args...)
			for _, field := range k.volatile {
				drop(v, field)
			}
			all[n.Name+" "+k.args[0]] = v
		}
	}
	return all
}

// steady is the snapshot of a lab whose last entries have arrived everywhere:
// two in a row are equal.
func steady(t *testing.T, lab *harness.Lab) map[string]any {
	t.Helper()
	last := snapshot(t, lab)
	await(t, "the lab to be steady", func() bool {
		now := snapshot(t, lab)
		same := cmp.Equal(last, now)
		last = now
		return same
	})
	return last
}

// drop removes a field from every object of a list.
func drop(list any, field string) {
	items, _ := list.([]any)
	for _, item := range items {
		if object, ok := item.(map[string]any); ok {
			delete(object, field)
		}
	}
}

// mustBeUnchanged fails when any node keeps something else than before.
func mustBeUnchanged(t *testing.T, lab *harness.Lab, before map[string]any) {
	t.Helper()
	if diff := cmp.Diff(before, snapshot(t, lab)); diff != "" {
		t.Errorf("something was changed (-before +after):\n%s", diff)
	}
}
