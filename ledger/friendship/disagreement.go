package friendship

import (
	"slices"

	"github.com/offset-p2p/offset/ledger"
)

// Disagreement is what two friends propose to each other when one of them calls
// the ledger inconsistent, or the terms of one would cost the other something:
// what a user needs to decide.
type Disagreement struct {
	Mine    *ledger.Terms       // what this side proposes, or would now; nil: its view does not fit into terms
	Refused ledger.RefuseReason // the friend's newest answer to terms of this side; 0: none
	Theirs  *ledger.Terms       // the friend's newest terms that cost too much; nil: none were seen since the start
	Costs   []Cost              // of accepting Theirs now; zero ones are left out; by currency
	Lost    []*Pending          // the friend's requests at stake that Theirs does not keep
	Allowed []Cost              // what the user allows already; by currency
}

// Disagreement returns what the two sides propose, and false when there is
// nothing to decide. What it points at must not be changed.
func (f *Friendship) Disagreement(env Env) (Disagreement, bool) {
	d := Disagreement{Theirs: f.exch.theirs.terms, Allowed: f.bound}
	if d.Theirs == nil && f.evidence == nil && f.link.problem != friendInconsistent {
		return d, false
	}
	if p := f.exch.proposal; p != nil {
		d.Mine = p.terms
	} else if t, ok := f.ownTerms(env.Nonce); ok {
		d.Mine = t
	}
	if f.exch.refused != nil {
		d.Refused = f.exch.refused.Reason
	}
	if d.Theirs != nil {
		r, _ := f.read(env, d.Theirs, f.exch.theirs.supplied)
		d.Costs, d.Lost = r.list(), r.lost
	}
	return d, true
}

// Allow stores the user's decision: terms of the friend that cost at most bound
// in every currency, and nothing in those that bound does not name, are accepted
// when they come. A later decision replaces it, an empty one withdraws it, and
// it ends when an epoch opens. bound names at most BoundMax currencies. The friend is asked to propose again what it has
// proposed last. bound must not be changed afterwards.
func (f *Friendship) Allow(env Env, bound []Cost) Effects {
	var eff Effects
	if len(bound) == 0 && len(f.bound) == 0 {
		return eff
	}
	f.bound = slices.SortedFunc(slices.Values(bound), compareCosts)
	eff.Writes = append(eff.Writes, PutBound{f.bound})
	if f.exch.theirs.terms != nil && len(bound) > 0 && f.link.up && f.link.hello != nil {
		f.refuse(env, f.exch.theirs.terms.Hash(), ledger.RefuseRetry, nil, &eff)
	}
	return eff
}

// EncodeBound returns the bytes of what a user allows.
//
//	count u8 × {currency, amount 16}
func EncodeBound(bound []Cost) []byte {
	var e ledger.Encoder
	e.U8(uint8(len(bound)))
	for _, c := range bound {
		e.Currency(c.Currency)
		e.Balance(c.Amount)
	}
	return e.Bytes()
}

// DecodeBound is the inverse of EncodeBound.
func DecodeBound(b []byte) ([]Cost, error) {
	d := ledger.NewDecoder(b)
	var bound []Cost
	for i := d.Count8(BoundMax); i > 0 && d.Err() == nil; i-- {
		bound = append(bound, Cost{Currency: d.Currency(), Amount: d.Balance()})
	}
	return bound, d.Done()
}
