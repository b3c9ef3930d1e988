package friendship

import (
	"fmt"

	"github.com/offset-p2p/offset/ledger"
)

// replay brings the open epoch to the state that the snapshot and the stored
// logs describe. The order of the two logs is that of their acknowledgements: an
// entry of mine comes as soon as what it acknowledges is there, which is when it
// was signed.
func (f *Friendship) replay(s Stored) error {
	if s.Opening == nil {
		if len(s.Mine)+len(s.Theirs)+len(s.Kept) > 0 || s.Snapshot != nil {
			return fmt.Errorf("entries without an opening: %w", ErrDamaged)
		}
		return nil
	}
	if low, high := f.order(); s.Opening.Terms.Low != low || s.Opening.Terms.High != high {
		return fmt.Errorf("opening of other nodes: %w", ErrDamaged)
	}
	kept := s.Kept
	if s.Snapshot != nil {
		kept = nil // it has what is left of them
	}
	if len(s.Kept) != len(s.Opening.Terms.Kept) {
		return fmt.Errorf("opening keeps %d requests, %d are stored: %w", len(s.Opening.Terms.Kept), len(s.Kept), ErrDamaged)
	}
	e, err := newEpoch(f.me, s.Opening, kept)
	if err != nil {
		return fmt.Errorf("opening: %w: %w", err, ErrDamaged)
	}
	f.epoch = e
	e.kept.pace = f.pace
	if s.Snapshot != nil {
		if err := e.startFrom(s.Snapshot); err != nil {
			return fmt.Errorf("snapshot: %w: %w", err, ErrDamaged)
		}
	}
	if err := f.replayLogs(s.Mine, s.Theirs); err != nil {
		return err
	}
	if cut := e.kept.cut; e.lastAck < cut[f.me] || e.ownAck < cut[f.me.Other()] {
		return fmt.Errorf("snapshot: its checkpoint was never acknowledged: %w", ErrDamaged)
	}
	e.ackTold = e.acked.Seq
	return nil
}

// replayLogs applies the entries of both logs that come after the snapshot.
func (f *Friendship) replayLogs(mine [][]byte, theirs []ledger.SignedEntry) error {
	e := f.epoch
	var next *ledger.Entry // of mine
	for len(mine) > 0 || len(theirs) > 0 {
		if next == nil && len(mine) > 0 {
			var err error
			if next, err = ledger.DecodeEntry(mine[0]); err != nil {
				return fmt.Errorf("own entry %d: %w: %w", e.head[f.me].Seq+1, err, ErrDamaged)
			}
		}
		if next != nil && next.Ack.Seq <= e.head[f.me.Other()].Seq {
			if why := f.replayMine(next, mine[0]); why != "" {
				return fmt.Errorf("own entry %d: %s: %w", next.Seq, why, ErrDamaged)
			}
			next, mine = nil, mine[1:]
			continue
		}
		if len(theirs) == 0 {
			return fmt.Errorf("own entry %d acknowledges what is not stored: %w", next.Seq, ErrDamaged)
		}
		if err := f.replayTheirs(&theirs[0]); err != nil {
			return err
		}
		theirs = theirs[1:]
	}
	return nil
}

func (f *Friendship) replayMine(n *ledger.Entry, body []byte) string {
	e := f.epoch
	head, theirs := e.head[f.me], e.head[f.me.Other()]
	e.beside = n.Ack.Seq < e.kept.cut[f.me.Other()]
	defer func() { e.beside = false }()
	if n.Epoch != e.id || n.Author != f.me || n.Seq != head.Seq+1 || n.Prev != head.Hash || !e.beside && n.Ack != theirs {
		return "does not follow the one before it"
	}
	if why := e.stage(f.me, n.Ops); why != "" {
		return why
	}
	e.commitMine(n.Seq)
	e.sign(n, body)
	return ""
}

// replayTheirs applies the friend's next entry.
func (f *Friendship) replayTheirs(s *ledger.SignedEntry) error {
	e := f.epoch
	head := e.head[f.me.Other()]
	seq := head.Seq + 1
	n, err := ledger.DecodeEntry(s.Body)
	if err != nil {
		return fmt.Errorf("friend's entry %d: %w: %w", seq, err, ErrDamaged)
	}
	v := VerifiedEntry{author: f.friend, entry: n, signed: *s, hash: ledger.EntryHash(s.Body)}
	if n.Epoch != e.id || n.Author == f.me || n.Seq != seq || n.Prev != head.Hash {
		return fmt.Errorf("friend's entry %d: does not follow the one before it: %w", seq, ErrDamaged)
	}
	e.beside = n.Ack.Seq < e.kept.cut[f.me]
	defer func() { e.beside = false }()
	if e.beside {
		if why := e.stage(n.Author, n.Ops); why != "" {
			return fmt.Errorf("friend's entry %d: %s: %w", seq, why, ErrDamaged)
		}
	} else if j := f.judge(v); j != (verdict{}) {
		return fmt.Errorf("friend's entry %d: %s%s: %w", seq, j.illegal, j.drop, ErrDamaged)
	}
	e.accept(v, nil, true)
	f.acknowledged(f.me, n.Ack.Seq, nil)
	f.acknowledged(n.Author, e.sent[0].ack, nil)
	return nil
}

// order returns both nodes, the lower first.
func (f *Friendship) order() (low, high ledger.NodeID) {
	if f.me == 0 {
		return f.self, f.friend
	}
	return f.friend, f.self
}
