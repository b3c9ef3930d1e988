package friendship_test

import (
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// floodHeapMax is what a flood may leave behind: what the ledger keeps anyway,
// and nothing for each frame.
const floodHeapMax = 1 << 20

// TestFloodLeavesNothing: thousands of frames of every kind are answered or
// dropped, and forgotten.
func TestFloodLeavesNothing(t *testing.T) {
	g := newAttacked(t, 0)
	random := rand.New(rand.NewPCG(7, 0))
	f := g.p.Adversaries(1)["flooder"]
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	var before uint64
	for k := range 1200 {
		if k == 200 { // by then it has what it will ever have
			before = heap()
		}
		ok(t, f.Move(random.IntN))
		g.victim.Drops, g.victim.Changes = nil, nil
		g.p.Sleep(20 * time.Millisecond)
	}
	if after := heap(); after > before+floodHeapMax {
		t.Fatalf("the heap has grown from %d to %d bytes", before, after)
	}
	ok(t, g.p.CheckSide(0))
}

// TestOthersDoNotFeelIt: another friendship goes its way during an attack, frame
// by frame the same as without one.
func TestOthersDoNotFeelIt(t *testing.T) {
	life := func(between func()) string {
		p := ledgertest.NewPair()
		p.Record()
		ok(t, p.OpenWith(1000))
		for n := range 40 {
			between()
			ok(t, p.Append(n%2, ledgertest.Request(ledgertest.EUR, uint64(1+n), n)))
			ok(t, p.Settle())
			ok(t, p.Append(1-n%2, ledgertest.Collect(uint64(1+n/2), n)))
			ok(t, p.Advance(time.Second))
		}
		ok(t, p.CheckAgreed())
		return p.Transcript()
	}
	g := newAttacked(t, 0)
	random := rand.New(rand.NewPCG(11, 0))
	adversaries := g.p.Adversaries(1)
	attacked := life(func() {
		for _, a := range adversaries {
			ok(t, g.turn(a, random.IntN))
		}
	})
	if attacked != life(func() {}) {
		t.Fatal("the other friendship has seen something else")
	}
}

// BenchmarkHostileFrame measures what a frame of a flooder costs the honest side,
// with the harness: less than a millisecond.
func BenchmarkHostileFrame(b *testing.B) {
	g := newAttacked(b, 0)
	random := rand.New(rand.NewPCG(3, 0))
	r := g.p.Rogue(1)
	flood := []ledger.Frame{}
	for range 200 {
		t := r.Terms()
		t.Nonce[0] = byte(random.IntN(256))
		n, err := r.Entry(ledgertest.Credit(ledgertest.EUR, 1))
		if err != nil {
			b.Fatal(err)
		}
		flood = append(flood, &ledger.Propose{Terms: t}, &ledger.SignedEntry{Body: n.Encode()}, &ledger.Refuse{Terms: t.Hash(), Reason: ledger.RefuseMissing})
	}
	for k := 0; b.Loop(); k++ {
		if !g.victim.F.Status().LinkUp {
			if err := r.Greet(); err != nil {
				b.Fatal(err)
			}
		}
		if err := r.SendFrame(flood[k%len(flood)]); err != nil {
			b.Fatal(err)
		}
		r.Heard()
		g.victim.Drops, g.victim.Changes = nil, nil
		g.p.Sleep(time.Millisecond)
	}
}
