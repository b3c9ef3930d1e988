package friendship_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// busy returns two friends after count own entries of each side, all delivered
// and acknowledged, with what else their last entries left pending.
func busy(t testing.TB, count int) *ledgertest.Pair {
	t.Helper()
	p := ledgertest.NewPair()
	if err := p.OpenWith(1 << 40); err != nil {
		t.Fatal(err)
	}
	for n := range count {
		pay(t, p, n%2, n)
	}
	return p
}

// pay lets side i pay 1: a request, and the entry of the other side that
// collects it.
func pay(t testing.TB, p *ledgertest.Pair, i, n int) {
	t.Helper()
	ordinal := p.Sides[i].F.NextOrdinal()
	for _, step := range []func() error{
		func() error { return p.Append(i, ledgertest.Request(ledgertest.EUR, 1, n)) }, p.Settle,
		func() error { return p.Append(1-i, ledgertest.Collect(ordinal, n)) }, p.Settle,
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
}

// The bound on what is stored: two distances between checkpoints and a window
// of either log, whatever the history.
func TestTenThousandPaymentsLeaveLittle(t *testing.T) {
	p := busy(t, 0)
	const bound = 2 * (2*friendship.CheckpointEntries + ledger.EntryWindow)
	most, bytesMost := 0, 0
	for n := range 10_000 {
		pay(t, p, n%2, n)
		for _, s := range p.Sides {
			most = max(most, s.Disk.Entries())
		}
		if n%1000 == 999 && n > 1000 {
			for i, s := range p.Sides {
				bytesMost = max(bytesMost, len(s.Disk.Load().Snapshot.Encode()))
				ok(t, p.Restart(i)) // from what is left
			}
			ok(t, p.Connect())
			ok(t, p.Settle())
			ok(t, p.CheckReady())
		}
	}
	if most > bound {
		t.Errorf("%d entries were stored, want at most %d", most, bound)
	}
	if bytesMost > 2000 {
		t.Errorf("a snapshot without pending requests has %d bytes", bytesMost)
	}
	t.Logf("at most %d entries of both logs were stored", most)
	balance(t, p.Sides[0], 0)
	found, err := checkpointSeqs(p)
	ok(t, err)
	for a, seqs := range found {
		last := uint64(0)
		for _, seq := range seqs {
			if seq-last < friendship.CheckpointEntries {
				t.Errorf("author %d made a checkpoint at %d after %d", a, seq, last)
			}
			last = seq
		}
		if len(seqs) != 9 { // of 10,001 and some entries
			t.Errorf("author %d made %d checkpoints", a, len(seqs))
		}
	}
}

// checkpointSeqs returns where the checkpoints of both logs are.
func checkpointSeqs(p *ledgertest.Pair) (out [2][]uint64, err error) {
	for a := range out {
		for _, n := range p.Sides[a].Disk.Log(ledger.Author(a)) {
			for i, op := range n.Ops {
				if op.Kind() != ledger.KindCheckpoint {
					continue
				}
				if i != len(n.Ops)-1 {
					return out, errors.New("checkpoint in the middle of an entry")
				}
				out[a] = append(out[a], n.Seq)
			}
		}
	}
	return out, nil
}

// A checkpoint comes after 4 MiB of own entries too, and not within the gap.
func TestCheckpointAfterManyBytes(t *testing.T) {
	p := busy(t, 0)
	sealed := bytes.Repeat([]byte{7}, ledger.SealedBytesMax)
	for n := 0; ; n++ {
		var ops []ledger.Op
		for k := range 100 {
			r := ledgertest.Request(ledgertest.EUR, 1, 100*n+k)
			r.Sealed = sealed
			ops = append(ops, r)
		}
		ok(t, p.Append(0, ops...))
		ok(t, p.Settle())
		var answer []ledger.Op
		for r := range p.Sides[1].F.AllPending(0) {
			answer = append(answer, ledgertest.Cancel(r.Ordinal))
		}
		ok(t, p.Append(1, answer...))
		ok(t, p.Settle())
		if seqs, err := checkpointSeqs(p); err != nil || len(seqs[0]) > 0 {
			ok(t, err)
			size := 0
			for _, e := range p.Sides[0].Disk.LoadAll().Mine[:seqs[0][0]-1] {
				size += len(e)
			}
			if size < friendship.CheckpointBytes || size > friendship.CheckpointBytes+ledger.EntryBytesMax || len(seqs[1]) != 0 {
				t.Fatalf("checkpoints at %d, after %d bytes", seqs, size)
			}
			break
		}
	}
	ok(t, p.Append(0, ledgertest.Credit(ledgertest.EUR, 1))) // acknowledges the acknowledgement
	ok(t, p.Settle())
	ok(t, p.CheckCheckpoints())
	for _, s := range p.Sides {
		again, err := friendship.New(s.ID, friendOf(p, s), s.Disk.Load())
		ok(t, err)
		full, err := friendship.New(s.ID, friendOf(p, s), s.Disk.LoadAll())
		ok(t, err)
		ok(t, same(again, full))
		if s.Disk.Load().Snapshot == nil {
			t.Error("nothing was dropped")
		}
	}
}

func friendOf(p *ledgertest.Pair, s *ledgertest.Party) ledger.NodeID {
	if p.Sides[0] == s {
		return p.Sides[1].ID
	}
	return p.Sides[0].ID
}

// A checkpoint is the ledger's business: nobody may append one.
func TestAppendRefusesACheckpoint(t *testing.T) {
	p := opened(t, 100)
	if err := p.Append(0, &ledger.Checkpoint{}); !errors.Is(err, friendship.ErrIllegal) {
		t.Fatal(err)
	}
}

// lyingCheckpoint sends victim 0 the next entry of side 1 with these operations,
// and a true digest where one is left empty.
func lyingCheckpoint(t *testing.T, p *ledgertest.Pair, ops ...ledger.Op) *ledger.Entry {
	t.Helper()
	liar := p.Liar(1)
	n, err := liar.Next()
	ok(t, err)
	m, err := ledgertest.NewModel(p.Sides[1].F.Opening(), [2][]*ledger.Entry{p.Sides[1].Disk.Log(0), p.Sides[1].Disk.Log(1)})
	ok(t, err)
	for _, op := range ops {
		if c, is := op.(*ledger.Checkpoint); is && c.Digest.IsZero() {
			c.Digest = m.Digest()
		}
	}
	n.Ops = ops
	ok(t, liar.Send(n))
	return n
}

func TestCheckpointOfAnotherState(t *testing.T) {
	p, _ := victim(t)
	n := lyingCheckpoint(t, p, &ledger.Checkpoint{Digest: ledger.Hash{1}})
	dropped(t, p.Sides[0], "checkpoint of another state")
	evidence := change[friendship.BecameInconsistent](t, p.Sides[0]).Evidence
	if !bytes.Equal(evidence.Entry.Body, n.Encode()) {
		t.Fatal("evidence of another entry")
	}
	if _, err := friendship.Verify(p.Sides[1].ID, &evidence.Entry); err != nil {
		t.Fatalf("the evidence proves nothing: %v", err)
	}
	madeUp(t, p)
}

func TestCheckpointMustBeLast(t *testing.T) {
	p, _ := victim(t)
	lyingCheckpoint(t, p, &ledger.Checkpoint{}, ledgertest.Credit(ledgertest.EUR, 100))
	dropped(t, p.Sides[0], "not the last operation")
	change[friendship.BecameInconsistent](t, p.Sides[0])
	madeUp(t, p)
}

func TestTwoCheckpointsInOneEntry(t *testing.T) {
	p, _ := victim(t)
	lyingCheckpoint(t, p, &ledger.Checkpoint{}, &ledger.Checkpoint{})
	dropped(t, p.Sides[0], "not the last operation")
}

// The gap: 63 entries after the one before is too soon, 64 are enough.
func TestCheckpointTooSoon(t *testing.T) {
	for _, gap := range []int{1, ledger.CheckpointGap - 1, ledger.CheckpointGap} {
		p := opened(t, 100)
		// Side 1 makes one early; both machines take it as it is.
		p.Sides[1].New = friendship.NewPaced(1, p.Sides[1].F.Status().Mine.Seq+1)
		ok(t, p.Restart(1))
		ok(t, p.Connect())
		ok(t, p.Settle())
		ok(t, p.Append(1, ledgertest.Credit(ledgertest.EUR, 100)))
		ok(t, p.Settle())
		p.Sides[1].New = nil
		ok(t, p.Restart(1))
		ok(t, p.Connect())
		ok(t, p.Settle())
		first, _ := p.Sides[0].F.Mileage(1)
		if first == 0 || p.Sides[0].F.Evidence() != nil {
			t.Fatal("there is no checkpoint")
		}
		for p.Sides[1].F.Status().Mine.Seq+1 < first+uint64(gap) {
			ok(t, p.Append(1, ledgertest.Credit(ledgertest.EUR, 100)))
			ok(t, p.Settle())
			ok(t, p.Append(0, ledgertest.Credit(ledgertest.EUR, 100)))
			ok(t, p.Settle())
		}
		lyingCheckpoint(t, p, &ledger.Checkpoint{})
		if legal := p.Sides[0].F.Evidence() == nil; legal != (gap == ledger.CheckpointGap) {
			t.Errorf("gap of %d: legal is %t, drops %q", gap, legal, p.Sides[0].Drops)
		}
		if gap < ledger.CheckpointGap {
			dropped(t, p.Sides[0], "too soon")
		}
	}
}

// Both friends keep the same of one checkpoint, but for the signature.
func TestBothKeepTheSame(t *testing.T) {
	p := ledgertest.NewPair()
	for i, s := range p.Sides {
		s.New = friendship.NewPaced(2, 8)
		ok(t, p.Restart(i))
	}
	ok(t, p.OpenWith(100))
	ok(t, p.Append(0, ledgertest.Request(ledgertest.EUR, 30, 1), ledgertest.Request(ledgertest.EUR, 5, 2)))
	ok(t, p.Append(1, ledgertest.Request(ledgertest.EUR, 20, 3)))
	ok(t, p.Settle())
	ok(t, p.Append(0, &ledger.Withdraw{Ordinal: 1}, &ledger.Commit{Ordinal: 1, Sealed: []byte("sealed")}, &ledger.Reserve{Ordinal: 1, Reservation: []byte{}}))
	ok(t, p.Append(1, &ledger.Reserve{Ordinal: 2, Reservation: []byte("reserved")}))
	var by [2]int
	for n := range 60 {
		ok(t, p.Append(0, ledgertest.Credit(ledgertest.EUR, 100))) // both at once: they cross
		if n%3 > 0 {
			ok(t, p.Append(1, ledgertest.Credit(ledgertest.EUR, 100)))
		}
		ok(t, p.Settle())
		a, b := p.Sides[0].Disk.Load().Snapshot, p.Sides[1].Disk.Load().Snapshot
		if a == nil || b == nil || !bytes.Equal(a.Checkpoint.Body, b.Checkpoint.Body) {
			continue // one of them has not heard that the other knows
		}
		entry, err := a.Entry()
		ok(t, err)
		by[entry.Author]++
		own, other := a, b
		if entry.Author == 1 {
			own, other = b, a
		}
		if own.Checkpoint.Signature != (ledger.Signature{}) ||
			!ledger.VerifyHash(p.Sides[entry.Author].ID, ledger.EntryHash(other.Checkpoint.Body), other.Checkpoint.Signature) {
			t.Fatal("own checkpoint carries a signature, or the friend's carries none")
		}
		other.Checkpoint.Signature = ledger.Signature{}
		if d := cmp.Diff(own, other, cmp.AllowUnexported(ledger.Amount{}, ledger.Hop{})); d != "" {
			t.Fatalf("the two keep different things:\n%s", d)
		}
		if len(a.Pending[0]) != 2 || !a.Pending[0][0].Withdrawn || string(a.Pending[0][1].Reservation) != "reserved" || a.Pending[1][0].Reservation == nil {
			t.Fatalf("requests %+v", a.Pending)
		}
	}
	if by[0] == 0 || by[1] == 0 {
		t.Errorf("compared %d checkpoints", by)
	}
}

// What is below the cut is ignored when it comes again, also after a restart,
// and a contradiction above it is still found.
func TestRepetitionAndForkAcrossTheCut(t *testing.T) {
	p := ledgertest.NewPair()
	for i, s := range p.Sides {
		s.New = friendship.NewPaced(2, 5)
		ok(t, p.Restart(i))
	}
	ok(t, p.OpenWith(1000))
	for n := range 20 {
		pay(t, p, 0, n)
	}
	s := p.Sides[0]
	ok(t, p.Restart(0))
	ok(t, p.Open())
	cut := s.F.Cut()[1]
	log := s.Disk.Log(1)
	if cut < 2 || uint64(len(log)) <= cut {
		t.Fatalf("cut at %d of %d entries", cut, len(log))
	}
	before := s.F.Status()
	liar := p.Liar(1)
	for _, n := range log {
		ok(t, liar.Send(n))
	}
	forged := *log[cut-2]
	forged.Ops = []ledger.Op{ledgertest.Credit(ledgertest.EUR, 1)}
	ok(t, liar.Send(&forged)) // older than what is retained: nothing to compare with
	if d := cmp.Diff(before, s.F.Status()); d != "" || len(s.Drops) != 0 {
		t.Fatalf("old entries changed something, drops %q:\n%s", s.Drops, d)
	}
	fork := *log[cut]
	fork.Ops = []ledger.Op{ledgertest.Credit(ledgertest.EUR, 1)}
	s.Changes = nil
	ok(t, liar.Send(&fork))
	if e := change[friendship.BecameInconsistent](t, s).Evidence; e.Held.Seq != cut+1 || e.Held.Hash != ledger.EntryHash(log[cut].Encode()) {
		t.Fatalf("evidence holds %+v", e.Held)
	}
}

// A friend that makes no checkpoints and only ever lets me acknowledge cannot
// make me keep its log: this side makes one then.
func TestSilentFriendIsForgottenToo(t *testing.T) {
	p := ledgertest.NewPair()
	p.Sides[0].New = friendship.NewPaced(2, 10)
	p.Sides[1].New = friendship.NewPaced(2, 1<<40)
	for i := range p.Sides {
		ok(t, p.Restart(i))
	}
	ok(t, p.OpenWith(100))
	most := 0
	for range 40 {
		for range friendship.AckBatch {
			ok(t, p.Append(1, ledgertest.Credit(ledgertest.EUR, 100)))
		}
		ok(t, p.Settle())
		most = max(most, p.Sides[0].Disk.Entries())
	}
	if most > 4*10+6*friendship.AckBatch {
		t.Errorf("%d entries are kept for a friend that makes no checkpoint", most)
	}
	if found, err := checkpointSeqs(p); err != nil || len(found[1]) != 0 {
		t.Fatal(found, err)
	}
}

func snapshotOf(t testing.TB) *friendship.Snapshot {
	t.Helper()
	s := &friendship.Snapshot{OtherAck: 3, OtherCheckpoint: 2, OtherBytes: 99, Next: [2]uint64{5, 2}}
	s.Offers[1] = []ledger.Credit{{Currency: ledgertest.EUR, Limit: ledger.NewAmount(7)}}
	s.Pending[0] = []friendship.SnapshotRequest{
		{Ordinal: 2, Request: ledgertest.Request(ledgertest.EUR, 5, 1), Withdrawn: true, Commit: []byte("sealed")},
		{Ordinal: 4, Request: ledgertest.Request(ledgertest.EUR, 6, 2), Reservation: []byte{}},
	}
	s.Checkpoint.Body = (&ledger.Entry{Author: 1, Seq: 9, Ack: ledger.Head{Seq: 4}, Ops: []ledger.Op{&ledger.Checkpoint{Digest: s.Digest()}}}).Encode()
	s.Checkpoint.Signature[5] = 6
	return s
}

func TestSnapshotBytes(t *testing.T) {
	s := snapshotOf(t)
	b := s.Encode()
	got, err := friendship.DecodeSnapshot(b)
	ok(t, err)
	if d := cmp.Diff(s, got, cmp.AllowUnexported(ledger.Amount{}, ledger.Hop{})); d != "" {
		t.Fatal(d)
	}
	heads, err := got.Heads()
	ok(t, err)
	if heads[1].Seq != 9 || heads[0].Seq != 4 || heads[1].Hash != ledger.EntryHash(s.Checkpoint.Body) {
		t.Fatalf("heads %+v", heads)
	}
	for n := range b {
		if _, err := friendship.DecodeSnapshot(b[:n]); err == nil {
			t.Fatalf("%d of %d bytes decode", n, len(b))
		}
	}
	if _, err := friendship.DecodeSnapshot(append(slices.Clone(b), 0)); err == nil {
		t.Fatal("trailing bytes decode")
	}
	s.Checkpoint.Body = (&ledger.Entry{Author: 1, Seq: 9}).Encode()
	if _, err := friendship.DecodeSnapshot(s.Encode()); err == nil || !strings.Contains(err.Error(), "does not end with a checkpoint") {
		t.Fatal(err)
	}
}

func FuzzDecodeSnapshot(f *testing.F) {
	f.Add(snapshotOf(f).Encode())
	f.Add([]byte{0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := friendship.DecodeSnapshot(b); err == nil && !bytes.Equal(s.Encode(), b) {
			t.Fatalf("%x encodes to %x", b, s.Encode())
		}
	})
}
