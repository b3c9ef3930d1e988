package friendship

import (
	"fmt"

	"github.com/offset-p2p/offset/ledger"
)

// ReceiveEntry takes an entry of the friend. A new, legal one is applied and
// stored; one that is known or of another epoch is ignored; one that this side
// cannot judge yet drops the stream; an illegal or contradicting one makes the
// ledger inconsistent. The error is a programmer's: v was not made by Verify
// for this friend.
func (f *Friendship) ReceiveEntry(env Env, v VerifiedEntry) (Effects, error) {
	var eff Effects
	if v.entry == nil || v.author != f.friend {
		return eff, errNotVerified
	}
	switch {
	case !f.link.up:
		return eff, nil
	case f.link.hello == nil:
		eff.Drop = "entry before hello"
		f.settle(env, &eff)
		return eff, nil
	case f.epoch == nil || v.entry.Epoch != f.epoch.id || f.acceptance != nil || f.evidence != nil || f.lostData:
		return eff, nil
	}
	fault := f.judge(v)
	switch {
	case fault.known:
	case fault.drop != "":
		eff.Drop = fault.drop
	case fault.illegal != "":
		f.inconsistent(v, fault, &eff)
	default:
		f.apply(env, v, &eff)
	}
	f.settle(env, &eff)
	return eff, nil
}

// verdict is what judge finds; the zero value means legal and new.
type verdict struct {
	known   bool
	drop    string
	illegal string
	held    ledger.Head // what the entry contradicts
}

// judge decides about an entry of the open epoch and, when it is legal, leaves
// its operations staged. After an illegal one there may be spoilt, here is not.
func (f *Friendship) judge(v VerifiedEntry) verdict {
	e, n := f.epoch, v.entry
	head := e.head[f.me.Other()]
	switch {
	case n.Author == f.me:
		return verdict{illegal: "entry in the other side's log"}
	case n.Seq <= head.Seq:
		return e.known(n.Seq, v.hash)
	case n.Seq > head.Seq+1:
		return verdict{drop: "gap in the friend's log"}
	case n.Ack.Seq > e.head[f.me].Seq:
		return verdict{drop: "acknowledgement of an entry that does not exist"}
	case n.Prev != head.Hash:
		return verdict{illegal: "entry does not follow the one before it", held: head}
	}
	if why := e.checkAck(n); why != "" {
		return verdict{illegal: why}
	}
	e.advance(n.Ack)
	if why := e.stage(n.Author, n.Ops); why != "" {
		return verdict{illegal: why}
	}
	if !e.totalsMatch(n.Totals) {
		e.unstage(n.Author)
		return verdict{illegal: "totals differ from the operations"}
	}
	return verdict{}
}

// known judges a seq that the friend's log has already.
func (e *epoch) known(seq uint64, hash ledger.Hash) verdict {
	head := e.head[e.me.Other()].Seq
	i := len(e.recent) - 1 - int(min(head-seq, recentMax))
	if i < 0 || e.recent[i] == hash {
		return verdict{known: true}
	}
	return verdict{illegal: "two entries with one number", held: ledger.Head{Seq: seq, Hash: e.recent[i]}}
}

// checkAck judges what the next entry of the friend acknowledges, and whether
// it is within the window.
func (e *epoch) checkAck(n *ledger.Entry) string {
	if n.Ack.Seq < e.acked.Seq {
		return "acknowledgement falls"
	}
	mine := e.sent[n.Ack.Seq-e.acked.Seq]
	switch {
	case n.Ack.Hash != mine.hash:
		return "acknowledgement of another entry"
	case len(n.Ops) > 0 && n.Seq > mine.ack+ledger.EntryWindow:
		return whyWindow
	case len(n.Ops) == 0 && n.Ack.Seq == e.lastAck:
		return "empty entry that acknowledges nothing new"
	}
	return ""
}

// apply makes a staged entry the head of the friend's log.
func (f *Friendship) apply(env Env, v VerifiedEntry, eff *Effects) {
	e, n := f.epoch, v.entry
	f.exch.proposal = nil // the view that it proposed is no more
	if len(n.Ops) > 0 && e.owed == 0 {
		f.oweFrom = env.Mono
	}
	eff.Changes = e.accept(v, eff.Changes, false)
	eff.Writes = append(eff.Writes, PutEntry{
		Author: n.Author, Seq: n.Seq, Body: v.signed.Body, Signature: v.signed.Signature,
	})
	f.acknowledged(f.me, e.acked.Seq, eff)
	f.acknowledged(n.Author, e.sent[0].ack, eff)
	if e.acked.Seq > e.ackTold {
		e.ackTold = e.acked.Seq
		eff.Changes = append(eff.Changes, Acknowledged{e.acked.Seq})
	}
}

// accept commits a staged entry of the friend and makes it the head of its log.
func (e *epoch) accept(v VerifiedEntry, changes []Change, replay bool) []Change {
	if changes == nil && !replay {
		changes = make([]Change, 0, len(v.entry.Ops)+2)
	}
	changes = e.commitTheirs(v.entry.Seq, changes, replay)
	e.head[v.entry.Author] = ledger.Head{Seq: v.entry.Seq, Hash: v.hash}
	if len(e.recent) == recentMax {
		copy(e.recent, e.recent[1:])
		e.recent[recentMax-1] = v.hash
	} else {
		e.recent = append(e.recent, v.hash)
	}
	if len(v.entry.Ops) > 0 {
		e.owed++
	}
	e.lastAck = v.entry.Ack.Seq
	e.counted(v.entry, v.signed)
	return changes
}

// inconsistent stores the evidence and ends the use of this epoch.
func (f *Friendship) inconsistent(v VerifiedEntry, fault verdict, eff *Effects) {
	f.exch.proposal = nil
	f.evidence = &Evidence{Why: fault.illegal, Entry: v.signed, Held: fault.held}
	f.ready = false
	eff.Writes = append(eff.Writes, PutEvidence{f.evidence})
	eff.Changes = append(eff.Changes, BecameInconsistent{f.evidence})
	eff.Drop = fmt.Sprintf("entry %d is illegal: %s", v.entry.Seq, fault.illegal)
}
