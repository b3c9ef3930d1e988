package engine

import (
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// This file is the forwarding rule (ledger.md 3.4). An incoming request is
// refused at once, or its outgoing request is put in a batch. From then on it is
// resolved only by
//
//	(a) a Collect of the next friend       collected
//	(b) a Cancel of the next friend        cancelled
//	(c) a new epoch with the next friend,
//	    open on this side, without it      lostBeyond
//	(d) the user, who was shown the amount
//	    and removes the next friend        lostBeyond
//	    or writes the request off          writeOff
//
// and by nothing else: no time, restart, disabling, and nothing from upstream.

// arrived takes a request that f has signed: every one gets a decision in the
// end, or is kept waiting by one of the ways above or by the seller.
func (s *step) arrived(f *friend, p *friendship.Pending, part *ledger.Part) {
	reason := s.admits(f, p)
	switch {
	case reason != 0:
		s.refuse(f, p, reason)
	case forSeller(p.Request):
		s.partArrived(f, p, part)
	default:
		s.passOn(f, p)
	}
}

// forSeller reports whether the route of a request ends here.
func forSeller(r *ledger.Request) bool {
	return r.Path.Version == ledger.PathPlain && len(r.Path.Hops) == 0
}

// admits returns why a request is refused whatever its path, or 0.
func (s *step) admits(f *friend, p *friendship.Pending) ledger.Reason {
	r := p.Request
	switch {
	case f.rec.Disabled, !f.open(r.Currency): // told alike: a setting is nobody's business
		return ledger.CurrencyClosed
	case !p.Admitted:
		return ledger.OverLimit
	case time.Duration(r.Hold)*time.Second > ledger.HoldMax:
		return ledger.HoldTooLong
	case f.incoming(r.PartLock) != p:
		return ledger.DuplicateLock
	default:
		return 0
	}
}

// passOn sends a request on to the next friend of its path, or refuses it.
func (s *step) passOn(f *friend, p *friendship.Pending) {
	if reason := s.mayForward(f, p.Request); reason != 0 {
		s.refuse(f, p, reason)
		return
	}
	r := p.Request
	next := r.Path.Hops[0]
	to, fw := s.friends[next.Node], s.newForward(f, r, next)
	s.forwards[r.PartLock] = fw
	to.carry(fw)
	s.enqueue(to, &ledger.Request{
		Currency: r.Currency, Amount: next.Amount, Lock: r.Lock, PartLock: r.PartLock,
		Hold: r.Hold, Path: ledger.NewPath(r.Path.Hops[1:]...), Sealed: r.Sealed,
	}, fw)
}

// mayForward returns why a request of f is not passed on, or 0.
func (s *step) mayForward(f *friend, r *ledger.Request) ledger.Reason {
	if r.Path.Validate(f.id, s.self) != nil {
		return ledger.BadPath
	}
	next := r.Path.Hops[0]
	to := s.friends[next.Node]
	if reason := to.refuses(r.Currency, next.Amount); reason != 0 {
		return reason
	}
	switch {
	case !paysFee(r.Amount, next.Amount, f.rate(r.Currency)):
		return ledger.FeeTooLow
	case s.carries(r.PartLock), to.ours(r.PartLock) != nil:
		return ledger.DuplicateLock
	case s.overQuota(f, to, r):
		return ledger.Quota
	default:
		return 0
	}
}

// refuses returns why no request of that amount may go out to f, or 0. A nil
// friend is a node that is not a friend.
func (f *friend) refuses(c ledger.Currency, amount ledger.Amount) ledger.Reason {
	switch {
	case f == nil:
		return ledger.NoRoute
	case f.rec.Disabled, // told like one that is not connected: a setting is nobody's business
		!f.book.Ready(): // not connected, not in step, or not consistent
		return ledger.FriendOffline
	case !f.usable(c):
		return ledger.CurrencyClosed
	case !f.hasRoom():
		return ledger.TooManyPending
	case f.canSend(c).Less(amount):
		return ledger.OverLimit
	default:
		return 0
	}
}

// paysFee reports whether what arrives covers what is forwarded and the rate on
// it.
func paysFee(in, out ledger.Amount, rate ledger.Rate) bool {
	fee, err := rate.Fee(out)
	if err != nil {
		return false
	}
	due, err := out.Add(fee)
	return err == nil && !in.Less(due)
}

// carries reports whether a request with this part lock leaves this node
// already: forwarded, or its own. What the next friend resolves is linked by
// part lock.
func (s *step) carries(lock ledger.Lock) bool {
	return s.forwards[lock] != nil || s.parts[lock] != nil
}

// collected passes a Collect on: (a). The next friend's signed Collect and what
// follows from it are in one batch.
func (s *step) collected(f *friend, p *friendship.Pending) {
	fw := s.forwards[p.Request.PartLock]
	if fw == nil || fw.To != f.id {
		s.partCollected(f, p)
		return
	}
	if from, in := s.source(fw); in != nil && !opens(in.Request, &p.Collect.Key) {
		s.returned(f, fw)
	} else {
		s.endForward(fw)
		if in != nil {
			s.earned(fw)
			s.collect(from, in, p.Collect.Key, p.Collect.PartKey)
		}
	}
}

// cancelled passes a Cancel on with its reason and reporter: (b).
func (s *step) cancelled(f *friend, p *friendship.Pending) {
	lock := p.Request.PartLock
	fw := s.forwards[lock]
	switch {
	case fw == nil || fw.To != f.id:
		s.partCancelled(lock, f.id, p.Cancel.Reason, p.Cancel.Reporter)
	case f.ours(lock) != nil:
		s.returned(f, fw)
	default:
		s.release(fw, p.Cancel.Reason, p.Cancel.Reporter)
	}
}

// returned takes the end of a request to f that has the part lock of a forward
// and is another one: f collected it in an epoch before and the terms of this one
// have brought it back. The forward goes on while its own request is pending.
func (s *step) returned(f *friend, fw *forward) {
	if f.ours(fw.PartLock) == nil {
		s.release(fw, ledger.FriendOffline, s.self)
	}
}

// lostBeyond resolves what was sent to f and is not pending there any more,
// though f signed nothing of it: (c), and when f is removed (d).
func (s *step) lostBeyond(f *friend, removed bool) {
	for _, fw := range s.sortedForwards() {
		if fw.To != f.id || fw.waits || !removed && f.ours(fw.PartLock) != nil {
			continue
		}
		s.release(fw, ledger.FriendOffline, s.self)
	}
}

// release ends a forward that moved nothing.
func (s *step) release(fw *forward, reason ledger.Reason, reporter ledger.NodeID) {
	from, in := s.source(fw)
	s.endForward(fw)
	if in != nil {
		s.cancel(from, in, reason, reporter)
	}
}

// source returns the incoming request of a forward, and whose it is; nil when
// its friend was removed by the user, who was shown what that may lose, or when
// a new epoch does not keep it.
func (s *step) source(fw *forward) (*friend, *friendship.Pending) {
	from := s.friends[fw.From]
	if from == nil {
		return nil, nil
	}
	return from, from.incoming(fw.PartLock)
}

// endForward lets go of a forward. The one decision on its incoming side is taken
// in the same step, so it is signed or marked in the same batch.
func (s *step) endForward(fw *forward) {
	delete(s.forwards, fw.PartLock)
	if to := s.friends[fw.To]; to != nil {
		to.uncarry(fw)
	}
	s.write(DeleteForward{fw.PartLock})
}
