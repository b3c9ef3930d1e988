package store

import (
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Stats counts what a Store has asked of its disk since it was opened.
type Stats struct {
	Commits uint64 // batches that were committed
	Rows    uint64 // rows written or deleted by them
	Syncs   uint64 // calls that wait for stable storage, of files and folders; 0 on a backend that cannot tell
}

// Stats returns the counters as of now. It may be called at any time.
func (s *Store) Stats() Stats {
	out := Stats{Commits: s.commits.Load(), Rows: s.rows.Load()}
	if c, ok := s.db.(interface{ syncs() uint64 }); ok {
		out.Syncs = c.syncs()
	}
	return out
}

// countingFS counts the syncs of the files that are opened through it: Pebble
// syncs its log once for all commits that wait, and its tables besides.
type countingFS struct {
	vfs.FS
	count *atomic.Uint64
}

func (c countingFS) file(f vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return countingFile{f, c.count}, nil
}

// Create implements vfs.FS.
func (c countingFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return c.file(c.FS.Create(name, category))
}

// OpenReadWrite implements vfs.FS.
func (c countingFS) OpenReadWrite(name string, category vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	return c.file(c.FS.OpenReadWrite(name, category, opts...))
}

// OpenDir implements vfs.FS.
func (c countingFS) OpenDir(name string) (vfs.File, error) { return c.file(c.FS.OpenDir(name)) }

// ReuseForWrite implements vfs.FS.
func (c countingFS) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return c.file(c.FS.ReuseForWrite(oldname, newname, category))
}

// Unwrap implements vfs.FS.
func (c countingFS) Unwrap() vfs.FS { return c.FS }

type countingFile struct {
	vfs.File
	count *atomic.Uint64
}

// Sync implements vfs.File.
func (f countingFile) Sync() error {
	f.count.Add(1)
	return f.File.Sync()
}

// SyncData implements vfs.File.
func (f countingFile) SyncData() error {
	f.count.Add(1)
	return f.File.SyncData()
}

// SyncTo implements vfs.File. Most file systems begin to write and do not wait.
func (f countingFile) SyncTo(length int64) (fullSync bool, err error) {
	if fullSync, err = f.File.SyncTo(length); fullSync {
		f.count.Add(1)
	}
	return fullSync, err
}
