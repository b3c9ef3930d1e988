package friendship

import (
	"slices"

	"github.com/offset-p2p/offset/ledger"
)

// problem is why the Hellos of a stream did not make the ledger usable.
type problem uint8

const (
	noProblem problem = iota
	friendInconsistent
	friendRecovering
	friendLost
	friendBehind
	friendAhead
	friendOther
	friendClaims
)

// String says it to people.
func (p problem) String() string {
	switch p {
	case friendInconsistent:
		return "the friend's node calls this ledger inconsistent"
	case friendRecovering:
		return "the friend's node is recovering lost data"
	case friendLost:
		return "the friend's node has lost data"
	case friendBehind:
		return "the friend's node is in an older epoch; the opening was sent to it"
	case friendAhead:
		return "the friend's node names an epoch that this node does not have"
	case friendOther:
		return "the friend's node holds another opening with the same number"
	case friendClaims:
		return "the friend's node claims entries that this node does not have"
	default:
		return ""
	}
}

// hello returns what I say of this ledger.
func (f *Friendship) hello() *ledger.Hello {
	h := &ledger.Hello{
		Versions: []uint16{LinkVersion}, State: f.State(), Highest: f.highest, PeerRecord: f.link.record,
	}
	if e := f.epoch; e != nil {
		h.Number, h.Epoch = e.opening.Terms.Number, e.id
		h.Mine, h.Yours = e.head[f.me], e.head[f.me.Other()]
	}
	return h
}

// onHello takes the friend's Hello: one on a new stream, one more after each
// opening. Another one of an epoch that is agreed already would only make this
// side send again, so it ends the stream.
func (f *Friendship) onHello(env Env, h *ledger.Hello, eff *Effects) {
	switch {
	case !slices.Contains(h.Versions, LinkVersion):
		eff.Drop = "no common version of the link"
		return
	case f.link.reconciled && f.epoch != nil && h.Epoch == f.epoch.id:
		eff.Drop = "repeated hello"
		return
	case f.link.hello != nil && h.Number < f.link.hello.Number:
		eff.Drop = "hello of an older epoch"
		return
	case f.link.hello != nil && h.Epoch == f.link.hello.Epoch && h.State == f.link.hello.State:
		eff.Drop = "repeated hello"
		return
	}
	f.link.hello = h
	f.noteHighest(env, max(h.Highest, h.Number))
	f.compare(eff)
	if eff.Drop == "" {
		f.proposeIfWanted(env, eff)
	}
}

// compare acts on the friend's newest Hello by the table of ledger.md 2.5. The
// rows that need the friend's History end in a problem that people see.
func (f *Friendship) compare(eff *Effects) {
	h, e := f.link.hello, f.epoch
	f.link.reconciled = false
	f.link.problem = noProblem
	number := uint64(0)
	if e != nil {
		number = e.opening.Terms.Number
	}
	switch {
	case h.Number > number:
		if h.Number > f.highest {
			f.link.problem = friendAhead
		}
	case e == nil:
	case h.Number < number:
		f.link.problem = friendBehind
		f.show(eff)
	case h.Epoch != e.id:
		f.link.problem = friendOther
		f.show(eff)
	case h.State == ledger.Recovering:
		f.link.problem = friendRecovering
	case h.State == ledger.Inconsistent:
		f.link.problem = friendInconsistent
	case f.evidence != nil: // the heads of this epoch do not matter any more
	default:
		f.compareHeads(eff)
	}
}

// show sends the opening, once a stream: a Hello is short, an opening may not be.
func (f *Friendship) show(eff *Effects) {
	if f.link.shown != f.epoch.id {
		f.link.shown = f.epoch.id
		eff.Frames = append(eff.Frames, &ledger.Opened{Opening: f.epoch.opening})
	}
}

// compareHeads is compare within one epoch.
func (f *Friendship) compareHeads(eff *Effects) {
	h, e := f.link.hello, f.epoch
	mine, theirs := h.Yours, h.Mine // the friend calls them the other way round
	switch {
	case mine.Seq > e.head[f.me].Seq:
		f.claimed(eff, "friend claims entries of this node's log that it does not have")
	case mine.Seq < e.acked.Seq || theirs.Seq < e.head[f.me.Other()].Seq:
		f.link.problem = friendLost
		eff.Changes = append(eff.Changes, FriendLostData{})
	case mine.Hash != e.sent[mine.Seq-e.acked.Seq].hash,
		theirs.Seq == e.head[f.me.Other()].Seq && theirs.Hash != e.head[f.me.Other()].Hash:
		f.claimed(eff, "friend holds another entry of the same number")
	default:
		f.link.reconciled = true
		for _, s := range e.sent[mine.Seq-e.acked.Seq+1:] {
			eff.Frames = append(eff.Frames, &ledger.SignedEntry{Body: s.body})
		}
	}
}

func (f *Friendship) claimed(eff *Effects, why string) {
	f.link.problem = friendClaims
	eff.Drop = why
}
