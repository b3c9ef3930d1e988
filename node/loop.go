package node

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// errStopped answers what was asked of a node that is stopping.
var errStopped = errors.New("the node is stopping")

// committer makes writes durable: one atomic, synced batch.
type committer interface {
	Commit(ctx context.Context, writes []engine.Write) error
}

// outlet is where the effects of a step go once its writes are durable. Its
// methods must not wait for the loop.
type outlet interface {
	// sign completes a frame that carries this node's signature. It runs while
	// the writes are synced.
	sign(f ledger.Frame) ledger.Frame
	// release lets the effects out; Frames are signed.
	release(fx engine.Effects)
	// configure takes over changed settings.
	configure(c engine.Config)
}

// queued is an input that waits for the engine.
type queued struct {
	input engine.Input
	bytes int64 // that it holds of loop.room
}

// batch is what one step takes.
type batch struct {
	inputs []engine.Input
	bytes  int64 // that its inputs hold of loop.room
}

func (b *batch) add(q queued) {
	b.inputs = append(b.inputs, q.input)
	b.bytes += q.bytes
}

// loop is the goroutine that owns the engine.
type loop struct {
	engine *engine.Engine
	store  committer
	out    outlet
	counts counts

	pace    pace
	start   time.Time // zero of the engine's monotonic clock
	inputs  chan queued
	room    *semaphore.Weighted // bytes of inputs from friends that may still be queued
	inspect chan func(*engine.Engine)
	stopped chan struct{} // closed when run has returned

	nextID  atomic.Uint64
	mu      sync.Mutex // guards waiting
	waiting map[uint64]chan engine.Reply
}

func newLoop(e *engine.Engine, store committer, out outlet) *loop {
	return &loop{
		engine:  e,
		store:   store,
		out:     out,
		start:   time.Now().Add(-time.Second), // the engine's clock starts above zero
		inputs:  make(chan queued, inputsQueue),
		room:    semaphore.NewWeighted(inputsBytes),
		inspect: make(chan func(*engine.Engine)),
		stopped: make(chan struct{}),
		waiting: make(map[uint64]chan engine.Reply),
	}
}

// run steps the engine until ctx ends, which is no error, or until the writes
// of a step cannot be committed, which is fatal.
func (l *loop) run(ctx context.Context) error {
	defer close(l.stopped)
	l.out.configure(l.engine.Config())
	alarm := time.NewTimer(0) // the first step lets the engine ask its questions again
	defer alarm.Stop()
	var b batch
	for {
		clear(b.inputs) // so that what was taken can be freed
		b = batch{inputs: b.inputs[:0]}
		select {
		case <-ctx.Done():
			return nil
		case look := <-l.inspect:
			look(l.engine)
			continue
		case q := <-l.inputs:
			b.add(q)
		case <-alarm.C:
			b.add(queued{input: engine.Tick{}})
		}
		l.collect(ctx, &b)
		wake, err := l.step(ctx, b.inputs)
		l.room.Release(b.bytes)
		if err != nil {
			return err
		}
		setAlarm(alarm, wake, l.mono())
	}
}

// collect takes what else is ready; under load it waits a little for more, so
// that many inputs share one sync and one signature for each friend.
func (l *loop) collect(ctx context.Context, b *batch) {
	l.gather(b)
	if wait := l.pace.wait(l.mono()); wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		l.gather(b)
	}
	l.pace.begin(l.mono(), len(b.inputs))
}

// gather takes what is ready, without waiting.
func (l *loop) gather(b *batch) {
	for len(b.inputs) < stepInputsMax {
		select {
		case q := <-l.inputs:
			b.add(q)
		default:
			return
		}
	}
}

// setAlarm arms the timer for the engine's wake, or not at all for zero.
func setAlarm(alarm *time.Timer, wake, mono time.Duration) {
	if wake == 0 {
		alarm.Stop()
		return
	}
	alarm.Reset(max(wake-mono, 0))
}

func (l *loop) mono() time.Duration { return time.Since(l.start) }

// step runs the engine once, commits and signs side by side, and only then
// lets anything out.
func (l *loop) step(ctx context.Context, batch []engine.Input) (time.Duration, error) {
	now := engine.Now{Wall: time.Now(), Mono: l.mono()}
	if _, err := rand.Read(now.Seed[:]); err != nil {
		return 0, fmt.Errorf("reading randomness: %w", err)
	}
	fx := l.engine.Step(now, batch)
	l.counts.steps.Add(1)
	l.counts.inputs.Add(uint64(len(batch)))
	l.counts.frames.Add(uint64(len(fx.Frames)))
	committed := make(chan error, 1)
	if len(fx.Writes) == 0 {
		committed <- nil
	} else {
		// A step that has begun is finished even when the node is stopping.
		crashAt(crashStepped, fx.Writes)
		go func() { committed <- l.store.Commit(context.WithoutCancel(ctx), fx.Writes) }()
	}
	for i := range fx.Frames {
		fx.Frames[i].Frame = l.out.sign(fx.Frames[i].Frame)
	}
	if err := <-committed; err != nil {
		return 0, fmt.Errorf("committing to the database: %w", err)
	}
	crashAt(crashCommitted, fx.Writes)
	if fx.Reconfigured {
		l.out.configure(l.engine.Config())
	}
	l.out.release(fx)
	crashAt(crashReleased, fx.Writes)
	for _, r := range fx.Replies {
		l.reply(r)
	}
	crashAt(crashReplied, fx.Writes)
	return fx.Wake, nil
}

func (l *loop) reply(r engine.Reply) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ch, ok := l.waiting[r.ID]; ok {
		ch <- r // buffered: one reply for each command
		delete(l.waiting, r.ID)
	}
}

// input queues an input, waiting while the queue is full.
func (l *loop) input(ctx context.Context, in engine.Input) error {
	return l.enqueue(ctx, queued{input: in})
}

// inputOf queues an input that a friend sent in so many bytes, waiting while
// those of all friends that wait exceed their bound.
func (l *loop) inputOf(ctx context.Context, size int, in engine.Input) error {
	n := int64(min(size, inputsBytes))
	if err := l.room.Acquire(ctx, n); err != nil {
		return err
	}
	err := l.enqueue(ctx, queued{in, n})
	if err != nil {
		l.room.Release(n)
	}
	return err
}

func (l *loop) enqueue(ctx context.Context, q queued) error {
	select {
	case l.inputs <- q:
		return nil
	case <-l.stopped:
		return errStopped
	case <-ctx.Done():
		return ctx.Err()
	}
}

// do runs a command and waits until its writes are durable.
func (l *loop) do(ctx context.Context, action engine.Action) (any, error) {
	id := l.nextID.Add(1)
	ch := make(chan engine.Reply, 1)
	l.mu.Lock()
	l.waiting[id] = ch
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		delete(l.waiting, id)
		l.mu.Unlock()
	}()
	if err := l.input(ctx, engine.Command{ID: id, Do: action}); err != nil {
		return nil, err
	}
	select {
	case r := <-ch:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Value, nil
	case <-l.stopped:
		return nil, errStopped
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// look runs f with the engine between two steps. f must not keep what it sees.
func (l *loop) look(ctx context.Context, f func(*engine.Engine)) error {
	done := make(chan struct{})
	select {
	case l.inspect <- func(e *engine.Engine) { f(e); close(done) }:
		<-done
		return nil
	case <-l.stopped:
		return errStopped
	case <-ctx.Done():
		return ctx.Err()
	}
}
