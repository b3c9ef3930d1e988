package node

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
	"github.com/offset-p2p/offset/p2p/identity"
)

// recorder is a store and an outlet that note what happens, in order.
type recorder struct {
	mu    sync.Mutex // guards the fields below
	order []string
	fail  error
	slow  time.Duration
}

func (r *recorder) note(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.order = append(r.order, what)
}

func (r *recorder) happened() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.order)
}

func (r *recorder) Commit(_ context.Context, writes []engine.Write) error {
	time.Sleep(r.slow)
	if r.fail != nil {
		return r.fail
	}
	if len(writes) == 0 {
		r.note("empty commit")
	}
	r.note("commit")
	return nil
}

func (r *recorder) sign(f ledger.Frame) ledger.Frame { return f }

func (r *recorder) release(fx engine.Effects) {
	if len(fx.Writes) > 0 {
		r.note("release")
	}
}

func (r *recorder) configure(c engine.Config) {
	r.note("configure with " + string(rune('0'+len(c.Friends))) + " friends")
}

func nodeID(seed byte) ledger.NodeID {
	return ledger.NodeID(identity.FromSeed([32]byte{seed}).Raw())
}

// startLoop runs a loop of an empty node until the returned function is called,
// which returns what run returned.
func startLoop(t *testing.T, r *recorder) (*loop, func() error) {
	t.Helper()
	e, err := engine.New(nodeID(1), engine.Stored{})
	if err != nil {
		t.Fatal(err)
	}
	l := newLoop(e, r, r)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.run(ctx) }()
	return l, func() error { cancel(); return <-done }
}

func addFriend(seed byte) engine.AddFriend {
	id := nodeID(seed)
	return engine.AddFriend{Friend: id, Name: "f" + string(rune('a'+seed)), Addresses: []string{"/ip4/192.0.2.1/tcp/1/p2p/" + id.String()}}
}

func TestLoopCommitsBeforeItReleases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{slow: 10 * time.Millisecond}
		l, stop := startLoop(t, r)
		if _, err := l.do(t.Context(), addFriend(2)); err != nil {
			t.Fatal(err)
		}
		want := []string{"configure with 0 friends", "commit", "configure with 1 friends", "release"}
		if got := r.happened(); !slices.Equal(got, want) {
			t.Errorf("order was %q, want %q", got, want)
		}
		if err := stop(); err != nil {
			t.Errorf("stopping: %v", err)
		}
	})
}

// A commit that fails ends the loop: nothing leaves, nobody is told of success.
func TestLoopEndsWhenTheDiskFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{fail: errors.New("disk is full")}
		l, stop := startLoop(t, r)
		if _, err := l.do(t.Context(), addFriend(2)); !errors.Is(err, errStopped) {
			t.Errorf("the command was answered with %v", err)
		}
		if err := stop(); !errors.Is(err, r.fail) {
			t.Errorf("the loop ended with %v", err)
		}
		if slices.Contains(r.happened(), "release") {
			t.Error("effects left before they were durable")
		}
		if err := l.look(t.Context(), func(*engine.Engine) {}); !errors.Is(err, errStopped) {
			t.Errorf("looking at a stopped node: %v", err)
		}
		if err := l.input(t.Context(), engine.Tick{}); err != nil && !errors.Is(err, errStopped) {
			t.Errorf("an input of a stopped node: %v", err)
		}
	})
}

// What waits while the disk is slow goes through the next commit together.
func TestLoopSharesCommits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{slow: 50 * time.Millisecond}
		l, stop := startLoop(t, r)
		var wg sync.WaitGroup
		for i := range byte(20) {
			wg.Go(func() {
				if _, err := l.do(t.Context(), addFriend(2+i)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		commits := 0
		for _, what := range r.happened() {
			if what == "commit" {
				commits++
			}
		}
		if commits > 3 {
			t.Errorf("20 commands took %d commits", commits)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestLoopReportsRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, stop := startLoop(t, &recorder{})
		var refused *engine.CommandError
		if _, err := l.do(t.Context(), engine.RemoveFriend{Friend: nodeID(9)}); !errors.As(err, &refused) || refused.Code != engine.NotFound {
			t.Errorf("removing a stranger: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := l.do(ctx, engine.RemoveFriend{Friend: nodeID(9)}); err != nil && !errors.Is(err, context.Canceled) && !errors.As(err, &refused) {
			t.Errorf("a command of somebody who left: %v", err)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		if len(l.waiting) != 0 {
			t.Errorf("%d commands are still waited for", len(l.waiting))
		}
	})
}

func TestConfigWithoutDirectory(t *testing.T) {
	if err := Run(t.Context(), DefaultConfig(), nil); err == nil {
		t.Error("a node ran without a directory")
	}
}

// What friends send is bounded by its bytes while the engine is busy, and let in
// when it is not; what applications ask is not held up by that.
func TestLoopBoundsBytesOfFriends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{slow: time.Second}
		l, stop := startLoop(t, r)
		command := make(chan error, 1)
		go func() { _, err := l.do(t.Context(), addFriend(2)); command <- err }()
		synctest.Wait() // the step of the command is being committed
		const frame = inputsBytes / 8
		var sent atomic.Int64
		for range 20 {
			go func() {
				if l.inputOf(t.Context(), frame, engine.FrameArrived{Friend: nodeID(2), Frame: &ledger.Ping{}}) == nil {
					sent.Add(1)
				}
			}()
		}
		synctest.Wait()
		if n := sent.Load(); n != 8 {
			t.Errorf("%d frames wait for a busy engine, there is room for 8", n)
		}
		if err := <-command; err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if n := sent.Load(); n != 20 {
			t.Errorf("%d of 20 frames were taken in the end", n)
		}
		if err := l.inputOf(t.Context(), 10*inputsBytes, engine.Tick{}); err != nil {
			t.Errorf("an input over the bound, alone: %v", err)
		}
		if err := stop(); err != nil {
			t.Errorf("stopping: %v", err)
		}
	})
}
