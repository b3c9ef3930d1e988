package apiserver

import (
	"sync"

	"github.com/offset-p2p/offset/node/engine"
)

// hub keeps the newest events for any number of readers, each of which reads at
// its own pace. Events are numbered from 1; event n stands at n modulo the
// ring's length until event n+length overwrites it.
type hub struct {
	mu      sync.Mutex // guards all below; never held over I/O
	ring    []engine.Event
	newest  uint64        // number of the newest event; 0: none yet
	changed chan struct{} // closed and replaced with each publish
}

func newHub(length int) *hub {
	return &hub{ring: make([]engine.Event, length), changed: make(chan struct{})}
}

func (h *hub) publish(events []engine.Event) {
	if len(events) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, ev := range events {
		h.newest++
		ev.Seq = h.newest
		h.ring[h.newest%uint64(len(h.ring))] = ev
	}
	close(h.changed)
	h.changed = make(chan struct{})
}

// head returns the number of the newest event.
func (h *hub) head() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.newest
}

// after returns a batch of the events after number seq, in order. When there
// are none yet the channel closes with the next. When some are lost, or seq was
// never given out, ok is false.
func (h *hub) after(seq uint64) (events []engine.Event, changed <-chan struct{}, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	length := uint64(len(h.ring))
	if seq > h.newest || h.newest-seq > length {
		return nil, nil, false
	}
	for n := seq + 1; n <= h.newest && len(events) < batchEvents; n++ {
		events = append(events, h.ring[n%length])
	}
	return events, h.changed, true
}
