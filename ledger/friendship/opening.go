package friendship

import (
	"github.com/offset-p2p/offset/ledger"
)

// onPropose answers the friend's terms: accept, refuse, or nothing when a higher
// proposal of this side is out.
func (f *Friendship) onPropose(env Env, m *ledger.Propose, eff *Effects) {
	t := m.Terms
	if low, high := f.order(); t.Low != low || t.High != high || t.Proposer() != f.friend {
		eff.Drop = "proposal that is not the friend's to make"
		return
	}
	if p := f.exch.proposal; p != nil && p.terms.Number > t.Number {
		return
	}
	if reason := f.judgeTerms(env, t); reason != 0 {
		eff.Frames = append(eff.Frames, &ledger.Refuse{
			Terms: t.Hash(), Highest: f.highest, Clock: clockMS(env.Wall), Reason: reason,
		})
		return
	}
	before := f.highest
	f.highest = t.Number
	f.acceptance = &Acceptance{Terms: t, Nonce: env.Nonce}
	f.exch.proposal = nil
	f.exch.acceptedHere, f.exch.acceptedAt = true, env.Mono
	f.ready = false
	eff.Writes = append(eff.Writes, PutHighest{t.Number}, PutAcceptance{f.acceptance})
	eff.Frames = append(eff.Frames, &ledger.Accept{
		Terms: t.Hash(), Nonce: env.Nonce, Highest: before, Epoch: f.acceptance.ID(),
	})
}

// judgeTerms returns why terms are not accepted, or 0.
func (f *Friendship) judgeTerms(env Env, t *ledger.Terms) ledger.RefuseReason {
	switch {
	case t.Number <= f.highest:
		return ledger.RefuseStale
	case !f.plausible(env, t.Number):
		return ledger.RefuseClock
	case f.lostData:
		return ledger.RefuseBusy
	case !t.Base.IsZero() && (f.epoch == nil || t.Base != f.epoch.id):
		return ledger.RefuseBase
	case f.costs(t):
		return ledger.RefuseCost
	case !f.exch.signatures.take(env.Mono):
		return ledger.RefuseBusy
	default:
		return 0
	}
}

// costs reports whether the terms would take anything from this side: a balance
// that is lower than here, or any request that is pending or kept. It is
// stricter than what ledger.md 2.6 allows to be accepted without asking.
func (f *Friendship) costs(t *ledger.Terms) bool {
	if len(t.Kept) > 0 {
		return true
	}
	given := make(map[ledger.Currency]ledger.Balance, len(t.Balances))
	for _, b := range t.Balances {
		if given[b.Currency] = b.Balance; f.me == 1 {
			given[b.Currency] = negated(b.Balance)
		}
	}
	if f.epoch != nil {
		if f.epoch.lists[0].count+f.epoch.lists[1].count > 0 {
			return true
		}
		for _, a := range f.epoch.accounts {
			c := a.currency(f.me)
			if given[c].Cmp(a.balance(f.me)) < 0 {
				return true
			}
			delete(given, c)
		}
	}
	for _, b := range given {
		if b.Sign() < 0 {
			return true
		}
	}
	return false
}

// onAccept confirms the proposal that is out. An acceptance of another one
// cannot be confirmed and is answered with a new proposal.
func (f *Friendship) onAccept(env Env, m *ledger.Accept, eff *Effects) {
	f.noteHighest(env, m.Highest)
	p := f.exch.proposal
	if p == nil || p.hash != m.Terms {
		f.proposeIfWanted(env, eff)
		return
	}
	switch {
	case m.Epoch != p.terms.EpochID(m.Nonce):
		eff.Drop = "acceptance of another epoch than its terms and nonce make"
		return
	case !ledger.VerifyHash(f.friend, m.Epoch, m.Signature):
		eff.Drop = "acceptance with a wrong signature"
		return
	case !f.exch.signatures.take(env.Mono):
		f.exch.proposal = nil
		return
	}
	o := &ledger.Opening{Terms: p.terms, Acceptor: m.Nonce}
	*o.SignatureOf(f.friend) = m.Signature
	f.highest = p.terms.Number
	eff.Writes = append(eff.Writes, PutHighest{f.highest})
	f.open(o, []ledger.Frame{&ledger.Confirm{Epoch: m.Epoch}}, eff)
}

// onConfirm opens what this side accepted last. A confirmation of anything else
// is of a lower number, or open already.
func (f *Friendship) onConfirm(_ Env, m *ledger.Confirm, eff *Effects) {
	if f.acceptance == nil || f.acceptance.ID() != m.Epoch {
		return
	}
	f.confirmed(m.Signature, eff)
}

func (f *Friendship) confirmed(sig ledger.Signature, eff *Effects) {
	if !ledger.VerifyHash(f.friend, f.acceptance.ID(), sig) {
		eff.Drop = "confirmation with a wrong signature"
		return
	}
	o := &ledger.Opening{Terms: f.acceptance.Terms, Acceptor: f.acceptance.Nonce}
	*o.SignatureOf(f.friend) = sig
	f.open(o, nil, eff)
}

// onOpened takes a whole opening, which a friend sends that is in a newer epoch.
func (f *Friendship) onOpened(_ Env, m *ledger.Opened, eff *Effects) {
	o := m.Opening
	if low, high := f.order(); o.Terms.Low != low || o.Terms.High != high {
		eff.Drop = "opening of other nodes"
		return
	}
	id := o.ID()
	if f.epoch != nil && f.epoch.id == id {
		return
	}
	if f.acceptance != nil && f.acceptance.ID() == id {
		f.confirmed(*o.SignatureOf(f.friend), eff)
		return
	}
	if o.Terms.Number < f.highest || f.tombstoned(o.Terms.Number) {
		return // an acceptance that a later one replaced, or an epoch that is over
	}
	if o.Verify() != nil {
		eff.Drop = "opening with a wrong signature"
		return
	}
	f.lostData = true
	f.exch.proposal = nil
	f.ready = false
	eff.Changes = append(eff.Changes, LostData{o})
}

// tombstoned reports whether a friendship that this node gave up, and began
// anew, covers the number.
func (f *Friendship) tombstoned(number uint64) bool {
	return f.epoch == nil && f.acceptance == nil && number <= f.highest
}

// open makes o the open epoch and says so to the friend, after the frames
// before.
func (f *Friendship) open(o *ledger.Opening, before []ledger.Frame, eff *Effects) {
	e, err := newEpoch(f.me, o)
	if err != nil {
		panic("friendship: opening with a balance out of bounds: " + err.Error())
	}
	if f.acceptance != nil {
		eff.Writes = append(eff.Writes, DeleteAcceptance{})
	}
	e.kept.pace = f.pace
	f.epoch, f.acceptance, f.evidence = e, nil, nil
	f.exch.proposal, f.exch.acceptedHere, f.exch.refused = nil, false, nil
	eff.Writes = append(eff.Writes, PutOpening{o})
	eff.Frames = append(append(eff.Frames, before...), f.hello())
	eff.Changes = append(eff.Changes, EpochOpened{Number: o.Terms.Number, Epoch: e.id})
	f.link.reconciled = false
	f.link.problem = noProblem
	if f.link.hello != nil && f.link.hello.Epoch == e.id {
		f.compare(eff)
	}
}

// onRefuse drops the refused proposal. A refusal for its number is answered at
// once with the next one; all others wait for the rate of proposals.
func (f *Friendship) onRefuse(env Env, m *ledger.Refuse, eff *Effects) {
	f.noteHighest(env, m.Highest)
	if p := f.exch.proposal; p == nil || p.hash != m.Terms {
		return
	}
	f.exch.proposal = nil
	f.exch.refused = m
	if m.Reason == ledger.RefuseStale {
		f.proposeIfWanted(env, eff)
	} else {
		f.exch.proposals.drain(env.Mono)
	}
}
