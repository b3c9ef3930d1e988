package pages

import (
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/ledger"
)

// ideal says what a set must hold that was given pages, by the definition in
// the package comment: it looks at all of them at once and knows no order.
func ideal(given []capacity.VerifiedPage) []ledger.Hash {
	type place struct {
		node     ledger.NodeID
		currency ledger.Currency
	}
	epochs := map[ledger.NodeID]uint64{}
	for _, v := range given {
		p := v.Page()
		epochs[p.Node] = max(epochs[p.Node], p.Epoch)
	}
	series := map[place][]capacity.VerifiedPage{}
	for _, v := range given {
		if p := v.Page(); p.Epoch == epochs[p.Node] {
			at := place{p.Node, p.Currency}
			series[at] = append(series[at], v)
		}
	}
	var out []ledger.Hash
	for _, pages := range series {
		head := slices.MaxFunc(pages, byOrder)
		var floor capacity.Order
		newest := map[uint16]capacity.VerifiedPage{}
		for _, v := range pages {
			p := v.Page()
			if p.Count != head.Page().Count {
				if v.Order().Compare(floor) > 0 {
					floor = v.Order()
				}
			} else if old, ok := newest[p.Number]; !ok || byOrder(old, v) < 0 {
				newest[p.Number] = v
			}
		}
		for _, v := range newest {
			if v.Order().Compare(floor) > 0 {
				out = append(out, v.Hash())
			}
		}
	}
	slices.SortFunc(out, func(a, b ledger.Hash) int { return slices.Compare(a[:], b[:]) })
	return out
}

func byOrder(a, b capacity.VerifiedPage) int { return a.Order().Compare(b.Order()) }

func genDraft(t *rapid.T) draft {
	count := rapid.SampledFrom([]int{1, 2, 4}).Draw(t, "count")
	return draft{
		author:   rapid.IntRange(0, 1).Draw(t, "author"),
		epoch:    rapid.Uint64Range(1, 2).Draw(t, "epoch"),
		seq:      rapid.Uint64Range(1, 8).Draw(t, "seq"),
		currency: rapid.SampledFrom([]ledger.Currency{eur, usd}).Draw(t, "currency"),
		count:    count,
		number:   rapid.IntRange(0, count-1).Draw(t, "number"),
		friends:  rapid.IntRange(0, 2).Draw(t, "friends"),
		amount:   rapid.Uint64Range(0, 1).Draw(t, "amount"),
	}
}

// Servers that are given the same pages hold the same, whatever the order and
// however often each comes; and what they tell the graph is what they hold.
func TestSameInEveryOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var given []capacity.VerifiedPage
		for _, d := range rapid.SliceOfN(rapid.Custom(genDraft), 1, 12).Draw(t, "pages") {
			given = append(given, d.sign(t))
		}
		want := ideal(given)
		for range 3 {
			s, m := newSet(t, DefaultLimits())
			again := rapid.Permutation(append(slices.Clone(given), given[0])).Draw(t, "order")
			for _, p := range again {
				out := s.Add(p, start)
				isHeld := slices.Contains(held(s), p.Hash())
				if isHeld != (out == Admitted || out == Known) {
					t.Fatalf("%v, but held is %v", out, isHeld)
				}
			}
			if got := held(s); !slices.Equal(got, want) {
				t.Fatalf("holds %v, want %v", got, want)
			}
			if m.entries() != s.Stats().Entries {
				t.Fatalf("changes add up to %d entries, the set holds %d", m.entries(), s.Stats().Entries)
			}
		}
	})
}

// Time passes between pages: nothing older than what was held comes back, and
// everything is forgotten in the end.
func TestNothingOldComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, m := newSet(t, DefaultLimits())
		newest := capacity.Order{}
		now := start
		var sent []capacity.VerifiedPage
		for i := range rapid.IntRange(1, 12).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 600).Draw(t, "wait")) * time.Second)
			s.Expire(now)
			if len(sent) > 0 && rapid.Bool().Draw(t, "replay") {
				old := rapid.SampledFrom(sent).Draw(t, "old")
				if out := s.Add(old, now); out == Admitted {
					t.Fatalf("page %v came back after %v", old.Order(), newest)
				}
				continue
			}
			p := draft{
				seq: uint64(i + 1), issued: now, friends: i % 3,
				ttl: time.Duration(rapid.IntRange(6, 15).Draw(t, "ttl")) * time.Minute,
			}.sign(t)
			if out := s.Add(p, now); out != Admitted {
				t.Fatalf("fresh page: %v", out)
			}
			newest = p.Order()
			sent = append(sent, p)
		}
		s.Expire(now.Add(capacity.TTLMax + time.Second))
		s.Expire(now.Add(capacity.TTLMax + Memory + time.Minute))
		if got := s.Stats(); got != (Stats{}) || m.entries() != 0 {
			t.Fatalf("stats %+v and %d entries in the end", got, m.entries())
		}
	})
}

func TestConcurrentUse(t *testing.T) {
	s, m := newSet(t, DefaultLimits())
	var batches [4][]capacity.VerifiedPage
	for i := range 200 {
		batches[i%4] = append(batches[i%4], draft{author: i % 10, seq: uint64(i + 1), friends: i % 5}.sign(t))
	}
	var wg sync.WaitGroup
	for _, batch := range batches {
		wg.Go(func() {
			for _, p := range batch {
				s.Add(p, start)
				s.Expire(start)
				page := p.Page()
				r := rangeOf(&page)
				s.Fetch(r, s.Names(r, all), 1<<20)
				s.Highest(page.Node)
			}
		})
	}
	wg.Wait()
	if got := s.Stats(); got.Pages != 10 || got.Entries != m.entries() {
		t.Errorf("stats %+v with %d entries told, want 10 pages", got, m.entries())
	}
}
