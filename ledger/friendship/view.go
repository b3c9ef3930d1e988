package friendship

import (
	"cmp"
	"slices"

	"github.com/offset-p2p/offset/ledger"
)

// view is the state that a Checkpoint of one author fixes, taken in one walk: a
// friend may ask for it once in some dozens of entries, with 8,192 requests
// pending. It does not change when the epoch goes on.
type view struct {
	sum   *ledger.CheckpointWriter
	sides [2]viewSide
}

// viewSide is one side's part of a view. The requests are there as rows, of
// which only what never changes may be read, and those of which more was said,
// which is rare, as copies.
type viewSide struct {
	offers []ledger.Credit
	next   uint64
	rows   []*Pending        // pending, by ordinal
	said   []SnapshotRequest // of some of them, by ordinal
}

// view returns what author sees, with the staged operations of its entry.
func (e *epoch) view(author ledger.Author) *view {
	v := &view{sum: ledger.NewCheckpointWriter()}
	for side := range ledger.Author(2) {
		s := &v.sides[side]
		s.offers, s.next, s.rows = e.offersOf(author, side), e.nextOf(author, side), e.pendingOf(author, side)
		v.sum.Side(s.offers, s.next, len(s.rows))
		for _, row := range s.rows {
			v.sum.Pending(row.Ordinal, row.hash)
			if row.Withdrawn || row.Reservation != nil || row.Commit != nil {
				s.said = append(s.said, e.asSeen(author, row))
			}
		}
	}
	return v
}

// digest is what the Checkpoint says. It may be asked for once.
func (v *view) digest() ledger.Hash { return v.sum.Digest() }

// offersOf returns the offers of side in the view of author.
func (e *epoch) offersOf(author, side ledger.Author) []ledger.Credit {
	out := slices.Grow([]ledger.Credit(nil), e.offered[side])
	for _, a := range e.accounts {
		o := a.offers[side]
		if side == e.me && author != e.me {
			o = a.mineThere
		}
		if o.set {
			out = append(out, ledger.Credit{Currency: ledger.Currency{Name: a.name, Decimals: o.decimals}, Limit: o.limit})
		}
	}
	return out
}

// nextOf returns the next ordinal of side in the view of author.
func (e *epoch) nextOf(author, side ledger.Author) uint64 {
	if side == e.me && author != e.me {
		return e.nextThere
	}
	return e.next[side]
}

// pendingOf returns the requests of side that are pending in the view of
// author, by ordinal. The list of here is in order already; the friend's view
// has besides what I resolved and it has not acknowledged.
func (e *epoch) pendingOf(author, side ledger.Author) []*Pending {
	out := make([]*Pending, 0, e.lists[side].count)
	for row := e.lists[side].first; row != nil; row = row.next {
		if !row.Resolved() && (author == e.me || row.made <= e.acked.Seq) {
			out = append(out, row)
		}
	}
	if side != author {
		return out
	}
	if author != e.me {
		out = merged(out, e.unseenEnds(side))
	}
	for i := range e.staged {
		if _, is := e.staged[i].op.(*ledger.Request); is {
			out = append(out, e.staged[i].row)
		}
	}
	return out
}

// unseenEnds returns the requests of the friend that I resolved and whose ends
// it has not acknowledged, by ordinal.
func (e *epoch) unseenEnds(side ledger.Author) []*Pending {
	type item struct {
		ordinal uint64
		row     *Pending
	}
	var items []item
	for _, d := range e.deltas.q[e.deltas.from:] {
		if d.row != nil && d.row.Author == side {
			items = append(items, item{d.row.Ordinal, d.row})
		}
	}
	slices.SortFunc(items, func(x, y item) int { return cmp.Compare(x.ordinal, y.ordinal) })
	out := make([]*Pending, len(items))
	for i := range items {
		out[i] = items[i].row
	}
	return out
}

// merged returns the rows of both lists in order; each is in order by itself.
func merged(x, y []*Pending) []*Pending {
	if len(y) == 0 {
		return x
	}
	out := make([]*Pending, 0, len(x)+len(y))
	for len(x) > 0 && len(y) > 0 {
		if x[0].Ordinal < y[0].Ordinal {
			out, x = append(out, x[0]), x[1:]
		} else {
			out, y = append(out, y[0]), y[1:]
		}
	}
	return append(append(out, x...), y...)
}
