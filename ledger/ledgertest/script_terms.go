package ledgertest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/offset-p2p/offset/ledger"
)

// offer is what a clause adds to hand-made terms.
type offer struct {
	terms    *ledger.Terms
	supplied []*ledger.Request
}

type clause func(r *run, side int, o *offer) error

// parseProposes reads hand-made terms. Without a clause about them the number
// is the lowest that the friend may accept, the base is the friend's epoch, and
// nothing is in them.
//
//	number N | base zero | base strange | balance CURRENCY BALANCE | keep NAME |
//	new NAME AMOUNT CURRENCY | missing NAME AMOUNT CURRENCY |
//	invent NAME AMOUNT CURRENCY
func parseProposes(a *args, side int) action {
	var clauses []clause
	for a.err == nil && !a.done() {
		clauses = append(clauses, a.clause())
	}
	return func(r *run) error {
		r.lied[side] = true
		victim := r.p.Sides[1-side].F
		o := &offer{terms: &ledger.Terms{Low: r.p.Sides[0].ID, High: r.p.Sides[1].ID, Base: victim.Epoch()}}
		o.terms.Nonce[0] = 1
		o.terms.Number = victim.Highest() + 1
		if o.terms.Number%2 != uint64(1-side) {
			o.terms.Number++
		}
		for _, c := range clauses {
			if err := c(r, side, o); err != nil {
				return err
			}
		}
		slices.SortFunc(o.terms.Balances, func(x, y ledger.TermsBalance) int { return cmp.Compare(x.Currency.Name, y.Currency.Name) })
		slices.SortFunc(o.terms.Kept, func(x, y ledger.Kept) int {
			return cmp.Or(cmp.Compare(x.Author, y.Author), cmp.Compare(x.Ordinal, y.Ordinal))
		})
		if len(o.supplied) > 0 {
			if err := r.p.Liar(side).SendFrame(&ledger.Supply{Requests: o.supplied}); err != nil {
				return err
			}
		}
		return r.p.Liar(side).SendFrame(&ledger.Propose{Terms: o.terms})
	}
}

func (a *args) clause() clause {
	switch w := a.word("a clause"); w {
	case "number":
		n := a.count("a number")
		return func(_ *run, _ int, o *offer) error { o.terms.Number = n; return nil }
	case "base":
		return a.baseClause()
	case "balance":
		c, b := a.currency(), a.balance()
		return func(_ *run, side int, o *offer) (err error) {
			if side == 1 { // terms are seen from the lower side
				if b, err = b.Neg(); err != nil {
					return err
				}
			}
			o.terms.Balances = append(o.terms.Balances, ledger.TermsBalance{Currency: c, Balance: b})
			return nil
		}
	case "keep":
		n := a.request()
		return func(r *run, side int, o *offer) error {
			p, err := find(r.p.Sides[1-side].F, n)
			if err == nil {
				o.terms.Kept = append(o.terms.Kept, ledger.Kept{Author: p.Author, Ordinal: p.Ordinal, Request: p.Request.Hash()})
			}
			return err
		}
	case "new", "missing", "invent":
		return a.madeUp(w)
	default:
		a.fail("%q is no clause of terms", w)
		return nil
	}
}

func (a *args) baseClause() clause {
	base := ledger.Hash{}
	if !a.skip("zero") {
		a.want("strange")
		base[0] = 1
	}
	return func(_ *run, _ int, o *offer) error { o.terms.Base = base; return nil }
}

// madeUpOrdinal is where requests of hand-made terms begin that nobody has seen.
const madeUpOrdinal = 1_000_000

// madeUp is a request that the other side has never seen: of the proposer, with
// the request itself (new) or without (missing), or in the other's name.
func (a *args) madeUp(kind string) clause {
	q := Request(EUR, 0, a.request())
	q.Amount, q.Currency = a.amount(), a.currency()
	return func(_ *run, side int, o *offer) error {
		author := ledger.Author(side)
		if kind == "invent" {
			author = author.Other()
		}
		o.terms.Kept = append(o.terms.Kept, ledger.Kept{
			Author: author, Ordinal: madeUpOrdinal + uint64(len(o.terms.Kept)), Request: q.Hash(),
		})
		if kind != "missing" {
			o.supplied = append(o.supplied, q)
		}
		return nil
	}
}

// parseAccepts answers the newest proposal on its way to the side, which its own
// machine does not see.
func parseAccepts(_ *args, side int) action {
	return func(r *run) error {
		r.lied[side] = true
		for _, f := range slices.Backward(r.p.Waiting(side)) {
			if m, is := f.(*ledger.Propose); is {
				r.p.Discard(side)
				var nonce ledger.Nonce
				nonce[0] = 2
				return r.p.Liar(side).SendFrame(&ledger.Accept{Terms: m.Terms.Hash(), Nonce: nonce, Epoch: m.Terms.EpochID(nonce)})
			}
		}
		return fmt.Errorf("no proposal is on its way to it")
	}
}

// parseConfirms confirms the newest acceptance on its way to the side.
func parseConfirms(_ *args, side int) action {
	return func(r *run) error {
		r.lied[side] = true
		for _, f := range slices.Backward(r.p.Waiting(side)) {
			if m, is := f.(*ledger.Accept); is {
				r.p.Discard(side)
				return r.p.Liar(side).SendFrame(&ledger.Confirm{Epoch: m.Epoch})
			}
		}
		return fmt.Errorf("no acceptance is on its way to it")
	}
}

// refusals are the reasons of a Refuse by their words in a scenario.
var refusals = map[string]ledger.RefuseReason{
	"stale": ledger.RefuseStale, "clock": ledger.RefuseClock, "base": ledger.RefuseBase, "cost": ledger.RefuseCost,
	"invalid": ledger.RefuseInvalid, "busy": ledger.RefuseBusy, "missing": ledger.RefuseMissing, "retry": ledger.RefuseRetry,
}

// parseRefuses answers the newest proposal on its way to the side, and names
// requests of the other that it lacks.
func parseRefuses(a *args, side int) action {
	reason := take(a, "a reason", func(w string) (ledger.RefuseReason, error) {
		if r, ok := refusals[w]; ok {
			return r, nil
		}
		return 0, errors.New("unknown")
	})
	var lacks []int
	for a.err == nil && !a.done() {
		lacks = append(lacks, a.request())
	}
	return func(r *run) error {
		r.lied[side] = true
		m := &ledger.Refuse{Reason: reason}
		for _, n := range lacks {
			p, err := find(r.p.Sides[1-side].F, n)
			if err != nil {
				return err
			}
			m.Missing = append(m.Missing, p.Request.Hash())
		}
		for _, f := range slices.Backward(r.p.Waiting(side)) {
			if proposal, is := f.(*ledger.Propose); is {
				m.Terms = proposal.Terms.Hash()
				r.p.Discard(side)
				return r.p.Liar(side).SendFrame(m)
			}
		}
		return fmt.Errorf("no proposal is on its way to it")
	}
}
