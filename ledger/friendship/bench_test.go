package friendship_test

import (
	"crypto/ed25519"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// stopwatch times the part of an iteration that counts. The benchmark's own
// figures are of the same part; the least one is what the machine can do when
// nothing else runs on it.
type stopwatch struct {
	took   []time.Duration
	crypto time.Duration // the share of hashes and signatures
}

// time runs f and counts it. The benchmark's timer must be stopped.
func (w *stopwatch) time(b *testing.B, f func()) {
	b.StartTimer()
	start := time.Now()
	f()
	w.took = append(w.took, time.Since(start))
	b.StopTimer()
}

// alone runs f, which was part of what was timed, and counts it as crypto.
func (w *stopwatch) alone(f func()) {
	start := time.Now()
	f()
	w.crypto += time.Since(start)
}

// report says what one of count units took: at best, and the share of crypto.
func (w *stopwatch) report(b *testing.B, count int, unit string) {
	b.ReportMetric(float64(slices.Min(w.took).Nanoseconds())/float64(count), "min-ns/"+unit)
	if w.crypto == 0 {
		return
	}
	var total time.Duration
	for _, d := range w.took {
		total += d
	}
	b.ReportMetric(100*float64(w.crypto)/float64(total), "crypto-%")
	b.ReportMetric(float64(w.crypto.Nanoseconds())/float64(len(w.took)), "crypto-ns/op")
}

// benchPair returns two friends with room for everything.
func benchPair(b *testing.B) *ledgertest.Pair {
	b.Helper()
	p := ledgertest.NewPair()
	if err := p.OpenWith(1 << 40); err != nil {
		b.Fatal(err)
	}
	return p
}

func requests(n int) []ledger.Op {
	var ops []ledger.Op
	for i := range n {
		ops = append(ops, ledgertest.Request(ledgertest.EUR, 1, i))
	}
	return ops
}

// drain brings the two to one state in which the first keep requests of side 0
// are pending and no other.
func drain(b *testing.B, p *ledgertest.Pair, keep int) {
	b.Helper()
	if err := p.Connect(); err != nil {
		b.Fatal(err)
	}
	if err := p.Advance(2 * friendship.AckDelay); err != nil {
		b.Fatal(err)
	}
	var ops []ledger.Op
	for r := range p.Sides[1].F.AllPending(0) {
		if r.Ordinal > uint64(keep) {
			ops = append(ops, ledgertest.Cancel(r.Ordinal))
		}
	}
	if len(ops) > 0 {
		if err := p.Append(1, ops...); err != nil {
			b.Fatal(err)
		}
	}
	if err := p.Advance(2 * friendship.AckDelay); err != nil {
		b.Fatal(err)
	}
}

// batch returns n operations of kind and their author, ready to be appended.
func batch(b *testing.B, p *ledgertest.Pair, kind string, n int) (author int, ops []ledger.Op) {
	b.Helper()
	if kind == "request" {
		return 0, requests(n)
	}
	if err := p.Append(0, requests(n)...); err != nil {
		b.Fatal(err)
	}
	if err := p.Settle(); err != nil {
		b.Fatal(err)
	}
	for r := range p.Sides[1].F.AllPending(0) {
		ops = append(ops, ledgertest.Collect(r.Ordinal, len(ops)))
	}
	return 1, ops
}

// BenchmarkAppend makes an entry of a batch and signs it.
func BenchmarkAppend(b *testing.B) {
	for _, kind := range []string{"request", "collect"} {
		for _, n := range []int{1, 16, 256} {
			b.Run(fmt.Sprintf("%s=%d", kind, n), func(b *testing.B) { benchmarkAppend(b, kind, n) })
		}
	}
}

func benchmarkAppend(b *testing.B, kind string, n int) {
	p, w := benchPair(b), stopwatch{}
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		drain(b, p, 0)
		i, ops := batch(b, p, kind, n)
		s, env := p.Sides[i], p.Env(i)
		key := keyOf(s.ID)
		var eff friendship.Effects
		var err error
		w.time(b, func() {
			if eff, err = s.F.Append(env, ops); err == nil {
				ledgertest.Sign(key, ledger.EntryHash(eff.Frames[0].(*ledger.SignedEntry).Body))
			}
		})
		if err != nil {
			b.Fatal(err)
		}
		w.alone(func() { ledgertest.Sign(key, ledger.EntryHash(eff.Frames[0].(*ledger.SignedEntry).Body)) })
		s.Disk.Apply(s.Author(), eff.Writes)
		b.StartTimer()
	}
	w.report(b, n, kind)
}

// BenchmarkReceive is the other side: it decodes an entry, checks its signature
// and applies it.
func BenchmarkReceive(b *testing.B) {
	for _, kind := range []string{"request", "collect"} {
		for _, n := range []int{1, 16, 256} {
			b.Run(fmt.Sprintf("%s=%d", kind, n), func(b *testing.B) { benchmarkReceive(b, kind, n, 0, true) })
		}
	}
}

// BenchmarkApply is BenchmarkReceive without decoding and signature.
func BenchmarkApply(b *testing.B) {
	for _, kind := range []string{"request", "collect"} {
		for _, n := range []int{1, 16, 256} {
			b.Run(fmt.Sprintf("%s=%d", kind, n), func(b *testing.B) { benchmarkReceive(b, kind, n, 0, false) })
		}
	}
}

// BenchmarkPending applies 16 requests while so many are pending (with them, but
// for the first): what is there must not make what comes dearer.
func BenchmarkPending(b *testing.B) {
	const n = 16
	for _, pending := range []int{1, 100, ledger.PendingMax} {
		keep := max(pending-n, 1)
		b.Run(fmt.Sprintf("pending=%d", pending), func(b *testing.B) { benchmarkReceive(b, "request", n, keep, false) })
	}
}

func benchmarkReceive(b *testing.B, kind string, n, keep int, verify bool) {
	p, w := benchPair(b), stopwatch{}
	for from := 0; from < keep; from += 512 {
		if err := p.Append(0, requests(min(512, keep-from))...); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		drain(b, p, keep)
		from, ops := batch(b, p, kind, n)
		if err := p.Append(from, ops...); err != nil {
			b.Fatal(err)
		}
		to := p.Sides[1-from]
		frame := p.Peek(1 - from).(*ledger.SignedEntry)
		v, err := friendship.Verify(p.Sides[from].ID, frame)
		env := p.Env(1 - from)
		var eff friendship.Effects
		w.time(b, func() {
			if verify {
				v, err = friendship.Verify(p.Sides[from].ID, frame)
			}
			if err == nil {
				eff, err = to.F.ReceiveEntry(env, v)
			}
		})
		if err != nil || eff.Drop != "" {
			b.Fatal(err, eff.Drop)
		}
		if verify {
			w.alone(func() { ledger.VerifyHash(p.Sides[from].ID, ledger.EntryHash(frame.Body), frame.Signature) })
		}
		to.Disk.Apply(to.Author(), eff.Writes)
		b.StartTimer()
	}
	w.report(b, n, kind)
}

// BenchmarkCrypto is what no entry can do without: its hash, and a signature of
// it made or checked.
func BenchmarkCrypto(b *testing.B) {
	for _, n := range []int{1, 16, 256} {
		p := benchPair(b)
		if err := p.Append(0, requests(n)...); err != nil {
			b.Fatal(err)
		}
		f, key := p.Peek(1).(*ledger.SignedEntry), keyOf(p.Sides[0].ID)
		b.Run(fmt.Sprintf("sign=%d", n), func(b *testing.B) {
			for b.Loop() {
				h := ledger.EntryHash(f.Body)
				ed25519.Sign(key, h[:])
			}
		})
		b.Run(fmt.Sprintf("verify=%d", n), func(b *testing.B) {
			for b.Loop() {
				if !ledger.VerifyHash(p.Sides[0].ID, ledger.EntryHash(f.Body), f.Signature) {
					b.Fatal("wrong signature")
				}
			}
		})
	}
}
