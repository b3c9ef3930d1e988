package route

import (
	"fmt"

	"github.com/offset-p2p/offset/ledger"
)

// Route is one way of (a share of) a payment.
type Route struct {
	// Hops are the nodes after the source, in order, the destination last, each
	// with what is frozen on the edge into it. The last amount is Share.
	Hops []ledger.Hop
	// Share is what arrives at the destination.
	Share ledger.Amount
	// Fee is what all mediators charge: the first hop's amount is Share + Fee.
	Fee ledger.Amount
}

// Kind is the idea behind an answer.
type Kind uint8

// Kinds of answers.
const (
	_ Kind = iota
	// KindSingle is the cheapest single route that was found.
	KindSingle
)

// String returns the kind's name.
func (k Kind) String() string {
	if k == KindSingle {
		return "single"
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Answer is one way to make the whole payment. The shares of its routes sum up
// to the amount, and they are payable together.
type Answer struct {
	Kind   Kind
	Routes []Route // 1 to Query.MaxRoutes
}

// Reason is what binds when there is no route.
type Reason uint8

// Reasons. Never reordered: they travel.
const (
	_ Reason = iota
	// ReasonNoPath: there is no chain of friends within MaxHops, whatever the
	// amount.
	ReasonNoPath
	// ReasonCapacitySource: the edges near the source are too small.
	ReasonCapacitySource
	// ReasonCapacityDestination: the edges near the destination are too small.
	ReasonCapacityDestination
	// ReasonFeeCap: there are routes, all dearer than MaxFee.
	ReasonFeeCap
	// ReasonBudget: none was found in the part of the graph that was searched.
	ReasonBudget
)

var reasonNames = [...]string{"", "no_path", "capacity_near_source", "capacity_near_destination", "fee_cap", "search_budget"}

// String returns the reason's name.
func (r Reason) String() string {
	if int(r) < len(reasonNames) && r > 0 {
		return reasonNames[r]
	}
	return fmt.Sprintf("reason(%d)", uint8(r))
}

// NoRouteError is the answer that there is no route.
type NoRouteError struct {
	Reason Reason
	// Largest is an amount that a single route could carry within the same
	// caps, by bisection close to the largest; zero if none is known.
	Largest ledger.Amount
}

// Error implements error.
func (e *NoRouteError) Error() string {
	if e.Largest.IsZero() {
		return fmt.Sprintf("no route: %v", e.Reason)
	}
	return fmt.Sprintf("no route: %v; the largest payable amount is about %v", e.Reason, e.Largest)
}
