package indexd

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/offset-p2p/offset/gossip"
	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/gossip/graph"
	"github.com/offset-p2p/offset/gossip/pages"
	"github.com/offset-p2p/offset/gossip/route"
	"github.com/offset-p2p/offset/indexd/protocol"
	"github.com/offset-p2p/offset/ledger"
)

// core is what the server knows: the pages, the graph derived from them, and
// planners to search it. It is safe for concurrent use.
type core struct {
	clock    func() time.Time
	set      *pages.Set
	graph    *graph.Graph
	planners chan *route.Planner
	verify   chan struct{} // slots for verification, one per core
	tally    *tally

	mu      sync.Mutex        // guards changes
	changes []capacity.Change // of the set, not yet in the graph

	applying sync.Mutex // held while changes go into the graph, in order
}

func newCore(limits pages.Limits, clock func() time.Time, t *tally) (*core, error) {
	cores := runtime.GOMAXPROCS(0)
	c := &core{
		clock:    clock,
		graph:    graph.New(),
		planners: make(chan *route.Planner, cores),
		verify:   make(chan struct{}, cores),
		tally:    t,
	}
	for range cores {
		c.planners <- route.NewPlanner()
	}
	var err error
	// The set calls note with its lock held; the graph may have to wait for a
	// search, so it is changed after the set has let go (settle).
	c.set, err = pages.New(pages.Config{Limits: limits, OnChange: c.note})
	if err != nil {
		return nil, err
	}
	// Without a memory an old page cannot be told from a replayed one.
	c.set.RefuseBefore(clock())
	return c, nil
}

func (c *core) note(change capacity.Change) {
	c.mu.Lock()
	c.changes = append(c.changes, change)
	c.mu.Unlock()
}

// settle brings the graph up to the set. Whoever changed the set waits here;
// that is the back-pressure of the graph.
func (c *core) settle() {
	c.applying.Lock()
	defer c.applying.Unlock()
	c.mu.Lock()
	changes := c.changes
	c.changes = nil
	c.mu.Unlock()
	if len(changes) > 0 {
		c.graph.Apply(changes...)
	}
}

// check verifies a page's bytes and signature. At most one page per core is
// verified at a time, so that queries get their share of the machine.
func (c *core) check(p capacity.SignedPage) (capacity.VerifiedPage, error) {
	c.verify <- struct{}{}
	defer func() { <-c.verify }()
	return capacity.Verify(p)
}

// add puts a verified page into the set and the graph.
func (c *core) add(p capacity.VerifiedPage) pages.Outcome {
	out := c.set.Add(p, c.clock())
	c.settle()
	c.tally.add("pages_"+out.String(), 1)
	return out
}

// addSynced is add for a page that another server's set holds.
func (c *core) addSynced(p capacity.VerifiedPage) pages.Outcome {
	out := c.set.AddSynced(p, c.clock())
	c.settle()
	c.tally.add("sync_pages_"+out.String(), 1)
	return out
}

// expire removes pages that are over.
func (c *core) expire() {
	c.tally.add("pages_expired", uint64(c.set.Expire(c.clock())))
	c.settle()
}

// intake takes a page of a trusted server; it is gossip's Intake.
func (c *core) intake(_ peer.ID, shard int, signed capacity.SignedPage) gossip.Verdict {
	p, err := c.check(signed)
	var fault *capacity.FaultError
	switch {
	case errors.As(err, &fault):
		return gossip.Faulty
	case err != nil:
		return gossip.Ignored
	case capacity.ShardOf(p.Page().Currency) != shard:
		return gossip.Faulty
	}
	if c.add(p) != pages.Admitted {
		return gossip.Ignored
	}
	return gossip.Admitted
}

// highest returns what is remembered of a node.
func (c *core) highest(node ledger.NodeID) (epoch, seq uint64) { return c.set.Highest(node) }

// plan answers a query that has passed its Validate.
func (c *core) plan(ctx context.Context, q *protocol.Query) protocol.Answer {
	answer := protocol.Answer{ID: q.ID}
	timer := time.NewTimer(plannerWait)
	defer timer.Stop()
	var planner *route.Planner
	select {
	case planner = <-c.planners:
		defer func() { c.planners <- planner }()
	case <-timer.C:
		answer.Refused = protocol.QueryBusy
		return answer
	case <-ctx.Done():
		answer.Refused = protocol.QueryBusy
		return answer
	}
	var plans []route.Answer
	err := error(&route.NoRouteError{Reason: route.ReasonNoPath}) // nobody has a page in this currency
	c.graph.Read(q.Route.Currency, func(v graph.View) {
		plans, err = planner.Plan(v, &q.Route)
	})
	var none *route.NoRouteError
	switch {
	case err == nil:
		answer.Plans = plans[:min(len(plans), protocol.PlansMax)]
	case errors.As(err, &none):
		answer.NoRoute = none
	default:
		answer.Refused = protocol.QueryTrouble
	}
	return answer
}
