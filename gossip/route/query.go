package route

import (
	"errors"
	"fmt"

	"github.com/offset-p2p/offset/ledger"
)

// FirstHop is one of the source's own edges, exact and without a page.
type FirstHop struct {
	Friend  ledger.NodeID
	CanSend ledger.Amount // what one request to the friend could freeze now
}

// EdgeKey names a directed edge.
type EdgeKey struct{ From, To ledger.NodeID }

// Query asks for routes. The zero value is not valid; Validate says what is.
type Query struct {
	Currency ledger.Currency // whose graph to search; the View must be of it
	// Amount is what arrives at Destination, requestable.
	Amount      ledger.Amount
	Source      ledger.NodeID
	Destination ledger.NodeID
	// FirstHops are the edges out of Source and replace those of the graph; if
	// empty, the graph's count. What a friend charges the source is taken from
	// the friend's page, so a friend without a page can only be Destination.
	FirstHops []FirstHop
	// Hints are edges into Destination for which the graph has none. Their
	// Rate is not used: the destination charges nothing.
	Hints []ledger.Hint
	// ExcludeNodes are not on any route. Source and Destination cannot be
	// excluded.
	ExcludeNodes []ledger.NodeID
	// ExcludeEdges are not on any route, in their direction.
	ExcludeEdges []EdgeKey
	// MaxFee is the most that all mediators together may charge.
	MaxFee ledger.Amount
	// MaxHops is the most friendships of a route, 1 to HopsMax.
	MaxHops int
	// MaxRoutes is the most routes of one answer, 1 to RoutesMax.
	MaxRoutes int
}

// Validate reports what is wrong with q: the asker's mistake.
func (q *Query) Validate() error {
	switch {
	case q.Currency.Validate() != nil:
		return fmt.Errorf("route query: %w", q.Currency.Validate())
	case !q.Amount.IsRequestable():
		return fmt.Errorf("route query: amount must be at least 1 and below 2^%d", ledger.AmountBits)
	case q.Source.IsZero() || q.Destination.IsZero():
		return errors.New("route query: source and destination are needed")
	case q.Source == q.Destination:
		return errors.New("route query: source and destination are the same node")
	case !q.MaxFee.IsLimit():
		return fmt.Errorf("route query: fee cap must be below 2^%d", ledger.AmountBits)
	case q.MaxHops < 1 || q.MaxHops > HopsMax:
		return fmt.Errorf("route query: max hops is %d, must be 1 to %d", q.MaxHops, HopsMax)
	case q.MaxRoutes < 1 || q.MaxRoutes > RoutesMax:
		return fmt.Errorf("route query: max routes is %d, must be 1 to %d", q.MaxRoutes, RoutesMax)
	case len(q.ExcludeNodes)+len(q.ExcludeEdges) > ExcludesMax:
		return fmt.Errorf("route query: more than %d exclusions", ExcludesMax)
	case len(q.Hints) > ledger.InvoiceHintsMax:
		return fmt.Errorf("route query: more than %d hints", ledger.InvoiceHintsMax)
	case len(q.FirstHops) > FirstHopsMax:
		return fmt.Errorf("route query: more than %d first hops", FirstHopsMax)
	}
	return q.validateEdges()
}

func (q *Query) validateEdges() error {
	seen := make(map[ledger.NodeID]bool, len(q.FirstHops))
	for _, h := range q.FirstHops {
		if h.Friend == q.Source || h.Friend.IsZero() || seen[h.Friend] {
			return errors.New("route query: a first hop is no friend of the source, or named twice")
		}
		seen[h.Friend] = true
		if !h.CanSend.IsLimit() {
			return fmt.Errorf("route query: a first hop can send 2^%d or more", ledger.AmountBits)
		}
	}
	for _, h := range q.Hints {
		if h.Friend == q.Destination || h.Friend.IsZero() || !h.Receivable.IsLimit() {
			return errors.New("route query: a hint is no edge into the destination, or its amount is too large")
		}
	}
	for _, n := range q.ExcludeNodes {
		if n == q.Source || n == q.Destination {
			return errors.New("route query: source and destination cannot be excluded")
		}
	}
	return nil
}
