package store

import (
	"context"
	"slices"
	"strings"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// Proof returns what shows that a friend has broken the newest of its epochs
// that it did break: the open one, or a closed one, of which a node keeps the
// last. It is nil when there is none. This node's signature of the opening is
// zero. A commit waits meanwhile, or the rows could be of two epochs.
func (s *Store) Proof(ctx context.Context, friend ledger.NodeID) (*friendship.Proof, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := &stage{s: s}
	p, err := g.proof(ctx, friend)
	if p != nil || err != nil {
		return p, err
	}
	r := row(closedTable, friend.String())
	value, err := s.get(ctx, r)
	if value == nil || err != nil {
		return nil, err
	}
	if p, err = friendship.DecodeProof(value); err != nil {
		return nil, damaged(r, err)
	}
	return p, nil
}

// close keeps the proof of an epoch that ends because the friend broke it: the
// rows that it is made of go.
func (g *stage) close(ctx context.Context, friend ledger.NodeID) error {
	p, err := g.proof(ctx, friend)
	if p == nil || err != nil {
		return err
	}
	g.rows[row(closedTable, friend.String())] = p.Encode()
	return nil
}

// proof puts the proof against the open epoch together from its rows; nil when
// there is no evidence.
func (g *stage) proof(ctx context.Context, friend ledger.NodeID) (*friendship.Proof, error) {
	name := friend.String()
	p := &friendship.Proof{Witness: g.s.self}
	var err error
	for _, part := range []struct {
		table string
		need  bool
		read  func(r string, value []byte) error
	}{
		{evidenceTable, true, func(_ string, value []byte) (err error) {
			p.Ledger.Inconsistent, err = friendship.DecodeEvidence(value)
			return err
		}},
		{openingTable, true, func(r string, value []byte) (err error) {
			_, p.Ledger.Opening, err = g.s.opening(r, value)
			return err
		}},
		{keptTable, false, func(_ string, value []byte) (err error) {
			p.Ledger.Kept, err = friendship.DecodeKept(value)
			return err
		}},
		{snapshotTable, false, func(_ string, value []byte) (err error) {
			p.Ledger.Snapshot, err = readSnapshot(friend, p.Ledger.Opening, value)
			return err
		}},
	} {
		r := row(part.table, name)
		var value []byte
		if value, err = g.value(ctx, r); err != nil {
			return nil, err
		}
		if value == nil {
			if part.need {
				return nil, nil
			}
			continue
		}
		if err := part.read(r, value); err != nil {
			return nil, damaged(r, err)
		}
	}
	return p, g.logs(ctx, friend, &p.Ledger)
}

// logs reads what is stored and staged of both logs of the open epoch.
func (g *stage) logs(ctx context.Context, friend ledger.NodeID, l *friendship.Stored) error {
	log := row(entryTable, friend.String(), number(l.Opening.Terms.Number))
	rows, err := g.s.under(ctx, log)
	if err != nil {
		return err
	}
	for r := range g.rows {
		if strings.HasPrefix(r, log+"/") {
			rows = append(rows, r)
		}
	}
	slices.Sort(rows)
	for _, r := range slices.Compact(rows) {
		value, err := g.value(ctx, r)
		if err != nil {
			return err
		}
		if value == nil {
			continue
		}
		id, err := parseEntryRow(r)
		if err != nil {
			return damaged(r, err)
		}
		signed, err := readEntry(value)
		if err != nil {
			return damaged(r, err)
		}
		if id.author == ledger.AuthorOf(g.s.self, friend) {
			l.Mine = append(l.Mine, signed.Body)
		} else {
			l.Theirs = append(l.Theirs, signed)
		}
	}
	return nil
}
