package ledgertest

import (
	"fmt"
	"maps"
	"slices"

	"github.com/offset-p2p/offset/ledger"
)

// Digest returns what a Checkpoint says that is made in this state.
func (m *Model) Digest() ledger.Hash {
	var sides [2]ledger.CheckpointSide
	for a := range sides {
		s := &sides[a]
		s.Next = m.Next[a]
		for _, name := range slices.Sorted(maps.Keys(m.Offers[a])) {
			s.Offers = append(s.Offers, m.Offers[a][name])
		}
		for _, ordinal := range slices.Sorted(maps.Keys(m.Pending[a])) {
			s.Pending = append(s.Pending, ledger.PendingHash{Ordinal: ordinal, Request: m.Pending[a][ordinal].Hash()})
		}
	}
	return ledger.CheckpointDigest(&sides)
}

// CheckCheckpoints compares every Checkpoint of both logs with the model of what
// its author saw.
func (p *Pair) CheckCheckpoints() error {
	for a, s := range p.Sides {
		if s.F.Opening() == nil {
			continue
		}
		own, other := s.Disk.Log(ledger.Author(a)), s.Disk.Log(ledger.Author(1-a))
		for i, n := range own {
			if len(n.Ops) == 0 || n.Ops[len(n.Ops)-1].Kind() != ledger.KindCheckpoint {
				continue
			}
			var logs [2][]*ledger.Entry
			logs[a], logs[1-a] = own[:i+1], other[:n.Ack.Seq]
			m, err := NewModel(s.F.Opening(), logs, s.Disk.Kept()...)
			if err != nil {
				return fmt.Errorf("checkpoint %d of author %d: %w", n.Seq, a, err)
			}
			if got := n.Ops[len(n.Ops)-1].(*ledger.Checkpoint).Digest; got != m.Digest() {
				return fmt.Errorf("checkpoint %d of author %d says %s, want %s", n.Seq, a, got, m.Digest())
			}
		}
	}
	return nil
}
