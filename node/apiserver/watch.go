package apiserver

import (
	"slices"
	"sync"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// watches tell callers of changes of the one payment that they wait for. Woken
// for every event, as readers of the hub are, they would look through all
// payments of each other. It is safe for concurrent use.
type watches struct {
	mu sync.Mutex // guards by, and newest of all watches; never held over I/O
	by map[ledger.PaymentID][]*watch
}

// watch waits for one payment.
type watch struct {
	all     *watches
	payment ledger.PaymentID
	newest  *engine.PaymentRecord // not taken yet
	changed chan struct{}         // 1-buffered, full when there may be something
}

func newWatches() *watches { return &watches{by: make(map[ledger.PaymentID][]*watch)} }

// open begins to watch a payment, which need not exist yet. The caller must
// close the watch.
func (ws *watches) open(id ledger.PaymentID) *watch {
	w := &watch{all: ws, payment: id, changed: make(chan struct{}, 1)}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.by[id] = append(ws.by[id], w)
	return w
}

// publish hands every watch the newest record of its payment.
func (ws *watches) publish(events []engine.Event) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for _, ev := range events {
		if ev.Payment == nil {
			continue
		}
		for _, w := range ws.by[ev.Payment.ID] {
			w.newest = ev.Payment
			select {
			case w.changed <- struct{}{}:
			default:
			}
		}
	}
}

// take returns the newest record that was not taken before, or nil.
func (w *watch) take() *engine.PaymentRecord {
	w.all.mu.Lock()
	defer w.all.mu.Unlock()
	record := w.newest
	w.newest = nil
	return record
}

// close ends the watch.
func (w *watch) close() {
	w.all.mu.Lock()
	defer w.all.mu.Unlock()
	left := slices.DeleteFunc(w.all.by[w.payment], func(o *watch) bool { return o == w })
	if w.all.by[w.payment] = left; len(left) == 0 {
		delete(w.all.by, w.payment)
	}
}
