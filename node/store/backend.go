package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	ds "github.com/ipfs/go-datastore"
	"github.com/ipfs/go-datastore/query"
	dssync "github.com/ipfs/go-datastore/sync"
)

// Backend is a go-datastore of which this package asks more than the interface
// says:
//
//   - a Batch is atomic: after a crash, and to concurrent readers, all of its
//     writes are there or none;
//   - when Batch.Commit returns nil the batch is on stable storage;
//   - when it returns an error, nothing is known of the batch, and the process
//     must end;
//   - Query with an OrderByKey gives keys in byte order.
type Backend interface {
	Get(ctx context.Context, key ds.Key) ([]byte, error)
	Query(ctx context.Context, q query.Query) (query.Results, error)
	Batch(ctx context.Context) (ds.Batch, error)
	Close() error
}

// Memory returns a Backend that forgets everything with the process, for tests
// and the simulator. Its batches are atomic.
func Memory() Backend { return dssync.MutexWrap(ds.NewMapDatastore()) }

// openPebble opens or creates the default backend in dir. Log may be nil.
func openPebble(dir string, log *slog.Logger) (Backend, error) {
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return nil, fmt.Errorf("making database folder: %w", err)
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	db, err := newPebble(dir, &pebble.Options{Logger: pebbleLog{log}})
	switch {
	case err == nil:
		return db, nil
	case isLocked(err):
		return nil, fmt.Errorf("database %s is in use by another process: stop it or use another --dir", dir)
	default:
		return nil, fmt.Errorf("opening database %s: %w", dir, err)
	}
}

// isLocked recognises the refusal of Pebble's file lock: by the system for
// another process, by Pebble itself for this one.
func isLocked(err error) bool {
	return errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) && strings.Contains(err.Error(), "lock") ||
		strings.Contains(err.Error(), "lock held by current process")
}

// pebbleLog passes Pebble's words on. Pebble calls Fatalf when its log cannot
// be written or synced and must not go on then; the panic ends the process,
// which is what a failed commit has to do.
type pebbleLog struct{ log *slog.Logger }

func (l pebbleLog) Infof(format string, args ...any) {
	l.log.Debug("database", "text", fmt.Sprintf(format, args...))
}

func (l pebbleLog) Errorf(format string, args ...any) {
	l.log.Warn("database", "text", fmt.Sprintf(format, args...))
}

func (l pebbleLog) Fatalf(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	l.log.Error("database cannot go on", "text", text)
	panic("store: database cannot go on: " + text)
}
