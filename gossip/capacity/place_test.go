package capacity

import (
	"crypto/sha256"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/ledger"
)

// Every friend stands once, on its page, sorted; nothing is lost or added; and
// the count is the least that fits.
func TestBuild(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries, pages := genPages(t)
		want := map[ledger.NodeID]Entry{}
		for _, e := range entries {
			want[e.Friend] = e
		}
		for i, p := range pages {
			if err := p.Validate(); err != nil {
				t.Fatal(err)
			}
			if int(p.Number) != i || int(p.Count) != len(pages) || p.Seq != pages[0].Seq+uint64(i) {
				t.Fatalf("page %d: number %d of %d, seq %d after %d", i, p.Number, p.Count, p.Seq, pages[0].Seq)
			}
			for _, e := range p.Entries {
				if want[e.Friend] != e {
					t.Fatalf("page %d has %+v, want %+v", i, e, want[e.Friend])
				}
				delete(want, e.Friend)
			}
		}
		if len(want) != 0 {
			t.Fatalf("%d friends are on no page", len(want))
		}
		if len(pages) > 8 && fits(entries, len(pages)/2) {
			t.Fatalf("%d pages where half of them suffice", len(pages))
		}
	})
}

func TestBuildRefuses(t *testing.T) {
	template := page()
	template.Count = 0
	e := Entry{Friend: friend(1)}
	for name, entries := range map[string][]Entry{
		"friend twice": {e, e},
		"itself":       {{Friend: template.Node}},
		"2^96":         {{Friend: friend(1), CanSend: ledger.AmountFromParts(1<<32, 0)}},
	} {
		if _, err := Build(template, entries); err == nil {
			t.Errorf("%s: built", name)
		} else {
			isFault(t, err)
		}
	}
	template.Count = 3
	_, err := Build(template, nil)
	isFault(t, err)

	many := make([]Entry, CountMax*EntriesMax+1)
	for i := range many {
		many[i].Friend = ledger.NodeID{0: byte(i), 1: byte(i >> 8), 2: byte(i >> 16), 3: 1}
	}
	template.Count = 0
	_, err = Build(template, many)
	isFault(t, err)
}

// crowd returns n friends that share a place among count pages.
func crowd(n, count int) []Entry {
	var out []Entry
	for i := uint32(1); len(out) < n; i++ {
		f := ledger.NodeID{0: byte(i), 1: byte(i >> 8), 2: byte(i >> 16), 31: 1}
		if PlaceOf(f, count) == 0 {
			out = append(out, Entry{Friend: f})
		}
	}
	return out
}

// Pages fill up to the last entry, and their number doubles up to CountMax.
func TestBuildAtTheBounds(t *testing.T) {
	template := page()
	for _, tt := range []struct {
		friends []Entry
		pages   int
	}{
		{crowd(EntriesMax, 1), 1},
		{crowd(EntriesMax, 4), 1},
		{crowd(EntriesMax+1, 2), 4},
		{append(crowd(EntriesMax, CountMax), crowd(40_000, 1)...), CountMax},
	} {
		seen := map[ledger.NodeID]bool{}
		friends := slices.DeleteFunc(tt.friends, func(e Entry) bool {
			twice := seen[e.Friend]
			seen[e.Friend] = true
			return twice
		})
		pages, err := Build(template, friends)
		if err != nil || len(pages) != tt.pages {
			t.Errorf("%d friends: %d pages, %v, want %d", len(friends), len(pages), err, tt.pages)
		}
	}
	if _, err := Build(template, crowd(EntriesMax+1, CountMax)); err == nil {
		t.Error("65 friends stand on one of CountMax pages")
	}
}

func TestBuildNothing(t *testing.T) {
	pages, err := Build(page(), nil)
	if err != nil || len(pages) != 1 || len(pages[0].Entries) != 0 {
		t.Errorf("got %v, %v, want one empty page", pages, err)
	}
}

// A place is the leading bits of the hash, so a count that doubles splits each
// page in two and moves no friend elsewhere.
func TestPlaceOf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := friend(rapid.Byte().Draw(t, "friend"))
		sum := sha256.Sum256(f[:])
		if got := PlaceOf(f, 256); got != int(sum[0]) {
			t.Fatalf("place among 256 is %d, want the first byte, %d", got, sum[0])
		}
		for n := 1; n < CountMax; n *= 2 {
			if PlaceOf(f, 2*n)/2 != PlaceOf(f, n) {
				t.Fatalf("friend moves when %d pages become %d", n, 2*n)
			}
		}
	})
	for _, n := range []int{0, -1, 3, 2 * CountMax} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("no panic for %d pages", n)
				}
			}()
			PlaceOf(friend(1), n)
		}()
	}
}

func TestShardOf(t *testing.T) {
	used := map[int]bool{}
	for d := range uint8(ledger.DecimalsMax + 1) {
		for _, name := range []string{"EUR", "USD", "HOURS", "BTC"} {
			s := ShardOf(ledger.Currency{Name: name, Decimals: d})
			if s < 0 || s >= Shards {
				t.Fatalf("shard %d", s)
			}
			used[s] = true
		}
	}
	if len(used) < Shards/2 {
		t.Errorf("76 currencies fall on %d shards", len(used))
	}
	// Servers of all languages must agree: this value never changes.
	if got := ShardOf(eur); got != 13 {
		t.Errorf("EUR/2 is in shard %d, want %d", got, 13)
	}
}
