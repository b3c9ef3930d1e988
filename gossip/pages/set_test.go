package pages

import (
	"testing"
	"time"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/ledger"
)

const minute = time.Minute

func at(d time.Duration) time.Time { return start.Add(d) }

// The admission rules of network.md 4.1, each as a short story.
func TestAdmission(t *testing.T) {
	tests := []struct {
		name  string
		steps []step
	}{
		{"newer replaces older", []step{
			{draft{seq: 1, friends: 1}, 0, Admitted, 1},
			{draft{seq: 2, friends: 2}, 0, Admitted, 1},
			{draft{seq: 1, friends: 1}, 0, Stale, 1},
			{draft{seq: 2, friends: 2}, 0, Known, 1},
		}},
		{"pages of one count stand side by side, in any order", []step{
			{draft{seq: 2, number: 1, count: 2, friends: 1}, 0, Admitted, 1},
			{draft{seq: 1, number: 0, count: 2, friends: 1}, 0, Admitted, 2},
		}},
		{"a count that shrinks leaves no ghost", []step{
			{draft{seq: 1, number: 0, count: 2, friends: 1}, 0, Admitted, 1},
			{draft{seq: 2, number: 1, count: 2, friends: 1}, 0, Admitted, 2},
			{draft{seq: 3, number: 0, count: 1, friends: 2}, 0, Admitted, 1},
			{draft{seq: 2, number: 1, count: 2, friends: 1}, 0, Stale, 1},
		}},
		{"a count that shrank and grew brings no old page back", []step{
			{draft{seq: 2, number: 1, count: 2, friends: 1}, 0, Admitted, 1},
			{draft{seq: 3, number: 0, count: 1, friends: 2}, 0, Admitted, 1},
			{draft{seq: 4, number: 0, count: 2, friends: 1}, 0, Admitted, 1},
			{draft{seq: 2, number: 1, count: 2, friends: 1}, 0, Stale, 1},
			{draft{seq: 5, number: 1, count: 2, friends: 1}, 0, Admitted, 2},
		}},
		{"a late page of another count shows what is older than it", []step{
			{draft{seq: 2, number: 1, count: 2, friends: 1}, 0, Admitted, 1},
			{draft{seq: 4, number: 0, count: 2, friends: 1}, 0, Admitted, 2},
			{draft{seq: 3, number: 0, count: 1, friends: 2}, 0, Stale, 1},
		}},
		{"a higher epoch removes all pages of lower ones", []step{
			{draft{seq: 8, friends: 1}, 0, Admitted, 1},
			{draft{seq: 9, currency: usd, friends: 1}, 0, Admitted, 2},
			{draft{epoch: 2, seq: 1, friends: 1}, 0, Admitted, 1},
			{draft{epoch: 1, seq: 10, currency: usd, friends: 1}, 0, Stale, 1},
			{draft{epoch: 2, seq: 2, currency: usd, friends: 1}, 0, Admitted, 2},
		}},
		{"a currency given up", []step{
			{draft{seq: 1, number: 1, count: 2, friends: 1}, 0, Admitted, 1},
			{draft{seq: 2}, 0, Admitted, 1},
			{draft{seq: 1, number: 1, count: 2, friends: 1}, 0, Stale, 1},
		}},
		{"currencies do not disturb each other", []step{
			{draft{seq: 5, friends: 1}, 0, Admitted, 1},
			{draft{seq: 4, currency: usd, friends: 1}, 0, Admitted, 2},
			{draft{seq: 3, currency: ledger.Currency{Name: "EUR", Decimals: 3}, friends: 1}, 0, Admitted, 3},
		}},
		{"too late and too early", []step{
			{draft{issued: at(-10 * minute)}, time.Millisecond, Stale, 0},
			{draft{issued: at(-10 * minute)}, 0, Admitted, 1},
			{draft{author: 1, issued: at(2*minute + time.Millisecond)}, 0, Future, 1},
			{draft{author: 1, issued: at(2 * minute)}, 0, Admitted, 2},
		}},
		{"a page with a long ttl replayed after one with a short ttl", []step{
			{draft{seq: 1, ttl: 15 * minute, friends: 1}, 0, Admitted, 1},
			{draft{seq: 2, ttl: 6 * minute, friends: 1}, 0, Admitted, 1},
			{draft{seq: 1, ttl: 15 * minute, friends: 1}, 7 * minute, Stale, 0},
			{draft{seq: 2, ttl: 6 * minute, friends: 1}, 7 * minute, Stale, 0},
			{draft{seq: 3, issued: at(7 * minute), friends: 1}, 7 * minute, Admitted, 1},
		}},
		{"the same with another page alive", []step{
			{draft{seq: 1, number: 1, count: 2, ttl: 15 * minute, friends: 1}, 0, Admitted, 1},
			{draft{seq: 2, number: 1, count: 2, ttl: 6 * minute, friends: 1}, 0, Admitted, 1},
			{draft{seq: 3, number: 0, count: 2, ttl: 15 * minute, friends: 1}, 0, Admitted, 2},
			{draft{seq: 1, number: 1, count: 2, ttl: 15 * minute, friends: 1}, 7 * minute, Stale, 1},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, m := newSet(t, DefaultLimits())
			run(t, s, tt.steps)
			if got, want := m.entries(), s.Stats().Entries; got != want {
				t.Errorf("changes add up to %d entries, the set holds %d", got, want)
			}
		})
	}
}

// Of two pages with equal epoch and seq every server keeps the same.
func TestEqualOrderLowerHashWins(t *testing.T) {
	a, b := draft{amount: 1, friends: 1}.sign(t), draft{amount: 2, friends: 1}.sign(t)
	want := a.Hash()
	if a.Order().Compare(b.Order()) < 0 {
		want = b.Hash()
	}
	for _, order := range [][]capacity.VerifiedPage{{a, b}, {b, a}} {
		s, _ := newSet(t, DefaultLimits())
		for _, p := range order {
			s.Add(p, start)
		}
		if got := held(s); len(got) != 1 || got[0] != want {
			t.Errorf("holds %v, want %v", got, want)
		}
	}
}

func TestMemoryEnds(t *testing.T) {
	s, m := newSet(t, DefaultLimits())
	d := draft{epoch: 4, seq: 7, friends: 3, ttl: 6 * minute}
	if got := s.Add(d.sign(t), start); got != Admitted {
		t.Fatal(got)
	}
	if e, q := s.Highest(authorOf(0).id); e != 4 || q != 7 {
		t.Errorf("highest (%d, %d), want (4, 7)", e, q)
	}
	over := at(6*minute + time.Millisecond)
	if got := s.Expire(at(6 * minute)); got != 0 {
		t.Errorf("%d pages ended with the last millisecond of their life", got)
	}
	if got := s.Expire(over); got != 1 || m.entries() != 0 {
		t.Errorf("%d pages ended, %d entries left", got, m.entries())
	}
	want := Stats{Nodes: 1, Remembered: 1, Currencies: 1}
	if got := s.Stats(); got != want {
		t.Errorf("stats %+v, want %+v", got, want)
	}
	s.Expire(over.Add(Memory))
	if e, _ := s.Highest(authorOf(0).id); e != 4 {
		t.Error("forgotten before the memory ends")
	}
	s.Expire(over.Add(Memory + time.Millisecond))
	if got := s.Stats(); got != (Stats{}) {
		t.Errorf("stats %+v after the memory ended", got)
	}
	if e, q := s.Highest(authorOf(0).id); e != 0 || q != 0 {
		t.Errorf("highest (%d, %d) of a forgotten node", e, q)
	}
}

// The highest (epoch, seq) is that of all pages seen, whatever their order.
func TestHighest(t *testing.T) {
	s, _ := newSet(t, DefaultLimits())
	for _, st := range []struct {
		d          draft
		epoch, seq uint64
	}{
		{draft{epoch: 1, seq: 9, number: 0, count: 2}, 1, 9},
		{draft{epoch: 1, seq: 8, number: 1, count: 2}, 1, 9},
		{draft{epoch: 2, seq: 3}, 2, 3},
		{draft{epoch: 1, seq: 30}, 2, 3},
	} {
		s.Add(st.d.sign(t), start)
		if e, q := s.Highest(authorOf(0).id); e != st.epoch || q != st.seq {
			t.Errorf("after (%d, %d): highest (%d, %d), want (%d, %d)", st.d.epoch, st.d.seq, e, q, st.epoch, st.seq)
		}
	}
}

// A currency that a node no longer mentions after its restart is forgotten.
func TestCurrencyOfALowerEpochIsForgotten(t *testing.T) {
	s, _ := newSet(t, DefaultLimits())
	s.Add(draft{epoch: 1, seq: 1, currency: usd}.sign(t), start)
	s.Add(draft{epoch: 2, seq: 1}.sign(t), start)
	now := start
	for i := range 10 { // EUR lives on, refreshed
		now = now.Add(3 * minute)
		s.Expire(now)
		s.Add(draft{epoch: 2, seq: uint64(i + 2), issued: now}.sign(t), now)
	}
	if got := s.Stats(); got.Currencies != 1 || got.Pages != 1 {
		t.Errorf("stats %+v, want EUR only", got)
	}
}

// A server that lost its memory takes old pages only from other sets.
func TestRefuseBefore(t *testing.T) {
	s, _ := newSet(t, DefaultLimits())
	s.RefuseBefore(start)
	old := draft{seq: 1, issued: at(-minute)}.sign(t)
	if got := s.Add(old, start); got != TooEarly {
		t.Errorf("before the first sync: %v, want too early", got)
	}
	if got := s.Add(draft{author: 1, issued: start}.sign(t), start); got != Admitted {
		t.Errorf("a page issued after the start: %v", got)
	}
	if got := s.AddSynced(old, start); got != Admitted {
		t.Errorf("from another set: %v", got)
	}
	if got := s.Add(old, start); got != Known {
		t.Errorf("again: %v, want known", got)
	}
	s.RefuseBefore(time.Time{})
	if got := s.Add(draft{author: 2, issued: at(-minute)}.sign(t), start); got != Admitted {
		t.Errorf("after the first sync: %v", got)
	}
}

// A refresh without news changes what is held and tells no one.
func TestRefreshIsNoChange(t *testing.T) {
	changes := 0
	s, err := New(Config{Limits: DefaultLimits(), OnChange: func(capacity.Change) { changes++ }})
	if err != nil {
		t.Fatal(err)
	}
	for i, d := range []draft{
		{seq: 1, friends: 2, amount: 5},
		{seq: 2, friends: 2, amount: 5, issued: at(minute)},
		{seq: 3, friends: 2, amount: 6, issued: at(minute)},
		{seq: 4},
		{seq: 5},
	} {
		if got := s.Add(d.sign(t), at(minute)); got != Admitted {
			t.Errorf("page %d: %v", i, got)
		}
	}
	if changes != 3 {
		t.Errorf("%d changes, want 3: news, other amounts, nothing any more", changes)
	}
	// The life is that of the refresh.
	s.Add(draft{author: 1, friends: 1}.sign(t), start)
	s.Add(draft{author: 1, seq: 2, friends: 1, issued: at(5 * minute)}.sign(t), at(5*minute))
	s.Expire(at(12 * minute))
	if got := s.Stats().Pages; got != 1 {
		t.Errorf("%d pages after the first life, want the refreshed one", got)
	}
}

func TestNames(t *testing.T) {
	for o, want := range map[Outcome]string{Admitted: "admitted", TooEarly: "too_early", Full: "full", 0: "outcome(0)", 99: "outcome(99)"} {
		if got := o.String(); got != want {
			t.Errorf("outcome is called %q, want %q", got, want)
		}
	}
	if _, err := New(Config{Limits: Limits{Nodes: 1, Pages: 1, Entries: 0, Currencies: 1}}); err == nil {
		t.Error("a limit of 0 is taken")
	}
}
