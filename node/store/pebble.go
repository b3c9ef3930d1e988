package store

import (
	"bytes"
	"context"
	"fmt"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
	pebbleds "github.com/ipfs/go-ds-pebble"
)

// pebbleBackend is the default backend.
type pebbleBackend struct {
	*pebbleds.Datastore
	synced *atomic.Uint64
}

var _ ranger = pebbleBackend{}

// newPebble opens or creates a database in dir; what opts leave open is chosen
// here.
func newPebble(dir string, opts *pebble.Options) (Backend, error) {
	if opts.FS == nil {
		opts.FS = vfs.Default
	}
	synced := new(atomic.Uint64)
	opts.FS = countingFS{opts.FS, synced}
	opts.MemTableSize = memTableBytes
	opts.CacheSize = cacheBytes
	for i := range opts.Levels {
		opts.Levels[i].FilterPolicy = bloom.FilterPolicy(filterBits)
	}
	db, err := pebbleds.NewDatastore(dir, pebbleds.WithPebbleOpts(opts),
		pebbleds.WithPebbleWriteOptions(pebble.Sync)) // the default, NoSync, loses what it acknowledged
	if err != nil {
		return nil, err
	}
	return pebbleBackend{db, synced}, nil
}

func (b pebbleBackend) syncs() uint64 { return b.synced.Load() }

// each implements ranger.
func (b pebbleBackend) each(ctx context.Context, from span, fn func(row string, value []byte) error) (err error) {
	lower := from.prefix + "/"
	if from.after > lower {
		lower = from.after + "\x00" // the least key after it
	}
	iter, err := b.DB.NewIterWithContext(ctx, &pebble.IterOptions{
		LowerBound: []byte(lower),
		UpperBound: []byte(from.prefix + "0"), // what sorts right after the slash
	})
	if err != nil {
		return fmt.Errorf("reading database table %s: %w", from.prefix, err)
	}
	defer func() {
		if closeErr := iter.Close(); err == nil && closeErr != nil {
			err = fmt.Errorf("reading database table %s: %w", from.prefix, closeErr)
		}
	}()
	for ok := iter.First(); ok; ok = iter.Next() {
		var value []byte
		if !from.keysOnly {
			if value, err = iter.ValueAndErr(); err != nil {
				return fmt.Errorf("reading database row %s: %w", iter.Key(), err)
			}
			value = bytes.Clone(value) // the iterator's ends with the next step
		}
		if err := fn(string(iter.Key()), value); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if err := iter.Error(); err != nil {
		return fmt.Errorf("reading database table %s: %w", from.prefix, err)
	}
	return nil
}
