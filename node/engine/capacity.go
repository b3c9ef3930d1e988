package engine

import (
	"github.com/offset-p2p/offset/ledger"
)

// capacity returns what requests to and from f could freeze now; the amounts are
// zero when nothing can.
func (e *Engine) capacity(f *friend, c ledger.Currency) Capacity {
	out := Capacity{Friend: f.id, Currency: c}
	if f.rec.Disabled || !f.book.Ready() || !f.usable(c) {
		return out
	}
	if f.hasRoom() {
		out.CanSend = f.canSend(c)
	}
	out.CanReceive = f.book.CanReceive(c)
	if out.CanSend.IsZero() && out.CanReceive.IsZero() {
		return out
	}
	out.Transit = ledger.MinAmount(out.CanSend, e.strangers(f, c))
	out.Rate = f.rate(c)
	return out
}

// showCapacities tells the edges to f that differ from what was told.
func (s *step) showCapacities(f *friend) {
	for i := range f.rec.Currencies {
		s.showCapacity(f, s.capacity(f, f.rec.Currencies[i].Currency))
	}
}

func (s *step) showCapacity(f *friend, c Capacity) {
	if f.shown[c.Currency] == c || f.shown[c.Currency] == (Capacity{}) && c.isGone() {
		return
	}
	if c.isGone() {
		delete(f.shown, c.Currency)
	} else {
		f.shown[c.Currency] = c
	}
	s.fx.Capacities = append(s.fx.Capacities, c)
}

func (c Capacity) isGone() bool { return c.CanSend.IsZero() && c.CanReceive.IsZero() }

// Capacities returns every edge that can be used now, by friend and currency
// setting.
func (e *Engine) Capacities() []Capacity {
	var out []Capacity
	for _, f := range e.order {
		for i := range f.rec.Currencies {
			if c := e.capacity(f, f.rec.Currencies[i].Currency); !c.isGone() {
				out = append(out, c)
			}
		}
	}
	return out
}

// FirstHops returns the edges from this node through which an own payment in the
// currency may go now, by friend.
func (e *Engine) FirstHops(currency ledger.Currency) []Capacity {
	var hops []Capacity
	for _, f := range e.order {
		if c := e.capacity(f, currency); !c.CanSend.IsZero() {
			hops = append(hops, c)
		}
	}
	return hops
}
