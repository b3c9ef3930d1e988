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
	defer func() { f.link.supplied, f.link.suppliedBytes = nil, 0 }()
	r, reason := f.judgeTerms(env, t)
	if reason == ledger.RefuseCost {
		f.exch.theirs = offered{t, f.link.supplied} // for the user, also when a proposal of this side is out
	}
	if p := f.exch.proposal; p != nil && p.terms.Number > t.Number {
		return
	}
	if reason == 0 && !f.exch.signatures.take(env.Mono) {
		reason = ledger.RefuseBusy
	}
	if reason != 0 {
		f.refuse(env, t.Hash(), reason, r.missing, eff)
		return
	}
	before := f.highest
	f.admit(t, &r)
	f.highest = t.Number
	f.acceptance = &Acceptance{Terms: t, Nonce: env.Nonce, Kept: r.kept}
	f.exch.proposal = nil
	f.exch.acceptedHere, f.exch.acceptedAt = true, env.Mono
	f.ready = false
	eff.Writes = append(eff.Writes, PutHighest{t.Number}, PutAcceptance{f.acceptance})
	eff.Frames = append(eff.Frames, &ledger.Accept{
		Terms: t.Hash(), Nonce: env.Nonce, Highest: before, Epoch: f.acceptance.ID(),
	})
}

func (f *Friendship) refuse(env Env, terms ledger.Hash, reason ledger.RefuseReason, missing []ledger.Hash, eff *Effects) {
	eff.Frames = append(eff.Frames, &ledger.Refuse{
		Terms: terms, Highest: f.highest, Clock: clockMS(env.Wall), Reason: reason, Missing: missing,
	})
}

// judgeTerms returns what the terms mean here and why they are not accepted, or
// 0. Terms that cost no more than the user allows are accepted.
func (f *Friendship) judgeTerms(env Env, t *ledger.Terms) (reading, ledger.RefuseReason) {
	switch {
	case t.Number <= f.highest:
		return reading{}, ledger.RefuseStale
	case !f.plausible(env, t.Number):
		return reading{}, ledger.RefuseClock
	case f.lostData:
		return reading{}, ledger.RefuseBusy
	case !t.Base.IsZero() && (f.epoch == nil || t.Base != f.epoch.id):
		return reading{}, ledger.RefuseBase
	case len(t.Kept) > 0 && !f.exch.weighed.take(env.Mono):
		return reading{}, ledger.RefuseBusy
	}
	r, reason := f.read(env, t, f.link.supplied)
	if reason == 0 && !r.within(f.bound) {
		reason = ledger.RefuseCost
	}
	return r, reason
}

// onAccept confirms the proposal that is out. An acceptance of another one
// cannot be confirmed and is answered with a new proposal.
func (f *Friendship) onAccept(env Env, m *ledger.Accept, eff *Effects) {
	f.noteHighest(env, m.Highest)
	p := f.exch.proposal
	if p == nil || p.hash != m.Terms {
		f.answer(env, eff)
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
	f.open(o, p.kept, []ledger.Frame{&ledger.Confirm{Epoch: m.Epoch}}, eff)
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
	f.open(o, f.acceptance.Kept, nil, eff)
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
func (f *Friendship) open(o *ledger.Opening, kept []KeptRequest, before []ledger.Frame, eff *Effects) {
	e, err := newEpoch(f.me, o, kept)
	if err != nil {
		panic("friendship: opening that was judged is out of bounds: " + err.Error())
	}
	if f.acceptance != nil {
		eff.Writes = append(eff.Writes, DeleteAcceptance{})
	}
	if len(f.bound) > 0 { // the decision was about the epoch before
		f.bound = nil
		eff.Writes = append(eff.Writes, PutBound{})
	}
	e.kept.pace = f.pace
	f.epoch, f.acceptance, f.evidence = e, nil, nil
	f.exch.proposal, f.exch.acceptedHere = nil, false
	f.exch.refused, f.exch.lacks, f.exch.theirs = nil, nil, offered{}
	eff.Writes = append(eff.Writes, PutOpening{Opening: o, Kept: kept})
	eff.Frames = append(append(eff.Frames, before...), f.hello())
	eff.Changes = append(eff.Changes, EpochOpened{Number: o.Terms.Number, Epoch: e.id})
	f.link.reconciled = false
	f.link.problem = noProblem
	if f.link.hello != nil && f.link.hello.Epoch == e.id {
		f.compare(eff)
	}
}

// onRefuse drops the refused proposal. A refusal for its number, or for requests
// that the friend lacks, is answered at once with the next one; all others wait
// until the friend asks for it or a minute has passed.
func (f *Friendship) onRefuse(env Env, m *ledger.Refuse, eff *Effects) {
	f.noteHighest(env, m.Highest)
	if m.Reason == ledger.RefuseRetry {
		if r := f.exch.refused; r != nil && r.Terms == m.Terms {
			f.answer(env, eff)
		}
		return
	}
	p := f.exch.proposal
	if p == nil || p.hash != m.Terms {
		return
	}
	f.exch.proposal = nil
	f.exch.refused = m
	f.exch.noteMissing(p.terms, m.Missing)
	switch m.Reason {
	case ledger.RefuseStale, ledger.RefuseMissing:
		f.answer(env, eff)
	default:
		f.exch.quietUntil = env.Mono + ProposalEvery
	}
}
