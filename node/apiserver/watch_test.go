package apiserver

import (
	"testing"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

func changeOf(id byte, state engine.PaymentState) engine.Event {
	return engine.Event{Payment: &engine.PaymentRecord{ID: ledger.PaymentID{id}, State: state}}
}

func TestWatchHearsOfItsPaymentOnly(t *testing.T) {
	ws := newWatches()
	one, two, other := ws.open(ledger.PaymentID{1}), ws.open(ledger.PaymentID{1}), ws.open(ledger.PaymentID{2})
	gone := ledger.NodeID{3}
	ws.publish([]engine.Event{changeOf(1, engine.Planning), {Removed: &gone}, changeOf(3, engine.Failed), changeOf(1, engine.Sending)})
	for _, w := range []*watch{one, two} {
		<-w.changed
		if r := w.take(); r == nil || r.State != engine.Sending {
			t.Errorf("the newest change is %+v", r)
		}
		if r := w.take(); r != nil {
			t.Errorf("a change was told twice: %+v", r)
		}
	}
	select {
	case <-other.changed:
		t.Error("a watch heard of another payment")
	default:
	}
	one.close()
	ws.publish([]engine.Event{changeOf(1, engine.Settled)})
	if r := one.take(); r != nil {
		t.Errorf("a closed watch heard %+v", r)
	}
	if r := two.take(); r == nil || r.State != engine.Settled {
		t.Errorf("the other watch of the payment heard %+v", r)
	}
	two.close()
	two.close() // twice is once
	other.close()
	if len(ws.by) != 0 {
		t.Errorf("%d payments are still watched", len(ws.by))
	}
}

// The change that comes while one is taken is heard of.
func TestWatchMissesNothing(t *testing.T) {
	ws := newWatches()
	w := ws.open(ledger.PaymentID{1})
	defer w.close()
	const changes = 1000
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range changes {
			ws.publish([]engine.Event{changeOf(1, engine.Sending)})
		}
		ws.publish([]engine.Event{changeOf(1, engine.Settled)})
	}()
	for {
		<-w.changed
		if r := w.take(); r != nil && r.State == engine.Settled {
			break
		}
	}
	<-done
}
