package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/offset-p2p/offset/gossip/route"
)

// Routes asks the servers for routes, in the user's order, until one knows a
// way. One that is not connected, or does not know a way, is followed by the
// next at once; one that is silent for askNextAfter is followed while it is
// still waited for, so that it costs a payment that much and no more. What a
// server says is checked against the query (protocol.CheckAnswer). The plans
// are alternatives, each pays the whole amount.
//
// Errors: what route.Query.Validate says; a *route.NoRouteError when at least
// one server has looked and none knows a way (the first one's reason); a
// *RefusedError when none has looked and one refused; ErrUnreachable in the
// chain when none could be asked; the error of ctx.
func (c *Client) Routes(ctx context.Context, q route.Query) ([]route.Answer, error) {
	if err := q.Validate(); err != nil {
		return nil, err
	}
	a := asking{servers: c.list(), query: q}
	a.said = make(chan said, len(a.servers)) // who answers late does not wait for a reader
	a.errs = make([]error, len(a.servers))
	actx, cancel := context.WithCancel(ctx)
	plans, found := a.run(actx)
	cancel()
	a.wait()
	switch {
	case found:
		return plans, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("asking for routes: %w", ctx.Err())
	}
	return nil, a.failure()
}

// said is what came of asking one server.
type said struct {
	at    int // in the list
	plans []route.Answer
	err   error
}

// asking is one query to the servers of a list.
type asking struct {
	servers []*server
	query   route.Query
	asked   int // servers asked so far
	open    int // of them without an answer
	said    chan said
	errs    []error // by place in the list
}

// run asks until a server knows a way, none is left or ctx ends.
func (a *asking) run(ctx context.Context) (plans []route.Answer, found bool) {
	patience := time.NewTimer(askNextAfter)
	defer patience.Stop()
	a.next(ctx)
	for a.open > 0 {
		select {
		case <-patience.C:
		case got := <-a.said:
			if a.heard(got); got.err == nil {
				return got.plans, true
			}
			if a.open > 0 && got.at != a.asked-1 {
				continue // an earlier one; the newest still has its time
			}
		case <-ctx.Done():
			return nil, false
		}
		a.next(ctx)
		patience.Reset(askNextAfter)
	}
	return nil, false
}

// next asks the next server, if there is one.
func (a *asking) next(ctx context.Context) {
	if a.asked == len(a.servers) {
		return
	}
	at := a.asked
	a.asked++
	a.open++
	go func() {
		plans, err := a.servers[at].routes(ctx, a.query)
		a.said <- said{at: at, plans: plans, err: err}
	}()
}

func (a *asking) heard(got said) {
	a.open--
	a.errs[got.at] = got.err
}

// wait returns when every server that was asked has ended; the caller has
// cancelled them.
func (a *asking) wait() {
	for a.open > 0 {
		a.heard(<-a.said)
	}
}

// failure says why none knows a way.
func (a *asking) failure() error {
	var noRoute *route.NoRouteError
	var refused *RefusedError
	trouble := []error{ErrUnreachable}
	for i, err := range a.errs {
		switch no, ref := (*route.NoRouteError)(nil), (*RefusedError)(nil); {
		case errors.As(err, &no):
			if noRoute == nil {
				noRoute = no
			}
		case errors.As(err, &ref):
			refused = ref
		default:
			trouble = append(trouble, fmt.Errorf("index server %s: %w", a.id(i), err))
		}
	}
	switch {
	case noRoute != nil:
		return noRoute
	case refused != nil:
		return refused
	}
	return fmt.Errorf("asking for routes: %w", errors.Join(trouble...))
}

func (a *asking) id(i int) peer.ID { return a.servers[i].info.ID }
