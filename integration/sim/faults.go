package sim

import (
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/node/engine"
)

// planFaults spreads the faults over the time in which people pay.
func (s *Sim) planFaults(span time.Duration) {
	kinds := map[Fault]func(){
		Crash: s.crash, Cut: s.cutOne, Partition: s.partition, Relay: s.relayGone,
		Disable: s.disable, Remove: s.remove, Reset: s.reset, WriteOff: s.writeOff, Adversary: func() { s.gang.attack(s) },
	}
	if s.gang != nil && s.cfg.has(Remove) {
		s.after(patienceEvery, s.losePatience)
	}
	for _, f := range s.cfg.Faults {
		do := kinds[f]
		if do == nil {
			continue // not a thing that happens at a time
		}
		for range s.count(f, span) {
			s.after(s.spread(max(span, 1)), func() {
				if !s.calm {
					do()
				}
			})
		}
	}
}

// count is how often a fault happens: what strikes the whole network by time, all
// else by what goes on in it.
func (s *Sim) count(f Fault, span time.Duration) int {
	n := 0
	switch f {
	case Partition, Relay:
		n = int(span / networkEvery)
	case Adversary:
		n = int(span/attackEvery) * len(s.gang.members)
	case Crash:
		n = s.cfg.Payments * 2 / faultEvery
	case Remove, Reset, WriteOff:
		n = s.cfg.Payments / (4 * faultEvery)
	default:
		n = s.cfg.Payments / faultEvery
	}
	return max(1, n)
}

// crash lets a process end at the next boundary of a step, which makes it likely
// that something was going on.
func (s *Sim) crash() {
	n := s.honest[s.rnd.IntN(len(s.honest))]
	if n.dying = beforeCommit; s.chance(2) {
		n.dying = afterCommit
	}
}

func (s *Sim) cutOne() { s.cut([]*edge{s.edges[s.rnd.IntN(len(s.edges))]}) }

// partition parts the network in two.
func (s *Sim) partition() {
	left := map[*node]bool{}
	for _, i := range s.rnd.Perm(len(s.nodes))[:len(s.nodes)/2] {
		left[s.nodes[i]] = true
	}
	var list []*edge
	for _, e := range s.edges {
		if left[e.ends[0]] != left[e.ends[1]] {
			list = append(list, e)
		}
	}
	s.cut(list)
}

// relayGone takes all links from a tenth of the nodes.
func (s *Sim) relayGone() {
	behind := map[*node]bool{}
	for _, i := range s.rnd.Perm(len(s.nodes))[:(len(s.nodes)+9)/10] {
		behind[s.nodes[i]] = true
	}
	var list []*edge
	for _, e := range s.edges {
		if behind[e.ends[0]] || behind[e.ends[1]] {
			list = append(list, e)
		}
	}
	s.cut(list)
}

func (s *Sim) cut(list []*edge) {
	for _, e := range list {
		e.cut()
		s.res.Cuts++
	}
	s.after(100*time.Millisecond+s.spread(cutSpread), func() {
		for _, e := range list {
			e.mend()
		}
	})
}

// disable lets one side disable the other for a while.
func (s *Sim) disable() {
	e, i := s.edges[s.rnd.IntN(len(s.edges))], s.rnd.IntN(2)
	if e.ends[i].villain != nil {
		return
	}
	n, peer := e.ends[i], e.ends[1-i]
	s.res.Disabled++
	set := func(on bool) {
		n.ask(func() engine.Action { return engine.EditFriend{Friend: peer.id, Enabled: &on} }, func(engine.Reply) {})
	}
	set(false)
	s.after(100*time.Millisecond+s.spread(disableSpread), func() { set(true) })
}

// remove lets two friends remove one another, after they were shown what that
// may lose, and begin anew later.
func (s *Sim) remove() {
	e := s.edges[s.rnd.IntN(len(s.edges))]
	if e.paused || e.hostile() {
		return
	}
	e.paused = true
	left := len(e.ends)
	for _, n := range e.ends {
		peer := e.other(n)
		s.after(s.spread(disableSpread), func() {
			n.ask(func() engine.Action { return engine.RemoveFriend{Friend: peer.id, MayLose: true} }, func(engine.Reply) {
				if left--; left == 0 {
					s.after(s.spread(disableSpread), e.again)
				}
			})
		})
	}
}

// reset lets one side remove the other and add it again, while the other side
// knows nothing of it.
func (s *Sim) reset() {
	e, i := s.edges[s.rnd.IntN(len(s.edges))], s.rnd.IntN(2)
	n, peer := e.ends[i], e.ends[1-i]
	if e.paused || n.villain != nil {
		return
	}
	n.ask(func() engine.Action { return engine.RemoveFriend{Friend: peer.id, MayLose: true} }, func(engine.Reply) {
		s.after(s.spread(disableSpread), func() {
			e.adds(n)
			e.dial()
			e.makeUp()
		})
	})
}

// losePatience lets people remove friends who hold many of their requests, and
// add them again: for the villain the ledger begins anew, too.
func (s *Sim) losePatience() {
	for _, e := range s.edges {
		for i, n := range e.ends {
			peer := e.ends[1-i]
			if peer.villain == nil || n.eng == nil || e.paused {
				continue
			}
			if d := n.ref.side(peer.id); len(d.reqs[d.me]) > patience {
				e.beginAnew(n, peer)
			}
		}
	}
	if !s.calm {
		s.after(patienceEvery, s.losePatience)
	}
}

func (e *edge) beginAnew(n, villain *node) {
	e.paused = true
	n.ask(func() engine.Action { return engine.RemoveFriend{Friend: villain.id, MayLose: true} }, func(engine.Reply) {
		e.s.after(e.s.spread(disableSpread), func() {
			b := villain.villain.book(n.id)
			b.begin(b.led.Highest())
			e.adds(n)
			e.paused = false
			e.breakLink()
		})
	})
}

// writeOff lets somebody stop waiting for something that was passed on.
func (s *Sim) writeOff() {
	n := s.honest[s.rnd.IntN(len(s.honest))]
	if locks := sortedIDs(n.disk.forwards); len(locks) > 0 && n.eng != nil {
		lock := locks[s.rnd.IntN(len(locks))]
		n.writeOff(n.disk.forwards[lock].To, lock)
	}
}

// writeOff gives a request up, after its people were shown what that may lose.
func (n *node) writeOff(friend ledger.NodeID, lock ledger.Lock) {
	n.ref.writtenOff[lock] = true
	if q := n.ref.side(friend).ours(lock); q != nil {
		n.s.breakOff(q)
	}
	n.ask(func() engine.Action { return engine.WriteOff{Friend: friend, PartLock: lock, MayLose: true} }, func(r engine.Reply) {
		if r.Err == nil {
			n.s.res.WrittenOff++
		}
	})
}

// giveUpOnVillains lets people write off all that they wait for at villains: what
// is frozen between honest nodes because of it must be released.
func (s *Sim) giveUpOnVillains() {
	s.strict = true
	for _, n := range s.honest {
		for _, e := range n.edges {
			if e.other(n).villain == nil {
				continue
			}
			d := n.ref.side(e.other(n).id)
			for ordinal := uint64(1); ordinal < d.next[d.me]; ordinal++ {
				if q := d.reqs[d.me][ordinal]; q != nil {
					n.writeOff(d.friend, q.r.PartLock)
				}
			}
		}
	}
}

// makeUp lets the people of both ends look at what they disagree about, and
// accept what the other proposes, until they agree.
func (e *edge) makeUp() {
	if e.making || !e.s.cfg.has(Reset) {
		return
	}
	e.making = true
	e.s.after(time.Second+e.s.spread(disableSpread), func() {
		e.making = false
		again := false
		for _, n := range e.ends {
			if n.eng == nil {
				again = again || n.villain == nil
				continue
			}
			v, known := n.eng.Friend(e.other(n).id)
			if known && v.Disagreement != nil {
				n.accept(e.other(n).id, v.Disagreement)
			}
			again = again || known && !v.Ready
		}
		if again {
			e.makeUp()
		}
	})
}

// accept allows what the terms of a friend cost now. It may be refused, when they
// cost more by then.
func (n *node) accept(friend ledger.NodeID, d *friendship.Disagreement) {
	a := engine.AcceptTerms{Friend: friend}
	if d.Theirs == nil {
		return
	}
	for _, c := range d.Costs {
		if c.Amount.Sign() > 0 {
			a.Bound = append(a.Bound, c)
		}
	}
	n.ask(func() engine.Action { return a }, func(r engine.Reply) {
		if r.Err == nil {
			n.s.res.Accepted++
		}
	})
}

// again makes friends of two who removed one another.
func (e *edge) again() {
	e.agree()
	e.paused = false
	e.breakLink()
}

// repair ends all faults that do not end by themselves.
func (s *Sim) repair() { s.calm = true }
