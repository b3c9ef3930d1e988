package store

import (
	"context"
	"strconv"
)

// LoadEpoch returns the epoch of capacity pages that SaveEpoch stored last, 0
// when there is none.
func (s *Store) LoadEpoch(ctx context.Context) (uint64, error) {
	value, err := s.get(ctx, epochRow)
	if err != nil || value == nil {
		return 0, err
	}
	n, err := strconv.ParseUint(string(value), 10, 64)
	if err != nil {
		return 0, damaged(epochRow, err)
	}
	return n, nil
}

// SaveEpoch stores the epoch of capacity pages; it is durable on return.
func (s *Store) SaveEpoch(ctx context.Context, epoch uint64) error {
	return s.write(ctx, map[string][]byte{epochRow: strconv.AppendUint(nil, epoch, 10)})
}
