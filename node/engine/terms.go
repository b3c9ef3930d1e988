package engine

import (
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// disagreement returns what the user has to decide about the ledger with f, or
// nil. It shares nothing that changes.
func (e *Engine) disagreement(f *friend) *friendship.Disagreement {
	d, ok := f.book.Disagreement(friendship.Env{Wall: e.wall, AtStake: f.stakes})
	if !ok {
		return nil
	}
	for i, p := range d.Lost {
		d.Lost[i] = &friendship.Pending{Author: p.Author, Ordinal: p.Ordinal, Request: p.Request, Admitted: p.Admitted}
	}
	return &d
}

// acceptTerms stores the user's decision about a ledger on which the two sides
// disagree, or takes it back. The ledger acts on it when the friend proposes.
func (s *step) acceptTerms(a AcceptTerms) *CommandError {
	f, err := s.known(a.Friend)
	if err != nil {
		return err
	}
	if err := s.maySign(); err != nil {
		return err
	}
	d := s.disagreement(f)
	switch {
	case a.Withdraw && (d == nil || len(d.Allowed) == 0):
		return refuse(Precondition, "nothing_to_withdraw", "no decision about the ledger with %q is stored", f.rec.Name)
	case a.Withdraw:
		s.allow(f, nil)
		return nil
	case d == nil:
		return refuse(Precondition, "nothing_to_accept", "there is nothing to decide about the ledger with %q: both sides agree on it", f.rec.Name)
	}
	bound := append([]friendship.Cost(nil), a.Bound...)
	if err := boundFits(bound); err != nil {
		return err
	}
	if err := f.covers(d, bound); err != nil {
		return err
	}
	if len(bound) == 0 { // nothing in any currency, said so that it is not a withdrawal
		for _, set := range f.rec.Currencies {
			bound = append(bound, friendship.Cost{Currency: set.Currency})
		}
	}
	s.allow(f, bound)
	return nil
}

func (s *step) allow(f *friend, bound []friendship.Cost) {
	s.absorb(f, f.book.Allow(s.env(f), bound), nil, nil)
	s.change(f)
}

// boundFits checks what can never be right.
func boundFits(bound []friendship.Cost) *CommandError {
	if len(bound) > friendship.BoundMax {
		return refuse(Invalid, "bound_invalid", "%d currencies are too many: at most %d can be decided on", len(bound), friendship.BoundMax)
	}
	seen := make(map[ledger.Currency]bool, len(bound))
	for _, c := range bound {
		bad := c.Currency.Validate()
		switch {
		case bad != nil:
			return refuse(Invalid, "bound_invalid", "%v", bad)
		case seen[c.Currency]:
			return refuse(Invalid, "bound_invalid", "%s is named twice", c.Currency.Name)
		case c.Amount.Sign() < 0 || !c.Amount.IsCounter():
			return refuse(Invalid, "bound_invalid", "the most that you accept to lose in %s must be 0 or more, and below 2^%d of the smallest unit",
				c.Currency.Name, ledger.CounterBits)
		}
		seen[c.Currency] = true
	}
	return nil
}

// covers refuses a decision that the friend's terms, as they are known, exceed.
func (f *friend) covers(d *friendship.Disagreement, bound []friendship.Cost) *CommandError {
	for _, c := range d.Costs {
		var allowed ledger.Balance
		for _, b := range bound {
			if b.Currency == c.Currency {
				allowed = b.Amount
			}
		}
		if c.Amount.Sign() > 0 && c.Amount.Cmp(allowed) > 0 {
			return refuse(Precondition, "terms_cost_more", "the terms of %q cost you %s now, you allow %s: look at both sides' terms again",
				f.rec.Name, c.Currency.Format(c.Amount.Magnitude()), c.Currency.Format(allowed.Magnitude()))
		}
	}
	return nil
}
