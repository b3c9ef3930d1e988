package store

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// The contract of Backend on the default one, against power cuts: what a
// Commit acknowledged is there, and of every batch all or nothing, however much
// of what was not synced the disk has kept.
func TestPowerCuts(t *testing.T) {
	const cuts = 150
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 1))
	defer func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	}()
	o := opening(anna, 1, 1)
	mine, theirs := logOf(me, anna, o, cuts), logOf(anna, me, o, cuts)
	fs := vfs.NewCrashableMem()
	s := openOn(t, fs)
	defer s.Close()
	commit(t, s, append(openLedger(anna, o, 0), engine.PutFriend{Record: friendOf(anna, "Anna")})...)
	for i := range cuts {
		// Every batch writes one entry of each log and a payment.
		commit(t, s, append(ledgerWrites(anna, mine[i], theirs[i]), engine.PutPayment{Record: numbered(i)})...)
		after := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng})
		found := openOn(t, after)
		l := mustLoad(t, found)
		if err := found.Close(); err != nil {
			t.Fatal(err)
		}
		if m, n, p := len(l.Friends[0].Ledger.Mine), len(l.Friends[0].Ledger.Theirs), len(l.Payments); m != i+1 || n != i+1 || p != i+1 {
			t.Fatalf("after cut %d: %d, %d entries and %d payments, want %d", i, m, n, p, i+1)
		}
	}
}

// A cut in the middle of commits leaves whole batches: of each the entries and
// the payment, or neither.
func TestPowerCutsDuringCommits(t *testing.T) {
	const batches, cuts = 400, 40
	o := opening(anna, 1, 1)
	mine := logOf(me, anna, o, batches)
	fs := vfs.NewCrashableMem()
	s := openOn(t, fs)
	defer s.Close()
	commit(t, s, append(openLedger(anna, o, 0), engine.PutFriend{Record: friendOf(anna, "Anna")})...)
	done, now := make(chan error, 1), make(chan struct{})
	go func() {
		for i := range batches {
			if i%(batches/cuts) == 0 {
				now <- struct{}{} // the cut is while this batch is committed
			}
			err := s.Commit(t.Context(), append(ledgerWrites(anna, mine[i]), engine.PutPayment{Record: numbered(i)}))
			if err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	rng := rand.New(rand.NewPCG(2, 3))
	disks := make([]vfs.FS, cuts)
	for i := range disks {
		<-now
		disks[i] = fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng})
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	last := 0
	for _, disk := range disks {
		found := openOn(t, disk)
		l := mustLoad(t, found)
		if err := found.Close(); err != nil {
			t.Fatal(err)
		}
		n := len(l.Friends[0].Ledger.Mine)
		if n != len(l.Payments) {
			t.Fatalf("%d entries and %d payments: a batch was cut in two", n, len(l.Payments))
		}
		if n < last {
			t.Fatalf("%d batches after a later cut, %d after an earlier one", n, last)
		}
		last = n
	}
	if last == 0 {
		t.Error("no cut found a batch")
	}
}

func openOn(t *testing.T, fs vfs.FS) *Store {
	t.Helper()
	db, err := newPebble("db", &pebble.Options{FS: fs, Logger: quiet{}})
	if err != nil {
		t.Fatal(err)
	}
	return newStore(t, db)
}

// numbered returns the i-th payment of a run.
func numbered(i int) engine.PaymentRecord {
	p := purchase(1, 1, start, engine.Sending)
	p.ID = ledger.PaymentID{byte(i), byte(i >> 8), 1}
	p.Parts = slices.Clone(p.Parts)
	return p
}

// quiet drops Pebble's words, but for the last ones.
type quiet struct{}

func (quiet) Infof(string, ...any)           {}
func (quiet) Errorf(string, ...any)          {}
func (quiet) Fatalf(format string, a ...any) { panic(fmt.Sprintf(format, a...)) }
