package engine

import (
	"slices"
	"time"

	"github.com/offset-p2p/offset/ledger"
)

// ask asks for routes for an amount, unless time, attempts or friends have run
// out.
func (s *step) ask(p *payment, amount ledger.Amount) {
	_, fee, parts, pending := p.sums()
	if p.rec.State = Planning; pending > 0 {
		p.rec.State = Sending
	}
	if !p.rec.Deadline.After(s.now.Wall) {
		s.tooLate(p)
		return
	}
	if err := s.maySign(); err != nil {
		s.noMore(p, err.Reason, err.Text, ledger.Amount{})
		return
	}
	if p.rec.Attempts >= AttemptsMax {
		s.noMore(p, "attempts", "no route worked in the number of attempts that a payment has", ledger.Amount{})
		return
	}
	hops := slices.DeleteFunc(s.FirstHops(p.rec.Invoice.Currency), func(c Capacity) bool {
		return slices.Contains(p.rec.Exclude, Edge{s.self, c.Friend})
	})
	if len(hops) == 0 {
		if s.setWaits(p, p.resumed); !p.waits {
			s.noMore(p, "capacity_near_source", "no friend is connected through whom "+p.rec.Invoice.Currency.Name+
				" can be sent: see stctrl friends", ledger.Amount{})
		}
		return
	}
	p.rec.Attempts++
	p.asked = amount
	s.atWall(paymentKey(p.rec.ID), p.rec.Deadline) // again: the wall clock may have been ahead
	s.fx.Questions = append(s.fx.Questions, &PlanQuestion{
		Payment: p.rec.ID, Attempt: p.rec.Attempts, Invoice: p.rec.Invoice,
		Amount: amount, Total: p.rec.Invoice.Amount, MaxFee: p.rec.MaxFee.SubFloor(fee), Note: p.rec.Note,
		MaxParts: ledger.PartsMax - parts, FirstHops: hops, Exclude: slices.Clone(p.rec.Exclude),
	})
}

// retryWaiting asks again for payments that wait for a friend to connect.
func (s *step) retryWaiting() {
	if s.waiting == 0 {
		return
	}
	for _, p := range s.sortedPayments() {
		if p.waits && p.asked.IsZero() {
			s.setWaits(p, false)
			s.advance(p)
		}
	}
}

// planned sends the parts of a plan.
func (s *step) planned(i Planned) {
	p := s.payments[i.Payment]
	if p == nil || p.asked.IsZero() || i.Attempt != p.rec.Attempts {
		return // of a question that is no longer asked
	}
	asked := p.asked
	p.asked = ledger.Amount{}
	switch why := s.planFault(p, i.Parts, asked); {
	case p.rec.State.IsFinal() || p.rec.Failure != "":
		s.advance(p)
	case !p.rec.Deadline.After(s.now.Wall):
		s.tooLate(p)
	case i.Failure != nil:
		s.noMore(p, i.Failure.Reason, i.Failure.Text, i.Failure.Largest)
	case why != "":
		s.noMore(p, "bad_plan", "the planner answered with routes that cannot be paid: "+why, ledger.Amount{})
	default:
		s.send(p, i.Parts)
	}
}

// send records all parts before the first is given to a friend, so that what is
// planned again is only what is missing.
func (s *step) send(p *payment, parts []PlannedPart) {
	p.rec.State = Sending
	for _, q := range parts {
		p.rec.Parts = append(p.rec.Parts, PartRecord{
			PartLock: q.PartLock, Friend: q.Friend, Amount: q.Amount, Share: q.Share, Path: q.Path,
		})
		s.parts[q.PartLock] = p
	}
	v := p.rec.Invoice
	for _, q := range parts {
		f := s.friends[q.Friend]
		if reason := f.refuses(v.Currency, q.Amount); reason != 0 {
			s.partCancelled(q.PartLock, q.Friend, reason, s.self)
			continue
		}
		s.enqueue(f, &ledger.Request{
			Currency: v.Currency, Amount: q.Amount, Lock: v.Lock, PartLock: q.PartLock,
			Hold: uint32(ledger.HoldExpress / time.Second), Path: q.Path, Sealed: q.Sealed,
		}, nil)
	}
	s.advance(p)
}

// planFault returns what is wrong with a plan: the engine trusts no planner with
// the buyer's money.
func (s *step) planFault(p *payment, parts []PlannedPart, asked ledger.Amount) string {
	_, fee, count, _ := p.sums()
	var share ledger.Amount
	seen := make(map[ledger.Lock]bool, len(parts))
	for _, q := range parts {
		if why := s.partFault(p, q); why != "" {
			return why
		}
		if seen[q.PartLock] || s.carries(q.PartLock) || p.part(q.PartLock) != nil {
			return "a part lock is used twice"
		}
		seen[q.PartLock] = true
		share, _ = share.Add(q.Share) // both below 2^AmountBits, few
		fee, _ = fee.Add(q.Amount.SubFloor(q.Share))
	}
	switch {
	case count+len(parts) > ledger.PartsMax:
		return "too many parts"
	case share != asked:
		return "the parts do not sum to the amount"
	case p.rec.MaxFee.Less(fee):
		return "the fees are above the limit"
	default:
		return ""
	}
}

func (s *step) partFault(p *payment, q PlannedPart) string {
	end, arrives := q.Friend, q.Amount
	if n := len(q.Path.Hops); n > 0 {
		end, arrives = q.Path.Hops[n-1].Node, q.Path.Hops[n-1].Amount
	}
	switch {
	case !q.Amount.IsRequestable() || !q.Share.IsRequestable() || q.Amount.Less(q.Share):
		return "a part has an amount out of bounds"
	case q.Path.Validate(s.self, q.Friend) != nil || len(q.Path.Hops) > 0 && q.Amount.Less(q.Path.Hops[0].Amount):
		return "a route breaks a rule"
	case end != p.rec.Invoice.Seller || arrives != q.Share:
		return "a route does not bring the share to the seller"
	case len(q.Sealed) > ledger.SealedBytesMax:
		return "a sealed part is too large"
	default:
		return ""
	}
}
