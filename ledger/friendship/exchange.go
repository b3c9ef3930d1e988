package friendship

import (
	"time"

	"github.com/offset-p2p/offset/ledger"
)

// exchange is the state of agreeing on an opening (ledger.md 2.6).
type exchange struct {
	proposal      *proposal     // out on this stream; nil: none
	acceptedHere  bool          // the acceptance was sent on this stream
	acceptedAt    time.Duration // when
	friendHighest uint64        // highest number that the friend says it signed, within the clock bound
	proposals     bucket
	signatures    bucket
	weighed       bucket        // the friend's terms that keep requests
	quietUntil    time.Duration // no proposal of this side before, but for an answer

	refused *ledger.Refuse       // the friend's newest refusal of terms of mine
	lacks   map[ledger.Hash]bool // requests that the friend has named as missing
	theirs  offered              // the friend's newest terms that cost too much
}

// offered is terms of the friend with the requests that came with them.
type offered struct {
	terms    *ledger.Terms // nil: none
	supplied requests
}

type proposal struct {
	terms *ledger.Terms
	hash  ledger.Hash
	kept  []KeptRequest
	until time.Duration
}

// Propose proposes terms when that would help (no epoch is open, an acceptance of
// this side was not confirmed, or one of the two calls the ledger inconsistent),
// the friend has said Hello and the rate of proposals allows it; else it does
// nothing. Hello and Tick call it by themselves.
func (f *Friendship) Propose(env Env) Effects {
	var eff Effects
	f.proposeIfWanted(env, &eff)
	return eff
}

// wantsOpening reports whether a proposal would help now.
func (f *Friendship) wantsOpening(now time.Duration) bool {
	switch {
	case !f.link.up || f.link.hello == nil || f.lostData || f.exch.proposal != nil:
		return false
	case now < f.exch.quietUntil:
		return false
	case f.link.problem != noProblem && f.link.problem != friendInconsistent:
		return false
	case f.acceptance == nil:
		return f.epoch == nil || f.evidence != nil || f.link.problem == friendInconsistent
	case f.exch.acceptedHere:
		return now >= f.exch.acceptedAt+ProposalTimeout
	default: // the friend that has opened it sends the opening
		return f.link.hello.Epoch != f.acceptance.ID()
	}
}

func (f *Friendship) proposeIfWanted(env Env, eff *Effects) {
	if !f.wantsOpening(env.Mono) || !f.exch.proposals.take(env.Mono) {
		return
	}
	t, ok := f.ownTerms(env.Nonce)
	if !ok {
		f.exch.quietUntil = env.Mono + ProposalEvery
		return
	}
	p := &proposal{terms: t, hash: t.Hash(), until: env.Mono + ProposalTimeout}
	if f.epoch != nil {
		rows := f.epoch.keepable()
		for _, row := range rows {
			p.kept = append(p.kept, f.epoch.keep(row))
		}
		eff.Frames = append(eff.Frames, f.supplies(rows)...)
	}
	f.exch.proposal, f.ready = p, false
	eff.Frames = append(eff.Frames, &ledger.Propose{Terms: t})
}

// noteMissing remembers until an epoch opens which of the requests that my terms
// keep the friend lacks: every later proposal needs them too.
func (x *exchange) noteMissing(t *ledger.Terms, missing []ledger.Hash) {
	if len(missing) == 0 {
		return
	}
	named := make(map[ledger.Hash]bool, len(missing))
	for _, h := range missing {
		named[h] = true
	}
	if x.lacks == nil {
		x.lacks = make(map[ledger.Hash]bool)
	}
	for _, k := range t.Kept {
		if named[k.Request] {
			x.lacks[k.Request] = true
		}
	}
}

// answer proposes at once what the friend has asked for, as far as the rate of
// proposals allows it.
func (f *Friendship) answer(env Env, eff *Effects) {
	f.exch.quietUntil = 0
	f.proposeIfWanted(env, eff)
}

// nextNumber is the lowest number of this side's parity above all that either
// side has signed: odd for the lower node.
func (f *Friendship) nextNumber() uint64 {
	n := max(f.highest, f.exch.friendHighest) + 1
	if n%2 != uint64(1-f.me) {
		n++
	}
	return n
}

// plausible reports whether a number is one that an honest side may name: not
// far ahead of the clock, or the next one anyway. (A number of 2^64−1, once
// signed, would be the last.)
func (f *Friendship) plausible(env Env, number uint64) bool {
	return number <= f.highest+NumberSlack || number <= clockMS(env.Wall.Add(ClockSlack))
}

func clockMS(t time.Time) uint64 { return uint64(max(t.UnixMilli(), 0)) }

// noteHighest remembers a number that the friend says it has signed.
func (f *Friendship) noteHighest(env Env, number uint64) {
	if f.plausible(env, number) {
		f.exch.friendHighest = max(f.exch.friendHighest, number)
	}
}

func (f *Friendship) expireProposal(env Env) {
	if p := f.exch.proposal; p != nil && env.Mono >= p.until {
		f.exch.proposal = nil
	}
}

// exchangeWake returns when the exchange needs a Tick.
func (f *Friendship) exchangeWake() (time.Duration, bool) {
	if p := f.exch.proposal; p != nil {
		return p.until, true
	}
	const always = time.Duration(1<<63 - 1)
	if !f.wantsOpening(always) {
		return 0, false
	}
	at := max(f.exch.proposals.next(), f.exch.quietUntil)
	if f.exch.acceptedHere {
		at = max(at, f.exch.acceptedAt+ProposalTimeout)
	}
	return at, true
}

// bucket allows one event per period, and a burst of several.
type bucket struct {
	every  time.Duration
	burst  int
	filled time.Duration // the time at which the bucket, taken from as it was, is full again
}

func newBucket(every time.Duration, burst int) bucket { return bucket{every: every, burst: burst} }

// take uses one event up and reports whether there was one.
func (b *bucket) take(now time.Duration) bool {
	if now < b.next() {
		return false
	}
	b.filled = max(b.filled, now) + b.every
	return true
}

// next returns the earliest time of an event.
func (b *bucket) next() time.Duration {
	return b.filled - time.Duration(b.burst-1)*b.every
}
