package gossip

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/libp2p/go-libp2p/core/peer"
	"pgregory.net/rapid"
)

func TestTrustStates(t *testing.T) {
	var told []string
	tr := NewTrust(func(id peer.ID, s TrustState) { told = append(told, fmt.Sprintf("%s %s", string(id), s)) })
	steps := []struct {
		name   string
		do     func()
		state  TrustState // of peer a
		lists  bool
		mutual bool
		told   []string
	}{
		{"nothing yet", func() {}, TrustNone, false, false, nil},
		{"we list", func() { tr.SetOurs([]peer.ID{"a", "b"}) }, TrustOurs, true, false, []string{"a ours", "b ours"}},
		{"again the same", func() { tr.SetOurs([]peer.ID{"b", "a", "a"}) }, TrustOurs, true, false, nil},
		{"they list too", func() { tr.SetTheirs("a", true) }, TrustMutual, true, true, []string{"a mutual"}},
		{"they say so again", func() { tr.SetTheirs("a", true) }, TrustMutual, true, true, nil},
		{"we do not any more", func() { tr.SetOurs([]peer.ID{"b"}) }, TrustTheirs, false, false, []string{"a theirs"}},
		{"we do again", func() { tr.SetOurs([]peer.ID{"a"}) }, TrustMutual, true, true, []string{"a mutual", "b none"}},
		{"they are cut", func() { tr.Cut("a") }, TrustCut, false, false, []string{"a cut"}},
		{"cut twice", func() { tr.Cut("a") }, TrustCut, false, false, nil},
		{"cut, they say they list", func() { tr.SetTheirs("a", true) }, TrustCut, false, false, nil},
		{"cut, the list as it is", func() { tr.SetOurs([]peer.ID{"a"}) }, TrustCut, false, false, nil},
		{"off the list", func() { tr.SetOurs(nil) }, TrustTheirs, false, false, []string{"a theirs"}},
		{"on again", func() { tr.SetOurs([]peer.ID{"a"}) }, TrustMutual, true, true, []string{"a mutual"}},
		{"they take it back", func() { tr.SetTheirs("a", false) }, TrustOurs, true, false, []string{"a ours"}},
	}
	for _, s := range steps {
		told = nil
		s.do()
		if got := tr.State("a"); got != s.state {
			t.Errorf("%s: state is %v, want %v", s.name, got, s.state)
		}
		if tr.Lists("a") != s.lists || tr.Mutual("a") != s.mutual {
			t.Errorf("%s: lists %v, mutual %v", s.name, tr.Lists("a"), tr.Mutual("a"))
		}
		if !slices.Equal(told, s.told) {
			t.Errorf("%s: told %q, want %q", s.name, told, s.told)
		}
	}
	tr.Cut("stranger")
	if tr.State("stranger") != TrustNone {
		t.Error("a stranger is cut")
	}
}

func TestTrustTableIsBounded(t *testing.T) {
	tr := NewTrust(nil)
	var ids []peer.ID
	for i := range TrustedMax + 3 {
		ids = append(ids, peer.ID(fmt.Sprintf("listed %d", i)))
	}
	if got := tr.SetOurs(ids); got != 3 {
		t.Errorf("%d were left out, want 3", got)
	}
	for i := range 10 * AdmirersMax {
		tr.SetTheirs(peer.ID(fmt.Sprintf("stranger %d", i)), true)
	}
	if got := len(tr.Peers()); got > 2*TrustedMax+AdmirersMax {
		t.Errorf("%d peers are remembered", got)
	}
	tr.SetTheirs(ids[0], true)
	if !tr.Mutual(ids[0]) {
		t.Error("strangers keep a trusted server out")
	}
}

// TestTrustIsMutualOnlyWhenBothSay: whatever happened before, trust is mutual
// exactly when the last word of both sides was yes and the peer was not cut.
func TestTrustIsMutualOnlyWhenBothSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		last := map[peer.ID]TrustState{}
		tr := NewTrust(func(id peer.ID, s TrustState) { last[id] = s })
		ours, theirs, cut := map[peer.ID]bool{}, map[peer.ID]bool{}, map[peer.ID]bool{}
		ids := []peer.ID{"a", "b", "c"}
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			id := rapid.SampledFrom(ids).Draw(t, "peer")
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0, 1:
				ours[id] = !ours[id]
				var list []peer.ID
				for _, i := range ids {
					if ours[i] {
						list = append(list, i)
					}
				}
				tr.SetOurs(list)
				cut[id] = cut[id] && ours[id]
			case 2:
				theirs[id] = rapid.Bool().Draw(t, "lists")
				tr.SetTheirs(id, theirs[id])
			case 3:
				tr.Cut(id)
				cut[id] = cut[id] || ours[id]
			}
			for _, i := range ids {
				want := ours[i] && theirs[i] && !cut[i]
				if tr.Mutual(i) != want {
					t.Fatalf("%s: mutual is %v, want %v", i, !want, want)
				}
				if last[i] != tr.State(i) {
					t.Fatalf("%s: told %v, is %v", i, last[i], tr.State(i))
				}
			}
		}
	})
}

func TestTrustIsSafeForConcurrentUse(t *testing.T) {
	tr := NewTrust(func(peer.ID, TrustState) {})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 200 {
				tr.SetTheirs("a", j%2 == i%2)
				tr.SetOurs([]peer.ID{"a", "b"}[:j%3%2+1])
				tr.Mutual("a")
				tr.Peers()
			}
		})
	}
	wg.Wait()
	tr.SetOurs([]peer.ID{"a"})
	tr.SetTheirs("a", true)
	if !tr.Mutual("a") {
		t.Error("not mutual in the end")
	}
}

func TestEveryStateHasAName(t *testing.T) {
	seen := map[string]bool{}
	for s := TrustNone; s <= TrustCut; s++ {
		if name := s.String(); name == "unknown" || seen[name] {
			t.Errorf("state %d is called %q", s, name)
		}
		seen[s.String()] = true
	}
	if TrustState(99).String() != "unknown" {
		t.Error("an unknown state has a name")
	}
}
