package capacity

import (
	"bytes"
	"cmp"
	"time"

	"github.com/offset-p2p/offset/ledger"
)

// Order is a page's place among the pages of one node. The zero value comes
// before every page's.
type Order struct {
	Epoch, Seq uint64
	Hash       ledger.Hash
}

// Compare returns -1, 0 or 1 as o is older than, the same as or newer than q.
// Epoch counts first, then Seq. Two pages of equal epoch and seq are a mistake
// of their node; the one with the lower hash counts as the newer one, so that
// all servers keep the same.
func (o Order) Compare(q Order) int {
	if c := cmp.Compare(o.Epoch, q.Epoch); c != 0 {
		return c
	}
	if c := cmp.Compare(o.Seq, q.Seq); c != 0 {
		return c
	}
	return bytes.Compare(q.Hash[:], o.Hash[:])
}

// CheckTime reports whether p counts at now, by the checker's wall clock:
// now − ttl ≤ issued ≤ now + FutureMax. It returns ErrStale or ErrFuture.
func CheckTime(p Page, now time.Time) error {
	switch {
	case now.After(p.Expires()):
		return ErrStale
	case p.IssuedAt().After(now.Add(FutureMax)):
		return ErrFuture
	}
	return nil
}
