package friendship_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// tampered is an entry that breaks one rule. The victim is side 0, which has
// request 1 of 30 (keys 1) pending, unacknowledged request 2, and has let the
// liar, side 1, make request 1 of 20 (keys 3).
type tampered struct {
	edit func(n *ledger.Entry)
	why  string
}

func illegalEntries() map[string]tampered {
	ops := func(ops ...ledger.Op) func(*ledger.Entry) {
		return func(n *ledger.Entry) { n.Ops = ops }
	}
	request := func(edit func(*ledger.Request)) func(*ledger.Entry) {
		r := ledgertest.Request(ledgertest.EUR, 1, 5)
		edit(r)
		return ops(r)
	}
	eur3 := ledger.Currency{Name: "EUR", Decimals: 3}
	return map[string]tampered{
		"my log":                {func(n *ledger.Entry) { n.Author = 0 }, "other side's log"},
		"other prev":            {func(n *ledger.Entry) { n.Prev[0]++ }, "does not follow"},
		"ack of another entry":  {func(n *ledger.Entry) { n.Ack.Hash[0]++ }, "acknowledgement of another"},
		"ack falls":             {func(n *ledger.Entry) { n.Ack = ledger.Head{} }, "acknowledgement falls"},
		"empty, nothing new":    {func(n *ledger.Entry) { n.Ops = nil }, "acknowledges nothing new"},
		"collect wrong key":     {ops(ledgertest.Collect(1, 2)), "does not open"},
		"collect invoice only":  {func(n *ledger.Entry) { c := ledgertest.Collect(1, 1); c.PartKey[0]++; n.Ops = []ledger.Op{c} }, "does not open"},
		"collect part only":     {func(n *ledger.Entry) { c := ledgertest.Collect(1, 1); c.Key[0]++; n.Ops = []ledger.Op{c} }, "does not open"},
		"collect twice":         {ops(ledgertest.Collect(1, 1), ledgertest.Collect(1, 1)), "not pending"},
		"collect unknown":       {ops(ledgertest.Collect(99, 1)), "not pending"},
		"collect unseen":        {ops(ledgertest.Collect(2, 2)), "not pending"},
		"cancel unseen":         {ops(ledgertest.Cancel(2)), "not pending"},
		"cancel then collect":   {ops(ledgertest.Cancel(1), ledgertest.Collect(1, 1)), "not pending"},
		"reserve twice":         {ops(&ledger.Reserve{Ordinal: 1}, &ledger.Reserve{Ordinal: 1}), "second reserve"},
		"reserve unknown":       {ops(&ledger.Reserve{Ordinal: 7}), "not pending"},
		"withdraw twice":        {ops(&ledger.Withdraw{Ordinal: 1}, &ledger.Withdraw{Ordinal: 1}), "second withdraw"},
		"withdraw unknown":      {ops(&ledger.Withdraw{Ordinal: 7}), "not pending"},
		"commit twice":          {ops(&ledger.Commit{Ordinal: 1}, &ledger.Commit{Ordinal: 1}), "second commit"},
		"commit unknown":        {ops(&ledger.Commit{Ordinal: 7}), "not pending"},
		"checkpoint":            {ops(&ledger.Checkpoint{}), "checkpoint of another state"},
		"request of 0":          {request(func(r *ledger.Request) { r.Amount = ledger.Amount{} }), "out of bounds"},
		"request unknown":       {request(func(r *ledger.Request) { r.Currency.Name = "USD" }), "not active"},
		"request 3 decimals":    {request(func(r *ledger.Request) { r.Currency.Decimals = 3 }), "not active"},
		"other decimals":        {ops(ledgertest.Credit(eur3, 1)), "changes the decimals"},
		"inactive, then used":   {ops(ledgertest.Credit(ledger.Currency{Name: "ONE"}, 1), ledgertest.Request(ledger.Currency{Name: "ONE"}, 1, 5)), "not active"},
		"good ones, then a bad": {ops(ledgertest.Collect(1, 1), ledgertest.Request(ledgertest.EUR, 4, 5), ledgertest.Credit(ledgertest.EUR, 3), &ledger.Withdraw{Ordinal: 2}, ledgertest.Cancel(77)), "not pending"},
		"no totals":             {func(n *ledger.Entry) { n.Ops = []ledger.Op{ledgertest.Credit(ledgertest.EUR, 3)}; n.Totals = nil }, "totals differ"},
		"forged totals": {func(n *ledger.Entry) {
			n.Ops = []ledger.Op{ledgertest.Credit(ledgertest.EUR, 3)}
			n.Totals = slices.Clone(n.Totals)
			if len(n.Totals) == 0 {
				n.Totals = []ledger.Totals{{Currency: ledgertest.EUR}}
			}
			n.Totals[0].Logs[0].Collected = amount(1)
		}, "totals differ"},
		"more totals": {func(n *ledger.Entry) {
			n.Ops = []ledger.Op{ledgertest.Credit(ledgertest.EUR, 3)}
			n.Totals = append(slices.Clone(n.Totals), ledger.Totals{Currency: ledger.Currency{Name: "USD"}})
		}, "totals differ"},
		"totals of the old state": {ops(ledgertest.Collect(1, 1)), "totals differ"},
		"33 currencies": {func(n *ledger.Entry) {
			for i := range ledger.CurrenciesMax {
				n.Ops = append(n.Ops, ledgertest.Credit(ledger.Currency{Name: fmt.Sprintf("C%d", i)}, 1))
			}
		}, "too many currencies"},
	}
}

// victim returns the situation that illegalEntries describes.
func victim(t *testing.T) (*ledgertest.Pair, *ledgertest.Liar) {
	t.Helper()
	p := opened(t, 100)
	ok(t, p.Append(0, ledgertest.Request(ledgertest.EUR, 30, 1)))
	ok(t, p.Settle())
	ok(t, p.Append(1, ledgertest.Request(ledgertest.EUR, 20, 3)))
	ok(t, p.Settle())
	ok(t, p.Append(0, ledgertest.Request(ledgertest.EUR, 5, 2)))
	p.Sides[0].Changes = nil
	return p, p.Liar(1)
}

func TestIllegalEntries(t *testing.T) {
	for name, tt := range illegalEntries() {
		t.Run(name, func(t *testing.T) {
			p, liar := victim(t)
			s := p.Sides[0]
			before := fmt.Sprintf("%+v", s.F.Currencies())
			pending := fmt.Sprintf("%+v", *s.F.Pending(0, 1))
			n, err := liar.Next()
			ok(t, err)
			tt.edit(n)
			ok(t, liar.Send(n))
			dropped(t, s, tt.why)
			evidence := change[friendship.BecameInconsistent](t, s).Evidence
			if !strings.Contains(evidence.Why, tt.why) || string(evidence.Entry.Body) != string(n.Encode()) {
				t.Fatalf("evidence %q of another entry", evidence.Why)
			}
			if _, err := friendship.Verify(p.Sides[1].ID, &evidence.Entry); err != nil {
				t.Fatalf("the evidence proves nothing: %v", err)
			}
			if after := fmt.Sprintf("%+v", s.F.Currencies()); after != before {
				t.Fatalf("here changed from\n%s to\n%s", before, after)
			}
			if after := fmt.Sprintf("%+v", *s.F.Pending(0, 1)); after != pending {
				t.Fatalf("the request changed from\n%s to\n%s", pending, after)
			}
			madeUp(t, p)
		})
	}
}

// madeUp: after a restart side 0 still stands by its state and signs nothing, and
// on the next stream the two open a new epoch with that state, which costs
// neither of them anything: what both know to be pending still is. (The other
// side's terms, which stand when the two cross, cannot keep what it never saw.)
func madeUp(t *testing.T, p *ledgertest.Pair) {
	t.Helper()
	s := p.Sides[0]
	before, balance := s.F.Status(), s.F.Balance(ledgertest.EUR)
	ok(t, p.Check())
	ok(t, p.Restart(0))
	st := s.F.Status()
	if st.State != ledger.Inconsistent || st.Ready || st.Mine != before.Mine || st.Theirs != before.Theirs || s.F.Evidence() == nil {
		t.Fatalf("after a restart: %+v", st)
	}
	mine := 0
	for r := range s.F.AllPending(0) {
		if p.Sides[1].F.Pending(0, r.Ordinal) != nil {
			mine++
		}
	}
	theirs, _ := s.F.PendingCount(1)
	ok(t, p.Open())
	ok(t, p.CheckAgreed())
	if st := s.F.Status(); st.State != ledger.Consistent || st.Number <= before.Number || s.F.Evidence() != nil {
		t.Fatalf("not made up: %+v", st)
	}
	again, _ := s.F.PendingCount(0)
	theirsAgain, _ := s.F.PendingCount(1)
	if again != mine || theirsAgain != theirs || s.F.Balance(ledgertest.EUR) != balance {
		t.Fatalf("%d and %d pending, balance %s; want %d, %d, %s",
			again, theirsAgain, s.F.Balance(ledgertest.EUR), mine, theirs, balance)
	}
	ok(t, p.Append(1, ledgertest.Collect(1, 1)))
	ok(t, p.Append(0, ledgertest.Credit(ledgertest.EUR, 100)))
	ok(t, p.Settle())
	ok(t, p.CheckAgreed())
}

func TestTwoBodiesForOneNumber(t *testing.T) {
	p, liar := victim(t)
	n, err := liar.Next()
	ok(t, err)
	log := p.Sides[1].Disk.Log(1)
	n.Seq, n.Prev, n.Ack = 1, ledger.Hash{}, log[0].Ack
	n.Ops = []ledger.Op{ledgertest.Credit(ledgertest.EUR, 1_000_000)}
	ok(t, liar.Send(n))
	e := change[friendship.BecameInconsistent](t, p.Sides[0]).Evidence
	if want := ledger.EntryHash(log[0].Encode()); e.Held.Seq != 1 || e.Held.Hash != want {
		t.Fatalf("evidence holds %+v, want entry 1 with %s", e.Held, want)
	}
	madeUp(t, p)
}

func TestEntriesThatAreIgnored(t *testing.T) {
	p, liar := victim(t)
	s := p.Sides[0]
	before := fmt.Sprintf("%+v %+v", s.F.Currencies(), s.F.Status())
	for _, n := range s.Disk.Log(1) { // known ones
		ok(t, liar.Send(n))
	}
	n, err := liar.Next()
	ok(t, err)
	n.Epoch[0]++ // of an epoch that is not open
	ok(t, liar.Send(n))
	if after := fmt.Sprintf("%+v %+v", s.F.Currencies(), s.F.Status()); after != before || len(s.Drops) != 0 {
		t.Fatalf("drops %q, changed\n%s to\n%s", s.Drops, before, after)
	}
}

func TestEntriesThatDropTheStream(t *testing.T) {
	for name, tt := range map[string]tampered{
		"gap":               {func(n *ledger.Entry) { n.Seq++ }, "gap"},
		"ack of the future": {func(n *ledger.Entry) { n.Ack.Seq += 10 }, "does not exist"},
		"ack far beyond":    {func(n *ledger.Entry) { n.Ack.Seq = 1<<64 - 1 }, "does not exist"},
		"seq far beyond":    {func(n *ledger.Entry) { n.Seq = 1<<64 - 1 }, "gap"},
	} {
		t.Run(name, func(t *testing.T) {
			p, liar := victim(t)
			n, err := liar.Next()
			ok(t, err)
			tt.edit(n)
			ok(t, liar.Send(n))
			dropped(t, p.Sides[0], tt.why)
			none[friendship.BecameInconsistent](t, p.Sides[0])
			ok(t, p.Open())
			ok(t, p.CheckAgreed())
		})
	}
}

func TestDamagedBytes(t *testing.T) {
	p, _ := victim(t)
	s := p.Sides[0]
	ok(t, p.Append(1, ledgertest.Collect(1, 1)))
	good := p.Peek(0).(*ledger.SignedEntry)
	for i := range len(good.Body) {
		bad := slices.Clone(good.Body)
		bad[i] ^= 1
		if _, err := friendship.Verify(p.Sides[1].ID, &ledger.SignedEntry{Body: bad, Signature: good.Signature}); err == nil {
			t.Fatalf("bit in byte %d flipped, and verified", i)
		}
	}
	if _, err := friendship.Verify(s.ID, good); err == nil {
		t.Fatal("verified as somebody else's")
	}
	bad := *good
	bad.Signature[3] ^= 1
	ok(t, p.Hand(0, &bad))
	if len(s.Drops) != 1 || s.F.Evidence() != nil {
		t.Fatalf("drops %q, evidence %v", s.Drops, s.F.Evidence())
	}
	ok(t, p.Open())
	ok(t, p.CheckAgreed())
	balance(t, s, -30)
}

func TestWindowOfTheFriend(t *testing.T) {
	p := opened(t, 100)
	liar := p.Liar(1)
	n, err := liar.Next()
	ok(t, err)
	for i := range 2 * ledger.EntryWindow {
		n.Ops = []ledger.Op{ledgertest.Credit(ledgertest.EUR, uint64(i))}
		body := n.Encode()
		ok(t, liar.SendBody(body))
		if p.Sides[0].F.Evidence() != nil {
			if n.Seq != ledger.EntryWindow+1 {
				t.Fatalf("entry %d is illegal: %s", n.Seq, p.Sides[0].F.Evidence().Why)
			}
			return
		}
		n.Seq, n.Prev = n.Seq+1, ledger.EntryHash(body)
	}
	t.Fatal("the window never closes")
}

func TestReceiveEntryWantsVerified(t *testing.T) {
	p := opened(t, 100)
	if _, err := p.Sides[0].F.ReceiveEntry(p.Env(0), friendship.VerifiedEntry{}); err == nil {
		t.Error("zero value was received")
	}
	n, err := p.Liar(1).Next()
	ok(t, err)
	stranger, key := ledgertest.Key(5)
	body := n.Encode()
	v, err := friendship.Verify(stranger, &ledger.SignedEntry{Body: body, Signature: ledgertest.Sign(key, ledger.EntryHash(body))})
	ok(t, err)
	if v.Entry().Seq != n.Seq {
		t.Error("the entry is another")
	}
	if _, err := p.Sides[0].F.ReceiveEntry(p.Env(0), v); err == nil {
		t.Error("an entry of a stranger was received")
	}
	if _, err := p.Sides[0].F.Receive(p.Env(0), &ledger.SignedEntry{Body: body}); err == nil {
		t.Error("an entry was received unverified")
	}
}

func TestEntryBeforeHello(t *testing.T) {
	p := opened(t, 100)
	ok(t, p.Append(1, ledgertest.Credit(ledgertest.EUR, 7)))
	f := p.Peek(0)
	ok(t, p.Connect())
	ok(t, p.Hand(0, f))
	dropped(t, p.Sides[0], "before hello")
}
