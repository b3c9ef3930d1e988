package friendship_test

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

const (
	// idleBytesMax is what a friendship at rest may keep in memory (issue 4): a
	// hub with ten thousand friends has 40 MiB of them.
	idleBytesMax = 4 << 10
	// peerRecordBytes is the size of a usual signed peer record in a Hello.
	peerRecordBytes = 300
)

// ownCopy returns what a node would read from its own disk: nothing shared.
func ownCopy(b testing.TB, d *ledgertest.Disk) friendship.Stored {
	b.Helper()
	s := d.Load()
	s.Mine, s.Theirs = slices.Clone(s.Mine), slices.Clone(s.Theirs)
	for i := range s.Mine {
		s.Mine[i] = bytes.Clone(s.Mine[i])
	}
	for i := range s.Theirs {
		s.Theirs[i].Body = bytes.Clone(s.Theirs[i].Body)
	}
	return s
}

// rested returns two friends that have paid each other so many times, in turn,
// and have nothing pending and nothing to say.
func rested(b testing.TB, payments int) *ledgertest.Pair {
	b.Helper()
	p := ledgertest.NewPair()
	steps := []func() error{func() error { return p.OpenWith(1 << 40) }}
	var ordinal [2]uint64
	for n := range payments {
		from := n % 2
		ordinal[from]++
		at := ordinal[from]
		steps = append(steps,
			func() error { return p.Append(from, ledgertest.Request(ledgertest.EUR, 5, n)) }, p.Settle,
			func() error { return p.Append(1-from, ledgertest.Collect(at, n)) }, p.Settle)
		if n%20 == 19 {
			steps = append(steps, func() error { return p.Advance(10 * time.Second) })
		}
	}
	for _, step := range append(steps, func() error { return p.Advance(time.Minute) }) {
		if err := step(); err != nil {
			b.Fatal(err)
		}
	}
	return p
}

// idleBytes loads a side so many times, connects it, and returns the memory that
// each of them keeps.
func idleBytes(b testing.TB, p *ledgertest.Pair, count int) float64 {
	b.Helper()
	s := p.Sides[0]
	friend, err := friendship.New(p.Sides[1].ID, s.ID, ownCopy(b, &p.Sides[1].Disk))
	if err != nil {
		b.Fatal(err)
	}
	said := friend.LinkUp(p.Env(1), make([]byte, peerRecordBytes)).Frames[0].(*ledger.Hello)
	mine := make([]byte, peerRecordBytes) // one for all friends
	all := make([]*friendship.Friendship, count)
	before := heap()
	for i := range all {
		f, err := friendship.New(s.ID, p.Sides[1].ID, ownCopy(b, &s.Disk))
		if err != nil {
			b.Fatal(err)
		}
		f.LinkUp(p.Env(0), mine)
		h := *said
		h.PeerRecord, h.Versions = bytes.Clone(said.PeerRecord), slices.Clone(said.Versions)
		if eff, err := f.Receive(p.Env(0), &h); err != nil || eff.Drop != "" || !f.Ready() {
			b.Fatalf("%v, %s, ready %v", err, eff.Drop, f.Ready())
		}
		all[i] = f
	}
	after := heap()
	runtime.KeepAlive(all)
	runtime.KeepAlive(p)
	return float64(int64(after)-int64(before)) / float64(count)
}

// heap returns the bytes of live objects.
func heap() uint64 {
	var m runtime.MemStats
	for range 2 { // the second collects what finalizers of the first let go
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkIdleMemory loads 10,000 friendships from disk, in step with their
// friends and at rest.
func BenchmarkIdleMemory(b *testing.B) {
	for _, scene := range []struct{ payments, friendships int }{{0, 10_000}, {20, 10_000}, {3000, 200}} {
		b.Run(fmt.Sprintf("payments=%d", scene.payments), func(b *testing.B) {
			p := rested(b, scene.payments)
			var each float64
			for b.Loop() {
				each = idleBytes(b, p, scene.friendships)
			}
			b.ReportMetric(each, "B/friendship")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// TestIdleMemory: what a friendship keeps is bounded, however long its history.
func TestIdleMemory(t *testing.T) {
	for _, payments := range []int{0, 60, 600} {
		if each := idleBytes(t, rested(t, payments), 100); each > idleBytesMax {
			t.Errorf("after %d payments an idle friendship keeps %.0f bytes, at most %d are allowed", payments, each, idleBytesMax)
		}
	}
}
