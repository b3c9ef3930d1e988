package apiclient

import (
	"context"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/offset-p2p/offset/ledger"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
)

// Pending is a part of a payment that is frozen with a friend.
type Pending struct {
	PartLock  ledger.Lock     `json:"part_lock"`
	Currency  ledger.Currency `json:"currency"`
	Amount    ledger.Amount   `json:"amount"`    // in smallest units
	Hold      time.Duration   `json:"hold"`      // how long the seller may keep it; in JSON in nanoseconds
	Outgoing  bool            `json:"outgoing"`  // to the friend, else from it
	Own       bool            `json:"own"`       // of a payment, or for an invoice, of the node; else passed on
	Withdrawn bool            `json:"withdrawn"` // its payer wants it back
}

// Pending lists what is frozen with a friend, requests to it first, the oldest
// first.
func (c *Client) Pending(ctx context.Context, friend string) ([]Pending, error) {
	res, err := c.rpc.ListPending(ctx, connect.NewRequest(&appv1.ListPendingRequest{Friend: friend}))
	if err != nil {
		return nil, c.fail(err)
	}
	return convert(res.Msg.GetRequests(), func(d *decoder, m *appv1.PendingRequest) Pending {
		return Pending{
			PartLock: d.lock(m.GetPartLock()), Currency: d.currency(m.GetCurrency()), Amount: d.amount(m.GetAmount()),
			Hold: d.duration(m.GetHold()), Outgoing: m.GetOutgoing(), Own: m.GetOwn(), Withdrawn: m.GetWithdrawn(),
		}
	})
}

func (d *decoder) duration(m *durationpb.Duration) time.Duration {
	d.fail(m.CheckValid())
	return m.AsDuration()
}

// WriteOff stops waiting for a request that was sent to a friend, named by its
// part lock. The friend may still collect it, so it is refused with Precondition
// unless mayLose is set.
func (c *Client) WriteOff(ctx context.Context, friend string, part ledger.Lock, mayLose bool) error {
	_, err := c.rpc.WriteOff(ctx, connect.NewRequest(&appv1.WriteOffRequest{Friend: friend, PartLock: part.String(), MayLose: mayLose}))
	return c.fail(err)
}
