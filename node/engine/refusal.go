package engine

import (
	"slices"

	"github.com/offset-p2p/offset/ledger"
)

// inSellersName reports whether a part was refused for what the invoice is, and
// the seller is named as who said so. That proves nothing: a mediator can make
// both up, or change the amount so that an honest seller refuses. It can ask for a
// part back that this node has not withdrawn, too.
func (p *payment) inSellersName(part *PartRecord) bool {
	return part.Cancelled.IsOfInvoice() && part.Cancelled != ledger.Withdrawn && part.Reporter == p.rec.Invoice.Seller
}

// refusedBySeller reports whether the seller itself has refused the payment with
// the reason that has ended part: the seller is the friend who signed it, or two
// routes without a common mediator have brought it. No single mediator can then
// keep a payment from its seller.
func (p *payment) refusedBySeller(part *PartRecord) bool {
	switch {
	case !p.inSellersName(part):
		return false
	case part.Friend == p.rec.Invoice.Seller:
		return true
	}
	for i := range p.rec.Parts {
		other := &p.rec.Parts[i]
		if other != part && other.Cancelled == part.Cancelled && p.inSellersName(other) && len(part.shares(other)) == 0 {
			return true
		}
	}
	return false
}

// mediators are the nodes of the part's route between this node and the seller.
func (p *PartRecord) mediators() []ledger.NodeID {
	nodes := p.route()
	return nodes[:len(nodes)-1]
}

// route is the nodes of the part's route, the first hop to the seller.
func (p *PartRecord) route() []ledger.NodeID {
	nodes := []ledger.NodeID{p.Friend}
	for _, h := range p.Path.Hops {
		nodes = append(nodes, h.Node)
	}
	return nodes
}

// shares are the mediators of both routes, in the order of p's.
func (p *PartRecord) shares(other *PartRecord) []ledger.NodeID {
	theirs := other.mediators()
	return slices.DeleteFunc(p.mediators(), func(n ledger.NodeID) bool { return !slices.Contains(theirs, n) })
}

// suspect returns the first mediator of the part's route that was on an earlier
// one which was refused in the seller's name, as the part was: it may have made
// both up. It is the zero id when there is none.
func (p *payment) suspect(part *PartRecord) ledger.NodeID {
	if !p.inSellersName(part) {
		return ledger.NodeID{}
	}
	for i := range p.rec.Parts {
		other := &p.rec.Parts[i]
		if other == part || !p.inSellersName(other) {
			continue
		}
		if common := part.shares(other); len(common) > 0 {
			return common[0]
		}
	}
	return ledger.NodeID{}
}
