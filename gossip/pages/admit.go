package pages

import (
	"container/heap"
	"errors"
	"time"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/ledger"
)

// add does the work of Add and AddSynced; mu is held.
func (s *Set) add(v capacity.VerifiedPage, now, notBefore time.Time) Outcome {
	p := v.Page()
	switch err := capacity.CheckTime(p, now); {
	case errors.Is(err, capacity.ErrFuture):
		return Future
	case err != nil:
		return Stale
	}
	n := s.nodes[p.Node]
	if n != nil {
		if out := s.compare(n, &p, v.Order(), now); out != Admitted {
			return out
		}
	}
	if p.IssuedAt().Before(notBefore) {
		return TooEarly
	}
	if n == nil {
		if len(s.nodes) >= s.config.Limits.Nodes || !s.roomForCurrency(p.Currency) || !s.roomForPage(&p) {
			return Full
		}
		n = &node{id: p.Node, series: map[ledger.Currency]*series{}}
		s.nodes[p.Node] = n
	}
	return s.advance(n, v, &p, now)
}

// compare says how a page compares with what is known of its node: Known,
// Stale, or Admitted for news. An old page with another count than the newest
// may show that pages in the set are older than a change of the count.
func (s *Set) compare(n *node, p *capacity.Page, order capacity.Order, now time.Time) Outcome {
	if p.Epoch != n.epoch {
		if p.Epoch < n.epoch {
			return Stale
		}
		return Admitted
	}
	sr := n.series[p.Currency]
	if sr == nil {
		return Admitted
	}
	if p.Count != sr.count {
		if order.Compare(sr.head) > 0 {
			return Admitted
		}
		s.raiseFloor(sr, order)
		s.settle(sr, now)
		return Stale
	}
	if sl := sr.slots[p.Number]; sl != nil {
		switch order.Compare(sl.order) {
		case 0:
			return Known
		case -1:
			return Stale
		}
	}
	if order.Compare(sr.floor) <= 0 {
		return Stale
	}
	return Admitted
}

// advance takes a page that is news of a node in the set: what it supersedes
// goes, whether or not there is room for the page itself.
func (s *Set) advance(n *node, v capacity.VerifiedPage, p *capacity.Page, now time.Time) Outcome {
	if p.Epoch > n.epoch {
		n.epoch, n.seq = p.Epoch, 0
		for _, sr := range n.series {
			s.raiseFloor(sr, sr.head)
			s.settle(sr, now)
		}
	}
	n.seq = max(n.seq, p.Seq)
	sr := n.series[p.Currency]
	if sr == nil {
		if len(n.series) >= CurrenciesPerNode || !s.roomForCurrency(p.Currency) {
			return Full
		}
		sr = &series{node: n, currency: p.Currency, slots: map[uint16]*slot{}}
		n.series[p.Currency] = sr
		s.currencies[p.Currency]++
	}
	defer s.settle(sr, now)
	if order := v.Order(); order.Compare(sr.head) > 0 {
		if p.Count != sr.count {
			s.raiseFloor(sr, sr.head)
		}
		sr.head, sr.count = order, p.Count
	}
	return s.store(sr, v, p)
}

// store puts a page into its slot, if there is room.
func (s *Set) store(sr *series, v capacity.VerifiedPage, p *capacity.Page) Outcome {
	sl := sr.slots[p.Number]
	if sl == nil {
		if !s.roomForPage(p) {
			return Full
		}
		sl = &slot{series: sr, number: p.Number}
		sr.slots[p.Number] = sl
		s.slots++
	}
	sl.order = v.Order()
	old := sl.page.Page()
	if s.entries-len(old.Entries)+len(p.Entries) > s.config.Limits.Entries {
		s.end(sl)
		return Full
	}
	if !sl.page.IsZero() {
		s.unlist(sl)
	}
	s.entries += len(p.Entries) - len(old.Entries)
	sl.page = v
	s.list(sl)
	if !old.Same(*p) {
		s.tell(sr, old.Entries, p.Entries)
	}
	return Admitted
}

func (s *Set) roomForCurrency(c ledger.Currency) bool {
	return s.currencies[c] > 0 || len(s.currencies) < s.config.Limits.Currencies
}

// roomForPage reports whether a page fits that replaces none.
func (s *Set) roomForPage(p *capacity.Page) bool {
	return s.slots < s.config.Limits.Pages && s.entries+len(p.Entries) <= s.config.Limits.Entries
}

// list enters a slot with its page into the order of expiry and its range.
func (s *Set) list(sl *slot) {
	p := sl.page.Page()
	sl.due = p.Expires().UnixMilli()
	heap.Push(&s.due, sl)
	sl.series.live++
	r := rangeOf(&p)
	if s.ranges[r] == nil {
		s.ranges[r] = map[ledger.Hash]*slot{}
	}
	s.ranges[r][sl.page.Hash()] = sl
}

// unlist undoes list.
func (s *Set) unlist(sl *slot) {
	heap.Remove(&s.due, sl.index)
	sl.series.live--
	p := sl.page.Page()
	r := rangeOf(&p)
	delete(s.ranges[r], sl.page.Hash())
	if len(s.ranges[r]) == 0 {
		delete(s.ranges, r)
	}
}

func (s *Set) tell(sr *series, before, after []capacity.Entry) {
	if s.config.OnChange != nil && len(before)+len(after) > 0 {
		s.config.OnChange(capacity.Change{Node: sr.node.id, Currency: sr.currency, Before: before, After: after})
	}
}
