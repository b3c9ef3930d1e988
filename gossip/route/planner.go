package route

import (
	"fmt"

	"github.com/offset-p2p/offset/ledger"
)

// amountMax is the largest amount that a request can carry.
var amountMax = ledger.AmountFromParts(1<<(ledger.AmountBits-64)-1, ^uint64(0))

// Planner answers queries. It keeps its working memory from one to the next,
// about 25 bytes for each node of the largest graph it has seen; so it is used
// by one goroutine at a time, and a server keeps a few of them.
type Planner struct {
	run      uint32
	fwd, bwd half
	labels   labels
}

// NewPlanner returns a Planner.
func NewPlanner() *Planner { return &Planner{} }

// Plan looks for routes on v, which must be of q's currency. It returns at
// least one answer, the best first; a *NoRouteError when there is none; or
// what Query.Validate finds wrong with q. Neither v nor q is kept.
func (p *Planner) Plan(v View, q *Query) ([]Answer, error) {
	if err := q.Validate(); err != nil {
		return nil, err
	}
	s := &session{p: p, q: q, n: newNetwork(v, q)}
	found, how := s.single(q.Amount)
	if how != endFound {
		return nil, s.explain(how)
	}
	r := s.n.route(found, q.Amount)
	if err := s.n.check(q, r); err != nil {
		return nil, fmt.Errorf("planning route: %w", err)
	}
	return []Answer{{Kind: KindSingle, Routes: []Route{r}}}, nil
}

// session is the work on one query.
type session struct {
	p        *Planner
	q        *Query
	n        *network
	searches int
}

// single looks for the cheapest single route for share. The end is that of the
// search that decided; endNone: there are paths with room for share, but not
// for share and fees, or only above the fee cap.
func (s *session) single(share ledger.Amount) (priced, end) {
	best, spent, how := s.quick(share)
	if how != endFound && how != endNone && how != endBudget {
		return priced{}, how
	}
	b := bounds{share: share, maxTotal: s.maxTotal(share), maxHops: s.q.MaxHops, edges: SearchEdgesMax}
	if how == endFound {
		if best.total() == share {
			return best, endFound // nothing is cheaper than no fee
		}
		// Only what is strictly cheaper is of interest.
		b.maxTotal = best.total().SubFloor(ledger.NewAmount(1))
		b.edges = min(max(cheapFactor*spent, cheapEdgesMin), SearchEdgesMax)
	}
	s.searches++
	if path, exact := s.p.cheapest(s.n, b); exact == endFound {
		if found, _, ok := s.n.price(path, share); ok {
			return found, endFound
		}
		return priced{}, endBudget // the two searches disagree: a fault of the View
	} else if how == endFound {
		return best, endFound
	} else {
		return priced{}, exact
	}
}

// quick looks for a shortest route that holds with its fees, and returns how
// many edges it scanned. endNone means that the ones found broke.
func (s *session) quick(share ledger.Amount) (found priced, spent int, how end) {
	var banned []edgeIDs
	defer func() {
		for _, x := range banned {
			delete(s.n.noEdge, x)
		}
	}()
	for range 1 + bansMax {
		s.searches++
		path, how := s.p.shortest(s.n, share, s.q.MaxHops)
		spent += s.n.scanned
		if how != endFound {
			if len(banned) > 0 {
				how = endNone // no proof: edges are missing
			}
			return priced{}, spent, how
		}
		p, broken, ok := s.n.price(path, share)
		if ok && !s.maxTotal(share).Less(p.total()) {
			return p, spent, endFound
		}
		if ok { // too dear as a whole: no edge is to blame
			break
		}
		s.n.noEdge[broken] = true
		banned = append(banned, broken)
	}
	return priced{}, spent, endNone
}

// maxTotal returns the most that may leave the source for share.
func (s *session) maxTotal(share ledger.Amount) ledger.Amount {
	sum, err := share.Add(s.q.MaxFee)
	if err != nil {
		return amountMax
	}
	return ledger.MinAmount(sum, amountMax)
}
