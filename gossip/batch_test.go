package gossip

import (
	"errors"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/gossip/pb"
)

func pageOf(size int, mark byte) capacity.SignedPage {
	p := capacity.SignedPage{Body: make([]byte, size)}
	p.Body[0] = mark
	p.Signature[0] = mark
	return p
}

// TestBatchesFit: whatever is collected is cut into batches that are within
// both bounds, in order, nothing lost, and decode to what went in.
func TestBatchesFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 2*BatchPagesMax).Draw(t, "pages")
		size := rapid.OneOf(rapid.IntRange(1, 200), rapid.IntRange(1, capacity.BodyBytesMax))
		pages := make([]capacity.SignedPage, n)
		for i := range pages {
			pages[i] = pageOf(size.Draw(t, "size"), byte(i))
		}
		out := 0
		for _, batch := range split(pages) {
			data, err := encodeBatch(batch)
			if err != nil {
				t.Fatal(err)
			}
			if len(data) > BatchBytesMax || countPages(data) != len(batch) {
				t.Fatalf("batch of %d bytes, counted %d of %d pages", len(data), countPages(data), len(batch))
			}
			got, err := decodeBatch(data)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range got {
				if !slices.Equal(p.Body, pages[out].Body) || p.Signature != pages[out].Signature {
					t.Fatalf("page %d is another", out)
				}
				out++
			}
		}
		if out != n {
			t.Fatalf("%d of %d pages came out", out, n)
		}
	})
}

func TestBatchesAreFilled(t *testing.T) {
	var pages []capacity.SignedPage
	for range 3 * BatchPagesMax {
		pages = append(pages, pageOf(1, 1))
	}
	if got := len(split(pages)); got != 3 {
		t.Errorf("%d batches of small pages, want 3", got)
	}
	pages = pages[:0]
	for range 24 {
		pages = append(pages, pageOf(capacity.BodyBytesMax, 1))
	}
	if got := len(split(pages)); got != 2 {
		t.Errorf("%d batches of 24 full pages, want 2", got)
	}
}

func TestWrongBatches(t *testing.T) {
	marshal := func(b *pb.Batch) []byte {
		data, err := proto.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	good := &pb.Page{Body: []byte{1}, Signature: make([]byte, 64)}
	many := make([]*pb.Page, BatchPagesMax+1)
	for i := range many {
		many[i] = good
	}
	cases := map[string][]byte{
		"random bytes":    {0xff, 0x01, 0x02},
		"no pages":        marshal(&pb.Batch{Version: batchVersion}),
		"too many pages":  marshal(&pb.Batch{Version: batchVersion, Pages: many}),
		"short signature": marshal(&pb.Batch{Version: batchVersion, Pages: []*pb.Page{{Body: []byte{1}, Signature: make([]byte, 63)}}}),
		"long body":       marshal(&pb.Batch{Version: batchVersion, Pages: []*pb.Page{{Body: make([]byte, capacity.BodyBytesMax+1), Signature: make([]byte, 64)}}}),
		"too large":       make([]byte, BatchBytesMax+1),
	}
	for name, data := range cases {
		if _, err := decodeBatch(data); err == nil || errors.Is(err, errOtherVersion) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := decodeBatch(marshal(&pb.Batch{Version: 2, Pages: many})); !errors.Is(err, errOtherVersion) {
		t.Errorf("another version: %v", err)
	}
	if _, err := decodeBatch(nil); !errors.Is(err, errOtherVersion) {
		t.Errorf("nothing at all has no version: %v", err)
	}
}

// FuzzBatch: no bytes panic, and what decodes was counted right, so that a
// quota cannot be cheated.
func FuzzBatch(f *testing.F) {
	data, _ := encodeBatch([]capacity.SignedPage{pageOf(10, 1), pageOf(20, 2)})
	f.Add(data)
	f.Add([]byte{})
	f.Add([]byte{0x12, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, data []byte) {
		counted := countPages(data)
		pages, err := decodeBatch(data)
		if err == nil && counted != len(pages) {
			t.Errorf("counted %d, decoded %d", counted, len(pages))
		}
	})
}

func TestOutboxIsBounded(t *testing.T) {
	o := newOutbox(10)
	var pages []capacity.SignedPage
	for i := range 13 {
		pages = append(pages, pageOf(1, byte(i)))
	}
	if got := o.add(5, pages...); got != 3 {
		t.Errorf("%d dropped, want 3", got)
	}
	taken := o.take()
	if len(taken[5]) != 1 || len(taken[5][0]) != 10 || taken[5][0][9].Body[0] != 9 {
		t.Errorf("took %v", taken[5])
	}
	if got := o.add(5, pages[:2]...); got != 0 {
		t.Error("no room after all was taken")
	}
	select {
	case <-o.full:
		t.Error("called full")
	default:
	}
	full := newOutbox(1000)
	for range 13 {
		full.add(0, pageOf(capacity.BodyBytesMax, 1))
	}
	select {
	case <-full.full:
	default:
		t.Error("a whole batch does not call")
	}
}

func TestTopicsAreDistinct(t *testing.T) {
	all := topics()
	slices.Sort(all)
	if got := slices.Compact(all); len(got) != capacity.Shards {
		t.Errorf("%d topics", len(got))
	}
}
