package friendship_test

import (
	"crypto/ed25519"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// foe is a friend that obeys no rule. It knows its own key and all that the
// victim has ever signed, also what was signed while no stream was up.
type foe struct {
	me     ledger.Author
	ids    [2]ledger.NodeID
	key    ed25519.PrivateKey
	victim *player
	top    uint64 // highest number that it names
	bluffs bool   // also says what can only be refused

	entries  map[entryKey][]int32  // that it can sign next, by the victim's side
	accepted map[int32][]utterance // terms that matter, likewise
}

type entryKey struct {
	side int32
	ack  uint64
}

func newFoe(victim *player, top uint64, bluffs bool) *foe {
	ids, keys := explorers()
	me := victim.me.Other()
	return &foe{me: me, ids: ids, key: keys[me], victim: victim, top: top, bluffs: bluffs, entries: map[entryKey][]int32{}, accepted: map[int32][]utterance{}}
}

func (e *foe) self() ledger.NodeID { return e.ids[e.me] }

func (e *foe) sign(h ledger.Hash) ledger.Signature { return e.victim.post.sign(e.self(), e.key, h) }

// utterance is frames of the foe, and what they take from the budget.
type utterance struct {
	move move
	cost budget
}

// says lists what the foe can send to side n of its victim.
func (e *foe) says(n int32, left *[budgets]uint8) []utterance {
	s := e.victim.sides[n]
	var out []utterance
	say := func(cost budget, frames ...ledger.Frame) {
		if cost == budgets || left[cost] > 0 {
			out = append(out, utterance{move{kind: doDeliverAll, arg: e.victim.post.bundle(frames...)}, cost})
		}
	}
	if s.f.HelloDue() {
		for _, h := range e.hellos(s) {
			say(budgets, h)
		}
	}
	if !s.f.LinkIsUp() || s.oath.number > e.top {
		return out
	}
	for _, v := range s.oath.accepted {
		say(budgets, &ledger.Confirm{Epoch: v.id, Signature: e.sign(v.id)})
		say(budgets, &ledger.Opened{Opening: e.fullySigned(v)})
		if e.bluffs {
			say(budgets, &ledger.Confirm{Epoch: v.id})
			half := e.fullySigned(v)
			*half.SignatureOf(e.self()) = ledger.Signature{}
			say(budgets, &ledger.Opened{Opening: half})
		}
	}
	if t := s.oath.proposed; t != nil && (s.f.ProposalOut() == t || left[mayAsk] > 0) {
		cost := mayAsk
		if s.f.ProposalOut() == t {
			cost = budgets
		}
		e.answers(t, cost, say)
	}
	out = append(out, e.proposals(n, left)...)
	if left[mayEntry] > 0 {
		for _, f := range e.nextEntries(n) {
			out = append(out, utterance{move{kind: doDeliver, arg: f}, mayEntry})
		}
	}
	return out
}

// hellos are the foe's: it claims to be in any epoch that both have signed, or
// in none.
func (e *foe) hellos(s *side) []*ledger.Hello {
	base := ledger.Hello{Versions: []uint16{friendship.LinkVersion}, State: ledger.Fresh}
	fresh := base
	out := []*ledger.Hello{&fresh}
	if e.bluffs {
		far := base
		far.Highest = 1 << 60
		out = append(out, &far)
	}
	st := s.f.Status()
	if st.Number > 0 {
		same := base
		same.State, same.Number, same.Epoch = ledger.Consistent, st.Number, st.Epoch
		same.Mine, same.Yours = st.Theirs, st.Mine
		high, angry := same, same
		high.Highest = e.top
		angry.State = ledger.Inconsistent
		out = append(out, &same, &angry)
		if e.bluffs {
			out = append(out, &high)
		}
	}
	for _, v := range append(s.oath.accepted[:len(s.oath.accepted):len(s.oath.accepted)], s.oath.opened...) {
		if v.id != st.Epoch {
			other := base
			other.State, other.Number, other.Epoch = ledger.Consistent, v.number, v.id
			out = append(out, &other)
		}
	}
	return out
}

// fullySigned returns an opening with both signatures, which the foe has since
// it got the victim's.
func (e *foe) fullySigned(v vow) *ledger.Opening {
	o := *v.opening
	*o.SignatureOf(e.self()) = e.sign(v.id)
	*o.SignatureOf(e.victim.self()) = e.victim.post.sign(e.victim.self(), e.victim.key, v.id)
	return &o
}

// answers are the foe's to terms of its victim.
func (e *foe) answers(t *ledger.Terms, cost budget, say func(budget, ...ledger.Frame)) {
	nonces := byte(1)
	if e.bluffs {
		nonces = 2
	}
	for nonce := range nonces {
		a := &ledger.Accept{Terms: t.Hash(), Nonce: ledger.Nonce{3, nonce}}
		a.Epoch = t.EpochID(a.Nonce)
		if e.bluffs {
			say(cost, a)
		}
		b := *a
		b.Signature = e.sign(a.Epoch)
		say(cost, &b)
	}
	if e.bluffs {
		other := &ledger.Accept{Terms: t.Hash(), Epoch: ledger.Hash{1}}
		other.Signature = e.sign(other.Epoch)
		say(cost, other)
	}
	for _, reason := range []ledger.RefuseReason{ledger.RefuseStale, ledger.RefuseCost} {
		say(mayAsk, &ledger.Refuse{Terms: t.Hash(), Highest: e.top, Reason: reason})
	}
}

// nextEntries lists the entries that the foe can sign next in the victim's
// epoch: all legal kinds, by an honest machine that has what the foe has, with
// the oldest and the newest acknowledgement; and an illegal one.
func (e *foe) nextEntries(n int32) []int32 {
	s := e.victim.sides[n]
	st := s.f.Status()
	if st.Number == 0 {
		return nil
	}
	var out []int32
	for i, ack := range []uint64{st.Mine.Seq, st.Acknowledged} {
		if i == 1 && ack == st.Mine.Seq {
			continue
		}
		key := entryKey{n, ack}
		found, ok := e.entries[key]
		if !ok {
			found = e.entriesWith(s, ack)
			e.entries[key] = found
		}
		out = append(out, found...)
	}
	return out
}

// entriesWith lists the entries that acknowledge this much of the victim's log.
func (e *foe) entriesWith(s *side, ack uint64) []int32 {
	var out []int32
	for _, op := range e.operations(s) {
		f := e.machine(s, ack)
		if f == nil {
			return nil
		}
		eff, err := f.Append(friendship.Env{Mono: explorationStart}, []ledger.Op{op})
		if err != nil {
			continue // illegal in its view
		}
		entry := eff.Frames[len(eff.Frames)-1]
		out = append(out, e.victim.post.intern(e.victim.post.signed(entry, e.self(), e.key)))
		if op.Kind() == ledger.KindCredit && e.bluffs {
			n, err := ledger.DecodeEntry(entry.(*ledger.SignedEntry).Body)
			if err != nil {
				panic(err)
			}
			n.Totals = nil
			lie := &ledger.SignedEntry{Body: n.Encode()}
			out = append(out, e.victim.post.intern(e.victim.post.signed(lie, e.self(), e.key)))
		}
	}
	return out
}

// operations are what the foe may say next: something of no meaning, its next
// request, and an end to any request of the victim.
func (e *foe) operations(s *side) []ledger.Op {
	ops := []ledger.Op{ledgertest.Credit(ledgertest.EUR, explorationLimit)}
	for n := int(e.me); n < requestsMax; n += 2 {
		if s.till.of[n] == tillUnmade {
			ops = append(ops, ledgertest.Request(ledgertest.EUR, 1, n))
			break
		}
	}
	for r := range s.f.AllPending(e.victim.me) {
		n := numbers[r.Request.PartLock]
		ops = append(ops, ledgertest.Collect(r.Ordinal, n), ledgertest.Cancel(r.Ordinal))
	}
	return ops
}

// machine returns the machine of an honest friend that has the foe's log and
// the victim's up to ack, ready to sign; nil when the epoch's opening is not
// the foe's to use.
func (e *foe) machine(s *side, ack uint64) *friendship.Friendship {
	disk := s.disk.Load()
	stored := friendship.Stored{Highest: disk.Opening.Terms.Number, Opening: disk.Opening}
	for _, k := range disk.Kept {
		stored.Kept = append(stored.Kept, friendship.KeptRequest{Author: k.Author, Request: k.Request, Admitted: true})
	}
	for i := range disk.Theirs {
		stored.Mine = append(stored.Mine, disk.Theirs[i].Body)
	}
	for _, body := range disk.Mine[:ack] {
		stored.Theirs = append(stored.Theirs, ledger.SignedEntry{Body: body})
	}
	f, err := friendship.New(e.self(), e.victim.self(), stored)
	if err != nil {
		panic("foe: " + err.Error())
	}
	env := friendship.Env{Mono: explorationStart}
	f.LinkUp(env, nil)
	mine := f.Status()
	hello := &ledger.Hello{
		Versions: []uint16{friendship.LinkVersion}, State: ledger.Consistent,
		Number: mine.Number, Epoch: mine.Epoch, Mine: mine.Theirs, Yours: mine.Mine,
	}
	if _, err := f.Receive(env, hello); err != nil || !f.Ready() {
		panic("foe: its machine is not ready: " + f.Status().Blocked)
	}
	return f
}
