package ledgertest

import (
	"fmt"
	"slices"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// requestExpectations are about one request, of either side.
func requestExpectations() map[string]verb {
	return map[string]verb{
		"pending":   ofRequest(func(*friendship.Pending) bool { return true }),
		"admitted":  ofRequest(func(p *friendship.Pending) bool { return p.Admitted }),
		"reserved":  ofRequest(func(p *friendship.Pending) bool { return p.Reservation != nil }),
		"withdrawn": ofRequest(func(p *friendship.Pending) bool { return p.Withdrawn }),
		"committed": ofRequest(func(p *friendship.Pending) bool { return p.Commit != nil }),
		"again":     ofRequest((*friendship.Pending).Again),
		"ordinal":   {"NAME NUMBER", parseOrdinal, false},
	}
}

// find returns the pending request with keys number n, of either side.
func find(f *friendship.Friendship, n int) (*friendship.Pending, error) {
	for author := range ledger.Author(2) {
		if p := f.PendingByPartLock(author, partLock(n)); p != nil {
			return p, nil
		}
	}
	return nil, fmt.Errorf("it is not pending")
}

func ofRequest(is func(*friendship.Pending) bool) verb {
	return verb{"NAME", func(a *args, side int) action {
		n := a.request()
		return func(r *run) error {
			p, err := find(r.p.Sides[side].F, n)
			if err != nil {
				return err
			}
			return holds(is(p), "it is not so")
		}
	}, true}
}

func parseOrdinal(a *args, side int) action {
	n, want := a.request(), a.count("a number")
	return func(r *run) error {
		p, err := find(r.p.Sides[side].F, n)
		if err != nil {
			return err
		}
		return same("it is", p.Ordinal, want)
	}
}

// termsVerbs expect what a side says of terms that wait for its user.
func termsVerbs() map[string]verb {
	return map[string]verb{
		"undecided": {"", func(_ *args, side int) action {
			return func(r *run) error {
				_, ok := r.p.Sides[side].F.Disagreement(r.p.Env(side))
				return holds(ok, "there is nothing to decide")
			}
		}, true},
		"cost":    {"CURRENCY BALANCE … | nothing", parseCost, false},
		"allowed": {"CURRENCY BALANCE … | nothing", parseAllowed, false},
		"loses":   {"NAME … | nothing", parseLoses, false},
		"refused": {"QUOTED", parseRefused, false},
	}
}

func parseCost(a *args, side int) action {
	want := a.costs()
	return func(r *run) error {
		d, _ := r.p.Sides[side].F.Disagreement(r.p.Env(side))
		if d.Theirs == nil {
			return fmt.Errorf("the friend has proposed nothing that costs too much")
		}
		return same("the terms cost", fmt.Sprint(d.Costs), fmt.Sprint(want))
	}
}

func parseAllowed(a *args, side int) action {
	want := a.costs()
	return func(r *run) error {
		return same("the bound is", fmt.Sprint(r.p.Sides[side].Disk.Load().Bound), fmt.Sprint(want))
	}
}

func parseLoses(a *args, side int) action {
	var want []string
	for !a.done() && !a.skip("nothing") {
		want = append(want, fmt.Sprint(a.request()))
	}
	return func(r *run) error {
		d, _ := r.p.Sides[side].F.Disagreement(r.p.Env(side))
		var got []string
		for _, p := range d.Lost {
			n, _ := KeyNumber(p.Request)
			got = append(got, fmt.Sprint(n))
		}
		return holds(slices.Equal(got, want), "the terms leave out %v, want %v", got, want)
	}
}

func parseRefused(a *args, side int) action {
	want := a.quoted()
	return func(r *run) error {
		d, _ := r.p.Sides[side].F.Disagreement(r.p.Env(side))
		return same("the friend's answer is", d.Refused.String(), want)
	}
}
