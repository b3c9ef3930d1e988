package friendship_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// hostile is an honest side 0 against a side 1 that says whatever it likes,
// most of it validly signed.
type hostile struct {
	world
	liar    *ledgertest.Liar
	ids     []ledger.Hash // epochs that side 0 has accepted
	balance ledger.Balance
	epoch   ledger.Hash
}

func TestHostileFriendRandomly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := &hostile{world: world{p: ledgertest.NewPair(), keys: map[ledger.Lock]int{}}}
		h.liar = h.p.Liar(1)
		h.must(t, h.p.OpenWith(1000))
		h.check(t)
		t.Repeat(map[string]func(*rapid.T){
			"honest": h.append, "honest2": h.append, "honest3": h.append,
			"settle": func(t *rapid.T) { h.must(t, h.p.Settle()) },
			"lie":    h.lie, "lie2": h.lie,
			"frame": h.frame, "frame2": h.frame,
			"reconnect": func(t *rapid.T) { h.must(t, h.p.Connect()) },
			"restart":   func(t *rapid.T) { h.must(t, h.p.Restart(0)) },
			"wait": func(t *rapid.T) {
				h.p.Mono += time.Duration(rapid.IntRange(0, 90).Draw(t, "s")) * time.Second
				h.must(t, h.p.Tick(0))
			},
			"": h.check,
		})
	})
}

// lie sends a validly signed entry with one thing wrong, or nothing.
func (h *hostile) lie(t *rapid.T) {
	n, err := h.liar.Next()
	if err != nil {
		return
	}
	var names []string
	all := illegalEntries()
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	all[rapid.SampledFrom(names).Draw(t, "lie")].edit(n)
	if rapid.Bool().Draw(t, "two") {
		all[rapid.SampledFrom(names).Draw(t, "lie too")].edit(n)
	}
	h.must(t, h.liar.Send(n))
}

// frame sends any other frame, its fields drawn from what may matter.
func (h *hostile) frame(t *rapid.T) {
	for _, f := range h.p.Waiting(1) {
		if a, is := f.(*ledger.Accept); is && !slices.Contains(h.ids, a.Epoch) {
			h.ids = append(h.ids, a.Epoch)
		}
	}
	hash := rapid.SampledFrom(append([]ledger.Hash{{}, {1}, h.p.Sides[0].F.Epoch(), h.p.Sides[1].F.Epoch()}, h.ids...))
	number := rapid.OneOf(rapid.Uint64Range(0, 40), rapid.Uint64())
	st := h.p.Sides[0].F.Status()
	head := rapid.SampledFrom([]ledger.Head{{}, st.Mine, st.Theirs, {Seq: 1<<64 - 1, Hash: ledger.Hash{1}}, {Seq: 1, Hash: ledger.Hash{2}}})
	var f ledger.Frame
	switch rapid.IntRange(0, 5).Draw(t, "frame") {
	case 0:
		hello := &ledger.Hello{
			Versions: []uint16{1}, Number: number.Draw(t, "number"), Epoch: hash.Draw(t, "epoch"), Highest: number.Draw(t, "highest"),
			State: ledger.HelloState(rapid.Uint8Range(1, 5).Draw(t, "state")), Mine: head.Draw(t, "mine"), Yours: head.Draw(t, "yours"),
		}
		if (hello.Number == 0) != hello.Epoch.IsZero() {
			return // does not pass the wire
		}
		f = hello
	case 1, 2:
		m := terms(h.p, max(number.Draw(t, "number"), 1))
		m.Base = hash.Draw(t, "base")
		m.Nonce[1] = rapid.Byte().Draw(t, "nonce")
		if b := rapid.Int64Range(-500, 500).Draw(t, "balance"); rapid.Bool().Draw(t, "with balance") {
			m.Balances = []ledger.TermsBalance{{Currency: rapid.SampledFrom(currencies).Draw(t, "currency"), Balance: ledger.NewBalance(b)}}
		}
		f = &ledger.Propose{Terms: m}
	case 3:
		f = h.accept(t, hash, number)
	case 4:
		f = &ledger.Confirm{Epoch: hash.Draw(t, "epoch")}
	case 5:
		f = &ledger.Refuse{
			Terms: hash.Draw(t, "terms"), Highest: number.Draw(t, "highest"), Clock: number.Draw(t, "clock"),
			Reason: ledger.RefuseReason(rapid.Uint8Range(1, 8).Draw(t, "reason")),
		}
	}
	h.must(t, h.liar.SendFrame(f))
}

// accept answers a proposal that is on its way, or none that exists.
func (h *hostile) accept(t *rapid.T, hash *rapid.Generator[ledger.Hash], number *rapid.Generator[uint64]) ledger.Frame {
	m := &ledger.Accept{Terms: hash.Draw(t, "terms"), Highest: number.Draw(t, "highest"), Epoch: hash.Draw(t, "epoch")}
	for _, f := range h.p.Waiting(1) {
		if p, is := f.(*ledger.Propose); is {
			m.Terms, m.Epoch = p.Terms.Hash(), p.Terms.EpochID(m.Nonce)
		}
	}
	return m
}

// check: side 0's state is what its disk says, its disk holds legal entries
// only, nothing was collected from it without both keys, its exposure is within
// its limit, and no epoch opened that took anything from it.
func (h *hostile) check(t *rapid.T) {
	s := h.p.Sides[0]
	if s.F.Opening() == nil {
		return
	}
	logs := [2][]*ledger.Entry{s.Disk.Log(0), s.Disk.Log(1)}
	m, err := ledgertest.NewModel(s.F.Opening(), logs, s.Disk.Kept()...)
	h.must(t, err)
	h.must(t, m.Check(s.F))
	h.must(t, keysOpen(logs, s.Disk.Kept()))
	paid := ledger.Balance{} // for keys, since the last time
	for _, c := range s.TakeChanges() {
		if r, is := c.(friendship.RequestCollected); is && r.Request.Currency == ledgertest.EUR {
			paid, err = paid.Plus(r.Request.Amount)
			h.must(t, err)
		}
		if r, is := c.(friendship.RequestArrived); is && r.Admitted && !r.Resolved() && s.F.Pending(1, r.Ordinal) == r.Pending {
			h.must(t, exposure(s.F, r.Request.Currency))
		}
	}
	b := s.F.Balance(ledgertest.EUR)
	for r := range s.F.AllPending(1) { // collected before, and to be collected again
		if r.Again() && r.Request.Currency == ledgertest.EUR {
			b, err = b.Plus(r.Request.Amount)
			h.must(t, err)
		}
	}
	if before, err := b.Add(paid); err != nil || s.F.Epoch() != h.epoch && before.Cmp(h.balance) < 0 {
		t.Fatalf("the new epoch took %s to %s, %s of it paid for keys", h.balance, b, paid)
	}
	h.epoch, h.balance = s.F.Epoch(), b
	if _, err := friendship.New(s.ID, h.p.Sides[1].ID, s.Disk.Load()); err != nil {
		t.Fatal(err)
	}
	if e := s.F.Evidence(); e != nil {
		if _, err := friendship.Verify(h.p.Sides[1].ID, &e.Entry); err != nil {
			t.Fatalf("evidence that proves nothing: %v", err)
		}
	}
}

// keysOpen checks every Collect in side 1's log against side 0's request.
func keysOpen(logs [2][]*ledger.Entry, kept []friendship.KeptRequest) error {
	var requests []*ledger.Request
	for i := range kept {
		if kept[i].Author == 0 {
			requests = append(requests, kept[i].Request)
		}
	}
	for _, n := range logs[0] {
		for _, op := range n.Ops {
			if r, is := op.(*ledger.Request); is {
				requests = append(requests, r)
			}
		}
	}
	for _, n := range logs[1] {
		for _, op := range n.Ops {
			c, is := op.(*ledger.Collect)
			if !is {
				continue
			}
			if int(c.Ordinal) > len(requests) {
				return errors.New("collected what was not requested")
			}
			if r := requests[c.Ordinal-1]; c.Key.Lock() != r.Lock || c.PartKey.Lock() != r.PartLock {
				return fmt.Errorf("request %d was collected without its keys", c.Ordinal)
			}
		}
	}
	return nil
}

// FuzzReceiveEntry: any body that the friend signs is legal, ignored, dropped or
// evidence; it never panics and here stays what the disk says.
func FuzzReceiveEntry(f *testing.F) {
	seed := func(ops ...ledger.Op) {
		p := ledgertest.NewPair()
		if err := p.OpenWith(1000); err != nil {
			f.Fatal(err)
		}
		if n, err := p.Liar(1).Next(); err == nil {
			n.Ops = ops
			f.Add(n.Encode())
		}
	}
	seed(ledgertest.Credit(ledgertest.EUR, 5))
	seed(ledgertest.Request(ledgertest.EUR, 5, 5), ledgertest.Cancel(1))
	seed(ledgertest.Collect(1, 1), &ledger.Reserve{Ordinal: 1}, &ledger.Checkpoint{})
	base := ledgertest.NewPair()
	if err := base.OpenWith(1000); err != nil {
		f.Fatal(err)
	}
	if err := base.Append(0, ledgertest.Request(ledgertest.EUR, 30, 1)); err != nil {
		f.Fatal(err)
	}
	if err := base.Settle(); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) == 0 || len(body) > ledger.EntryBytesMax {
			return // does not pass the wire
		}
		s := base.Sides[0]
		restored, err := friendship.New(s.ID, base.Sides[1].ID, s.Disk.Load())
		ok(t, err)
		restored.LinkUp(base.Env(0), nil)
		_, err = restored.Receive(base.Env(0), helloOf(base.Sides[1]))
		ok(t, err)
		_, key := ledgertest.Key(0)
		if id, other := ledgertest.Key(1); id == base.Sides[1].ID {
			key = other
		}
		v, err := friendship.Verify(base.Sides[1].ID, &ledger.SignedEntry{
			Body: body, Signature: ledgertest.Sign(key, ledger.EntryHash(body)),
		})
		if err != nil {
			return
		}
		eff, err := restored.ReceiveEntry(base.Env(0), v)
		ok(t, err)
		disk := s.Disk.Clone()
		disk.Apply(s.F.Me(), eff.Writes)
		m, err := ledgertest.NewModel(restored.Opening(), [2][]*ledger.Entry{disk.Log(0), disk.Log(1)}, disk.Kept()...)
		ok(t, err)
		ok(t, m.Check(restored))
	})
}

// helloOf is what a side would say on a new stream.
func helloOf(s *ledgertest.Party) *ledger.Hello {
	st := s.F.Status()
	return &ledger.Hello{
		Versions: []uint16{1}, Number: st.Number, Epoch: st.Epoch, State: ledger.Consistent, Highest: st.Highest,
		Mine: st.Mine, Yours: st.Theirs,
	}
}
