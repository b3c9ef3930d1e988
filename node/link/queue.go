package link

import "sync"

// queue holds the encoded frames that wait to be sent on a link, in order. It
// is safe for concurrent use.
type queue struct {
	mu     sync.Mutex // guards frames and bytes
	frames [][]byte
	bytes  int

	ready chan struct{} // 1-buffered and full when there may be something
}

func newQueue() *queue { return &queue{ready: make(chan struct{}, 1)} }

// put appends frames, all or none; false when they do not fit.
func (q *queue) put(frames ...[]byte) bool {
	size := 0
	for _, f := range frames {
		size += len(f)
	}
	q.mu.Lock()
	fits := len(q.frames)+len(frames) <= queueFrames && q.bytes+size <= queueBytes
	if fits {
		q.frames = append(q.frames, frames...)
		q.bytes += size
	}
	q.mu.Unlock()
	if fits {
		select {
		case q.ready <- struct{}{}:
		default:
		}
	}
	return fits
}

// take removes the oldest frames: one, and as many more as stay within
// writeBytes together. It returns none when the queue is empty.
func (q *queue) take() [][]byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	n, size := 0, 0
	for n < len(q.frames) && (n == 0 || size+len(q.frames[n]) <= writeBytes) {
		size += len(q.frames[n])
		n++
	}
	out := q.frames[:n:n]
	q.frames = q.frames[n:]
	q.bytes -= size
	if len(q.frames) == 0 {
		q.frames = nil
	}
	return out
}
