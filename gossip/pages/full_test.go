package pages

import (
	"fmt"
	"testing"
	"time"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/ledger"
)

// A full set takes nothing new; whoever is in stays in and may refresh.
func TestFull(t *testing.T) {
	roomy := Limits{Nodes: 10, Pages: 10, Entries: 10, Currencies: 10}
	tests := []struct {
		name   string
		limits func(*Limits)
		steps  []step
	}{
		{"nodes", func(l *Limits) { l.Nodes = 1 }, []step{
			{draft{seq: 1}, 0, Admitted, 1},
			{draft{author: 1}, 0, Full, 1},
			{draft{seq: 2}, 0, Admitted, 1},
			{draft{epoch: 2}, 0, Admitted, 1},
		}},
		{"nodes, memories included", func(l *Limits) { l.Nodes = 1 }, []step{
			{draft{ttl: 6 * minute}, 0, Admitted, 1},
			{draft{author: 1, issued: at(7 * minute)}, 7 * minute, Full, 0},
			{draft{author: 1, issued: at(27 * minute)}, 28 * minute, Admitted, 1},
		}},
		{"pages", func(l *Limits) { l.Pages = 2 }, []step{
			{draft{seq: 1, count: 4}, 0, Admitted, 1},
			{draft{seq: 2, count: 4, number: 1}, 0, Admitted, 2},
			{draft{seq: 3, count: 4, number: 2}, 0, Full, 2},
			{draft{author: 1}, 0, Full, 2},
			{draft{seq: 4, count: 4, number: 1}, 0, Admitted, 2},
			{draft{seq: 5, count: 2}, 0, Admitted, 1},
			{draft{seq: 6, count: 2, number: 1}, 0, Admitted, 2},
		}},
		{"entries", func(l *Limits) { l.Entries = 5 }, []step{
			{draft{seq: 1, friends: 3}, 0, Admitted, 1},
			{draft{author: 1, friends: 3}, 0, Full, 1},
			{draft{author: 1, friends: 2}, 0, Admitted, 2},
			{draft{seq: 2, friends: 3, amount: 9}, 0, Admitted, 2},
			// What does not fit is not kept, nor what it was to replace.
			{draft{seq: 3, friends: 4}, 0, Full, 1},
			{draft{seq: 2, friends: 3, amount: 9}, 0, Stale, 1},
			{draft{seq: 4, friends: 3}, 0, Admitted, 2},
		}},
		{"currencies", func(l *Limits) { l.Currencies = 1 }, []step{
			{draft{seq: 1}, 0, Admitted, 1},
			{draft{seq: 2, currency: usd}, 0, Full, 1},
			{draft{author: 1, currency: usd}, 0, Full, 1},
			{draft{author: 1}, 0, Admitted, 2},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := roomy
			tt.limits(&l)
			s, m := newSet(t, l)
			run(t, s, tt.steps)
			if got, want := m.entries(), s.Stats().Entries; got != want {
				t.Errorf("changes add up to %d entries, the set holds %d", got, want)
			}
		})
	}
}

func TestCurrenciesPerNode(t *testing.T) {
	s, _ := newSet(t, DefaultLimits())
	add := func(i int, d draft) Outcome {
		d.seq, d.currency = uint64(i), ledger.Currency{Name: fmt.Sprintf("C%d", i)}
		return s.Add(d.sign(t), start)
	}
	for i := range CurrenciesPerNode {
		if got := add(i, draft{}); got != Admitted {
			t.Fatalf("currency %d: %v", i, got)
		}
	}
	if got := add(CurrenciesPerNode, draft{}); got != Full {
		t.Errorf("one more currency: %v, want full", got)
	}
	if got := add(CurrenciesPerNode, draft{author: 1}); got != Admitted {
		t.Errorf("the same currency of another node: %v", got)
	}
}

// A million inventions cannot push out who is in, nor pass the limits.
func TestCrowd(t *testing.T) {
	limits := Limits{Nodes: 20, Pages: 30, Entries: 40, Currencies: 5}
	s, m := newSet(t, limits)
	honest := draft{author: 999, friends: 3}
	s.Add(honest.sign(t), start)
	for i := range 300 {
		s.Add(draft{
			author: i % 50, seq: uint64(i + 1), number: i % 4, count: 4, friends: i % 7,
			currency: ledger.Currency{Name: fmt.Sprintf("C%d", i%9)},
		}.sign(t), start)
		st := s.Stats()
		if st.Nodes > limits.Nodes || st.Pages+st.Remembered > limits.Pages ||
			st.Entries > limits.Entries || st.Currencies > limits.Currencies {
			t.Fatalf("stats %+v pass the limits", st)
		}
	}
	honest.seq, honest.issued = 2, at(time.Minute)
	if got := s.Add(honest.sign(t), at(time.Minute)); got != Admitted {
		t.Errorf("the honest node's refresh: %v", got)
	}
	if got, want := m.entries(), s.Stats().Entries; got != want {
		t.Errorf("changes add up to %d entries, the set holds %d", got, want)
	}
	s.Expire(at(time.Hour))
	s.Expire(at(time.Hour + Memory + time.Second))
	if got := s.Stats(); got != (Stats{}) || m.entries() != 0 || len(s.ranges) != 0 {
		t.Errorf("stats %+v, %d entries and %d ranges when all is over", got, m.entries(), len(s.ranges))
	}
}

func BenchmarkAdd(b *testing.B) {
	var batch []capacity.VerifiedPage
	for i := range 1000 {
		batch = append(batch, draft{author: i % 100, seq: uint64(i/100 + 1), friends: 10}.sign(b))
	}
	for b.Loop() {
		s, err := New(Config{Limits: DefaultLimits()})
		if err != nil {
			b.Fatal(err)
		}
		for _, p := range batch {
			s.Add(p, start)
		}
	}
	b.ReportMetric(float64(b.N*len(batch))/b.Elapsed().Seconds(), "pages/s")
}
