package friendship

import "github.com/offset-p2p/offset/ledger"

// There is the second replica, for tests.
type There struct {
	Sums    map[string][2]ledger.Counters
	Pending [2][]uint64 // ordinals, unsorted
	Limits  map[string]ledger.Amount
	Bytes   int
}

// There returns what the friend saw when it signed its newest entry.
func (f *Friendship) There() There {
	e := f.epoch
	t := There{Sums: map[string][2]ledger.Counters{}, Limits: map[string]ledger.Amount{}, Bytes: e.thereBytes}
	for _, a := range e.accounts {
		if !a.inOpening && !a.offers[0].set && !a.offers[1].set {
			continue // made by an offer that was undone
		}
		t.Sums[a.name] = a.there
		if a.mineThere.set {
			t.Limits[a.name] = a.mineThere.limit
		}
	}
	for _, r := range e.rows[f.me] {
		if r.made <= e.acked.Seq && !r.Resolved() {
			t.Pending[f.me] = append(t.Pending[f.me], r.Ordinal)
		}
	}
	for _, r := range e.rows[f.me.Other()] {
		t.Pending[f.me.Other()] = append(t.Pending[f.me.Other()], r.Ordinal)
	}
	return t
}

// NewPaced is New with other distances between checkpoints, the same for both
// sides of a test: at least gap entries, usually entries of them.
func NewPaced(gap, entries uint64) func(self, friend ledger.NodeID, s Stored) (*Friendship, error) {
	return func(self, friend ledger.NodeID, s Stored) (*Friendship, error) {
		return newPaced(self, friend, s, pace{gap: gap, entries: entries, bytes: CheckpointBytes})
	}
}

// Cut returns the newest entries that were dropped, by author.
func (f *Friendship) Cut() [2]uint64 { return f.epoch.kept.cut }

// Mileage returns the seq of an author's newest checkpoint and the bytes of its
// entries since.
func (f *Friendship) Mileage(a ledger.Author) (checkpoint uint64, since int) {
	m := f.epoch.kept.miles[a]
	return m.checkpoint, m.bytes - m.at
}
