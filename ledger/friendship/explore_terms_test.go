package friendship_test

import (
	"slices"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// proposals lists the terms that the foe can propose to side n and that this
// accepts, for each number, base and choice of kept requests the worst for the
// victim. Where its user may decide, also the best of those that it refuses.
func (e *foe) proposals(n int32, left *[budgets]uint8) []utterance {
	all, ok := e.accepted[n]
	if !ok {
		s := e.victim.sides[n]
		probe := &probe{victim: e.victim, side: s}
		for _, number := range e.numbers(s) {
			for _, base := range e.bases(s) {
				for _, kept := range e.keeps(s, base) {
					all = append(all, e.worst(probe, number, base, kept)...)
				}
			}
		}
		e.accepted[n] = all
	}
	var out []utterance
	for _, u := range all {
		if u.cost == budgets || left[mayAllow] > 0 || e.victim.sides[n].till.allows {
			u.cost = budgets
			out = append(out, u)
		}
	}
	return out
}

// probe asks whether a side would accept terms, with a copy of its machine that
// is good until it does.
type probe struct {
	victim *player
	side   *side
	f      *friendship.Friendship
}

func (p *probe) accepts(frames []ledger.Frame) bool {
	if p.f == nil {
		p.f = p.side.f.Clone()
	}
	for _, f := range frames {
		eff, err := p.f.Receive(friendship.Env{Wall: p.victim.wall, Mono: p.side.mono, AtStake: p.side.till.atStake}, f)
		if err != nil || eff.Drop != "" {
			p.f = nil
			return true // not a refusal: to be looked at
		}
		for _, g := range eff.Frames {
			if _, is := g.(*ledger.Accept); is {
				p.f = nil
				return true
			}
		}
	}
	return false
}

// numbers are the foe's next two, and one that is far away.
func (e *foe) numbers(s *side) []uint64 {
	next := s.f.Highest() + 1
	if next%2 != uint64(1-e.me) {
		next++
	}
	var out []uint64
	for _, n := range []uint64{next - 2, next, next + 2} {
		if n <= e.top && n < 1<<63 && n > 0 {
			out = append(out, n)
		}
	}
	if e.bluffs {
		out = append(out, next+1<<60)
	}
	return out
}

// bases are none, the victim's epoch, the one before, and one that never was.
func (e *foe) bases(s *side) []ledger.Hash {
	out := []ledger.Hash{{}}
	opened := s.oath.opened
	if k := len(opened); k > 0 {
		out = append(out, opened[k-1].id)
		if k > 1 && e.bluffs {
			out = append(out, opened[k-2].id)
		}
	}
	if e.bluffs {
		out = append(out, ledger.Hash{9})
	}
	return out
}

// choice is what terms keep, with the whole requests that go before them.
type choice struct {
	kept   []ledger.Kept
	supply []*ledger.Request
}

// keeps lists the choices: every subset of what may be kept, all with a request
// of the foe that the victim has never seen, and all with one of the victim
// that it never made.
func (e *foe) keeps(s *side, base ledger.Hash) []choice {
	if base.IsZero() {
		return []choice{{}}
	}
	all := s.f.Keepable()
	var out []choice
	for bits := range 1 << len(all) {
		var c choice
		for i, k := range all {
			if bits>>i&1 == 1 {
				c.kept = append(c.kept, k)
			}
		}
		out = append(out, c)
	}
	if !e.bluffs {
		return out
	}
	for n, st := range s.till.of {
		if st != tillUnmade {
			continue
		}
		author := ledger.Author(n % 2)
		r := ledgertest.Request(ledgertest.EUR, 1, n)
		k := ledger.Kept{Author: author, Ordinal: 1 << 20, Request: r.Hash()}
		c := choice{kept: append(slices.Clone(all), k), supply: []*ledger.Request{r}}
		slices.SortStableFunc(c.kept, func(x, y ledger.Kept) int { return int(x.Author) - int(y.Author) })
		out = append(out, c)
	}
	return out
}

// worst tries balances from the lowest for the victim upwards, until it accepts.
// What it has refused last comes with it, at the cost mayAllow.
func (e *foe) worst(p *probe, number uint64, base ledger.Hash, c choice) []utterance {
	reach := int64(1) // more than all requests together can move
	for _, st := range p.side.till.of {
		if st != tillUnmade {
			reach++
		}
	}
	var out []utterance
	for d := -reach; d <= reach; d++ {
		frames := e.terms(p.side, number, base, c, d)
		if p.accepts(frames) {
			out = append(out, utterance{move{kind: doDeliverAll, arg: e.victim.post.bundle(frames...)}, budgets})
			if d > -reach {
				frames = e.terms(p.side, number, base, c, d-1)
				out = append(out, utterance{move{kind: doDeliverAll, arg: e.victim.post.bundle(frames...)}, mayAllow})
			}
			break
		}
	}
	return out
}

// terms are terms with the balance that the victim sees, and d more for it.
func (e *foe) terms(s *side, number uint64, base ledger.Hash, c choice, d int64) []ledger.Frame {
	t := &ledger.Terms{Low: e.ids[0], High: e.ids[1], Number: number, Base: base, Nonce: ledger.Nonce{4}, Kept: c.kept}
	balance, err := s.f.Balance(ledgertest.EUR).Add(ledger.NewBalance(d))
	if err == nil && e.victim.me == 1 {
		balance, err = balance.Neg()
	}
	if err != nil {
		panic("foe: " + err.Error())
	}
	if balance.Sign() != 0 || len(c.kept) > 0 {
		t.Balances = []ledger.TermsBalance{{Currency: ledgertest.EUR, Balance: balance}}
	}
	frames := []ledger.Frame{&ledger.Propose{Terms: t}}
	if len(c.supply) > 0 {
		frames = append([]ledger.Frame{&ledger.Supply{Requests: c.supply}}, frames...)
	}
	return frames
}
