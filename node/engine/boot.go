package engine

import (
	"bytes"
	"slices"

	"github.com/offset-p2p/offset/ledger"
)

// boot takes up what the restart interrupted. What was in no entry is gone; what
// is pending goes on.
func (s *step) boot() {
	for _, m := range s.loaded {
		if f := s.friends[m.Friend]; f != nil {
			f.decisions = append(f.decisions, &decision{MarkRecord: m, durable: true})
		}
	}
	s.loaded = nil
	for _, f := range s.order {
		s.reconcile(f)
		s.touch(f)
	}
	for _, fw := range s.sortedForwards() {
		// Gone from its ledger: reconcile has cancelled what it was forwarded for.
		to := s.friends[fw.To]
		if to == nil || to.ours(fw.PartLock) == nil {
			delete(s.forwards, fw.PartLock)
			s.write(DeleteForward{fw.PartLock})
			continue
		}
		out := to.ours(fw.PartLock).Request
		fw.since, fw.bytes, fw.long = s.now.Mono, out.EncodedLen(), isLong(out)
		to.carry(fw)
		if _, in := s.source(fw); in != nil && in.Withdrawn {
			s.withdraw(to, fw.PartLock)
		}
	}
	for _, v := range s.sortedSales() {
		s.invoiceDue(v)
	}
	for _, p := range s.sortedPayments() {
		s.resume(p)
	}
}

// reconcile compares the pending requests of f with what this node knows of
// them, at the start and after a new epoch. Each has a decision, a forward or
// the seller's interest, or it is cancelled: it was never passed on.
func (s *step) reconcile(f *friend) {
	s.relink(f)
	s.relinkHeld(f)
	var ask []*ledger.Request
	for p := range f.book.AllPending(f.book.Me().Other()) {
		switch {
		case f.decided[p.Ordinal] != nil, f.held[p.Ordinal] != nil, p.Again():
		case !p.Admitted: // seen for the first time, in the terms of the epoch
			s.refuse(f, p, ledger.OverLimit)
		case forSeller(p.Request):
			ask = append(ask, p.Request)
		case f.incoming(p.Request.PartLock) == p && s.forwarded(f, p.Request.PartLock):
		default:
			s.refuse(f, p, ledger.FriendOffline)
		}
	}
	if len(ask) > 0 {
		f.questions++
		s.fx.Questions = append(s.fx.Questions, &OpenQuestion{Friend: f.id, Requests: ask})
	}
}

// relink finds the requests again that decisions are about: ordinals change
// with an epoch, part locks do not.
func (s *step) relink(f *friend) {
	old := f.decisions
	f.decisions = nil
	clear(f.decided)
	for _, d := range old {
		p := f.incoming(d.PartLock)
		if p != nil && !d.twin && f.decided[p.Ordinal] == nil && (d.Key == nil || opens(p.Request, d.Key)) {
			d.ordinal = p.Ordinal
			f.decided[p.Ordinal] = d
			f.decisions = append(f.decisions, d)
		} else if d.durable {
			s.write(DeleteMark{Friend: f.id, PartLock: d.PartLock})
		}
	}
}

// forwarded reports whether the request of f with this part lock has gone, or is
// about to go, to a next friend.
func (s *step) forwarded(f *friend, lock ledger.Lock) bool {
	fw := s.forwards[lock]
	if fw == nil || fw.From != f.id {
		return false
	}
	to := s.friends[fw.To]
	return fw.waits || to != nil && to.ours(lock) != nil
}

// The sorted lists make a step that walks a map the same in every run.

func (e *Engine) sortedForwards() []*forward {
	list := make([]*forward, 0, len(e.forwards))
	for _, fw := range e.forwards {
		list = append(list, fw)
	}
	slices.SortFunc(list, func(a, b *forward) int { return bytes.Compare(a.PartLock[:], b.PartLock[:]) })
	return list
}

func (e *Engine) sortedSales() []*sale {
	list := make([]*sale, 0, len(e.invoices))
	for _, v := range e.invoices {
		list = append(list, v)
	}
	slices.SortFunc(list, func(a, b *sale) int {
		return bytes.Compare(a.rec.Invoice.ID[:], b.rec.Invoice.ID[:])
	})
	return list
}

func (e *Engine) sortedPayments() []*payment {
	list := make([]*payment, 0, len(e.payments))
	for _, p := range e.payments {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b *payment) int { return bytes.Compare(a.rec.ID[:], b.rec.ID[:]) })
	return list
}
