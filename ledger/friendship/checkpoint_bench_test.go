package friendship_test

import (
	"fmt"
	"testing"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// loaded returns two friends with count requests of each pending, side 0 about
// to make its first checkpoint.
func loaded(b *testing.B, count int) *ledgertest.Pair {
	p := ledgertest.NewPair()
	for i, s := range p.Sides {
		s.New = friendship.NewPaced(1, 1<<40)
		if err := p.Restart(i); err != nil {
			b.Fatal(err)
		}
	}
	steps := []func() error{func() error { return p.OpenWith(1 << 40) }}
	for from := 0; from < count; from += 512 {
		for i := range p.Sides {
			var ops []ledger.Op
			for n := from; n < min(from+512, count); n++ {
				ops = append(ops, ledgertest.Request(ledgertest.EUR, 1, 2*n+i))
			}
			steps = append(steps, func() error { return p.Append(i, ops...) }, p.Settle)
		}
	}
	acks := func() error { return p.Advance(2 * friendship.AckDelay) }
	steps = append(steps, acks, func() error {
		p.Sides[0].New = friendship.NewPaced(1, p.Sides[0].F.Status().Mine.Seq+1)
		return p.Restart(0)
	}, p.Connect, p.Settle)
	for _, step := range steps {
		if err := step(); err != nil {
			b.Fatal(err)
		}
	}
	return p
}

// BenchmarkCheckpoint is an entry with one other operation and a checkpoint over
// this many pending requests of both sides: making it, and judging it with the
// state that is kept for it. Signatures are left out.
func BenchmarkCheckpoint(b *testing.B) {
	for _, pending := range []int{0, 200, 2 * ledger.PendingMax} {
		p := loaded(b, pending/2)
		stored := [2]friendship.Stored{p.Sides[0].Disk.Load(), p.Sides[1].Disk.Load()}
		start := func(b *testing.B, i int) *friendship.Friendship {
			f, err := p.Sides[i].New(p.Sides[i].ID, p.Sides[1-i].ID, stored[i])
			if err != nil {
				b.Fatal(err)
			}
			f.LinkUp(p.Env(i), nil)
			return f
		}
		greet := func(b *testing.B, f *friendship.Friendship, i int, hello ledger.Frame) {
			if _, err := f.Receive(p.Env(i), hello); err != nil {
				b.Fatal(err)
			}
		}
		hellos := [2]ledger.Frame{}
		for i, s := range p.Sides {
			f, err := s.New(s.ID, p.Sides[1-i].ID, stored[i])
			if err != nil {
				b.Fatal(err)
			}
			hellos[i] = f.LinkUp(p.Env(i), nil).Frames[0]
		}
		op := ledgertest.Credit(ledgertest.EUR, 1<<40)
		b.Run(fmt.Sprintf("make/pending=%d", pending), func(b *testing.B) {
			b.ReportAllocs()
			w := stopwatch{}
			for b.Loop() {
				b.StopTimer()
				f, err := start(b, 0), error(nil)
				greet(b, f, 0, hellos[1])
				w.time(b, func() { _, err = f.Append(p.Env(0), []ledger.Op{op}) })
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			w.report(b, 1, "checkpoint")
		})
		if err := p.Append(0, op); err != nil {
			b.Fatal(err)
		}
		entry, err := friendship.Verify(p.Sides[0].ID, p.Peek(1).(*ledger.SignedEntry))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("judge/pending=%d", pending), func(b *testing.B) {
			b.ReportAllocs()
			w := stopwatch{}
			for b.Loop() {
				b.StopTimer()
				f, err := start(b, 1), error(nil)
				greet(b, f, 1, hellos[0])
				w.time(b, func() { _, err = f.ReceiveEntry(p.Env(1), entry) })
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			w.report(b, 1, "checkpoint")
			if seq, _ := p.Sides[0].F.Mileage(0); seq == 0 {
				b.Fatal("there is no checkpoint")
			}
		})
	}
}
