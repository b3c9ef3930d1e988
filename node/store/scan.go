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

// scan calls fn for every row of a table in the order of keys.
func (s *Store) scan(ctx context.Context, table string, fn func(row string, value []byte) error) error {
	return s.scanAfter(ctx, table, "", fn)
}

// scanAfter is scan for the rows after one; empty: from the beginning. When fn
// returns errStop the scan ends without an error, any other error ends it as
// its result.
func (s *Store) scanAfter(ctx context.Context, table, after string, fn func(row string, value []byte) error) error {
	q := query.Query{Prefix: table, Orders: []query.Order{query.OrderByKey{}}}
	if after != "" {
		q.Filters = []query.Filter{query.FilterKeyCompare{Op: query.GreaterThan, Key: after}}
	}
	end := row(table, endName)
	complete := false
	err := s.query(ctx, q, func(r string, value []byte) error {
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
	q := query.Query{Prefix: path, KeysOnly: true, Orders: []query.Order{query.OrderByKey{}}}
	err := s.query(ctx, q, func(r string, _ []byte) error {
		rows = append(rows, r)
		return nil
	})
	return rows, err
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
