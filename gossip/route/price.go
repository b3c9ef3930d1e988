package route

import (
	"errors"
	"fmt"

	"github.com/offset-p2p/offset/gossip/graph"
	"github.com/offset-p2p/offset/ledger"
)

// priced is a path with what is frozen on each of its edges.
type priced struct {
	nodes   []graph.ID      // from source to destination
	amounts []ledger.Amount // on the edge into nodes[i+1]
}

// total returns what leaves the source.
func (p *priced) total() ledger.Amount { return p.amounts[0] }

// price reads every edge of a path exactly and puts share through it. If an
// edge cannot carry its amount, that edge is returned and ok is false.
func (n *network) price(nodes []graph.ID, share ledger.Amount) (p priced, broken edgeIDs, ok bool) {
	amounts := make([]ledger.Amount, len(nodes)-1)
	x := share
	for i := len(amounts) - 1; i >= 0; i-- {
		id := edgeIDs{nodes[i], nodes[i+1]}
		l, known := n.link(id)
		if !known {
			return priced{}, id, false
		}
		if id.to != n.dst {
			if x, known = withFee(x, l.rate); !known {
				return priced{}, id, false
			}
		}
		if l.room.Less(x) {
			return priced{}, id, false
		}
		amounts[i] = x
	}
	return priced{nodes: nodes, amounts: amounts}, edgeIDs{}, true
}

// route returns a priced path as a Route.
func (n *network) route(p priced, share ledger.Amount) Route {
	r := Route{Share: share, Fee: p.total().SubFloor(share)}
	for i, x := range p.amounts {
		r.Hops = append(r.Hops, ledger.Hop{Node: n.key(p.nodes[i+1]), Amount: x})
	}
	return r
}

// Check reports why r is no answer to q on v: what a payer can do with a route
// that it was given, and what Plan does with each before giving it. The shares
// of a payment's routes are checked one by one.
func Check(v View, q *Query, r Route) error {
	if err := q.Validate(); err != nil {
		return err
	}
	return newNetwork(v, q).check(q, r)
}

func (n *network) check(q *Query, r Route) error {
	switch {
	case len(r.Hops) == 0 || len(r.Hops) > q.MaxHops:
		return fmt.Errorf("checking route: %d hops", len(r.Hops))
	case r.Hops[len(r.Hops)-1].Node != q.Destination:
		return errors.New("checking route: it does not end at the destination")
	case !r.Share.IsRequestable() || q.Amount.Less(r.Share):
		return errors.New("checking route: its share is no part of the amount")
	case q.MaxFee.Less(r.Fee):
		return errors.New("checking route: fee above the cap")
	}
	nodes := []graph.ID{n.src}
	seen := map[graph.ID]bool{n.src: true}
	for _, h := range r.Hops {
		id := n.id(h.Node)
		if seen[id] {
			return errors.New("checking route: a node is on it twice")
		}
		seen[id] = true
		nodes = append(nodes, id)
	}
	p, broken, ok := n.price(nodes, r.Share)
	if !ok {
		return fmt.Errorf("checking route: the edge from %v to %v cannot carry it", n.key(broken.from), n.key(broken.to))
	}
	for i, x := range p.amounts {
		if r.Hops[i].Amount != x {
			return fmt.Errorf("checking route: amount of hop %d is not share and fees", i)
		}
	}
	if total, err := r.Share.Add(r.Fee); err != nil || total != p.total() {
		return errors.New("checking route: fee is not what the hops charge")
	}
	return nil
}
