package ledgertest

import (
	"fmt"
	"maps"
	"slices"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// Disk keeps what writes say, in bytes, as a store does. The zero value is empty.
type Disk struct {
	highest    uint64
	opening    []byte
	kept       []byte
	bound      []byte
	acceptance []byte
	evidence   []byte
	snapshot   []byte
	entries    [2]map[uint64]friendship.PutEntry
	me         ledger.Author

	// all has every entry of the open epoch, also those that were dropped: for
	// the reference model and for a machine that never drops.
	all [2]map[uint64]friendship.PutEntry
}

// Apply makes one batch durable.
func (d *Disk) Apply(me ledger.Author, writes []friendship.Write) {
	d.me = me
	for _, w := range writes {
		switch w := w.(type) {
		case friendship.PutEntry:
			put(&d.entries[w.Author], w)
			put(&d.all[w.Author], w)
		case friendship.PutSnapshot:
			d.snapshot = w.Snapshot.Encode()
		case friendship.DropEntries:
			for seq := w.From; seq <= w.Through; seq++ {
				if _, ok := d.entries[w.Author][seq]; !ok {
					panic(fmt.Sprintf("ledgertest: entry %d of author %d is dropped and not there", seq, w.Author))
				}
				delete(d.entries[w.Author], seq)
			}
		case friendship.PutOpening:
			d.opening, d.kept = w.Opening.Encode(), friendship.EncodeKept(w.Kept)
			d.entries = [2]map[uint64]friendship.PutEntry{}
			d.all = d.entries
			d.snapshot, d.evidence = nil, nil
		case friendship.PutHighest:
			if w.Number <= d.highest {
				panic(fmt.Sprintf("ledgertest: highest number falls from %d to %d", d.highest, w.Number))
			}
			d.highest = w.Number
		case friendship.PutAcceptance:
			d.acceptance = w.Acceptance.Encode()
		case friendship.DeleteAcceptance:
			d.acceptance = nil
		case friendship.PutBound:
			if d.bound = nil; len(w.Bound) > 0 {
				d.bound = friendship.EncodeBound(w.Bound)
			}
		case friendship.PutEvidence:
			d.evidence = w.Evidence.Encode()
		default:
			panic(fmt.Sprintf("ledgertest: write of type %T", w))
		}
	}
}

func put(m *map[uint64]friendship.PutEntry, w friendship.PutEntry) {
	if *m == nil {
		*m = make(map[uint64]friendship.PutEntry)
	}
	(*m)[w.Seq] = w
}

// Load returns what a node would read back: nothing that was dropped.
func (d *Disk) Load() friendship.Stored {
	s := d.load(&d.entries)
	if d.snapshot != nil {
		s.Snapshot = must(friendship.DecodeSnapshot(d.snapshot))
	}
	return s
}

// LoadAll returns what a node would read back that never drops an entry.
func (d *Disk) LoadAll() friendship.Stored { return d.load(&d.all) }

// Kept returns the requests that the opening keeps.
func (d *Disk) Kept() []friendship.KeptRequest {
	if d.kept == nil {
		return nil
	}
	return must(friendship.DecodeKept(d.kept))
}

// Entries returns how many entries of both logs are stored.
func (d *Disk) Entries() int { return len(d.entries[0]) + len(d.entries[1]) }

func (d *Disk) load(entries *[2]map[uint64]friendship.PutEntry) friendship.Stored {
	s := friendship.Stored{Highest: d.highest}
	if d.opening != nil {
		s.Opening = must(ledger.DecodeOpening(d.opening))
		s.Kept = d.Kept()
	}
	if d.bound != nil {
		s.Bound = must(friendship.DecodeBound(d.bound))
	}
	if d.acceptance != nil {
		s.Acceptance = must(friendship.DecodeAcceptance(d.acceptance))
	}
	if d.evidence != nil {
		s.Inconsistent = must(friendship.DecodeEvidence(d.evidence))
	}
	for _, seq := range slices.Sorted(maps.Keys(entries[d.me])) {
		s.Mine = append(s.Mine, entries[d.me][seq].Body)
	}
	other := entries[d.me.Other()]
	for _, seq := range slices.Sorted(maps.Keys(other)) {
		s.Theirs = append(s.Theirs, ledger.SignedEntry{Body: other[seq].Body, Signature: other[seq].Signature})
	}
	return s
}

// Wipe forgets everything: the disk died, or the user removed the friend.
// keepHighest leaves the tombstone of a removal.
func (d *Disk) Wipe(keepHighest bool) {
	n := Disk{me: d.me}
	if keepHighest {
		n.highest = d.highest
	}
	*d = n
}

// Log returns the decoded entries of one log, also those that were dropped.
func (d *Disk) Log(a ledger.Author) []*ledger.Entry {
	var out []*ledger.Entry
	for _, seq := range slices.Sorted(maps.Keys(d.all[a])) {
		out = append(out, must(ledger.DecodeEntry(d.all[a][seq].Body)))
	}
	return out
}

func must[T any](v T, err error) T {
	if err != nil {
		panic("ledgertest: disk does not read back: " + err.Error())
	}
	return v
}

// Clone returns a copy that writes do not share.
func (d *Disk) Clone() *Disk {
	c := *d
	for a := range c.entries {
		c.entries[a] = maps.Clone(d.entries[a])
		c.all[a] = maps.Clone(d.all[a])
	}
	return &c
}
