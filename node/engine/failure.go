package engine

import (
	"slices"

	"github.com/offset-p2p/offset/ledger"
)

// tooLate gives up because the time for new attempts is over.
func (s *step) tooLate(p *payment) {
	s.noMore(p, "timeout", "the time for new attempts is over", ledger.Amount{})
}

// noMore gives up because no new attempt can be made. When a part was refused
// before, that is the reason that helps: what the seller is said to have said of
// the invoice, else the newest, which says which limit binds.
func (s *step) noMore(p *payment, reason, text string, largest ledger.Amount) {
	var last *PartRecord
	for i := range p.rec.Parts {
		part := &p.rec.Parts[i]
		if part.Cancelled != 0 && (last == nil || p.inSellersName(part) || !p.inSellersName(last)) {
			last = part
		}
	}
	if last != nil {
		reason, text = last.Cancelled.String(), reasonText(last.Cancelled)+" (at "+last.Reporter.Short()+"); "+text
	}
	s.giveUp(p, reason, text, largest)
}

// exclude keeps the payment off the edge at which a part was refused: the one
// from the reporter to the next node of the route. The seller, and a reporter
// that was excluded with its next edge before, are refused by the edge into
// them; so is a mediator that two refusals in the seller's name went through. A
// reporter that is not on the route was made up by somebody on it, so the first
// edge goes.
func (p *payment) exclude(self ledger.NodeID, part *PartRecord) {
	nodes := append([]ledger.NodeID{self}, part.route()...)
	at := max(slices.Index(nodes, part.Reporter), 0)
	if i := slices.Index(nodes, p.suspect(part)); i > 0 {
		at = i - 1
	}
	at = min(at, len(nodes)-2)
	edge := Edge{nodes[at], nodes[at+1]}
	if at > 0 && slices.Contains(p.rec.Exclude, edge) {
		edge = Edge{nodes[at-1], nodes[at]}
	}
	if !slices.Contains(p.rec.Exclude, edge) {
		p.rec.Exclude = append(p.rec.Exclude, edge)
	}
}

// reasonText says a reason to the person who pays.
func reasonText(r ledger.Reason) string {
	switch r {
	case ledger.OverLimit:
		return "a credit limit on the route is too low for the amount"
	case ledger.NoRoute:
		return "a node of the route is not a friend of the one before it any more"
	case ledger.FriendOffline:
		return "a node of the route is not connected"
	case ledger.FeeTooLow:
		return "a node of the route has raised its fee"
	case ledger.TooManyPending:
		return "a friendship on the route has too many requests pending"
	case ledger.Quota:
		return "a node of the route lets strangers use no more of its credit now"
	case ledger.CurrencyClosed:
		return "a friendship on the route does not use the currency any more"
	case ledger.HoldTooLong:
		return "a node of the route does not accept the hold"
	case ledger.DuplicateLock:
		return "a node of the route has seen this part already"
	case ledger.UnknownInvoice:
		return "the seller does not know the invoice: ask for a new one"
	case ledger.AlreadyPaid:
		return "the invoice is paid already, by another payment; this one cost nothing"
	case ledger.WrongAmount:
		return "the seller refused the amount: it does not match the invoice"
	case ledger.Expired:
		return "the invoice has expired, or not all of the payment arrived in time"
	case ledger.Withdrawn:
		return "the payment was withdrawn"
	case ledger.Refunded:
		return "the seller gave the payment back"
	case ledger.BadPath:
		return "a node of the route cannot read the path"
	default:
		return "a node of the route refused: " + r.String()
	}
}
