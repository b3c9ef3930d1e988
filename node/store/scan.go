package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/ipfs/go-datastore/query"
)

// errStop ends a scan early without an error.
var errStop = errors.New("stop")

// errCut reports a scan that ended before the end of its table.
var errCut = errors.New("reading ended before the end of the table")

// ranger is a Backend that reads a part of a table without what lies before it,
// and reports what go-ds-pebble does not: errors of reading.
type ranger interface {
	// each calls fn for the rows under a path in the order of keys, from the first
	// after a row on; empty: from the beginning. It ends with fn's first error,
	// as its own. The value is fn's to keep; nil with keysOnly.
	each(ctx context.Context, from span, fn func(row string, value []byte) error) error
}

// span is a part of the rows.
type span struct {
	prefix   string // without the last slash
	after    string // a row; empty: from the beginning
	keysOnly bool
}

// scan calls fn for every row of a table in the order of keys.
func (s *Store) scan(ctx context.Context, table string, fn func(row string, value []byte) error) error {
	return s.scanAfter(ctx, table, "", fn)
}

// scanAfter is scan for the rows after one; empty: from the beginning. When fn
// returns errStop the scan ends without an error, any other error ends it as
// its result.
func (s *Store) scanAfter(ctx context.Context, table, after string, fn func(row string, value []byte) error) error {
	end := row(table, endName)
	complete := false
	err := s.each(ctx, span{prefix: table, after: after}, func(r string, value []byte) error {
		if r == end {
			complete = true
			return nil
		}
		return fn(r, value)
	})
	switch {
	case errors.Is(err, errStop):
		return nil
	case err != nil:
		return err
	case !complete:
		return damaged(end, errCut)
	}
	return nil
}

// under returns the keys of all rows under a path that is no whole table.
func (s *Store) under(ctx context.Context, path string) ([]string, error) {
	var rows []string
	err := s.each(ctx, span{prefix: path, keysOnly: true}, func(r string, _ []byte) error {
		rows = append(rows, r)
		return nil
	})
	return rows, err
}

// each reads a span, by seeking where the backend can.
func (s *Store) each(ctx context.Context, from span, fn func(row string, value []byte) error) error {
	if db, ok := s.db.(ranger); ok {
		return db.each(ctx, from, fn)
	}
	q := query.Query{Prefix: from.prefix, KeysOnly: from.keysOnly, Orders: []query.Order{query.OrderByKey{}}}
	if from.after != "" {
		q.Filters = []query.Filter{query.FilterKeyCompare{Op: query.GreaterThan, Key: from.after}}
	}
	return s.query(ctx, q, fn)
}

func (s *Store) query(ctx context.Context, q query.Query, fn func(row string, value []byte) error) (err error) {
	results, err := s.db.Query(ctx, q)
	if err != nil {
		return fmt.Errorf("reading database table %s: %w", q.Prefix, err)
	}
	defer func() {
		if closeErr := results.Close(); err == nil && closeErr != nil {
			err = fmt.Errorf("reading database table %s: %w", q.Prefix, closeErr)
		}
	}()
	for r := range results.Next() {
		if r.Error != nil {
			return fmt.Errorf("reading database table %s: %w", q.Prefix, r.Error)
		}
		if err := fn(r.Key, r.Value); err != nil {
			return err
		}
	}
	return nil
}
