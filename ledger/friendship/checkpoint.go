package friendship

import "github.com/offset-p2p/offset/ledger"

// pace is how often checkpoints come: gap is the protocol's, the others are
// this side's policy. Tests use a shorter one on both sides.
type pace struct {
	gap     uint64 // fewest entries from one to the next of an author
	entries uint64 // own entries after which this side makes one
	bytes   int    // own bytes after which this side makes one
}

var usualPace = pace{gap: ledger.CheckpointGap, entries: CheckpointEntries, bytes: CheckpointBytes}

// mileage is how far a log has come.
type mileage struct {
	bytes      int    // of the entries since the machine's start or the cut
	checkpoint uint64 // seq of the newest Checkpoint; 0: none
	at         int    // bytes as of that one
}

// add counts an entry.
func (m *mileage) add(seq uint64, size int, checkpoint bool) {
	m.bytes += size
	if checkpoint {
		m.checkpoint, m.at = seq, m.bytes
	}
}

// candidate is the state that a Checkpoint covers, until the other side has
// acknowledged it.
type candidate struct {
	snap  *Snapshot // without Pending, which is in sides
	sides [2]viewSide
	cut   [2]uint64 // last entries that it covers, by author
	bytes int       // of both logs up to there
}

// retention is what an epoch knows of what is stored, and of what may go.
type retention struct {
	pace  pace
	miles [2]mileage    // mine as of here
	cut   [2]uint64     // of the stored snapshot: entries up to here are dropped
	bytes int           // of both logs up to the cut
	next  [2]*candidate // by author of the Checkpoint; nil: none
	seen  *view         // of the Checkpoint that is staged
}

// stageCheckpoint judges a Checkpoint after the other operations of its entry
// are staged.
func (e *epoch) stageCheckpoint(author ledger.Author, o *ledger.Checkpoint) string {
	last := e.kept.miles[author].checkpoint
	if last != 0 && e.head[author].Seq+1 < last+e.kept.pace.gap {
		return whyTooSoon
	}
	if e.beside {
		return ""
	}
	seen := e.view(author)
	if o.Digest != seen.digest() {
		return "checkpoint of another state"
	}
	e.kept.seen = seen
	return ""
}

// checkpointDue reports whether my next entry should end with a Checkpoint: my
// log has grown by enough, or the friend's has by much more without one.
func (e *epoch) checkpointDue() bool {
	k, friend := &e.kept, e.me.Other()
	m, seq := &k.miles[e.me], e.head[e.me].Seq+1
	switch {
	case !e.windowOpen(), m.checkpoint != 0 && seq < m.checkpoint+k.pace.gap:
		return false
	case seq >= m.checkpoint+k.pace.entries, m.bytes-m.at >= k.pace.bytes:
		return true
	default:
		return e.head[friend].Seq >= k.cut[friend]+silentFactor*k.pace.entries && seq >= m.checkpoint+k.pace.gap
	}
}

// withCheckpoint adds a Checkpoint to the staged operations of my next entry
// when one is due and has room.
func (f *Friendship) withCheckpoint(ops []ledger.Op) []ledger.Op {
	if !f.epoch.checkpointDue() {
		return ops
	}
	more := append(ops[:len(ops):len(ops)], &ledger.Checkpoint{})
	if f.Fit(more) < len(more) {
		return ops
	}
	seen := f.epoch.view(f.me)
	f.epoch.kept.seen = seen
	more[len(ops)] = &ledger.Checkpoint{Digest: seen.digest()}
	return more
}

// isCheckpoint reports whether an entry ends with a Checkpoint.
func isCheckpoint(n *ledger.Entry) bool {
	return len(n.Ops) > 0 && n.Ops[len(n.Ops)-1].Kind() == ledger.KindCheckpoint
}

// counted notes that n, of that body and hash, is the newest entry of its log
// and applied, and remembers the state when it is a Checkpoint. One that stands
// beside the cut covers neither more nor less than it, and is passed over.
func (e *epoch) counted(n *ledger.Entry, signed ledger.SignedEntry) {
	k := &e.kept
	checkpoint := isCheckpoint(n)
	k.miles[n.Author].add(n.Seq, len(signed.Body), checkpoint)
	if len(n.Ops) == 0 {
		e.rest()
	}
	if !checkpoint || e.beside {
		return
	}
	other := n.Author.Other()
	c := &candidate{snap: e.snapshot(n, signed), sides: k.seen.sides}
	k.seen = nil
	c.cut[n.Author], c.cut[other] = n.Seq, n.Ack.Seq
	c.bytes = k.miles[n.Author].bytes + k.miles[other].bytes
	if n.Author != e.me {
		c.bytes = k.miles[n.Author].bytes + e.sent[0].miles.bytes
	}
	k.next[n.Author] = c
}

// acknowledged is told that author's log was acknowledged up to seq, by a
// signed entry of the other side. A Checkpoint that is covered becomes what is
// stored if enough goes by that: a snapshot may be large.
func (f *Friendship) acknowledged(author ledger.Author, seq uint64, eff *Effects) {
	k := &f.epoch.kept
	c := k.next[author]
	if c == nil || c.cut[author] > seq {
		return
	}
	k.next[author] = nil
	gone := c.cut[0] - k.cut[0] + c.cut[1] - k.cut[1]
	if eff == nil || gone < k.pace.entries/2 && c.bytes-k.bytes < k.pace.bytes/2 {
		return
	}
	eff.Writes = append(eff.Writes, PutSnapshot{c.snapshot()})
	for a, through := range c.cut {
		if through > k.cut[a] {
			eff.Writes = append(eff.Writes, DropEntries{Author: ledger.Author(a), From: k.cut[a] + 1, Through: through})
		}
	}
	k.cut, k.bytes = c.cut, c.bytes
	for a, later := range k.next {
		if later != nil && (later.cut[0] < c.cut[0] || later.cut[1] < c.cut[1]) {
			k.next[a] = nil
		}
	}
}
