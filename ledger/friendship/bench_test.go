package friendship_test

import (
	"fmt"
	"testing"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// BenchmarkAppend is without the signature, which the shell makes.
func BenchmarkAppend(b *testing.B) {
	for _, n := range []int{1, 16, 256} {
		b.Run(fmt.Sprintf("requests=%d", n), func(b *testing.B) {
			p := ledgertest.NewPair()
			if err := p.OpenWith(1 << 40); err != nil {
				b.Fatal(err)
			}
			ops := requests(n)
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				drain(b, p)
				b.StartTimer()
				if _, err := p.Sides[0].F.Append(p.Env(0), ops); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/request")
		})
	}
}

// BenchmarkApply is the receiver's side without decoding and signature check.
func BenchmarkApply(b *testing.B) {
	for _, n := range []int{1, 16, 256} {
		for _, kind := range []string{"request", "collect"} {
			b.Run(fmt.Sprintf("%s=%d", kind, n), func(b *testing.B) { benchmarkApply(b, kind, n) })
		}
	}
}

func benchmarkApply(b *testing.B, kind string, n int) {
	p := ledgertest.NewPair()
	if err := p.OpenWith(1 << 40); err != nil {
		b.Fatal(err)
	}
	entries := func(to int) friendship.VerifiedEntry {
		f := p.Waiting(to)[0].(*ledger.SignedEntry)
		v, err := friendship.Verify(p.Sides[1-to].ID, f)
		if err != nil {
			b.Fatal(err)
		}
		return v
	}
	ops := requests(n)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		drain(b, p)
		from := 0
		if err := p.Append(0, ops...); err != nil {
			b.Fatal(err)
		}
		if kind == "collect" {
			if err := p.Settle(); err != nil {
				b.Fatal(err)
			}
			var answer []ledger.Op
			for r := range p.Sides[1].F.AllPending(0) {
				answer = append(answer, ledgertest.Collect(r.Ordinal, len(answer)))
			}
			if err := p.Append(1, answer...); err != nil {
				b.Fatal(err)
			}
			from = 1
		}
		v := entries(1 - from)
		env := p.Env(1 - from)
		b.StartTimer()
		if _, err := p.Sides[1-from].F.ReceiveEntry(env, v); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/"+kind)
}

func requests(n int) []ledger.Op {
	var ops []ledger.Op
	for i := range n {
		ops = append(ops, ledgertest.Request(ledgertest.EUR, 1, i))
	}
	return ops
}

// drain brings the two to one state without pending requests.
func drain(b *testing.B, p *ledgertest.Pair) {
	b.Helper()
	if err := p.Connect(); err != nil {
		b.Fatal(err)
	}
	if err := p.Advance(2 * friendship.AckDelay); err != nil {
		b.Fatal(err)
	}
	var ops []ledger.Op
	for r := range p.Sides[1].F.AllPending(0) {
		ops = append(ops, ledgertest.Cancel(r.Ordinal))
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

func BenchmarkVerify(b *testing.B) {
	p := ledgertest.NewPair()
	if err := p.OpenWith(1 << 40); err != nil {
		b.Fatal(err)
	}
	if err := p.Append(0, requests(16)...); err != nil {
		b.Fatal(err)
	}
	f := p.Peek(1).(*ledger.SignedEntry)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := friendship.Verify(p.Sides[0].ID, f); err != nil {
			b.Fatal(err)
		}
	}
}
