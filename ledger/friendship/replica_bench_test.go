package friendship

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
)

// benchEpoch returns an epoch without entries in which both have offered EUR.
func benchEpoch(b *testing.B) *epoch {
	b.Helper()
	eur := ledger.Currency{Name: "EUR", Decimals: 2}
	e, err := newEpoch(0, &ledger.Opening{Terms: &ledger.Terms{Low: ledger.NodeID{1}, High: ledger.NodeID{2}, Number: 1}}, nil)
	if err != nil {
		b.Fatal(err)
	}
	for a := range ledger.Author(2) {
		if err := e.startOffers(a, []ledger.Credit{{Currency: eur, Limit: ledger.NewAmount(1 << 60)}}); err != nil {
			b.Fatal(err)
		}
	}
	return e
}

// BenchmarkSecondReplica is what keeping there beside here costs for each
// operation of mine: it waits in a queue until the friend acknowledges its entry,
// and is applied to there then. Operations of the friend are applied to both at
// once, by the same look-ups.
func BenchmarkSecondReplica(b *testing.B) {
	const n = 256
	for _, kind := range []string{"request", "collect"} {
		b.Run(kind, func(b *testing.B) {
			e := benchEpoch(b)
			var least, seq uint64
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				seq++
				stageBatch(b, e, kind, n)
				e.commitMine(seq)
				waiting := slices.Clone(e.deltas.q[e.deltas.from:])
				e.deltas = deltaQueue{q: make([]delta, 0, stagedKept)}
				if len(waiting) != n {
					b.Fatalf("%d operations wait for the friend", len(waiting))
				}
				e.head[e.me].Seq = seq
				e.sent = append(e.sent, sentEntry{ack: e.head[1].Seq})
				b.StartTimer()
				start := time.Now()
				for _, d := range waiting {
					e.deltas.push(d)
				}
				e.advance(e.head[e.me])
				took := uint64(time.Since(start))
				b.StopTimer()
				if least == 0 || took < least {
					least = took
				}
				if kind == "request" {
					resolveAll(b, e)
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(least)/n, "min-ns/operation")
		})
	}
}

// stageBatch stages n operations of mine: requests, or collects of requests that
// the friend has just made.
func stageBatch(b *testing.B, e *epoch, kind string, n int) {
	b.Helper()
	author, resolve := e.me, []ledger.Op(nil)
	if kind == "collect" {
		author = e.me.Other()
	}
	var ops []ledger.Op
	for i := range n {
		key := ledger.Key{}
		binary.BigEndian.PutUint64(key[:], uint64(i)<<32|e.next[author])
		ops = append(ops, &ledger.Request{
			Currency: ledger.Currency{Name: "EUR", Decimals: 2}, Amount: ledger.NewAmount(1),
			Lock: key.Lock(), PartLock: key.Lock(), Path: ledger.NewPath(),
		})
		resolve = append(resolve, &ledger.Collect{Ordinal: e.next[author] + uint64(i), Key: key, PartKey: key})
	}
	if why := e.stage(author, ops); why != "" {
		b.Fatal(why)
	}
	if kind == "request" {
		return
	}
	e.head[author].Seq++
	e.commitTheirs(e.head[author].Seq, nil, true)
	if why := e.stage(e.me, resolve); why != "" {
		b.Fatal(why)
	}
}

// resolveAll lets the friend cancel all requests of mine, and know it.
func resolveAll(b *testing.B, e *epoch) {
	b.Helper()
	var ops []ledger.Op
	for row := e.lists[e.me].first; row != nil; row = row.next {
		ops = append(ops, &ledger.Cancel{Ordinal: row.Ordinal, Reason: ledger.OverLimit})
	}
	friend := e.me.Other()
	if why := e.stage(friend, ops); why != "" {
		b.Fatal(why)
	}
	e.head[friend].Seq++
	e.commitTheirs(e.head[friend].Seq, nil, true)
}
