package node

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/node/apiserver"
	"github.com/offset-p2p/offset/node/engine"
	"github.com/offset-p2p/offset/node/store"
)

// shelf is a list of times, the newest first, read as the store reads.
type shelf struct {
	times []time.Time
	calls int
}

func (s *shelf) read(_ context.Context, cursor string, limit int) ([]time.Time, string, error) {
	s.calls++
	from := 0
	if cursor != "" {
		var err error
		if from, err = strconv.Atoi(cursor); err != nil {
			return nil, "", store.ErrCursor
		}
	}
	end := min(from+limit, len(s.times))
	if end == len(s.times) {
		return slices.Clone(s.times[from:end]), "", nil
	}
	return slices.Clone(s.times[from:end]), strconv.Itoa(end), nil
}

// All pages together are what a filter leaves of the whole list, in its order,
// whatever the size of the pages.
func TestListingIsTheFilteredList(t *testing.T) {
	base := time.Unix(1_700_000_000, 0)
	rapid.Check(t, func(t *rapid.T) {
		offsets := rapid.SliceOfN(rapid.IntRange(0, 50), 0, 60).Draw(t, "times")
		slices.SortFunc(offsets, func(a, b int) int { return b - a })
		s := &shelf{}
		for _, o := range offsets {
			s.times = append(s.times, base.Add(time.Duration(o)*time.Second))
		}
		p := apiserver.Page{Limit: rapid.IntRange(1, 10).Draw(t, "limit")}
		if rapid.Bool().Draw(t, "bounded") {
			p.Since = base.Add(time.Duration(rapid.IntRange(0, 50).Draw(t, "since")) * time.Second)
		}
		every := int64(rapid.IntRange(1, 4).Draw(t, "every"))
		l := listing[time.Time]{read: s.read, made: func(v *time.Time) time.Time { return *v }}
		if every > 1 {
			l.keep = func(v *time.Time) bool { return v.Unix()%every == 0 }
		}
		var want, got []time.Time
		for _, v := range s.times {
			if !v.Before(p.Since) && v.Unix()%every == 0 {
				want = append(want, v)
			}
		}
		for {
			page, next, err := l.page(t.Context(), p)
			if err != nil || len(page) > p.Limit {
				t.Fatalf("page %v, %v", page, err)
			}
			got = append(got, page...)
			if next == "" {
				break
			}
			p.Cursor = next
		}
		if !slices.Equal(got, want) {
			t.Fatalf("listed %v, want %v", got, want)
		}
	})
}

// A page of a list of which nothing is wanted ends after a bounded search, and
// the next page goes on from there.
func TestListingSearchIsBounded(t *testing.T) {
	s := &shelf{times: make([]time.Time, 3*scanMax)}
	l := listing[time.Time]{
		read: s.read, made: func(v *time.Time) time.Time { return *v }, keep: func(*time.Time) bool { return false },
	}
	page, next, err := l.page(t.Context(), apiserver.Page{Limit: 500})
	if err != nil || len(page) != 0 || next != strconv.Itoa(scanMax) || s.calls != scanMax/500 {
		t.Errorf("%d found, next %q after %d calls, %v", len(page), next, s.calls, err)
	}
}

func TestListingCursorIsTheCallersFault(t *testing.T) {
	l := listing[time.Time]{read: (&shelf{}).read, made: func(v *time.Time) time.Time { return *v }}
	_, _, err := l.page(t.Context(), apiserver.Page{Cursor: "x", Limit: 1})
	if e, ok := errors.AsType[*engine.CommandError](err); !ok || e.Code != engine.Invalid || e.Reason != "bad_cursor" {
		t.Errorf("a cursor that was never given out is %v", err)
	}
}
