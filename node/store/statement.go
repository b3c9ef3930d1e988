package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/ipfs/go-datastore/query"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// Statement builds the newest statement of balance with a friend from the open
// epoch; this node's signatures in it are zero: see Statement.Complete. The
// error wraps friendship.ErrNoStatement when nothing is signed by both. It reads
// beside whatever is committed meanwhile, which the statement may leave out.
func (s *Store) Statement(ctx context.Context, friend ledger.NodeID) (*friendship.Statement, error) {
	out, err := s.statement(ctx, friend)
	if errors.Is(err, friendship.ErrNoStatement) {
		// What was looked for may just have moved into a snapshot.
		out, err = s.statement(ctx, friend)
	}
	return out, err
}

func (s *Store) statement(ctx context.Context, friend ledger.NodeID) (*friendship.Statement, error) {
	r := row(openingTable, friend.String())
	value, err := s.get(ctx, r)
	if err != nil {
		return nil, err
	}
	if value == nil {
		return nil, fmt.Errorf("making statement: no epoch is open: %w", friendship.ErrNoStatement)
	}
	_, opening, err := s.opening(r, value)
	if err != nil {
		return nil, err
	}
	number := opening.Terms.Number
	checkpoint, covered, err := s.checkpoint(ctx, friend, opening)
	if err != nil {
		return nil, err
	}
	var heads [2]uint64
	for author := range ledger.Author(2) {
		if heads[author], err = s.newestSeq(ctx, friend, number, author); err != nil {
			return nil, err
		}
		heads[author] = max(heads[author], covered[author].Seq)
	}
	return friendship.NewestStatement(opening, heads, func(author ledger.Author, seq uint64) (*ledger.SignedEntry, error) {
		if checkpoint != nil && (entryID{friend, number, author, seq}) == checkpoint.id {
			return &checkpoint.signed, nil
		}
		return s.entry(ctx, entryID{friend, number, author, seq})
	})
}

// checkpointEntry is the one entry that a snapshot keeps of those it covers.
type checkpointEntry struct {
	id     entryID
	signed ledger.SignedEntry
}

// checkpoint returns the entry that a friend's snapshot keeps, and the newest
// entries that it covers; nil without a snapshot.
func (s *Store) checkpoint(ctx context.Context, friend ledger.NodeID, opening *ledger.Opening) (*checkpointEntry, [2]ledger.Head, error) {
	r := row(snapshotTable, friend.String())
	value, err := s.get(ctx, r)
	if value == nil || err != nil {
		return nil, [2]ledger.Head{}, err
	}
	snapshot, err := readSnapshot(friend, opening, value)
	if err != nil {
		return nil, [2]ledger.Head{}, damaged(r, err)
	}
	heads, err := snapshot.Heads()
	if err != nil {
		return nil, heads, damaged(r, err)
	}
	n, err := snapshot.Entry()
	if err != nil {
		return nil, heads, damaged(r, err)
	}
	id := entryID{friend, opening.Terms.Number, n.Author, n.Seq}
	return &checkpointEntry{id, snapshot.Checkpoint}, heads, nil
}

// newestSeq returns the seq of the newest entry of a log, 0 when it is empty.
func (s *Store) newestSeq(ctx context.Context, friend ledger.NodeID, epoch uint64, author ledger.Author) (uint64, error) {
	log := row(entryTable, friend.String(), number(epoch), fmt.Sprint(author))
	q := query.Query{Prefix: log, KeysOnly: true, Limit: 1, Orders: []query.Order{query.OrderByKeyDescending{}}}
	var seq uint64
	err := s.query(ctx, q, func(r string, _ []byte) error {
		id, err := parseEntryRow(r)
		if err != nil {
			return damaged(r, err)
		}
		seq = id.seq
		return nil
	})
	return seq, err
}

// entry reads one entry of a log, nil when it is not kept.
func (s *Store) entry(ctx context.Context, id entryID) (*ledger.SignedEntry, error) {
	r := entryRow(id.friend, id.epoch, id.author, id.seq)
	value, err := s.get(ctx, r)
	if err != nil || value == nil {
		return nil, err
	}
	e, err := readEntry(value)
	if err != nil {
		return nil, damaged(r, err)
	}
	return &e, nil
}
