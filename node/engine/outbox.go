package engine

import (
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// forward is a ForwardRecord in memory. While it waits, its outgoing request is
// in no entry and neither side of it is durable.
type forward struct {
	ForwardRecord
	waits bool
	// For the quotas of the friend that it goes to, anew after a restart.
	since   time.Duration
	bytes   int
	long    bool
	carried bool
}

// newForward is a forward from f of a request that goes on to next.
func (s *step) newForward(f *friend, r *ledger.Request, next ledger.Hop) *forward {
	return &forward{
		ForwardRecord: ForwardRecord{
			PartLock: r.PartLock, From: f.id, To: next.Node, Currency: r.Currency, In: r.Amount, Out: next.Amount,
		},
		waits: true, since: s.now.Mono, bytes: r.EncodedLen(), long: isLong(r),
	}
}

// cancel decides to cancel a pending request of f. The reporter is who refused.
func (s *step) cancel(f *friend, p *friendship.Pending, reason ledger.Reason, reporter ledger.NodeID) {
	s.decide(f, p, MarkRecord{Reason: reason, Reporter: reporter})
}

// refuse is cancel with this node as the reporter.
func (s *step) refuse(f *friend, p *friendship.Pending, reason ledger.Reason) {
	s.cancel(f, p, reason, s.self)
}

// collect decides to collect a pending request of f with keys that open it.
func (s *step) collect(f *friend, p *friendship.Pending, key, partKey ledger.Key) {
	if !opens(p.Request, &key) {
		panic("engine: a key that does not open its lock")
	}
	s.decide(f, p, MarkRecord{Key: &key, PartKey: &partKey})
}

// opens reports whether a key, beside which the part key is right, opens the
// locks of a request: part locks alone do not tell two requests apart.
func opens(r *ledger.Request, key *ledger.Key) bool { return key.Lock() == r.Lock }

// decide takes the one and only decision on a pending request of f. The end of
// the step signs it, or makes it durable as a mark until it can be signed.
func (s *step) decide(f *friend, p *friendship.Pending, r MarkRecord) {
	if p.Resolved() || f.decided[p.Ordinal] != nil {
		return
	}
	r.Friend, r.PartLock = f.id, p.Request.PartLock
	d := &decision{MarkRecord: r, ordinal: p.Ordinal, twin: f.incoming(r.PartLock) != p}
	f.decided[p.Ordinal] = d
	f.decisions = append(f.decisions, d)
	s.touch(f)
}

// op is the operation that carries the decision out.
func (d *decision) op() ledger.Op {
	if d.Key != nil && d.PartKey != nil {
		return &ledger.Collect{Ordinal: d.ordinal, Key: *d.Key, PartKey: *d.PartKey}
	}
	return &ledger.Cancel{Ordinal: d.ordinal, Reason: d.Reason, Reporter: d.Reporter}
}

// enqueue lets a request wait for the next entry to f.
func (s *step) enqueue(f *friend, r *ledger.Request, fw *forward) {
	f.queue = append(f.queue, &outgoing{request: r, since: s.now.Mono, forward: fw})
	f.reserve(r)
	s.touch(f)
}

// reserve counts a waiting request against what the friend allows.
func (f *friend) reserve(r *ledger.Request) {
	sum, err := f.queued[r.Currency.Name].Add(r.Amount)
	if err != nil { // what waits was below the friend's limit when it was queued
		panic("engine: the requests that wait exceed an amount")
	}
	f.queued[r.Currency.Name] = sum
	f.queuedBytes += r.EncodedLen()
}

// release is the inverse of reserve.
func (f *friend) release(r *ledger.Request) {
	f.queuedBytes -= r.EncodedLen()
	if left := f.queued[r.Currency.Name].SubFloor(r.Amount); left.IsZero() {
		delete(f.queued, r.Currency.Name)
	} else {
		f.queued[r.Currency.Name] = left
	}
}

// sweep gives up the waiting requests of f that will not go out: all of them
// when the ledger may not be signed, else those that waited for too long.
func (s *step) sweep(f *friend) {
	if len(f.queue) == 0 {
		return
	}
	ready := f.book.Ready() && !f.rec.Disabled
	kept := f.queue[:0]
	for _, o := range f.queue {
		switch {
		case s.withdrawn(o):
			s.unmade(f, o, ledger.Withdrawn)
		case ready && s.now.Mono < o.since+RequestWait && s.wanted(o):
			kept = append(kept, o)
		default:
			s.unmade(f, o, ledger.FriendOffline)
		}
	}
	clear(f.queue[len(kept):])
	f.queue = kept
}

// wanted reports whether what a waiting request is for is still there: nothing
// may go out for an incoming request that went with its friend or its epoch, nor
// while that epoch is closed and nobody knows whether the next one keeps it.
func (s *step) wanted(o *outgoing) bool {
	if o.forward == nil {
		return true
	}
	from := s.friends[o.forward.From]
	return from != nil && !from.book.Closed() && from.incoming(o.request.PartLock) != nil
}

// unmade treats a request that is in no entry as never made: what it was
// forwarded for is cancelled, in a closed epoch when the next one is open; an own
// part is planned again.
func (s *step) unmade(f *friend, o *outgoing, reason ledger.Reason) {
	f.release(o.request)
	if o.forward == nil {
		s.partCancelled(o.request.PartLock, f.id, reason, s.self)
		return
	}
	delete(s.forwards, o.request.PartLock)
	f.uncarry(o.forward)
	from := s.friends[o.forward.From]
	if from == nil || from.book.Closed() {
		return // removed, or reconcile will find it
	}
	if p := from.incoming(o.request.PartLock); p != nil {
		s.refuse(from, p, reason)
	}
}
