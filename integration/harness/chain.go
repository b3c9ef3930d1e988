package harness

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/offset-p2p/offset/ledger"
)

// Credit is what the friends of a chain grant and charge.
type Credit struct {
	Currency ledger.Currency
	// Limit is what every friend lets the other owe.
	Limit ledger.Amount
	// Rate is what every mediator charges on requests from the payer's side.
	Rate ledger.Rate
}

// DefaultCredit is plenty for any lab: 1,000,000.00 EUR each way, and
// mediators who charge 0.5 % and one cent.
func DefaultCredit() Credit {
	return Credit{
		Currency: ledger.Currency{Name: "EUR", Decimals: 2},
		Limit:    ledger.NewAmount(100_000_000),
		Rate:     ledger.Rate{Mul: (1 << 32) / 200, Add: 1},
	}
}

// Befriend attaches every node to the relay and to an index server, the payer's
// half of the chain to the first and the payee's half to the second; makes
// neighbours friends, offers credit, and waits until all of it can be used.
func (l *Lab) Befriend(ctx context.Context, c Credit) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for i, n := range l.Nodes {
		if err := l.attach(ctx, i, n); err != nil {
			return err
		}
	}
	for i := range l.Nodes[1:] {
		if err := l.link(ctx, l.Nodes[i], l.Nodes[i+1], c); err != nil {
			return err
		}
	}
	return l.AwaitUsable(ctx, c.Currency)
}

func (l *Lab) attach(ctx context.Context, i int, n *Node) error {
	if err := n.Client.SetRelays(ctx, l.Ticket.Relay); err != nil {
		return fmt.Errorf("giving %s its relay: %w", n.Name, err)
	}
	if err := n.Client.SetIndexServers(ctx, l.Ticket.Index[l.IndexOf(i)]); err != nil {
		return fmt.Errorf("giving %s its index server: %w", n.Name, err)
	}
	return nil
}

// IndexOf says which index server the i-th node of the chain is attached to:
// 0 for the payer's half, 1 for the payee's.
func (l *Lab) IndexOf(i int) int {
	if 2*i < len(l.Nodes) {
		return 0
	}
	return 1
}

// TicketOf is how a node of the lab is reached: through the relay only.
func (l *Lab) TicketOf(n *Node) string {
	return l.Ticket.Relay + "/p2p-circuit/p2p/" + n.ID.String()
}

// link makes two nodes friends. Rates are the right one's: requests come from
// the payer's side.
func (l *Lab) link(ctx context.Context, left, right *Node, c Credit) error {
	for _, pair := range [][2]*Node{{left, right}, {right, left}} {
		me, friend := pair[0], pair[1]
		if _, err := me.Client.AddFriend(ctx, friend.Name, l.TicketOf(friend)); err != nil {
			return fmt.Errorf("adding %s to the friends of %s: %w", friend.Name, me.Name, err)
		}
		if err := me.Client.SetCredit(ctx, friend.Name, c.Currency, c.Limit); err != nil {
			return fmt.Errorf("granting credit to %s by %s: %w", friend.Name, me.Name, err)
		}
	}
	if err := right.Client.SetRate(ctx, left.Name, c.Currency, c.Rate); err != nil {
		return fmt.Errorf("setting the rate of %s: %w", right.Name, err)
	}
	return nil
}

// AwaitUsable waits until all neighbours can send requests to each other.
func (l *Lab) AwaitUsable(ctx context.Context, c ledger.Currency) error {
	for i := range l.Nodes[1:] {
		for _, pair := range [][2]*Node{{l.Nodes[i], l.Nodes[i+1]}, {l.Nodes[i+1], l.Nodes[i]}} {
			if err := awaitFriend(ctx, pair[0], pair[1], c); err != nil {
				return err
			}
		}
	}
	return nil
}

// awaitFriend waits until me can send requests to friend.
func awaitFriend(ctx context.Context, me, friend *Node, c ledger.Currency) error {
	for {
		f, err := me.Friend(ctx, friend)
		if err == nil {
			if fc, ok := f.Currency(c); ok && fc.Active && f.Link.Ready {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s and %s did not become friends in time (link: %q): %w", me.Name, friend.Name, f.Status, errors.Join(err, ctx.Err()))
		case <-time.After(pollEvery):
		}
	}
}

// ExpectedFee returns what the mediators of the whole chain charge together for
// an amount at the payee, to the unit.
func (l *Lab) ExpectedFee(c Credit, amount ledger.Amount) (ledger.Amount, error) {
	arrives := amount
	for range len(l.Nodes) - 2 {
		fee, err := c.Rate.Fee(arrives)
		if err != nil {
			return fee, err
		}
		if arrives, err = arrives.Add(fee); err != nil {
			return fee, err
		}
	}
	return arrives.Sub(amount)
}
