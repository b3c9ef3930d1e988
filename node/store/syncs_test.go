package store

import (
	"testing"

	"github.com/offset-p2p/offset/node/engine"
)

// Every commit waits for the disk, and that is counted.
func TestSyncsAreCounted(t *testing.T) {
	s, err := Open(t.Context(), t.TempDir(), node(me), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const commits = 20
	before := s.Stats()
	for i := range byte(commits) {
		commit(t, s, engine.PutPayment{Record: purchase(i+1, i+1, start, engine.Settled)})
	}
	commit(t, s) // of nothing is none
	after := s.Stats()
	if n := after.Commits - before.Commits; n != commits {
		t.Errorf("%d commits are counted as %d", commits, n)
	}
	if n := after.Syncs - before.Syncs; n < commits || n > commits+10 {
		t.Errorf("%d commits one after another waited %d times for the disk", commits, n)
	}
	if n := after.Rows - before.Rows; n < 2*commits {
		t.Errorf("%d commits wrote %d rows", commits, n)
	}
	if m := newStore(t, Memory()); m.Stats().Syncs != 0 || m.Stats().Commits != 1 {
		t.Errorf("in memory: %+v", m.Stats())
	}
}
