package pages

import (
	"time"

	"github.com/offset-p2p/offset/gossip/capacity"
)

// Expire ends the pages whose life is over at the wall time now, forgets what
// was remembered for Memory, and returns how many pages ended. To be called at
// least once a second; a call with nothing to do costs next to nothing.
func (s *Set) Expire(now time.Time) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	ended := 0
	for len(s.due) > 0 && now.UnixMilli() > s.due[0].due {
		sl := s.due[0]
		s.end(sl)
		s.settle(sl.series, now)
		ended++
	}
	for e := s.idle.Front(); e != nil; e = s.idle.Front() {
		sr := e.Value.(*series)
		if now.Sub(sr.idleSince) <= Memory {
			break
		}
		s.forget(sr)
	}
	return ended
}

// end takes the page out of a slot, which goes on remembering its order.
func (s *Set) end(sl *slot) {
	if sl.page.IsZero() {
		return
	}
	s.unlist(sl)
	before := sl.page.Page().Entries
	s.entries -= len(before)
	sl.page = capacity.VerifiedPage{}
	s.tell(sl.series, before, nil)
}

// raiseFloor makes everything in a series that is not newer than floor stale.
func (s *Set) raiseFloor(sr *series, floor capacity.Order) {
	if floor.Compare(sr.floor) <= 0 {
		return
	}
	sr.floor = floor
	for number, sl := range sr.slots {
		if sl.order.Compare(floor) <= 0 {
			s.end(sl)
			delete(sr.slots, number)
			s.slots--
		}
	}
}

// settle keeps the list of idle series in step with a series' live pages.
func (s *Set) settle(sr *series, now time.Time) {
	switch {
	case sr.live == 0 && sr.idle == nil:
		sr.idle, sr.idleSince = s.idle.PushBack(sr), now
	case sr.live > 0 && sr.idle != nil:
		s.idle.Remove(sr.idle)
		sr.idle = nil
	}
}

// forget removes an idle series, and its node if it was the last one.
func (s *Set) forget(sr *series) {
	s.idle.Remove(sr.idle)
	s.slots -= len(sr.slots)
	delete(sr.node.series, sr.currency)
	if len(sr.node.series) == 0 {
		delete(s.nodes, sr.node.id)
	}
	if s.currencies[sr.currency]--; s.currencies[sr.currency] == 0 {
		delete(s.currencies, sr.currency)
	}
}
