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
	acceptance []byte
	evidence   []byte
	entries    [2]map[uint64]friendship.PutEntry
	me         ledger.Author
}

// Apply makes one batch durable.
func (d *Disk) Apply(me ledger.Author, writes []friendship.Write) {
	d.me = me
	for _, w := range writes {
		switch w := w.(type) {
		case friendship.PutEntry:
			if d.entries[w.Author] == nil {
				d.entries[w.Author] = make(map[uint64]friendship.PutEntry)
			}
			d.entries[w.Author][w.Seq] = w
		case friendship.PutOpening:
			d.opening = w.Opening.Encode()
			d.entries = [2]map[uint64]friendship.PutEntry{}
			d.evidence = nil
		case friendship.PutHighest:
			if w.Number <= d.highest {
				panic(fmt.Sprintf("ledgertest: highest number falls from %d to %d", d.highest, w.Number))
			}
			d.highest = w.Number
		case friendship.PutAcceptance:
			d.acceptance = w.Acceptance.Encode()
		case friendship.DeleteAcceptance:
			d.acceptance = nil
		case friendship.PutEvidence:
			d.evidence = w.Evidence.Encode()
		default:
			panic(fmt.Sprintf("ledgertest: write of type %T", w))
		}
	}
}

// Load returns what a node would read back.
func (d *Disk) Load() friendship.Stored {
	s := friendship.Stored{Highest: d.highest}
	if d.opening != nil {
		s.Opening = must(ledger.DecodeOpening(d.opening))
	}
	if d.acceptance != nil {
		s.Acceptance = must(friendship.DecodeAcceptance(d.acceptance))
	}
	if d.evidence != nil {
		s.Inconsistent = must(friendship.DecodeEvidence(d.evidence))
	}
	for _, seq := range slices.Sorted(maps.Keys(d.entries[d.me])) {
		s.Mine = append(s.Mine, d.entries[d.me][seq].Body)
	}
	other := d.entries[d.me.Other()]
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

// Log returns the decoded entries of one log.
func (d *Disk) Log(a ledger.Author) []*ledger.Entry {
	var out []*ledger.Entry
	for _, seq := range slices.Sorted(maps.Keys(d.entries[a])) {
		out = append(out, must(ledger.DecodeEntry(d.entries[a][seq].Body)))
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
	}
	return &c
}
