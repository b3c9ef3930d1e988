package node

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
	"github.com/offset-p2p/offset/node/seal"
	"github.com/offset-p2p/offset/p2p/identity"
)

// Whatever the order of putting and taking, questions come out in order, each
// once.
func TestQuestionsKeepTheirOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		qs := newQuestions[int]()
		put, taken := 0, 0
		for _, asks := range rapid.SliceOf(rapid.Bool()).Draw(t, "puts") {
			if asks {
				qs.put(put)
				put++
				continue
			}
			if put == taken {
				continue
			}
			if q, ok := qs.take(context.Background()); !ok || q != taken {
				t.Fatalf("took %d, %v, want %d", q, ok, taken)
			}
			taken++
		}
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		for taken < put {
			if q, ok := qs.first(); !ok || q != taken {
				t.Fatalf("took %d, %v, want %d", q, ok, taken)
			}
			taken++
		}
		if _, ok := qs.take(ended); ok {
			t.Fatal("took something of nothing")
		}
	})
}

// Every question is answered once, also when many more wait than there are
// workers, and workers end with their context.
func TestEveryQuestionIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const asked = 3 * inputsQueue
		l := &loop{inputs: make(chan queued, asked), stopped: make(chan struct{})}
		qs := newQuestions[uint64]()
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range planners {
			wg.Go(func() {
				_ = work(ctx, l, qs, func(_ context.Context, id uint64) engine.Input {
					time.Sleep(time.Second)
					return engine.Command{ID: id}
				})
			})
		}
		for id := range uint64(asked) {
			qs.put(id)
		}
		time.Sleep(asked/planners*time.Second + time.Millisecond) // all workers are busy all the time
		cancel()
		wg.Wait()
		seen := map[uint64]bool{}
		for len(l.inputs) > 0 {
			seen[(<-l.inputs).input.(engine.Command).ID] = true
		}
		if len(seen) != asked {
			t.Errorf("%d of %d questions answered", len(seen), asked)
		}
	})
}

// sealedRequest is a request whose part these keys open.
func sealedRequest(t *testing.T, keys *seal.Keys) *ledger.Request {
	t.Helper()
	lock, salt := ledger.Lock{1}, ledger.PartSalt{2}
	key := keys.PartKey(lock, salt)
	eur := ledger.Currency{Name: "EUR", Decimals: 2}
	sealed, err := seal.Part(keys.SealKey(), lock, key.Lock(), salt, &ledger.Part{Currency: eur, PartKey: &key})
	if err != nil {
		t.Fatal(err)
	}
	return &ledger.Request{Currency: eur, Amount: ledger.NewAmount(1), Lock: lock, PartLock: key.Lock(), Sealed: sealed}
}

// A seller that starts again opens its parts however long index servers are
// silent: friends are waiting.
func TestOpeningDoesNotWaitForPlans(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		id := identity.FromSeed([32]byte{7})
		n := &node{
			keys: seal.NewKeys(id), loop: &loop{inputs: make(chan queued, inputsQueue), stopped: make(chan struct{})},
			plans: newQuestions[*engine.PlanQuestion](), openings: newQuestions[*engine.OpenQuestion](),
		}
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range planners {
			wg.Go(func() {
				_ = work(ctx, n.loop, n.plans, func(ctx context.Context, _ *engine.PlanQuestion) engine.Input {
					<-ctx.Done() // servers that never answer
					return engine.Planned{}
				})
			})
		}
		wg.Go(func() { _ = work(ctx, n.loop, n.openings, n.openParts) })
		good := sealedRequest(t, n.keys)
		bad := *good
		bad.PartLock = ledger.Lock{9}
		var fx engine.Effects
		for range engine.PaymentsMax {
			fx.Questions = append(fx.Questions, &engine.PlanQuestion{})
		}
		fx.Questions = append(fx.Questions, &engine.OpenQuestion{Friend: nodeID(2), Requests: []*ledger.Request{good, &bad}})
		n.release(fx)
		synctest.Wait()
		if len(n.loop.inputs) != 1 {
			t.Fatalf("%d answers, want that of the opening", len(n.loop.inputs))
		}
		got, ok := (<-n.loop.inputs).input.(engine.PartsOpened)
		if !ok || got.Friend != nodeID(2) || len(got.Parts) != 1 || got.Parts[good.PartLock] == nil {
			t.Errorf("answer %+v", got)
		}
		cancel()
		wg.Wait()
	})
}
