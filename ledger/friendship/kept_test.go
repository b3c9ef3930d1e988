package friendship_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// breakUp makes side i call the ledger inconsistent, as an illegal entry of the
// friend would.
func breakUp(t *testing.T, p *ledgertest.Pair, i int) {
	t.Helper()
	s := p.Sides[i]
	log := p.Sides[1-i].Disk.Log(ledger.Author(1 - i))
	e := &friendship.Evidence{Why: "a test says so", Entry: ledger.SignedEntry{Body: log[0].Encode()}}
	s.Disk.Apply(s.Author(), []friendship.Write{friendship.PutEvidence{Evidence: e}})
	ok(t, p.Restart(i))
	if s.F.Evidence() == nil || s.F.Ready() {
		t.Fatal("the evidence has no effect")
	}
}

// reopened breaks the ledger up and wants it to be made up by itself.
func reopened(t *testing.T, p *ledgertest.Pair, i int) {
	t.Helper()
	before := p.Sides[i].F.Status().Number
	breakUp(t, p, i)
	ok(t, p.Open())
	ok(t, p.Check())
	if st := p.Sides[i].F.Status(); st.Number <= before {
		t.Fatalf("side %d is still in epoch %d: %s", i, st.Number, st.Blocked)
	}
}

// TestCollectIsSaidAgain: the payee has collected, and the payer does not know
// when the new epoch opens, or knows and the payee does not know that.
func TestCollectIsSaidAgain(t *testing.T) {
	for name, lose := range map[string]func(p *ledgertest.Pair) error{
		"the collect is lost":                 func(*ledgertest.Pair) error { return nil },
		"its acknowledgement is lost":         func(p *ledgertest.Pair) error { return p.Deliver(0) },
		"nothing is lost":                     func(p *ledgertest.Pair) error { return p.Advance(2 * friendship.AckDelay) },
		"the acknowledgement is acknowledged": acknowledgeAll,
	} {
		for broken := range 2 {
			t.Run(name, func(t *testing.T) {
				p := opened(t, 100)
				ok(t, p.Append(0, ledgertest.Request(ledgertest.EUR, 30, 1), ledgertest.Request(ledgertest.EUR, 5, 2)))
				ok(t, p.Settle())
				ok(t, p.Append(1, ledgertest.Collect(1, 1)))
				ok(t, lose(p))
				p.Cut()
				reopened(t, p, broken)
				ok(t, p.CheckAgreed())
				balance(t, p.Sides[0], -30)
				if n, _ := p.Sides[0].F.PendingCount(0); n != 1 {
					t.Fatalf("%d requests pending, want 1", n)
				}
				ok(t, p.Restart(0))
				ok(t, p.Restart(1))
				ok(t, p.Open())
				ok(t, p.CheckAgreed())
				balance(t, p.Sides[1], 30)
			})
		}
	}
}

func acknowledgeAll(p *ledgertest.Pair) error {
	for i := range p.Sides {
		if err := p.Append(i, ledgertest.Credit(ledgertest.EUR, 100)); err != nil {
			return err
		}
		if err := p.Advance(2 * friendship.AckDelay); err != nil {
			return err
		}
	}
	return nil
}

// TestCancelStays: a Cancel once signed is said again when the friend's terms
// keep the request, and is not in terms of its own.
func TestCancelStays(t *testing.T) {
	for broken := range 2 {
		p := opened(t, 100)
		ok(t, p.Append(0, ledgertest.Request(ledgertest.EUR, 30, 1)))
		ok(t, p.Settle())
		ok(t, p.Append(1, ledgertest.Cancel(1)))
		p.Cut()
		reopened(t, p, broken)
		ok(t, p.CheckAgreed())
		if n, _ := p.Sides[0].F.PendingCount(0); n != 0 {
			t.Fatalf("%d requests pending", n)
		}
		balance(t, p.Sides[0], 0)
	}
}

// TestWhatWasSaidOfARequestIsSaidAgain: Reserve by the payee, Withdraw and
// Commit by the payer.
func TestWhatWasSaidOfARequestIsSaidAgain(t *testing.T) {
	p := opened(t, 100)
	ok(t, p.Append(0, ledgertest.Request(ledgertest.EUR, 30, 1), ledgertest.Request(ledgertest.EUR, 5, 2)))
	ok(t, p.Settle())
	ok(t, p.Append(1, ledgertest.Cancel(1), &ledger.Reserve{Ordinal: 2, Reservation: []byte("reserved")}))
	ok(t, p.Append(0, &ledger.Withdraw{Ordinal: 2}, &ledger.Commit{Ordinal: 2, Sealed: []byte("sealed")}))
	ok(t, p.Settle())
	reopened(t, p, 0)
	ok(t, p.CheckAgreed())
	for i, s := range p.Sides {
		r := s.F.Pending(0, 1)
		if r == nil || string(r.Reservation) != "reserved" || !r.Withdrawn || string(r.Commit) != "sealed" || r.Again() {
			t.Fatalf("side %d: %+v", i, r)
		}
	}
}

// TestRequestSeenForTheFirstTime: terms keep requests that the acceptor never
// got; they are supplied, and admitted below the limit of the base epoch.
func TestRequestSeenForTheFirstTime(t *testing.T) {
	p := opened(t, 100)
	ok(t, p.Append(1, ledgertest.Request(ledgertest.EUR, 70, 1)))
	ok(t, p.Append(1, ledgertest.Request(ledgertest.EUR, 40, 2)))
	p.Cut()
	reopened(t, p, 1) // the higher side's terms stand when both propose
	ok(t, p.CheckAgreed())
	var admitted []bool
	for r := range p.Sides[0].F.AllPending(1) {
		admitted = append(admitted, r.Admitted)
	}
	if d := cmp.Diff([]bool{true, false}, admitted); d != "" {
		t.Fatal(d)
	}
}

// TestMissingRequestsAreAskedFor: a side without a row for a request that terms
// keep names it, and gets it.
func TestMissingRequestsAreAskedFor(t *testing.T) {
	p := opened(t, 100)
	ok(t, p.Append(1, ledgertest.Request(ledgertest.EUR, 70, 1)))
	ok(t, p.Advance(2*friendship.AckDelay))
	before := p.Sides[1].Disk.Clone()
	ok(t, p.Append(0, ledgertest.Cancel(1)))
	ok(t, acknowledgeAll(p))
	p.Cut()
	p.Sides[1].Disk = *before // shows less than it has acknowledged, but is not told
	breakUp(t, p, 1)
	breakUp(t, p, 0)
	ok(t, p.Connect())
	for range 40 {
		for i := range p.Sides {
			if r, is := p.Peek(i).(*ledger.Refuse); is && r.Reason == ledger.RefuseMissing && len(r.Missing) == 1 {
				ok(t, p.Advance(friendship.ProposalEvery))
				if st := p.Sides[0].F.Status(); st.Number <= 2 {
					t.Fatalf("not made up: %+v", st)
				}
				if n, _ := p.Sides[0].F.PendingCount(1); n != 1 {
					t.Fatalf("%d pending", n)
				}
				return
			}
			ok(t, p.Deliver(i))
		}
	}
	t.Fatal("nothing was missing")
}

// TestManyKeptRequests: more requests than fit into one frame are supplied, and
// a snapshot takes over from the opening.
func TestManyKeptRequests(t *testing.T) {
	p := opened(t, 1_000_000)
	const each = 400
	for k := range 4 {
		var ops []ledger.Op
		for n := range each {
			r := ledgertest.Request(ledgertest.EUR, 1, k*each+n)
			r.Sealed = make([]byte, ledger.SealedBytesMax/2)
			ops = append(ops, r)
		}
		ok(t, p.Append(1, ops...))
	}
	p.Cut()
	breakUp(t, p, 1)
	ok(t, p.Connect())
	frames := 0
	for p.Sides[0].F.Status().Number == 2 {
		for i := range p.Sides {
			if _, is := p.Peek(i).(*ledger.Supply); is {
				frames++
			}
			ok(t, p.Deliver(i))
		}
	}
	if frames < 4 {
		t.Fatalf("%d frames of requests", frames)
	}
	ok(t, p.Settle())
	ok(t, p.CheckAgreed())
	if n, _ := p.Sides[0].F.PendingCount(1); n != 4*each {
		t.Fatalf("%d pending", n)
	}
}

func TestKeptCodec(t *testing.T) {
	key, part := ledgertest.Keys(1)
	reporter, _ := ledgertest.Key(3)
	kept := []friendship.KeptRequest{
		{Author: 0, Request: ledgertest.Request(ledgertest.EUR, 1, 1), Withdrawn: true, Commit: []byte("c")},
		{Author: 1, Request: ledgertest.Request(ledgertest.EUR, 2, 2), Admitted: true, Collect: &friendship.KeptCollect{Key: key, PartKey: part}},
		{Author: 1, Request: ledgertest.Request(ledgertest.EUR, 3, 3), Reservation: []byte{}},
		{Author: 1, Request: ledgertest.Request(ledgertest.EUR, 4, 4), Cancel: &ledger.Cancel{Reason: ledger.Expired, Reporter: reporter}},
	}
	b := friendship.EncodeKept(kept)
	got, err := friendship.DecodeKept(b)
	ok(t, err)
	if d := cmp.Diff(kept, got, cmp.AllowUnexported(ledger.Amount{})); d != "" {
		t.Fatal(d)
	}
	for n := range len(b) {
		if _, err := friendship.DecodeKept(b[:n]); err == nil {
			t.Fatalf("%d of %d bytes decode", n, len(b))
		}
	}
	b[2] |= 1 << 7
	if _, err := friendship.DecodeKept(b); err == nil {
		t.Fatal("an unknown flag decodes")
	}
}
