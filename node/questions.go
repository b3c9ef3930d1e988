package node

import (
	"context"
	"sync"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// questions holds questions of the engine of one kind until they are answered,
// first come, first served. It has no bound of its own, because an answer that
// never comes leaves a payment or a friend hanging: the engine asks one question
// at a time for each of its payments, and one for each epoch of a friend, and
// it bounds those. It is safe for concurrent use.
type questions[Q any] struct {
	mu   sync.Mutex // guards list
	list []Q
	more chan struct{} // 1-buffered and full when there may be something
}

func newQuestions[Q any]() *questions[Q] { return &questions[Q]{more: make(chan struct{}, 1)} }

// put appends a question; it does not wait.
func (qs *questions[Q]) put(q Q) {
	qs.mu.Lock()
	qs.list = append(qs.list, q)
	qs.mu.Unlock()
	qs.signal()
}

func (qs *questions[Q]) signal() {
	select {
	case qs.more <- struct{}{}:
	default:
	}
}

// take removes the oldest question, waiting for one; false when ctx ends first.
func (qs *questions[Q]) take(ctx context.Context) (q Q, ok bool) {
	for {
		select {
		case <-ctx.Done():
			return q, false
		case <-qs.more:
		}
		if q, ok = qs.first(); ok {
			return q, true
		}
	}
}

// first removes the oldest question, and tells the next worker of the others.
func (qs *questions[Q]) first() (q Q, ok bool) {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	if len(qs.list) == 0 {
		return q, false
	}
	q = qs.list[0]
	var none Q
	qs.list[0] = none // what it points to is not ours any longer
	if qs.list = qs.list[1:]; len(qs.list) == 0 {
		qs.list = nil
	} else {
		qs.signal()
	}
	return q, true
}

// work answers questions until ctx ends.
func work[Q any](ctx context.Context, l *loop, qs *questions[Q], answer func(context.Context, Q) engine.Input) error {
	for {
		q, ok := qs.take(ctx)
		if !ok {
			return nil
		}
		if err := l.input(ctx, answer(ctx, q)); err != nil {
			return nil // the node is stopping
		}
	}
}

// ask queues a question for the workers of its kind.
func (n *node) ask(q engine.Question) {
	switch q := q.(type) {
	case *engine.PlanQuestion:
		n.plans.put(q)
	case *engine.OpenQuestion:
		n.openings.put(q)
	default:
		panic("node: question of an unknown kind")
	}
}

// openParts opens sealed parts again after a restart.
func (n *node) openParts(_ context.Context, q *engine.OpenQuestion) engine.Input {
	out := engine.PartsOpened{Friend: q.Friend, Parts: make(map[ledger.Lock]*ledger.Part)}
	for _, r := range q.Requests {
		if p, err := n.keys.OpenPart(r.Lock, r.PartLock, r.Sealed); err == nil {
			out.Parts[r.PartLock] = p
		}
	}
	return out
}
