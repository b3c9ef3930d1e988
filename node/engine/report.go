package engine

// report stores and tells what changed, and answers the commands that wait for
// the end of the step.
func (s *step) report() {
	for _, p := range s.paid {
		p.dirty = false
		r := p.rec.clone()
		s.write(PutPayment{r})
		s.event(Event{Payment: &r})
	}
	for _, v := range s.sold {
		v.dirty = false
		r := v.rec
		s.write(PutInvoice{r})
		s.event(Event{Invoice: &r})
		s.done(v)
	}
	for _, r := range s.earnings {
		s.write(PutIncome{*r})
	}
	for _, a := range s.answers {
		s.fx.Replies = append(s.fx.Replies, Reply{ID: a.id, Value: a.payment.rec.clone()})
	}
	if at, ok := s.alarms.next(); ok {
		s.fx.Wake = at
	}
}

func (s *step) event(ev Event) {
	s.events++
	ev.Seq, ev.Wall = s.events, s.now.Wall
	s.fx.Events = append(s.fx.Events, ev)
}
