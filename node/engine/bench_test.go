package engine_test

import (
	"testing"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// BenchmarkForward passes requests on and their collects back, 256 to an entry:
// one operation is one payment at a mediator. The engine's part is the time in
// Step; signatures and the puppets' ledgers are in the figure too.
func BenchmarkForward(b *testing.B) {
	r := newRig(b, "up", "down")
	up, down := r.puppets[0], r.puppets[1]
	for b.Loop() {
		var out, back []ledger.Op
		for i := range 256 {
			var k keys
			k.lock[0], k.part[0], k.part[1] = 1, byte(i), 2
			out = append(out, &ledger.Request{
				Currency: eur, Amount: amount(1), Lock: k.lock.Lock(), PartLock: k.part.Lock(), Hold: 60,
				Path: ledger.NewPath(hop(down, 1)), Sealed: make([]byte, 200),
			})
			back = append(back, &ledger.Collect{Key: k.lock, PartKey: k.part})
		}
		up.say(out...)
		for i, p := range down.got {
			back[i].(*ledger.Collect).Ordinal = p.Ordinal
		}
		down.say(back...)
		if len(up.ended) != 256 {
			b.Fatalf("%d came back", len(up.ended))
		}
		up.ended, down.got = nil, nil
		if c := r.capacity(down); c.CanSend.Less(amount(300)) {
			b.StopTimer()
			r = newRig(b, "up", "down")
			up, down = r.puppets[0], r.puppets[1]
			b.StartTimer()
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/256, "ns/payment")
}

// BenchmarkStepOfManyFriends is a step of a node with 5,000 friends of whom none
// has anything to say: it must not look at them.
func BenchmarkStepOfManyFriends(b *testing.B) {
	r := newRig(b, "friend")
	for i := range 5_000 {
		_, id := keyOf(string(rune(i + 0x4e00)))
		r.must(engine.AddFriend{Friend: id, Name: id.String()[:20] + id.Short()})
	}
	for b.Loop() {
		r.eng.Step(engine.Now{Wall: r.wall(), Mono: r.mono}, []engine.Input{engine.Tick{}})
	}
}
