package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"

	ds "github.com/ipfs/go-datastore"
	"github.com/ipfs/go-datastore/query"

	"github.com/offset-p2p/offset/ledger"
)

// Store is the open database of one node. Its methods are safe for concurrent
// use; Commit calls run one after another.
type Store struct {
	db   Backend
	self ledger.NodeID

	commits, rows atomic.Uint64 // see Stats

	mu     sync.Mutex               // guards epochs, opened and failed, and holds Commits in order
	epochs map[ledger.NodeID]uint64 // number of the open epoch by friend
	opened map[string]struct{}      // see index.go
	failed error                    // of a Commit; nothing is written after it
}

// Open opens the database in the folder dir, made if there is none, for the
// node self. It fails when another process has it open, when it was written by
// a newer program, and when it belongs to another node; the error says what to
// do. Log receives the database's own records; nil: none.
func Open(ctx context.Context, dir string, self ledger.NodeID, log *slog.Logger) (*Store, error) {
	db, err := openPebble(dir, log)
	if err != nil {
		return nil, err
	}
	s, err := New(ctx, db, self)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// New makes a Store on a backend, which it owns when there is no error: Close
// closes it. Errors are those of Open.
func New(ctx context.Context, db Backend, self ledger.NodeID) (*Store, error) {
	s := &Store{db: db, self: self, epochs: map[ledger.NodeID]uint64{}, opened: map[string]struct{}{}}
	if err := s.prepare(ctx); err != nil {
		return nil, err
	}
	err := s.scan(ctx, openingTable, func(r string, value []byte) error {
		friend, opening, err := s.opening(r, value)
		if err == nil {
			s.epochs[friend] = opening.Terms.Number
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// prepare checks whose database it is and of which schema, or makes a new one.
func (s *Store) prepare(ctx context.Context) error {
	text, err := s.get(ctx, schemaRow)
	switch {
	case err != nil:
		return err
	case text == nil:
		return s.create(ctx)
	}
	version, err := strconv.ParseUint(string(text), 10, 32)
	if err != nil || version == 0 {
		return damaged(schemaRow, fmt.Errorf("version %.20q", text))
	}
	if version > schemaVersion {
		return fmt.Errorf("database was written by a newer program (schema %d, this one knows %d): update this program", version, schemaVersion)
	}
	owner, err := s.get(ctx, ownerRow)
	if err != nil {
		return err
	}
	if string(owner) != s.self.String() {
		return fmt.Errorf("database belongs to node %.60s, not to %s: use that node's key, or another --dir", owner, s.self)
	}
	return nil
}

func (s *Store) create(ctx context.Context) error {
	results, err := s.db.Query(ctx, query.Query{Limit: 1, KeysOnly: true})
	if err != nil {
		return fmt.Errorf("looking into database: %w", err)
	}
	found, err := results.Rest()
	if err != nil {
		return fmt.Errorf("looking into database: %w", err)
	}
	if len(found) > 0 {
		return errors.New("database has no schema row, so it is no Offset database or a damaged one: use another --dir or restore a copy")
	}
	rows := map[string][]byte{
		schemaRow: []byte(strconv.Itoa(schemaVersion)),
		ownerRow:  []byte(s.self.String()),
	}
	for _, t := range tables {
		rows[row(t, endName)] = []byte{}
	}
	return s.write(ctx, rows)
}

// Close closes the database. No other method may run or follow.
func (s *Store) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("closing database: %w", err)
	}
	return nil
}

// get returns a row's value, or nil when there is none.
func (s *Store) get(ctx context.Context, r string) ([]byte, error) {
	value, err := s.db.Get(ctx, key(r))
	switch {
	case errors.Is(err, ds.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("reading database row %s: %w", r, err)
	case value == nil:
		return []byte{}, nil
	}
	return value, nil
}

// write commits rows in one batch; nil deletes.
func (s *Store) write(ctx context.Context, rows map[string][]byte) error {
	batch, err := s.db.Batch(ctx)
	if err != nil {
		return fmt.Errorf("starting database batch: %w", err)
	}
	for r, value := range rows {
		if value == nil {
			err = batch.Delete(ctx, key(r))
		} else {
			err = batch.Put(ctx, key(r), value)
		}
		if err != nil {
			return fmt.Errorf("filling database batch: %w", err)
		}
	}
	if err := batch.Commit(ctx); err != nil {
		return fmt.Errorf("committing database batch: %w", err)
	}
	s.commits.Add(1)
	s.rows.Add(uint64(len(rows)))
	return nil
}

func damaged(r string, err error) error {
	return fmt.Errorf("database row %s is damaged: %w: restore a copy of the database, or the node from its recovery words", r, err)
}
