package friendship

import (
	"slices"
	"strings"

	"github.com/offset-p2p/offset/ledger"
)

// Cost is what accepting terms takes from this side in one currency. A negative
// one gives.
type Cost struct {
	Currency ledger.Currency
	Amount   ledger.Balance
}

// requests are whole requests that the friend has supplied, by hash.
type requests map[ledger.Hash]*ledger.Request

// reading is what terms of either side mean in the state of this one.
type reading struct {
	kept    []KeptRequest // in the order of the terms
	named   []*Pending    // incoming rows that the terms keep, by ordinal
	first   []int         // indexes of those that this side sees for the first time
	missing []ledger.Hash // kept requests of the friend that this side does not have
	costs   map[ledger.Currency]ledger.Balance
	lost    []*Pending // incoming requests at stake that are not kept
}

// read finds what the terms keep and what they cost this side: a pure function
// of the state here (ledger.md 2.6). The reason is not 0 when they break a rule.
//
//	cost = my balance here − balance in the terms
//	     + kept outgoing requests that are not pending here
//	     + incoming ones at stake that are not kept
//	     − incoming ones that I collected and that are kept
//
// Where the friend has resolved an outgoing request or I have resolved an
// incoming one, and the other side may not know, the row is still there. Terms
// that keep an outgoing request without a row are not of this epoch.
func (f *Friendship) read(env Env, t *ledger.Terms, supplied requests) (reading, ledger.RefuseReason) {
	r := reading{costs: make(map[ledger.Currency]ledger.Balance)}
	if len(t.Kept) > 0 && (t.Base.IsZero() || f.epoch == nil) {
		return r, ledger.RefuseInvalid
	}
	for _, b := range t.Balances {
		if !b.Balance.IsCounter() {
			return r, ledger.RefuseInvalid
		}
		balance := b.Balance
		if f.me == 0 {
			balance = negated(balance)
		}
		r.costs[b.Currency] = balance // what the terms give, taken off
	}
	r.kept = make([]KeptRequest, 0, len(t.Kept))
	for _, k := range t.Kept {
		if reason := f.readKept(&r, k, supplied); reason != 0 {
			return r, reason
		}
	}
	if len(r.missing) > 0 {
		return r, ledger.RefuseMissing
	}
	if f.epoch != nil {
		f.epoch.priceState(env, &r)
	}
	return r, checkTerms(t, r.kept)
}

// readKept finds one kept request: the row of this epoch with its ordinal and
// hash, or what the friend has supplied.
func (f *Friendship) readKept(r *reading, k ledger.Kept, supplied requests) ledger.RefuseReason {
	row := f.epoch.rows[k.Author][k.Ordinal]
	if row != nil && row.hash != k.Request {
		row = nil
	}
	switch {
	case row != nil:
		if row.Author != f.me {
			r.named = append(r.named, row)
		}
		r.kept = append(r.kept, f.epoch.keep(row))
		c := row.Request.Currency
		if row.Author == f.me && row.Resolved() {
			r.costs[c] = plus(r.costs[c], row.Request.Amount)
		}
		if row.Author != f.me && row.Collect != nil {
			r.costs[c] = minus(r.costs[c], row.Request.Amount)
		}
	case k.Author == f.me:
		return ledger.RefuseInvalid
	case supplied[k.Request] != nil:
		r.first = append(r.first, len(r.kept))
		r.kept = append(r.kept, KeptRequest{Author: k.Author, Request: supplied[k.Request]})
	case len(r.missing) < ledger.MissingMax:
		r.missing = append(r.missing, k.Request)
	}
	return 0
}

// priceState adds what this side's state is worth without the terms: its
// balances, and the incoming requests at stake that the terms do not name. Both
// those that are pending and those that are named are in order of their ordinals.
func (e *epoch) priceState(env Env, r *reading) {
	named := r.named
	for _, a := range e.accounts {
		c := a.currency(e.me)
		sum, err := r.costs[c].Add(a.balance(e.me))
		r.costs[c] = inRange(sum, err)
	}
	for row := e.lists[e.me.Other()].first; row != nil; row = row.next {
		for len(named) > 0 && named[0].Ordinal < row.Ordinal {
			named = named[1:]
		}
		if len(named) > 0 && named[0] == row || env.AtStake != nil && !env.AtStake(row) {
			continue
		}
		c := row.Request.Currency
		r.costs[c] = plus(r.costs[c], row.Request.Amount)
		r.lost = append(r.lost, row)
	}
}

// checkTerms judges the protocol's limits: every kept request is in a currency
// of the balances, a balance of zero stands only beside one, and no side has
// more pending than it may.
func checkTerms(t *ledger.Terms, kept []KeptRequest) ledger.RefuseReason {
	balances := make(map[ledger.Currency]bool, len(t.Balances)) // in use
	for _, b := range t.Balances {
		balances[b.Currency] = b.Balance.Sign() != 0
	}
	var count, size [2]int
	for i := range kept {
		k := &kept[i]
		if _, found := balances[k.Request.Currency]; !found || !k.Request.Amount.IsRequestable() {
			return ledger.RefuseInvalid
		}
		balances[k.Request.Currency] = true
		count[k.Author]++
		size[k.Author] += k.Request.EncodedLen()
	}
	for a := range count {
		if count[a] > ledger.PendingMax || size[a] > ledger.PendingBytesMax {
			return ledger.RefuseInvalid
		}
	}
	for _, inUse := range balances {
		if !inUse {
			return ledger.RefuseInvalid
		}
	}
	return 0
}

// admit decides which of the requests that this side sees for the first time
// fit below the limit that it granted in the base epoch, beside the balance of
// the terms and what was admitted before.
func (f *Friendship) admit(t *ledger.Terms, r *reading) {
	rooms := make(map[ledger.Currency]ledger.Amount)
	for _, b := range t.Balances {
		balance := b.Balance
		if f.me == 1 {
			balance = negated(balance)
		}
		if a := f.account(b.Currency); a != nil && a.offers[f.me].set {
			rooms[b.Currency] = headroom(a.offers[f.me].limit, balance, ledger.Amount{}, false)
		}
	}
	for i := range r.kept {
		if k := &r.kept[i]; k.Admitted {
			rooms[k.Request.Currency] = rooms[k.Request.Currency].SubFloor(k.Request.Amount)
		}
	}
	for _, i := range r.first {
		k := &r.kept[i]
		if room := rooms[k.Request.Currency]; !room.Less(k.Request.Amount) {
			k.Admitted = true
			rooms[k.Request.Currency] = room.SubFloor(k.Request.Amount)
		}
	}
}

// list returns the costs that are not zero, by currency.
func (r *reading) list() []Cost {
	var out []Cost
	for c, amount := range r.costs {
		if amount.Sign() != 0 {
			out = append(out, Cost{c, amount})
		}
	}
	slices.SortFunc(out, compareCosts)
	return out
}

func compareCosts(x, y Cost) int {
	if c := strings.Compare(x.Currency.Name, y.Currency.Name); c != 0 {
		return c
	}
	return int(x.Currency.Decimals) - int(y.Currency.Decimals)
}

// within reports whether the costs are at most what the user allows, and where
// the user has said nothing, nothing.
func (r *reading) within(bound []Cost) bool {
	allowed := make(map[ledger.Currency]ledger.Balance, len(bound))
	for _, b := range bound {
		allowed[b.Currency] = b.Amount
	}
	for c, amount := range r.costs {
		if amount.Sign() > 0 && amount.Cmp(allowed[c]) > 0 {
			return false
		}
	}
	return true
}

func sortRows(rows []*Pending) {
	slices.SortFunc(rows, func(x, y *Pending) int {
		if x.Ordinal < y.Ordinal {
			return -1
		}
		return 1
	})
}
