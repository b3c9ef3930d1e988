package node

import (
	"errors"
	"log/slog"
	"slices"
	"testing"

	"github.com/offset-p2p/offset/node/engine"
	"github.com/offset-p2p/offset/node/link"
)

func TestOnlyChangedSettingsAreApplied(t *testing.T) {
	var applied [][]string
	refuse := false
	apply := func(list []string) error {
		applied = append(applied, list)
		if refuse {
			return errors.New("refused")
		}
		return nil
	}
	var s setting[string]
	for i, step := range []struct {
		next    []string
		refuse  bool
		changes bool
	}{
		{nil, false, true}, // nothing is known to be empty before it was said
		{nil, false, false},
		{[]string{"a"}, false, true},
		{[]string{"a"}, false, false},
		{[]string{"a", "b"}, true, true},
		{[]string{"a", "b"}, true, true}, // refused, so tried again
		{[]string{"a", "b"}, false, true},
		{[]string{"a", "b"}, false, false},
		{[]string{"b", "a"}, false, true},
		{nil, false, true},
	} {
		refuse, applied = step.refuse, nil
		changed, err := s.change(step.next, sameText, apply)
		if changed != step.changes || (len(applied) == 1) != step.changes || (err != nil) != step.refuse {
			t.Errorf("step %d: changed %v, applied %d times, %v", i, changed, len(applied), err)
		}
		if len(applied) == 1 && !slices.Equal(applied[0], step.next) {
			t.Errorf("step %d: applied %q", i, applied[0])
		}
	}
}

func TestWhatCountsAsAnotherSetting(t *testing.T) {
	friend := link.Friend{ID: nodeID(2), Addresses: []string{"a"}}
	for name, other := range map[string]link.Friend{
		"who":   {ID: nodeID(3), Addresses: []string{"a"}},
		"where": {ID: nodeID(2), Addresses: []string{"b"}},
		"more":  {ID: nodeID(2), Addresses: []string{"a", "b"}},
	} {
		if sameFriend(friend, other) {
			t.Errorf("friend, %s: the same", name)
		}
	}
	app := engine.AppRecord{Key: nodeID(2), Name: "n", Permissions: []string{"pay"}}
	for name, other := range map[string]engine.AppRecord{
		"key":  {Key: nodeID(3), Name: "n", Permissions: []string{"pay"}},
		"name": {Key: nodeID(2), Name: "m", Permissions: []string{"pay"}},
		"may":  {Key: nodeID(2), Name: "n"},
	} {
		if sameApp(app, other) {
			t.Errorf("application, %s: the same", name)
		}
	}
	if !sameFriend(friend, friend) || !sameApp(app, app) {
		t.Error("the same is another")
	}
}

// A stored ticket that is not readable any more does not take the others with
// it, and those of one peer come together.
func TestPeersLeavesOutWhatIsNotReadable(t *testing.T) {
	n := &node{log: slog.New(slog.DiscardHandler)}
	a, b := nodeID(2).String(), nodeID(3).String()
	got := n.peers([]string{
		"/ip4/192.0.2.1/tcp/1/p2p/" + a, "/ip4/nowhere", "/ip4/192.0.2.2/tcp/1/p2p/" + b, "/ip4/192.0.2.3/tcp/1/p2p/" + a,
	})
	if len(got) != 2 || got[0].ID.String() != a || len(got[0].Addrs) != 2 || got[1].ID.String() != b || len(got[1].Addrs) != 1 {
		t.Errorf("read %v", got)
	}
}
