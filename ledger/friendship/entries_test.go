package friendship_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

func TestRequestAndCollect(t *testing.T) {
	p := opened(t, 100)
	payer, payee := p.Sides[0], p.Sides[1]
	if n := payer.F.NextOrdinal(); n != 1 {
		t.Fatalf("next ordinal %d", n)
	}
	ok(t, p.Append(0, ledgertest.Request(ledgertest.EUR, 30, 1)))
	if v := view(t, payer); v.FrozenOut != amount(30) || v.CanSend != amount(70) || payer.F.NextOrdinal() != 2 {
		t.Fatalf("payer before delivery: %+v", v)
	}
	ok(t, p.Settle())
	arrived := change[friendship.RequestArrived](t, payee)
	if !arrived.Admitted || arrived.Ordinal != 1 || arrived.Author != 0 || arrived.Request.Amount != amount(30) {
		t.Fatalf("%+v", arrived.Pending)
	}
	if v := view(t, payee); v.FrozenIn != amount(30) || v.CanReceive != amount(70) || v.Admitted != amount(30) {
		t.Fatalf("payee: %+v", v)
	}
	ok(t, p.Append(1, ledgertest.Collect(1, 1)))
	balance(t, payee, 30)
	ok(t, p.Settle())
	got := change[friendship.RequestCollected](t, payer)
	if key, part := ledgertest.Keys(1); got.Collect.Key != key || got.Collect.PartKey != part || !got.Resolved() {
		t.Fatal("the keys did not arrive")
	}
	balance(t, payer, -30)
	if v := view(t, payer); !v.FrozenOut.IsZero() || v.CanSend != amount(70) || v.CanReceive != amount(130) {
		t.Fatalf("payer in the end: %+v", v)
	}
	ok(t, p.CheckAgreed())
}

func TestRequestAndCancel(t *testing.T) {
	p := opened(t, 100)
	ok(t, p.Append(0, ledgertest.Request(ledgertest.EUR, 30, 1)))
	ok(t, p.Settle())
	reporter, _ := ledgertest.Key(9)
	ok(t, p.Append(1, &ledger.Cancel{Ordinal: 1, Reason: ledger.NoRoute, Reporter: reporter}))
	ok(t, p.Settle())
	got := change[friendship.RequestCancelled](t, p.Sides[0])
	if got.Cancel.Reason != ledger.NoRoute || got.Cancel.Reporter != reporter {
		t.Fatalf("%+v", got.Cancel)
	}
	if v := view(t, p.Sides[0]); v.CanSend != amount(100) || v.Balance.Sign() != 0 {
		t.Fatalf("%+v", v)
	}
	for i, s := range p.Sides {
		if n, b := s.F.PendingCount(0); n != 0 || b != 0 {
			t.Fatalf("side %d keeps %d requests of %d bytes", i, n, b)
		}
	}
}

func TestReserveWithdrawCommit(t *testing.T) {
	p := opened(t, 100)
	payer, payee := p.Sides[0], p.Sides[1]
	ok(t, p.Append(0, ledgertest.Request(ledgertest.EUR, 30, 1)))
	ok(t, p.Settle())
	payee.Changes = nil
	ok(t, p.Append(1, &ledger.Reserve{Ordinal: 1, Reservation: []byte("word")}))
	ok(t, p.Append(0, &ledger.Commit{Ordinal: 1, Sealed: []byte("keys")}, &ledger.Withdraw{Ordinal: 1}))
	ok(t, p.Settle())
	if r := change[friendship.Reserved](t, payer); string(r.Reservation) != "word" {
		t.Fatalf("%+v", r.Pending)
	}
	if c := payee.F.Pending(0, 1); string(c.Commit) != "keys" || !c.Withdrawn {
		t.Fatalf("%+v", c)
	}
	if c := change[friendship.CommitArrived](t, payee); c.Ordinal != 1 {
		t.Fatalf("%+v", c.Pending)
	}
	for _, op := range []ledger.Op{&ledger.Commit{Ordinal: 1}, &ledger.Withdraw{Ordinal: 1}} {
		if err := p.Append(0, op); !errors.Is(err, friendship.ErrIllegal) {
			t.Errorf("second %T: %v", op, err)
		}
	}
	if err := p.Append(1, &ledger.Reserve{Ordinal: 1}); !errors.Is(err, friendship.ErrIllegal) {
		t.Errorf("second reserve: %v", err)
	}
}

// TestCrossing: the friend asks to withdraw what I have resolved meanwhile; its
// operation is legal for what it knew, and has no effect.
func TestCrossing(t *testing.T) {
	p := opened(t, 100)
	ok(t, p.Append(0, ledgertest.Request(ledgertest.EUR, 30, 1)))
	ok(t, p.Settle())
	payee := p.Sides[1]
	payee.Changes = nil
	ok(t, p.Append(1, ledgertest.Collect(1, 1)))
	ok(t, p.Append(0, &ledger.Withdraw{Ordinal: 1}, &ledger.Commit{Ordinal: 1}))
	ok(t, p.Settle())
	none[friendship.WithdrawAsked](t, payee)
	none[friendship.CommitArrived](t, payee)
	ok(t, p.CheckAgreed())
	balance(t, payee, 30)
}

func TestActivation(t *testing.T) {
	p := ledgertest.NewPair()
	ok(t, p.Open())
	ok(t, p.Append(0, ledgertest.Credit(ledgertest.EUR, 50)))
	ok(t, p.Settle())
	if c := change[friendship.CreditChanged](t, p.Sides[1]); c.Active || c.Limit != amount(50) || c.Currency != ledgertest.EUR {
		t.Fatalf("%+v", c)
	}
	request := ledgertest.Request(ledgertest.EUR, 1, 1)
	for i := range p.Sides {
		if err := p.Append(i, request); !errors.Is(err, friendship.ErrIllegal) {
			t.Fatalf("request in a currency that one side offers: %v", err)
		}
	}
	if r := p.Sides[0].F.AdmitIncoming(ledgertest.EUR, amount(1)); r != ledger.CurrencyClosed {
		t.Fatalf("admission to an inactive currency: %v", r)
	}
	// Offering and asking in one entry is legal: the offer is before the request.
	ok(t, p.Append(1, ledgertest.Credit(ledgertest.EUR, 70), request))
	ok(t, p.Settle())
	ok(t, p.CheckAgreed())
	if v := view(t, p.Sides[0]); !v.Active || v.FriendLimit != amount(70) || v.FrozenIn != amount(1) {
		t.Fatalf("%+v", v)
	}
}

func TestUnequalDecimals(t *testing.T) {
	p := ledgertest.NewPair()
	ok(t, p.Open())
	three := ledger.Currency{Name: "EUR", Decimals: 3}
	ok(t, p.Append(0, ledgertest.Credit(ledgertest.EUR, 50)))
	ok(t, p.Append(1, ledgertest.Credit(three, 50)))
	ok(t, p.Settle())
	for i, c := range []ledger.Currency{ledgertest.EUR, three} {
		v, found := p.Sides[i].F.Currency(c)
		if !found || v.Active || !v.Offered || !v.FriendOffered || v.FriendDecimals != 5-c.Decimals {
			t.Errorf("side %d: %+v", i, v)
		}
		for _, other := range []ledger.Currency{ledgertest.EUR, three} {
			if err := p.Append(i, ledgertest.Request(other, 1, 1)); !errors.Is(err, friendship.ErrIllegal) {
				t.Errorf("request in %s: %v", other, err)
			}
		}
	}
	if err := p.Append(0, ledgertest.Credit(three, 50)); !errors.Is(err, friendship.ErrIllegal) {
		t.Errorf("decimals changed: %v", err)
	}
	ok(t, p.CheckAgreed())
}

func TestLimits(t *testing.T) {
	p := opened(t, 100)
	payer, payee := p.Sides[0], p.Sides[1]
	ok(t, p.Append(0, ledgertest.Request(ledgertest.EUR, 100, 1)))
	if got := payer.F.CanSend(ledgertest.EUR); !got.IsZero() {
		t.Fatalf("CanSend %s, want 0", got)
	}
	ok(t, p.Append(0, ledgertest.Request(ledgertest.EUR, 1, 2))) // legal, but over the limit
	ok(t, p.Settle())
	if first := payee.F.Pending(0, 1); !first.Admitted {
		t.Fatal("a request that fits exactly is not admitted")
	}
	if second := payee.F.Pending(0, 2); second.Admitted {
		t.Fatal("a request over the limit is admitted")
	}
	if r := payee.F.AdmitIncoming(ledgertest.EUR, amount(1)); r != ledger.OverLimit {
		t.Fatalf("admission %v, want over_limit", r)
	}
	ok(t, p.Append(1, ledgertest.Cancel(2), ledgertest.Collect(1, 1)))
	ok(t, p.Settle())
	// The limit falls below the balance: legal, nothing more is admitted.
	ok(t, p.Append(1, ledgertest.Credit(ledgertest.EUR, 10)))
	ok(t, p.Settle())
	balance(t, payee, 100)
	if got := payee.F.CanReceive(ledgertest.EUR); !got.IsZero() || !payer.F.CanSend(ledgertest.EUR).IsZero() {
		t.Fatal("something more may be owed")
	}
	// Paid back, the limit counts again.
	ok(t, p.Append(1, ledgertest.Request(ledgertest.EUR, 95, 3)))
	ok(t, p.Settle())
	ok(t, p.Append(0, ledgertest.Collect(1, 3)))
	ok(t, p.Settle())
	if got := payer.F.CanSend(ledgertest.EUR); got != amount(5) {
		t.Fatalf("CanSend %s, want 5", got)
	}
	ok(t, p.CheckAgreed())
}

func TestLargestAmounts(t *testing.T) {
	p := opened(t, 0)
	largest := ledger.AmountFromParts(1<<32-1, 1<<64-1)
	for i := range p.Sides {
		ok(t, p.Append(i, &ledger.Credit{Currency: ledgertest.EUR, Limit: largest}))
	}
	ok(t, p.Settle())
	for n := 1; n <= 3; n++ {
		if got := p.Sides[0].F.CanSend(ledgertest.EUR); (n > 1) != got.IsZero() {
			t.Fatalf("request %d: CanSend %s", n, got)
		}
		r := ledgertest.Request(ledgertest.EUR, 0, n)
		r.Amount = largest
		ok(t, p.Append(0, r))
		ok(t, p.Settle())
		ok(t, p.Append(1, ledgertest.Collect(uint64(n), n)))
		ok(t, p.Settle())
	}
	ok(t, p.CheckAgreed())
	if got, want := p.Sides[1].F.Balance(ledgertest.EUR).String(), "237684487542793012780631851005"; got != want {
		t.Fatalf("balance %s, want %s", got, want)
	}
	if got := p.Sides[1].F.CanSend(ledgertest.EUR); got != largest {
		t.Fatalf("CanSend %s, want one request at most", got)
	}
	if got := view(t, p.Sides[0]).CanReceive; got != largest || p.Sides[0].F.CanReceive(ledgertest.EUR) != largest {
		t.Fatalf("CanReceive %s, want one request at most", got)
	}
	for _, bad := range []ledger.Amount{{}, ledger.AmountFromParts(1<<32, 0), ledger.AmountFromParts(1<<63, 0)} {
		r := ledgertest.Request(ledgertest.EUR, 0, 9)
		r.Amount = bad
		if err := p.Append(0, r); !errors.Is(err, friendship.ErrIllegal) {
			t.Errorf("request of %s: %v", bad, err)
		}
		if c := (&ledger.Credit{Currency: ledgertest.EUR, Limit: bad}); !bad.IsZero() {
			if err := p.Append(0, c); !errors.Is(err, friendship.ErrIllegal) {
				t.Errorf("limit of %s: %v", bad, err)
			}
		}
	}
}

func TestAppendRefusesMistakes(t *testing.T) {
	p := opened(t, 100)
	ok(t, p.Append(1, ledgertest.Request(ledgertest.EUR, 30, 1)))
	ok(t, p.Settle())
	s := p.Sides[0]
	request := func(edit func(*ledger.Request)) *ledger.Request {
		r := ledgertest.Request(ledgertest.EUR, 1, 2)
		edit(r)
		return r
	}
	long := make([]byte, ledger.SealedBytesMax+1)
	tests := map[string][]ledger.Op{
		"nothing":             {},
		"wrong key":           {ledgertest.Collect(1, 2)},
		"unknown ordinal":     {ledgertest.Collect(2, 1)},
		"own request":         {ledgertest.Request(ledgertest.EUR, 1, 2), ledgertest.Cancel(2)},
		"twice":               {ledgertest.Cancel(1), ledgertest.Collect(1, 1)},
		"after others":        {ledgertest.Request(ledgertest.EUR, 7, 2), ledgertest.Credit(ledgertest.EUR, 3), ledgertest.Cancel(1), &ledger.Reserve{Ordinal: 1}},
		"no reason":           {&ledger.Cancel{Ordinal: 1}},
		"checkpoint":          {&ledger.Checkpoint{}},
		"withdraw of theirs":  {&ledger.Withdraw{Ordinal: 1}},
		"commit of theirs":    {&ledger.Commit{Ordinal: 1}},
		"sealed over bound":   {request(func(r *ledger.Request) { r.Sealed = long })},
		"path of version 0":   {request(func(r *ledger.Request) { r.Path = ledger.Path{} })},
		"unknown currency":    {request(func(r *ledger.Request) { r.Currency.Name = "USD" })},
		"bad currency":        {ledgertest.Credit(ledger.Currency{Name: "eur"}, 1)},
		"reservation too big": {&ledger.Reserve{Ordinal: 1, Reservation: long}},
		"undo everything": {
			ledgertest.Request(ledgertest.EUR, 7, 2), &ledger.Withdraw{Ordinal: 1}, &ledger.Commit{Ordinal: 1},
			&ledger.Reserve{Ordinal: 1}, ledgertest.Collect(1, 1), ledgertest.Credit(ledger.Currency{Name: "NEW"}, 1),
			ledgertest.Collect(1, 1),
		},
	}
	for name, ops := range tests {
		state := func() string {
			return fmt.Sprintf("%+v %+v %+v %+v %d", s.F.Currencies(), s.F.Status(), *s.F.Pending(1, 1), s.F.There(), s.F.NextOrdinal())
		}
		before := state()
		if err := p.Append(0, ops...); !errors.Is(err, friendship.ErrIllegal) {
			t.Errorf("%s: %v", name, err)
		}
		if after := state(); after != before {
			t.Errorf("%s changed\n%s to\n%s", name, before, after)
		}
	}
	many := make([]ledger.Op, ledger.EntryOpsMax+1)
	for i := range many {
		many[i] = ledgertest.Credit(ledgertest.EUR, uint64(i))
	}
	if err := p.Append(0, many...); !errors.Is(err, friendship.ErrTooLarge) {
		t.Errorf("too many operations: %v", err)
	}
	ok(t, p.Append(0, many[:s.F.Fit(many)]...))
	ok(t, p.Settle())
	ok(t, p.CheckAgreed())
}

func TestFitByBytes(t *testing.T) {
	p := opened(t, 100)
	var ops []ledger.Op
	for n := range 400 {
		r := ledgertest.Request(ledgertest.EUR, 1, n)
		r.Sealed = make([]byte, ledger.SealedBytesMax)
		ops = append(ops, r)
	}
	fit := p.Sides[0].F.Fit(ops)
	if fit < 190 || fit >= 240 {
		t.Fatalf("%d requests of 1.1 KiB fit into one entry", fit)
	}
	ok(t, p.Append(0, ops[:fit]...))
	ok(t, p.Settle())
	ok(t, p.CheckAgreed())
	if n, b := p.Sides[1].F.PendingCount(0); n != fit || b < fit*ledger.SealedBytesMax {
		t.Fatalf("%d of %d bytes arrived", n, b)
	}
}

func TestNotReady(t *testing.T) {
	p := ledgertest.NewPair()
	ops := []ledger.Op{ledgertest.Credit(ledgertest.EUR, 1)}
	try := func(when string) {
		t.Helper()
		if _, err := p.Sides[0].F.Append(p.Env(0), ops); !errors.Is(err, friendship.ErrNotReady) {
			t.Errorf("%s: %v", when, err)
		}
	}
	try("never met")
	ok(t, p.Connect())
	try("no hello")
	ok(t, p.Deliver(0))
	try("proposal out")
	ok(t, p.Open())
	p.Cut()
	try("cut")
	ok(t, p.Connect())
	try("no hello on the new stream")
}

func TestPendingBounds(t *testing.T) {
	p := opened(t, 1<<40)
	s := p.Sides[0]
	for n := 0; n < ledger.PendingMax; {
		var ops []ledger.Op
		for ; len(ops) < ledger.EntryOpsMax && n < ledger.PendingMax; n++ {
			ops = append(ops, ledgertest.Request(ledgertest.EUR, 1, n))
		}
		ok(t, p.Append(0, ops...))
	}
	if got := s.F.CanSend(ledgertest.EUR); !got.IsZero() {
		t.Fatalf("CanSend %s with the most requests pending", got)
	}
	if err := p.Append(0, ledgertest.Request(ledgertest.EUR, 1, 9999)); !errors.Is(err, friendship.ErrIllegal) {
		t.Fatalf("one too many: %v", err)
	}
	ok(t, p.Settle())
	ok(t, p.CheckAgreed())
	ok(t, p.Append(1, ledgertest.Cancel(17)))
	ok(t, p.Settle())
	ok(t, p.Append(0, ledgertest.Request(ledgertest.EUR, 1, 9999)))
	ok(t, p.Settle())
	ok(t, p.CheckAgreed())
}

func TestCurrenciesBound(t *testing.T) {
	p := ledgertest.NewPair()
	ok(t, p.Open())
	for i := range ledger.CurrenciesMax {
		c := ledgertest.Credit(ledger.Currency{Name: fmt.Sprintf("C%d", i)}, 1)
		if err := p.Append(0, c, ledgertest.Cancel(9)); !errors.Is(err, friendship.ErrIllegal) {
			t.Fatal(err) // an offer that is undone does not count
		}
		ok(t, p.Append(0, c))
	}
	if err := p.Append(0, ledgertest.Credit(ledgertest.EUR, 1)); !errors.Is(err, friendship.ErrIllegal) {
		t.Fatalf("one too many: %v", err)
	}
	if n := len(p.Sides[0].F.Currencies()); n != ledger.CurrenciesMax {
		t.Fatalf("%d currencies", n)
	}
	ok(t, p.Append(0, ledgertest.Credit(ledger.Currency{Name: "C0"}, 2)))
	ok(t, p.Append(1, ledgertest.Credit(ledgertest.EUR, 1)))
	ok(t, p.Settle())
	ok(t, p.CheckAgreed())
}

func TestSamePartLock(t *testing.T) {
	p := opened(t, 100)
	ok(t, p.Append(0, ledgertest.Request(ledgertest.EUR, 1, 7), ledgertest.Request(ledgertest.EUR, 2, 7), ledgertest.Request(ledgertest.EUR, 3, 7)))
	ok(t, p.Settle())
	lock := p.Sides[1].F.Pending(0, 1).Request.PartLock
	find := func() uint64 {
		if found := p.Sides[1].F.PendingByPartLock(0, lock); found != nil {
			return found.Ordinal
		}
		return 0
	}
	if got := find(); got != 1 {
		t.Fatalf("found %d, want the oldest", got)
	}
	ok(t, p.Append(1, ledgertest.Cancel(2)))
	ok(t, p.Append(1, ledgertest.Cancel(1)))
	if got := find(); got != 3 {
		t.Fatalf("found %d, want 3", got)
	}
	ok(t, p.Append(1, ledgertest.Collect(3, 7)))
	if got := find(); got != 0 {
		t.Fatalf("found %d, want none", got)
	}
	if p.Sides[1].F.PendingByPartLock(1, lock) != nil {
		t.Fatal("found in the other direction")
	}
}

func TestAcknowledgements(t *testing.T) {
	p := opened(t, 100)
	ok(t, p.Advance(5*time.Second)) // what is owed from the offers
	a, b := p.Sides[0], p.Sides[1]
	a.Changes, b.Changes = nil, nil
	before := b.F.Status().Mine.Seq
	ok(t, p.Append(0, ledgertest.Credit(ledgertest.EUR, 7)))
	ok(t, p.Settle())
	if got := b.F.Status().Mine.Seq; got != before {
		t.Fatal("acknowledged without waiting for something to say")
	}
	at, due := b.F.Wake()
	if !due || at != p.Mono+friendship.AckDelay {
		t.Fatalf("wakes at %v, %v", at, due)
	}
	ok(t, p.Advance(friendship.AckDelay))
	if got := b.F.Status().Mine.Seq; got != before+1 {
		t.Fatal("no acknowledgement after its delay")
	}
	if acked := change[friendship.Acknowledged](t, a); acked.Seq != a.F.Status().Mine.Seq {
		t.Fatalf("%+v", acked)
	}
	mine := a.F.Status().Mine.Seq
	ok(t, p.Advance(time.Hour))
	if a.F.Status().Mine.Seq != mine || b.F.Status().Mine.Seq != before+1 {
		t.Fatal("an empty entry was answered")
	}
	// Many at once are acknowledged at once.
	for i := range friendship.AckBatch {
		ok(t, p.Append(0, ledgertest.Credit(ledgertest.EUR, uint64(i))))
	}
	ok(t, p.Settle())
	if got := a.F.Status(); got.Acknowledged != got.Mine.Seq {
		t.Fatalf("%d of %d acknowledged at once", got.Acknowledged, got.Mine.Seq)
	}
}

func TestWindow(t *testing.T) {
	p := opened(t, 100)
	ok(t, p.Advance(5*time.Second))
	a := p.Sides[0]
	acked := a.F.Status().Acknowledged
	n := 0
	for ; a.F.WindowOpen(); n++ {
		ok(t, p.Append(0, ledgertest.Credit(ledgertest.EUR, uint64(n))))
	}
	if got := a.F.Status().Mine.Seq - acked; got != ledger.EntryWindow || n < ledger.EntryWindow-1 {
		t.Fatalf("%d entries ahead", got)
	}
	if err := p.Append(0, ledgertest.Credit(ledgertest.EUR, 1)); !errors.Is(err, friendship.ErrWindow) {
		t.Fatalf("beyond the window: %v", err)
	}
	// The other side fills its window too; nothing was delivered: acknowledgements
	// are outside of the window, so both go on.
	for i := 0; p.Sides[1].F.WindowOpen(); i++ {
		ok(t, p.Append(1, ledgertest.Credit(ledgertest.EUR, uint64(i))))
	}
	ok(t, p.Settle())
	ok(t, p.Advance(friendship.AckDelay))
	for i := range p.Sides {
		if !p.Sides[i].F.WindowOpen() {
			t.Fatalf("window of side %d stays closed", i)
		}
		ok(t, p.Append(i, ledgertest.Credit(ledgertest.EUR, 5)))
	}
	ok(t, p.Settle())
	ok(t, p.CheckAgreed())
}

func TestResend(t *testing.T) {
	p := opened(t, 100)
	for n := range 5 {
		ok(t, p.Append(0, ledgertest.Request(ledgertest.EUR, 1, n)))
	}
	ok(t, p.Deliver(1))
	ok(t, p.Deliver(1))
	p.Cut()
	ok(t, p.Restart(0)) // what is sent again comes from the disk
	ok(t, p.Connect())
	ok(t, p.Deliver(0))
	if n := len(p.Waiting(1)); n != 4 { // Hello and three entries
		t.Fatalf("%d frames on their way, want 4", n)
	}
	ok(t, p.Settle())
	if n, _ := p.Sides[1].F.PendingCount(0); n != 5 {
		t.Fatalf("%d requests arrived", n)
	}
	ok(t, p.CheckAgreed())
}

func TestCrashBeforeAnEntryLeaves(t *testing.T) {
	for _, how := range []ledgertest.Crash{ledgertest.CrashBeforeWrites, ledgertest.CrashBeforeFrames} {
		p := opened(t, 100)
		p.Sides[0].CrashNext = how
		ok(t, p.Append(0, ledgertest.Request(ledgertest.EUR, 1, 1)))
		ok(t, p.Connect())
		ok(t, p.Settle())
		n, _ := p.Sides[1].F.PendingCount(0)
		if want := int(how - ledgertest.CrashBeforeWrites); n != want {
			t.Fatalf("crash %d: %d requests arrived, want %d", how, n, want)
		}
		ok(t, p.Append(0, ledgertest.Request(ledgertest.EUR, 2, 2)))
		ok(t, p.Settle())
		ok(t, p.CheckAgreed())
	}
}

func TestPendingBytesBound(t *testing.T) {
	p := opened(t, 1<<40)
	n, size := 0, 0
	for {
		r := ledgertest.Request(ledgertest.EUR, 1, n)
		r.Sealed = make([]byte, ledger.SealedBytesMax)
		r.Path = ledger.NewPath(make([]ledger.Hop, ledger.PathNodesMax)...)
		err := p.Append(0, r)
		if errors.Is(err, friendship.ErrWindow) {
			ok(t, p.Settle())
			ok(t, p.Advance(friendship.AckDelay))
			continue
		}
		if errors.Is(err, friendship.ErrIllegal) {
			if size+r.EncodedLen() <= ledger.PendingBytesMax || size > ledger.PendingBytesMax {
				t.Fatalf("refused after %d of %d bytes: %v", n, size, err)
			}
			break
		}
		ok(t, err)
		n, size = n+1, size+r.EncodedLen()
	}
	if got := p.Sides[0].F.CanSend(ledgertest.EUR); !got.IsZero() {
		t.Fatalf("CanSend %s without room", got)
	}
	ok(t, p.Settle())
	ok(t, p.CheckAgreed())
}

func TestAcknowledgedOnceAcrossARestart(t *testing.T) {
	p := opened(t, 100)
	ok(t, p.Advance(5*time.Second))
	ok(t, p.Restart(1))
	ok(t, p.Open())
	s := p.Sides[1]
	s.Changes = nil
	if st := s.F.Status(); st.Acknowledged == 0 || st.Acknowledged != st.Mine.Seq {
		t.Fatalf("%d of %d acknowledged", st.Acknowledged, st.Mine.Seq)
	}
	ok(t, p.Append(0, ledgertest.Credit(ledgertest.EUR, 9))) // acknowledges nothing new
	ok(t, p.Settle())
	change[friendship.CreditChanged](t, s)
	ok(t, p.Append(0, ledgertest.Credit(ledgertest.EUR, 8)))
	ok(t, p.Settle())
	none[friendship.Acknowledged](t, s)
}
