package friendship

import (
	"slices"
	"strings"

	"github.com/offset-p2p/offset/ledger"
)

// offer is the newest Credit of one side in one currency.
type offer struct {
	set      bool
	decimals uint8
	limit    ledger.Amount
}

// account is what an epoch holds of one currency name. Decimals of a side's
// offer never change within an epoch, so an active account has one currency.
type account struct {
	name      string
	inOpening bool
	decimals  uint8          // of the opening
	start     ledger.Balance // of the opening, seen from here

	offers    [2]offer // by author; mine as of here
	mineThere offer    // mine as of there

	here, there [2]ledger.Counters // by author of the requests
	admitted    ledger.Amount      // incoming pending requests of here that were admitted
}

// currency returns the currency that the account counts in, or would if it
// were active: the opening's, else mine, else the friend's.
func (a *account) currency(me ledger.Author) ledger.Currency {
	switch {
	case a.inOpening:
		return ledger.Currency{Name: a.name, Decimals: a.decimals}
	case a.offers[me].set:
		return ledger.Currency{Name: a.name, Decimals: a.offers[me].decimals}
	default:
		return ledger.Currency{Name: a.name, Decimals: a.offers[me.Other()].decimals}
	}
}

// counts reports whether requests in c can be pending in the account: it is
// active, or the opening names it.
func (a *account) counts(me ledger.Author, c ledger.Currency) bool {
	return a.currency(me) == c && (a.inOpening || a.activeHere())
}

func matches(x, y offer) bool { return x.set && y.set && x.decimals == y.decimals }

func (a *account) activeHere() bool { return matches(a.offers[0], a.offers[1]) }

func (a *account) activeThere(me ledger.Author) bool {
	return matches(a.mineThere, a.offers[me.Other()])
}

// frozen returns what the pending requests of one author hold in here.
func (a *account) frozen(author ledger.Author) ledger.Amount {
	c := &a.here[author]
	return sub(sub(c.Requested, c.Collected), c.Cancelled)
}

// balance returns what the friend owes me in here.
func (a *account) balance(me ledger.Author) ledger.Balance {
	b, err := a.start.Plus(a.here[me.Other()].Collected)
	if err == nil {
		b, err = b.Minus(a.here[me].Collected)
	}
	if err != nil {
		panic("friendship: balance left its range: " + err.Error())
	}
	return b
}

// add and sub are for sums that the legality rules keep in range: counters
// below 2^CounterBits, and nothing resolved that was not requested.
func add(x, y ledger.Amount) ledger.Amount {
	sum, err := x.Add(y)
	if err != nil {
		panic("friendship: counter left its range: " + err.Error())
	}
	return sum
}

func sub(x, y ledger.Amount) ledger.Amount {
	diff, err := x.Sub(y)
	if err != nil {
		panic("friendship: more resolved than requested: " + err.Error())
	}
	return diff
}

// accounts are sorted by name.
type accounts []*account

func (s accounts) find(name string) *account {
	i, ok := s.search(name)
	if !ok {
		return nil
	}
	return s[i]
}

func (s accounts) search(name string) (int, bool) {
	return slices.BinarySearchFunc(s, name, func(a *account, n string) int {
		return strings.Compare(a.name, n)
	})
}

// ensure returns the account of that name, made if there was none.
func (s *accounts) ensure(name string) *account {
	i, ok := s.search(name)
	if !ok {
		*s = slices.Insert(*s, i, &account{name: name})
	}
	return (*s)[i]
}
