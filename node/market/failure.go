package market

import (
	"errors"
	"fmt"

	"github.com/offset-p2p/offset/gossip/route"
	"github.com/offset-p2p/offset/indexd/client"
	"github.com/offset-p2p/offset/ledger"
)

// Reasons of a Failure.
const (
	ReasonNoRoute                 = "no_route"
	ReasonCapacityNearSource      = "capacity_near_source"
	ReasonCapacityNearDestination = "capacity_near_destination"
	ReasonFeeCap                  = "fee_cap"
	ReasonNoIndexServer           = "no_index_server"
	ReasonInvoice                 = "bad_invoice"
)

// Failure says why a payment was not planned.
type Failure struct {
	Reason string // one of the constants, for programs
	Text   string // says to a person what is wrong and what to do
	// Largest is an amount that would find a route, zero if none is known.
	Largest ledger.Amount
}

// failureOf turns what indexd/client returns into a Failure.
func failureOf(err error, c ledger.Currency) *Failure {
	var none *route.NoRouteError
	var refused *client.RefusedError
	switch {
	case errors.As(err, &none):
		f := noRoute(none.Reason)
		f.Largest = none.Largest
		if !f.Largest.IsZero() {
			f.Text += fmt.Sprintf("; %s would find a route now", c.Format(f.Largest))
		}
		return f
	case errors.As(err, &refused):
		return &Failure{Reason: ReasonNoIndexServer, Text: fmt.Sprintf("index server %s did not look for a route (%s): try again in a minute, or add another server", refused.Server, refused.Reason)}
	case errors.Is(err, client.ErrUnreachable):
		return &Failure{Reason: ReasonNoIndexServer, Text: "no index server could be asked for a route: add one, or check that those listed are connected; friends can be paid without"}
	default:
		return &Failure{Reason: ReasonNoIndexServer, Text: fmt.Sprintf("the question for a route was not answered (%v): try again", err)}
	}
}

func noRoute(r route.Reason) *Failure {
	switch r {
	case route.ReasonCapacitySource:
		return &Failure{Reason: ReasonCapacityNearSource, Text: "the credit between this node and its friends, fees included, is too small: ask friends for higher limits, or pay less"}
	case route.ReasonCapacityDestination:
		return &Failure{Reason: ReasonCapacityNearDestination, Text: "the seller cannot receive so much: it has to give its friends higher limits, or ask for less"}
	case route.ReasonFeeCap:
		return &Failure{Reason: ReasonFeeCap, Text: "every route costs more than the fee allowed: allow a higher fee"}
	case route.ReasonBudget:
		return &Failure{Reason: ReasonNoRoute, Text: "no route was found in the part of the network that was searched: try again, or pay less"}
	default:
		return &Failure{Reason: ReasonNoRoute, Text: "no chain of friends leads to the seller in this currency: is the seller online, and do both sides report to federated index servers?"}
	}
}

// tooLittle is the failure of a node whose own edges carry only sum.
func tooLittle(c ledger.Currency, sum ledger.Amount) *Failure {
	return &Failure{
		Reason: ReasonCapacityNearSource,
		Text:   fmt.Sprintf("friends that are connected let this node send %s at most: ask them for higher limits, wait for others to connect, or pay less", c.Format(sum)),
	}
}
