package route

import "github.com/offset-p2p/offset/ledger"

// explain says what binds when single ended with how, and what would fit.
func (s *session) explain(how end) *NoRouteError {
	e := &NoRouteError{Reason: s.reason(how)}
	if e.Reason != ReasonNoPath {
		e.Largest = s.largest()
	}
	return e
}

// reason asks, where the end of the search leaves it open, whether fees or the
// lack of any chain of friends are to blame.
func (s *session) reason(how end) Reason {
	nearSource := true // where only fees are in the way: they add up there
	switch how {
	case endSource, endDestination, endLong:
		nearSource = s.p.narrower(s.n, s.q.Amount) == &s.p.fwd
	case endNone:
		s.searches++
		_, free := s.p.cheapest(s.n, bounds{
			share: s.q.Amount, maxTotal: amountMax, maxHops: s.q.MaxHops, edges: SearchEdgesMax,
		})
		if free == endFound {
			return ReasonFeeCap
		}
		if free == endBudget {
			return ReasonBudget
		}
	default:
		return ReasonBudget
	}
	s.searches++
	switch _, chain := s.p.shortest(s.n, ledger.Amount{}, s.q.MaxHops); {
	case chain == endBudget:
		return ReasonBudget
	case chain != endFound:
		return ReasonNoPath
	case nearSource:
		return ReasonCapacitySource
	}
	return ReasonCapacityDestination
}

// largest returns an amount that a single route carries, as near to the
// largest as the rest of the budget of searches allows. What a route carries
// it carries of any smaller amount, so bisection is right.
func (s *session) largest() ledger.Amount {
	one := ledger.NewAmount(1)
	low, high := ledger.Amount{}, s.q.Amount // payable, not payable
	for s.searches+searchesOfProbe <= SearchesMax {
		next, _ := low.Add(one)
		if !next.Less(high) {
			break
		}
		mid := middle(low, high)
		if s.payable(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// searchesOfProbe is how many searches payable makes at most.
const searchesOfProbe = 2

// payable reports whether one route was found that carries share.
func (s *session) payable(share ledger.Amount) bool {
	s.searches++
	path, how := s.p.shortest(s.n, share, s.q.MaxHops)
	if how == endFound {
		p, _, ok := s.n.price(path, share)
		if ok && !s.maxTotal(share).Less(p.total()) {
			return true
		}
	} else if how != endBudget {
		return false // surely
	}
	s.searches++
	_, how = s.p.cheapest(s.n, bounds{
		share: share, maxTotal: s.maxTotal(share), maxHops: s.q.MaxHops, edges: SearchEdgesMax,
	})
	return how == endFound
}

// middle returns floor((a + b) / 2) of two amounts below 2^127.
func middle(a, b ledger.Amount) ledger.Amount {
	sum, err := a.Add(b)
	if err != nil {
		panic("route: amounts out of range")
	}
	hi, lo := sum.Parts()
	return ledger.AmountFromParts(hi>>1, lo>>1|hi<<63)
}
