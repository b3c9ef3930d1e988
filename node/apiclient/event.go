package apiclient

import (
	"context"
	"time"

	"connectrpc.com/connect"

	"github.com/offset-p2p/offset/ledger"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
)

// Position is a place in a node's stream of events: keep that of the newest
// event read to go on from there. The zero value is the beginning, which is the
// whole state.
type Position struct {
	Instance string `json:"instance"` // of the node's run
	Seq      uint64 `json:"seq"`
}

// Event is the whole state or one change. At most one of the pointers is set;
// none when the node sent a kind of a newer version.
type Event struct {
	Position
	Time time.Time `json:"time"`

	// State replaces all that was known.
	State   *State         `json:"state,omitempty"`
	Friend  *Friend        `json:"friend,omitempty"`
	Removed *ledger.NodeID `json:"removed,omitempty"` // a friend that is gone
	Invoice *Invoice       `json:"invoice,omitempty"`
	Payment *Payment       `json:"payment,omitempty"`
	Network *Network       `json:"network,omitempty"`
}

// State is all that events are about: all friends, and the invoices and
// payments that are under way or newest. What the application may not see is
// left out.
type State struct {
	Friends  []Friend  `json:"friends"`
	Invoices []Invoice `json:"invoices"`
	Payments []Payment `json:"payments"`
	Network  Network   `json:"network"`
}

// Events hands each event after a position to handle, on the caller's
// goroutine, until the context ends, handle fails, or the node goes away; that
// is the error, never nil. The state comes first unless the position still
// fits, and again whenever handle was too slow for the node to remember what it
// missed. Each event carries the whole new value, so applying one twice does
// no harm.
func (c *Client) Events(ctx context.Context, after Position, handle func(Event) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // Ends the stream when handle fails.
	stream, err := c.rpc.Events(ctx, connect.NewRequest(&appv1.EventsRequest{Instance: after.Instance, Seq: after.Seq}))
	if err != nil {
		return c.fail(err)
	}
	defer func() { _ = stream.Close() }()
	for stream.Receive() {
		ev, err := one(stream.Msg(), (*decoder).event)
		if err != nil {
			return err
		}
		if err := handle(ev); err != nil {
			return err
		}
	}
	if err := stream.Err(); err != nil {
		return c.fail(err)
	}
	return &Error{Code: Unreachable, Reason: reasonNoAnswer, Text: "the node ended the stream of events: call again with the newest position"}
}
