package client

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/ledger"
)

func numbersOf(pages []issued) []uint64 {
	var out []uint64
	for _, p := range pages {
		out = append(out, p.seq)
	}
	return out
}

func TestBookKeepsTheNewest(t *testing.T) {
	now := time.Now()
	later := now.Add(time.Minute)
	eur, usd := ledger.Currency{Name: "EUR"}, ledger.Currency{Name: "USD"}
	at := func(c ledger.Currency, number, count uint16, epoch, seq uint64) issued {
		return issued{place: place{c, number}, count: count, epoch: epoch, seq: seq, expires: later}
	}
	cases := []struct {
		name string
		put  []issued
		want []uint64
	}{
		{"a newer page replaces", []issued{at(eur, 0, 1, 1, 1), at(eur, 0, 1, 1, 2)}, []uint64{2}},
		{"an older page does not", []issued{at(eur, 0, 1, 1, 2), at(eur, 0, 1, 1, 1)}, []uint64{2}},
		{"other places stay", []issued{at(eur, 0, 2, 1, 1), at(eur, 1, 2, 1, 2), at(usd, 0, 1, 1, 3)}, []uint64{1, 2, 3}},
		{"another count ends the old pages", []issued{at(eur, 0, 2, 1, 1), at(eur, 1, 2, 1, 2), at(usd, 0, 1, 1, 3), at(eur, 0, 1, 1, 4)}, []uint64{3, 4}},
		{"a higher epoch ends all", []issued{at(eur, 0, 1, 1, 7), at(usd, 0, 1, 1, 8), at(eur, 0, 1, 2, 1)}, []uint64{1}},
		{"what is over goes", []issued{{place: place{eur, 0}, count: 1, epoch: 1, seq: 1, expires: now.Add(-time.Second)}}, nil},
	}
	for _, c := range cases {
		b := newBook()
		b.put(c.put...)
		if got := numbersOf(b.all(now)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		if got := b.takeAll(now); len(got) != len(c.want) {
			t.Errorf("%s: took %d", c.name, len(got))
		}
		if got := b.takeAll(now); len(got) != 0 {
			t.Errorf("%s: took again", c.name)
		}
	}
}

// TestBookForgetsTheOrderOfArrival: pages of one epoch and one count may come
// in any order.
func TestBookForgetsTheOrderOfArrival(t *testing.T) {
	now := time.Now()
	rapid.Check(t, func(t *rapid.T) {
		var pages []issued
		for seq := range uint64(rapid.IntRange(1, 30).Draw(t, "pages")) {
			number := uint16(rapid.IntRange(0, 3).Draw(t, "number"))
			pages = append(pages, issued{place: place{number: number}, count: 4, epoch: 1, seq: seq + 1, expires: now.Add(time.Hour)})
		}
		a, b := newBook(), newBook()
		a.put(pages...)
		b.put(rapid.Permutation(pages).Draw(t, "order")...)
		if x, y := numbersOf(a.all(now)), numbersOf(b.all(now)); !slices.Equal(x, y) {
			t.Errorf("%v and %v", x, y)
		}
	})
}
