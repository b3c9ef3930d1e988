package sim

import (
	"container/heap"
	"time"
)

// event is something that happens at a time. Those of one time happen in the
// order in which they were planned.
type event struct {
	at  time.Duration
	seq uint64
	do  func()
}

// queue implements heap.Interface.
type queue []event

func (q queue) Len() int { return len(q) }

func (q queue) Less(i, j int) bool {
	if q[i].at != q[j].at {
		return q[i].at < q[j].at
	}
	return q[i].seq < q[j].seq
}

func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

func (q *queue) Push(x any) { *q = append(*q, x.(event)) }

func (q *queue) Pop() any {
	old := *q
	e := old[len(old)-1]
	old[len(old)-1] = event{}
	*q = old[:len(old)-1]
	return e
}

// after plans do for a time from now.
func (s *Sim) after(d time.Duration, do func()) {
	s.queued++
	heap.Push(&s.events, event{at: s.now + max(d, 0), seq: s.queued, do: do})
}

// next takes the earliest event.
func (s *Sim) next() event { return heap.Pop(&s.events).(event) }

// spread returns a random time below d.
func (s *Sim) spread(d time.Duration) time.Duration { return time.Duration(s.rnd.Int64N(int64(d))) }

// chance reports true once in n times.
func (s *Sim) chance(n int) bool { return s.rnd.IntN(n) == 0 }
