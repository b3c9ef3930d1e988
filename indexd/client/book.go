package client

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/ledger"
)

// place is what a page replaces: the newest of a place counts.
type place struct {
	currency ledger.Currency
	number   uint16
}

// issued is a page of this node as it was signed, with what orders it.
type issued struct {
	signed  capacity.SignedPage
	place   place
	count   uint16
	epoch   uint64
	seq     uint64
	expires time.Time
}

func (a issued) newer(b issued) bool {
	return cmp.Or(cmp.Compare(a.epoch, b.epoch), cmp.Compare(a.seq, b.seq)) > 0
}

func readIssued(s capacity.SignedPage) (issued, error) {
	p, err := capacity.Decode(s.Body)
	if err != nil {
		return issued{}, fmt.Errorf("reading a page to publish: %w", err)
	}
	return issued{
		signed:  s,
		place:   place{p.Currency, p.Number},
		count:   p.Count,
		epoch:   p.Epoch,
		seq:     p.Seq,
		expires: p.Expires(),
	}, nil
}

// book holds the newest page of each place: of everything that was published
// (for sessions to come), or of what a session has yet to send. It is safe for
// concurrent use.
type book struct {
	mu    sync.Mutex // guards pages
	pages map[place]issued
	// more is 1-buffered and full when there may be something to take.
	more chan struct{}
}

func newBook() *book {
	return &book{pages: make(map[place]issued), more: make(chan struct{}, 1)}
}

// put adds pages and drops what they replace: older pages of their places, of
// lower epochs, and of another count of their currency.
func (b *book) put(pages ...issued) {
	if len(pages) == 0 {
		return
	}
	b.mu.Lock()
	for _, p := range pages {
		if have, ok := b.pages[p.place]; ok && !p.newer(have) {
			continue
		}
		for at, have := range b.pages {
			otherCount := at.currency == p.place.currency && have.count != p.count && p.newer(have)
			if have.epoch < p.epoch || otherCount {
				delete(b.pages, at)
			}
		}
		b.pages[p.place] = p
	}
	b.mu.Unlock()
	select {
	case b.more <- struct{}{}:
	default:
	}
}

// all returns the pages that are not over, oldest first.
func (b *book) all(now time.Time) []issued {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sorted(now)
}

// sorted returns the pages that are not over and forgets the others; the
// caller holds mu.
func (b *book) sorted(now time.Time) []issued {
	out := make([]issued, 0, len(b.pages))
	for at, p := range b.pages {
		if now.After(p.expires) {
			delete(b.pages, at)
			continue
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, c issued) int {
		return cmp.Or(cmp.Compare(a.epoch, c.epoch), cmp.Compare(a.seq, c.seq))
	})
	return out
}

// takeAll removes and returns everything, oldest first.
func (b *book) takeAll(now time.Time) []capacity.SignedPage {
	b.mu.Lock()
	defer b.mu.Unlock()
	sorted := b.sorted(now)
	clear(b.pages)
	out := make([]capacity.SignedPage, len(sorted))
	for i, p := range sorted {
		out[i] = p.signed
	}
	return out
}
