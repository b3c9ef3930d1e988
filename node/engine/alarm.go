package engine

import (
	"bytes"
	"container/heap"
	"time"

	"github.com/offset-p2p/offset/ledger"
)

// alarmKind says what a due alarm wakes.
type alarmKind uint8

const (
	friendAlarm  alarmKind = iota // by NodeID: its ledger, its queue, its outbox
	paymentAlarm                  // by PaymentID: the deadline
	invoiceAlarm                  // by InvoiceID: the expiry
	groupAlarm                    // by groupID: the hold
)

// alarmKey names an alarm: each thing has one, the newest setting stands.
type alarmKey struct {
	kind alarmKind
	id   [32]byte
}

func (k alarmKey) less(l alarmKey) bool {
	if k.kind != l.kind {
		return k.kind < l.kind
	}
	return bytes.Compare(k.id[:], l.id[:]) < 0
}

func friendKey(n ledger.NodeID) alarmKey     { return alarmKey{friendAlarm, n} }
func invoiceKey(i ledger.InvoiceID) alarmKey { return alarmKey{invoiceAlarm, i} }
func groupKey(i ledger.Hash) alarmKey        { return alarmKey{groupAlarm, i} }
func paymentKey(p ledger.PaymentID) alarmKey {
	k := alarmKey{kind: paymentAlarm}
	copy(k.id[:], p[:])
	return k
}

type alarm struct {
	at    time.Duration
	key   alarmKey
	index int // in the heap
}

// alarms hold when each thing wants to be looked at next, so that a step costs
// nothing for the thousands that want nothing now.
type alarms struct {
	queue alarmQueue
	byKey map[alarmKey]*alarm
}

func newAlarms() alarms { return alarms{byKey: make(map[alarmKey]*alarm)} }

// set makes key due at a time, in place of any setting before.
func (s *alarms) set(key alarmKey, at time.Duration) {
	if a := s.byKey[key]; a != nil {
		if a.at != at {
			a.at = at
			heap.Fix(&s.queue, a.index)
		}
		return
	}
	a := &alarm{at: at, key: key}
	s.byKey[key] = a
	heap.Push(&s.queue, a)
}

// clear forgets the alarm of key, if there is one.
func (s *alarms) clear(key alarmKey) {
	if a := s.byKey[key]; a != nil {
		heap.Remove(&s.queue, a.index)
		delete(s.byKey, key)
	}
}

// due takes out and returns all alarms up to now, the earliest first.
func (s *alarms) due(now time.Duration) []alarmKey {
	var keys []alarmKey
	for len(s.queue) > 0 && s.queue[0].at <= now {
		a := heap.Pop(&s.queue).(*alarm)
		delete(s.byKey, a.key)
		keys = append(keys, a.key)
	}
	return keys
}

// next returns the earliest alarm.
func (s *alarms) next() (time.Duration, bool) {
	if len(s.queue) == 0 {
		return 0, false
	}
	return s.queue[0].at, true
}

// alarmQueue implements heap.Interface; the key breaks ties, so that the order
// of a step never depends on chance.
type alarmQueue []*alarm

func (q alarmQueue) Len() int { return len(q) }

func (q alarmQueue) Less(i, j int) bool {
	if q[i].at != q[j].at {
		return q[i].at < q[j].at
	}
	return q[i].key.less(q[j].key)
}

func (q alarmQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

func (q *alarmQueue) Push(x any) {
	a := x.(*alarm)
	a.index = len(*q)
	*q = append(*q, a)
}

func (q *alarmQueue) Pop() any {
	old := *q
	a := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	return a
}
