package market

import (
	"time"

	"github.com/offset-p2p/offset/gossip/capacity"
)

const (
	// pageTTL is the life of the pages: the least allowed, so that what a node
	// that vanished has said is forgotten soonest.
	pageTTL = capacity.TTLMin

	// settle is how long a change waits for others: a payment changes both of
	// its edges, and a burst of payments is one page. Changes have to be out
	// within a second.
	settle = 250 * time.Millisecond

	// pacePerPage is the least time between two reports of a currency, for each
	// of its pages, so that a hub does not send a page for every payment.
	pacePerPage = 50 * time.Millisecond

	// refreshJitter is the part of the time to a refresh by which it is early,
	// at random, so that nodes that started together do not stay together.
	refreshJitter = 0.2

	// clockTolerance is the difference to index servers' clocks at which the
	// node's own is not believed for the time of issue.
	clockTolerance = 30 * time.Second

	// epochJumpMax bounds how far above its own a node follows an epoch that a
	// server claims to remember: one start a second for a century. A lying
	// server could else use up all epochs there are.
	epochJumpMax = 1 << 32

	// retryEpoch is the pause before the epoch is stored again after an error.
	retryEpoch = time.Second
)
