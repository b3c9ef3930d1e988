package friendship_test

import (
	"crypto/sha256"
	"slices"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
	"github.com/offset-p2p/offset/ledger/wire"
)

// overload is two friends with so much pending that what one of them sends makes
// the other work as hard as it can: side 0 sends, side 1 receives.
type overload struct {
	b      *testing.B
	p      *ledgertest.Pair
	stored [2]friendship.Stored
	hellos [2]ledger.Frame
}

// overloaded returns an overload with so many requests of each side pending.
func overloaded(b *testing.B, pending int) *overload {
	b.Helper()
	p := loaded(b, pending)
	s := &overload{b: b, p: p, stored: [2]friendship.Stored{p.Sides[0].Disk.Load(), p.Sides[1].Disk.Load()}}
	for i := range p.Sides {
		s.hellos[i] = s.start(i).LinkUp(p.Env(i), nil).Frames[0]
	}
	return s
}

// env is always the same, so that what a machine says once it says again.
func (s *overload) env(i int) friendship.Env {
	e := s.p.Env(i)
	e.Nonce = ledger.Nonce{byte(i) + 1}
	return e
}

func (s *overload) start(i int) *friendship.Friendship {
	f, err := friendship.New(s.p.Sides[i].ID, s.p.Sides[1-i].ID, s.stored[i])
	if err != nil {
		s.b.Fatal(err)
	}
	return f
}

// ready returns the machine of side i, in step with its friend.
func (s *overload) ready(i int) *friendship.Friendship {
	f := s.start(i)
	f.LinkUp(s.env(i), nil)
	s.hand(f, i, s.hellos[1-i])
	return f
}

func (s *overload) hand(f *friendship.Friendship, i int, frame ledger.Frame) friendship.Effects {
	var eff friendship.Effects
	var err error
	if e, is := frame.(*ledger.SignedEntry); is {
		var v friendship.VerifiedEntry
		if v, err = friendship.Verify(s.p.Sides[1-i].ID, e); err == nil {
			eff, err = f.ReceiveEntry(s.env(i), v)
		}
	} else {
		eff, err = f.Receive(s.env(i), frame)
	}
	if err != nil {
		s.b.Fatal(err)
	}
	return eff
}

// append lets a machine of side i sign an entry of as many of the operations as
// fit.
func (s *overload) append(f *friendship.Friendship, i int, ops []ledger.Op) *ledger.SignedEntry {
	eff, err := f.Append(s.env(i), ops[:f.Fit(ops)])
	if err != nil {
		s.b.Fatal(err)
	}
	return s.signed(i, eff.Frames[0].(*ledger.SignedEntry).Body)
}

func (s *overload) signed(i int, body []byte) *ledger.SignedEntry {
	return &ledger.SignedEntry{Body: body, Signature: s.sign(i, ledger.EntryHash(body))}
}

func (s *overload) sign(i int, h ledger.Hash) ledger.Signature {
	return ledgertest.Sign(keyOf(s.p.Sides[i].ID), h)
}

// entry returns an entry of side 0 with operations on n of side 1's requests,
// from all over what is pending.
func (s *overload) entry(n int, op func(*friendship.Pending) ledger.Op) *ledger.SignedEntry {
	f := s.ready(0)
	var ops []ledger.Op
	rows := slices.Collect(f.AllPending(1))
	for i := range n {
		ops = append(ops, op(rows[i*len(rows)/n]))
	}
	return s.append(f, 0, ops)
}

// terms are what side 0 would propose to keep everything, and its requests of
// which unknown are ones that side 1 has never seen.
func (s *overload) terms(number uint64, unknown int) *ledger.Terms {
	f := s.ready(0)
	o := f.Opening().Terms
	t := &ledger.Terms{
		Low: o.Low, High: o.High, Number: number, Base: f.Epoch(),
		Balances: []ledger.TermsBalance{{Currency: ledgertest.EUR, Balance: f.Balance(ledgertest.EUR)}},
	}
	for a := range ledger.Author(2) {
		for r := range f.AllPending(a) {
			k := ledger.Kept{Author: a, Ordinal: r.Ordinal, Request: r.Request.Hash()}
			if a == 0 && unknown > 0 {
				unknown--
				k.Request[0] ^= 0xff
			}
			t.Kept = append(t.Kept, k)
		}
	}
	return t
}

// proposing returns side 1 with a proposal of its own out, because of an illegal
// entry of side 0, and its terms.
func (s *overload) proposing() (*friendship.Friendship, *ledger.Terms) {
	f := s.ready(1)
	n, err := s.p.Liar(0).Next()
	if err != nil {
		s.b.Fatal(err)
	}
	n.Totals = nil
	if eff := s.hand(f, 1, s.signed(0, n.Encode())); eff.Drop == "" {
		s.b.Fatal("a lie passes")
	}
	f.LinkUp(s.env(1), nil)
	for _, frame := range s.hand(f, 1, s.hellos[0]).Frames {
		if m, is := frame.(*ledger.Propose); is {
			return f, m.Terms
		}
	}
	s.b.Fatal("nothing is proposed")
	return nil, nil
}

// blow is one frame of side 0, and the machine of side 1 that it hits.
type blow struct {
	name  string
	frame ledger.Frame
	fresh func() *friendship.Friendship
	sigs  int // signatures in the frame that must be checked
}

// blows of entries.
func entryBlows(s, roomy *overload) []blow {
	small, large := requests(ledger.EntryOpsMax), []ledger.Op(nil)
	for size, i := 0, 0; ; i++ {
		r := ledgertest.Request(ledgertest.EUR, 1, 100_000+i)
		for n := range byte(ledger.PathNodesMax - 2) {
			r.Path.Hops = append(r.Path.Hops, ledger.Hop{Node: ledger.NodeID{n + 1}, Amount: ledger.NewAmount(1)})
		}
		r.Sealed = make([]byte, ledger.SealedBytesMax)
		if size += r.EncodedLen() + 1; size > ledger.EntryBytesMax-16<<10 {
			break
		}
		large = append(large, r)
	}
	many := func(s *overload, n int, op func(*friendship.Pending) ledger.Op) ledger.Frame { return s.entry(n, op) }
	at := func(s *overload) func() *friendship.Friendship {
		return func() *friendship.Friendship { return s.ready(1) }
	}
	cancel := func(r *friendship.Pending) ledger.Op { return ledgertest.Cancel(r.Ordinal) }
	return []blow{
		{"requests=1024", roomy.append(roomy.ready(0), 0, small), at(roomy), 1},
		{"requests=large", roomy.append(roomy.ready(0), 0, large), at(roomy), 1},
		{"collects=1024", many(s, ledger.EntryOpsMax, func(r *friendship.Pending) ledger.Op {
			return ledgertest.Collect(r.Ordinal, 2*int(r.Ordinal-1)+1)
		}), at(s), 1},
		{"cancels=1024", many(s, ledger.EntryOpsMax, cancel), at(s), 1},
		{"reserves=large", many(s, 240, func(r *friendship.Pending) ledger.Op {
			return &ledger.Reserve{Ordinal: r.Ordinal, Reservation: make([]byte, ledger.SealedBytesMax)}
		}), at(s), 1},
		s.acknowledgement(cancel),
	}
}

// acknowledgement is an empty entry that acknowledges 32 of side 1, which resolve
// everything that is pending: there catches up at once.
func (s *overload) acknowledgement(op func(*friendship.Pending) ledger.Op) blow {
	victim := func(send func(*ledger.SignedEntry)) *friendship.Friendship {
		f := s.ready(1)
		var ops []ledger.Op
		for r := range f.AllPending(0) {
			ops = append(ops, op(r))
		}
		for part := range slices.Chunk(ops, len(ops)/friendship.AckBatch) {
			if e := s.append(f, 1, part); send != nil {
				send(e)
			}
		}
		return f
	}
	friend := s.ready(0)
	var ack *ledger.SignedEntry
	victim(func(e *ledger.SignedEntry) {
		for _, f := range s.hand(friend, 0, e).Frames {
			ack = s.signed(0, f.(*ledger.SignedEntry).Body)
		}
	})
	return blow{"acknowledges=4096", ack, func() *friendship.Friendship { return victim(nil) }, 1}
}

// blows of the exchange of openings.
func openingBlows(s *overload) []blow {
	whole := func() *friendship.Friendship { return s.ready(1) }
	keeps := s.terms(5, 0)
	accepted := func() (*friendship.Friendship, *ledger.Accept) {
		f := whole()
		frames := s.hand(f, 1, &ledger.Propose{Terms: keeps}).Frames
		a, is := frames[len(frames)-1].(*ledger.Accept)
		if !is {
			s.b.Fatalf("answered with %T", frames[len(frames)-1])
		}
		return f, a
	}
	_, accept := accepted()
	confirm := &ledger.Confirm{Epoch: accept.Epoch, Signature: s.sign(0, accept.Epoch)}
	opening := &ledger.Opening{Terms: s.terms(7, 0), Acceptor: ledger.Nonce{1}}
	opening.Low, opening.High = s.sign(0, opening.ID()), s.sign(1, opening.ID())

	_, mine := s.proposing()
	nonce := ledger.Nonce{1}
	yes := &ledger.Accept{Terms: mine.Hash(), Nonce: nonce, Highest: 2, Epoch: mine.EpochID(nonce)}
	yes.Signature = s.sign(0, yes.Epoch)
	lacks := &ledger.Refuse{Terms: mine.Hash(), Reason: ledger.RefuseMissing}
	for _, k := range mine.Kept {
		if len(lacks.Missing) < ledger.MissingMax && k.Author == 1 {
			lacks.Missing = append(lacks.Missing, k.Request)
		}
	}
	supply := &ledger.Supply{}
	for i := range 2048 {
		supply.Requests = append(supply.Requests, ledgertest.Request(ledgertest.EUR, 1, 200_000+i))
	}
	proposing := func() *friendship.Friendship { f, _ := s.proposing(); return f }
	return []blow{
		{"propose/kept=8192", &ledger.Propose{Terms: keeps}, whole, 0},
		{"propose/missing=4096", &ledger.Propose{Terms: s.terms(5, ledger.PendingMax)}, whole, 0},
		{"supply=2048", supply, whole, 0},
		{"confirm/kept=8192", confirm, func() *friendship.Friendship { f, _ := accepted(); return f }, 1},
		{"accept/kept=8192", yes, proposing, 1},
		{"refuse/missing=4096", lacks, proposing, 0},
		{"opened/kept=8192", &ledger.Opened{Opening: opening}, whole, 2},
		{"hello", &ledger.Hello{
			Versions: []uint16{friendship.LinkVersion}, State: ledger.Recovering, Number: 1, Epoch: s.stored[0].Opening.ID(),
			PeerRecord: make([]byte, wire.PeerRecordBytesMax),
		}, func() *friendship.Friendship { f := s.start(1); f.LinkUp(s.env(1), nil); return f }, 0},
	}
}

// BenchmarkWorstFrame is what one frame can cost its receiver at most: from its
// bytes to the effects, with 8,192 requests pending. Beyond is without one hash
// of the bytes that it carries and the check of its signatures.
func BenchmarkWorstFrame(b *testing.B) {
	s, roomy := overloaded(b, ledger.PendingMax), overloaded(b, ledger.PendingMax-ledger.EntryOpsMax)
	for _, w := range append(entryBlows(s, roomy), openingBlows(s)...) {
		b.Run(w.name, func(b *testing.B) { w.bench(b, s) })
	}
}

func (w *blow) bench(b *testing.B, s *overload) {
	frame := wire.Encode(w.frame)
	id := s.p.Sides[0].ID
	watch, least := stopwatch{}, time.Duration(1<<62)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		f := w.fresh()
		env := s.env(1)
		watch.time(b, func() {
			m, err := wire.Decode(frame)
			if err != nil {
				b.Fatal(err)
			}
			if e, is := m.(*ledger.SignedEntry); is {
				v, err := friendship.Verify(id, e)
				if err != nil {
					b.Fatal(err)
				}
				if eff, err := f.ReceiveEntry(env, v); err != nil || eff.Drop != "" {
					b.Fatal(err, eff.Drop)
				}
			} else if eff, err := f.Receive(env, m); err != nil || eff.Drop != "" {
				b.Fatal(err, eff.Drop)
			}
		})
		start := time.Now()
		h := ledger.Hash(sha256.Sum256(frame))
		for range w.sigs {
			ledger.VerifyHash(id, h, ledger.Signature{})
		}
		least = min(least, time.Since(start))
		b.StartTimer()
	}
	best := slices.Min(watch.took)
	b.ReportMetric(float64(best.Nanoseconds())/1000, "min-µs")
	b.ReportMetric(float64((best-least).Nanoseconds())/1000, "beyond-µs")
}
