package pages

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/ledger"
)

// Two sets that got different pages become equal by digests, names and pages.
func TestCatchUp(t *testing.T) {
	a, _ := newSet(t, DefaultLimits())
	b, _ := newSet(t, DefaultLimits())
	for i := range 40 {
		d := draft{author: i, seq: 1, friends: i % 3, currency: []ledger.Currency{eur, usd}[i%2]}
		old := d.sign(t)
		d.seq = 2
		switch i % 5 {
		case 0:
			a.Add(old, start)
		case 1:
			b.Add(old, start)
		case 2: // b has missed a newer one
			a.Add(d.sign(t), start)
			b.Add(old, start)
		default:
			a.Add(old, start)
			b.Add(old, start)
		}
	}
	if cmp.Equal(held(a), held(b)) {
		t.Fatal("nothing to catch up")
	}
	pull(t, a, b)
	pull(t, b, a)
	if diff := cmp.Diff(held(a), held(b)); diff != "" {
		t.Error(diff)
	}
	for shard := range uint8(capacity.Shards) {
		if diff := cmp.Diff(a.Digests(shard, all), b.Digests(shard, all)); diff != "" {
			t.Errorf("digests of shard %d: %s", shard, diff)
		}
	}
}

// pull gives to what from has and to lacks, two pages at a time.
func pull(t *testing.T, from, to *Set) {
	t.Helper()
	for shard := range uint8(capacity.Shards) {
		mine := map[uint8]Digest{}
		for _, d := range to.Digests(shard, all) {
			mine[d.Bucket] = d
		}
		for _, d := range from.Digests(shard, all) {
			if mine[d.Bucket] == d {
				continue
			}
			r := Range{Shard: shard, Bucket: d.Bucket}
			names := to.Missing(r, from.Names(r, all))
			for len(names) > 0 {
				pages, done := from.Fetch(r, names, 2*capacity.BodyBytesMax)
				if done == 0 {
					t.Fatal("no page fits")
				}
				names = names[done:]
				for _, p := range pages {
					v, err := capacity.Verify(p)
					if err != nil {
						t.Fatal(err)
					}
					to.AddSynced(v, start)
				}
			}
		}
	}
}

func TestWindow(t *testing.T) {
	ttl := 10 * time.Minute
	s, _ := newSet(t, DefaultLimits())
	p := draft{ttl: ttl, friends: 1}.sign(t)
	s.Add(p, start)
	page := p.Page()
	r := rangeOf(&page)
	for _, tt := range []struct {
		name string
		w    Window
		in   bool
	}{
		{"as of its issue", Window{AsOf: start}, true},
		{"before its issue", Window{AsOf: start.Add(-time.Millisecond)}, false},
		{"before its half", Window{AsOf: start.Add(ttl/2 - time.Millisecond)}, true},
		{"from its half", Window{AsOf: start.Add(ttl / 2)}, false},
		{"recent", Window{After: start.Add(-time.Millisecond), AsOf: start}, true},
		{"not so recent", Window{After: start, AsOf: start.Add(time.Minute)}, false},
	} {
		names, digests := s.Names(r, tt.w), s.Digests(r.Shard, tt.w)
		if (len(names) == 1) != tt.in || (len(digests) == 1) != tt.in {
			t.Errorf("%s: names %v, digests %v", tt.name, names, digests)
		}
	}
	if got := s.Names(Range{Shard: r.Shard, Bucket: r.Bucket + 1}, all); len(got) != 0 {
		t.Errorf("in another bucket: %v", got)
	}
	if got := s.Digests(200, all); len(got) != 0 {
		t.Errorf("digests %v of a shard that does not exist", got)
	}
}

func TestFetch(t *testing.T) {
	s, _ := newSet(t, DefaultLimits())
	var names []ledger.Hash
	var r Range
	size := 0
	for n := range 4 {
		v := draft{seq: uint64(n + 1), number: n, count: 4, friends: 2}.sign(t)
		s.Add(v, start)
		page := v.Page()
		r = rangeOf(&page)
		names = append(names, v.Hash())
		size = len(v.Signed().Body) + len(v.Signed().Signature)
	}
	unknown := ledger.Hash{9}
	asked := []ledger.Hash{names[2], unknown, names[0], names[3]}
	for _, tt := range []struct{ bytes, pages, done int }{
		{4 * size, 3, 4},
		{3 * size, 3, 4},
		{3*size - 1, 2, 3},
		{size, 1, 2},
		{size - 1, 0, 0},
	} {
		pages, done := s.Fetch(r, asked, tt.bytes)
		if len(pages) != tt.pages || done != tt.done {
			t.Errorf("%d bytes: %d pages of %d names, want %d of %d", tt.bytes, len(pages), done, tt.pages, tt.done)
		}
		for i, want := range []ledger.Hash{names[2], names[0], names[3]}[:len(pages)] {
			if got := capacity.Hash(pages[i].Body); got != want {
				t.Errorf("page %d is %v, want %v", i, got, want)
			}
		}
	}
	if got := s.Missing(r, asked); len(got) != 1 || got[0] != unknown {
		t.Errorf("missing %v, want only the unknown one", got)
	}
}
