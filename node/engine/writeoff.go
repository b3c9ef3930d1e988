package engine

import "github.com/offset-p2p/offset/ledger"

// writeOff is way (d) of the forwarding rule, for one request: the user does not
// wait for the friend any more, and bears what the friend may still do.
func (s *step) writeOff(a WriteOff) *CommandError {
	f, err := s.known(a.Friend)
	if err != nil {
		return err
	}
	if err := s.maySign(); err != nil {
		return err
	}
	out := f.ours(a.PartLock)
	fw, p := s.forwards[a.PartLock], s.parts[a.PartLock]
	forwarded := out != nil && fw != nil && fw.To == f.id && !fw.waits
	own := out != nil && p != nil && p.part(a.PartLock).Friend == f.id
	switch {
	case !forwarded && !own:
		return refuse(NotFound, "not_pending", "no request with this part lock waits at %q: see `stctrl friends`", f.rec.Name)
	case !a.MayLose:
		what := out.Request.Currency.Format(out.Request.Amount)
		if forwarded {
			return refuse(Precondition, "may_lose", "this may lose %s: what was sent to you is given back, and %q may still collect from you", what, f.rec.Name)
		}
		return refuse(Precondition, "may_lose", "this may lose %s: %q may still collect it, and you may not hear whether the seller was paid", what, f.rec.Name)
	case forwarded:
		s.release(fw, ledger.FriendOffline, s.self)
	default:
		s.lose(p, f.id, func(part *PartRecord) bool { return part.PartLock == a.PartLock }, "written_off",
			"a part of it was written off, so its outcome is unknown: the seller may have been paid. Ask the seller; this node pays the invoice no second time")
	}
	s.change(f)
	return nil
}

// lose ends own parts at a friend about which nothing more will be known: the
// user has been shown the amount. They are not planned again, because what the
// friend still collects and a second part would pay the seller twice.
func (s *step) lose(p *payment, friend ledger.NodeID, which func(*PartRecord) bool, reason, text string) {
	hit := false
	for i := range p.rec.Parts {
		if part := &p.rec.Parts[i]; !part.ended() && part.Friend == friend && which(part) {
			delete(s.parts, part.PartLock)
			part.Lost = true
			hit = true
		}
	}
	switch {
	case hit && !p.rec.State.IsFinal():
		s.giveUp(p, reason, text, ledger.Amount{})
	case hit:
		s.advance(p)
	}
}
