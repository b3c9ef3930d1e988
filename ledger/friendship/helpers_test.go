package friendship_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// opened returns two friends with EUR active and this limit on both sides.
func opened(t *testing.T, limit uint64) *ledgertest.Pair {
	t.Helper()
	p := ledgertest.NewPair()
	ok(t, p.OpenWith(limit))
	return p
}

// change returns the only change of type T that a party has reported, and
// forgets all.
func change[T friendship.Change](t *testing.T, s *ledgertest.Party) T {
	t.Helper()
	var found []T
	for _, c := range s.TakeChanges() {
		if v, is := c.(T); is {
			found = append(found, v)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d changes of type %T, want 1", len(found), *new(T))
	}
	return found[0]
}

func none[T friendship.Change](t *testing.T, s *ledgertest.Party) {
	t.Helper()
	if slices.ContainsFunc(s.Changes, func(c friendship.Change) bool { _, is := c.(T); return is }) {
		t.Fatalf("change of type %T", *new(T))
	}
}

// dropped wants that the party dropped the stream once, with this in the reason.
func dropped(t *testing.T, s *ledgertest.Party, reason string) {
	t.Helper()
	if len(s.Drops) != 1 || !strings.Contains(s.Drops[0], reason) {
		t.Fatalf("drops %q, want one with %q", s.Drops, reason)
	}
	s.Drops = nil
}

func balance(t *testing.T, s *ledgertest.Party, want int64) {
	t.Helper()
	if got := s.F.Balance(ledgertest.EUR); got != ledger.NewBalance(want) {
		t.Fatalf("balance %s, want %d", got, want)
	}
}

func view(t *testing.T, s *ledgertest.Party) friendship.CurrencyView {
	t.Helper()
	v, found := s.F.Currency(ledgertest.EUR)
	if !found {
		t.Fatal("EUR is unknown")
	}
	return v
}

func amount(v uint64) ledger.Amount { return ledger.NewAmount(v) }
