package engine_test

import (
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// wallet is a rig whose engine pays an invoice of the last puppet.
type wallet struct {
	*rig
	invoice *ledger.Invoice
	key     ledger.Key
	id      ledger.PaymentID
}

func newWallet(t *testing.T, value uint64, names ...string) *wallet {
	r := newRig(t, names...)
	seller := r.puppets[len(r.puppets)-1]
	w := &wallet{rig: r, key: ledger.Key{4, 5, 6}, id: ledger.PaymentID{1}}
	w.invoice = &ledger.Invoice{
		ID: ledger.InvoiceID{8}, Currency: eur, Amount: amount(value), Seller: seller.id, Lock: w.key.Lock(),
		Created: r.wall().Unix(), Expires: r.wall().Add(time.Hour).Unix(),
	}
	(&node{key: seller.key, id: seller.id}).resign(w.invoice)
	return w
}

func (w *wallet) order() engine.Pay {
	return engine.Pay{Payment: w.id, Invoice: w.invoice, MaxFee: amount(100), Timeout: 30 * time.Second}
}

func (w *wallet) pay() engine.PaymentRecord {
	w.t.Helper()
	return w.must(w.order()).(engine.PaymentRecord)
}

// question returns the plan that is asked for, which must be the only one.
func (w *wallet) question() *engine.PlanQuestion {
	w.t.Helper()
	if len(w.asked) != 1 {
		w.t.Fatalf("%d questions are asked, want 1", len(w.asked))
	}
	q := w.asked[0].(*engine.PlanQuestion)
	w.asked = nil
	return q
}

// planned is a part of a plan over a friend, then through hops to the seller.
func (w *wallet) planned(n byte, share, amounts uint64, first *puppet, hops ...ledger.Hop) (engine.PlannedPart, ledger.Key) {
	key := ledger.Key{n, 0xaa}
	return engine.PlannedPart{
		Friend: first.id, Amount: amount(amounts), Share: amount(share), Path: ledger.NewPath(hops...),
		PartLock: key.Lock(), Sealed: []byte{n},
	}, key
}

func answer(q *engine.PlanQuestion, parts ...engine.PlannedPart) engine.Planned {
	return engine.Planned{Payment: q.Payment, Attempt: q.Attempt, Parts: parts}
}

func (w *wallet) want(state engine.PaymentState, failure string) engine.PaymentRecord {
	w.t.Helper()
	r := w.disk.payment(w.id)
	if r.State != state || r.Failure != failure {
		w.t.Fatalf("payment is %v %q (%s), want %v %q", r.State, r.Failure, r.Text, state, failure)
	}
	return r
}

func TestBuyerSettles(t *testing.T) {
	w := newWallet(t, 1000, "first", "seller")
	first, seller := w.puppets[0], w.puppets[1]
	order := w.order()
	order.Note = "hello"
	if r := w.must(order).(engine.PaymentRecord); r.State != engine.Planning || r.Attempts != 1 {
		t.Errorf("after the command: %v, attempt %d", r.State, r.Attempts)
	}
	q := w.question()
	if q.Amount != amount(1000) || q.Total != amount(1000) || q.MaxFee != amount(100) || q.Note != "hello" ||
		q.MaxParts != ledger.PartsMax || len(q.FirstHops) != 2 || q.Invoice != w.invoice {
		t.Errorf("question: %+v", q)
	}
	part, key := w.planned(1, 1000, 1003, first, hop(seller, 1000))
	w.step(answer(q, part))
	w.want(engine.Sending, "")
	got := first.got[0].Request
	if got.Amount != amount(1003) || got.Lock != w.invoice.Lock || got.PartLock != part.PartLock ||
		got.Hold != uint32(ledger.HoldExpress/time.Second) || !got.Path.Equal(part.Path) || string(got.Sealed) != "\x01" {
		t.Errorf("request: %+v", got)
	}
	first.say(&ledger.Collect{Ordinal: 1, Key: w.key, PartKey: key})
	r := w.want(engine.Settled, "")
	if r.Fee != amount(3) || r.Receipt().Verify() != nil || !r.IsEnded() || len(w.eng.Payments()) != 0 {
		t.Errorf("settled: %+v", r)
	}
	var states []engine.PaymentState
	for _, ev := range w.events {
		if ev.Payment != nil {
			states = append(states, ev.Payment.State)
		}
	}
	if len(states) != 3 || states[0] != engine.Planning || states[1] != engine.Sending || states[2] != engine.Settled {
		t.Errorf("events: %v", states)
	}
}

// TestBuyerPlansAround: a cancelled part is planned again around the edge that
// its reporter named, and the failure says what bound.
func TestBuyerPlansAround(t *testing.T) {
	w := newWallet(t, 1000, "first", "second", "seller")
	first, second, seller := w.puppets[0], w.puppets[1], w.puppets[2]
	w.pay()
	part, _ := w.planned(1, 1000, 1000, first, hop(second, 1000), hop(seller, 1000))
	w.step(answer(w.question(), part))
	first.say(&ledger.Cancel{Ordinal: 1, Reason: ledger.OverLimit, Reporter: second.id})
	q := w.question()
	if q.Attempt != 2 || q.Amount != amount(1000) || len(q.Exclude) != 1 || q.Exclude[0] != (engine.Edge{From: second.id, To: seller.id}) {
		t.Fatalf("second question: %+v", q)
	}
	part, _ = w.planned(2, 1000, 1000, second, hop(seller, 1000))
	w.step(answer(q, part))
	second.say(&ledger.Cancel{Ordinal: 1, Reason: ledger.FriendOffline, Reporter: second.id})
	q = w.question()
	// The edge behind second is out already, so now the one into it.
	if want := (engine.Edge{From: w.rig.id, To: second.id}); len(q.Exclude) != 2 || q.Exclude[1] != want {
		t.Fatalf("third question excludes %v", q.Exclude)
	}
	for _, c := range q.FirstHops {
		if c.Friend == second.id {
			t.Error("an excluded friend is still a first hop")
		}
	}
	w.step(engine.Planned{Payment: q.Payment, Attempt: q.Attempt, Failure: &engine.PlanFailure{
		Reason: "no_route", Text: "no other route", Largest: amount(12),
	}})
	r := w.want(engine.Failed, "friend_offline")
	if r.Largest != amount(12) || len(r.Parts) != 2 || r.Attempts != 3 || r.Finished.IsZero() {
		t.Errorf("failed: %+v", r)
	}
}

// TestExclude names the edge for each reporter.
func TestExcludeEdges(t *testing.T) {
	w := newWallet(t, 1000, "first", "second", "seller")
	first, second, seller := w.puppets[0], w.puppets[1], w.puppets[2]
	_, liar := keyOf("liar")
	for _, tc := range []struct {
		name     string
		reporter ledger.NodeID
		want     engine.Edge
	}{
		{"first hop", first.id, engine.Edge{From: first.id, To: second.id}},
		{"mediator", second.id, engine.Edge{From: second.id, To: seller.id}},
		{"seller", seller.id, engine.Edge{From: second.id, To: seller.id}},
		{"nobody on the route", liar, engine.Edge{From: w.rig.id, To: first.id}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWallet(t, 1000, "first", "second", "seller")
			w.pay()
			part, _ := w.planned(1, 1000, 1000, w.puppets[0], hop(second, 1000), hop(seller, 1000))
			w.step(answer(w.question(), part))
			w.puppets[0].say(&ledger.Cancel{Ordinal: 1, Reason: ledger.TooManyPending, Reporter: tc.reporter})
			if q := w.question(); len(q.Exclude) != 1 || q.Exclude[0] != tc.want {
				t.Errorf("excludes %v, want %v", q.Exclude, tc.want)
			}
		})
	}
}

// TestManyParts: what is cancelled is planned again, what is out is not, and the
// sum never exceeds the total.
func TestManyParts(t *testing.T) {
	w := newWallet(t, 1000, "left", "right", "seller")
	left, right, seller := w.puppets[0], w.puppets[1], w.puppets[2]
	w.pay()
	a, ka := w.planned(1, 400, 410, left, hop(seller, 400))
	b, _ := w.planned(2, 600, 620, right, hop(seller, 600))
	w.step(answer(w.question(), a, b))
	right.say(&ledger.Cancel{Ordinal: 1, Reason: ledger.Quota, Reporter: right.id})
	q := w.question()
	if q.Amount != amount(600) || q.Total != amount(1000) || q.MaxFee != amount(90) || q.MaxParts != ledger.PartsMax-1 {
		t.Fatalf("second question: %+v", q)
	}
	c, kc := w.planned(3, 600, 605, left, hop(seller, 600))
	w.step(answer(q, c))
	left.say(&ledger.Collect{Ordinal: 1, Key: w.key, PartKey: ka})
	if r := w.want(engine.Settled, ""); r.IsEnded() || r.Fee != amount(10) || r.Receipt() == nil {
		t.Errorf("after the first collect: %+v", r)
	}
	if len(w.eng.Payments()) != 1 {
		t.Error("a payment with a part out left the memory")
	}
	left.say(&ledger.Collect{Ordinal: 2, Key: w.key, PartKey: kc})
	if r := w.want(engine.Settled, ""); !r.IsEnded() || r.Fee != amount(15) {
		t.Errorf("after the last collect: %+v", r)
	}
}

// TestGivenUpPaymentWaitsForItsParts: it has failed only when nothing is out, and
// a collect after all settles it.
func TestGivenUpPaymentWaitsForItsParts(t *testing.T) {
	for _, collect := range []bool{false, true} {
		w := newWallet(t, 1000, "left", "right", "seller")
		left, right, seller := w.puppets[0], w.puppets[1], w.puppets[2]
		w.pay()
		a, ka := w.planned(1, 400, 400, left, hop(seller, 400))
		b, _ := w.planned(2, 600, 600, right, hop(seller, 600))
		w.step(answer(w.question(), a, b))
		right.say(&ledger.Cancel{Ordinal: 1, Reason: ledger.Quota, Reporter: right.id})
		q := w.question()
		w.step(engine.Planned{Payment: q.Payment, Attempt: q.Attempt, Failure: &engine.PlanFailure{Reason: "no_route"}})
		w.pass(time.Hour)
		w.want(engine.Sending, "quota")
		if collect {
			left.say(&ledger.Collect{Ordinal: 1, Key: w.key, PartKey: ka})
			w.want(engine.Settled, "")
		} else {
			left.say(&ledger.Cancel{Ordinal: 1, Reason: ledger.Expired, Reporter: seller.id})
			w.want(engine.Failed, "quota")
		}
	}
}

func TestTimeout(t *testing.T) {
	w := newWallet(t, 1000, "first", "seller")
	first, seller := w.puppets[0], w.puppets[1]
	w.pay()
	w.pass(29 * time.Second)
	w.want(engine.Planning, "")
	w.pass(2 * time.Second)
	w.want(engine.Failed, "timeout")
	part, _ := w.planned(1, 1000, 1000, first, hop(seller, 1000))
	w.step(answer(w.question(), part)) // too late
	if len(first.got) != 0 {
		t.Error("a plan that came too late was sent")
	}

	// A part that is out is waited for, and not replaced after the time.
	w.id[0]++
	w.pay()
	w.step(answer(w.question(), part))
	w.pass(time.Minute)
	w.want(engine.Sending, "")
	first.say(&ledger.Cancel{Ordinal: 1, Reason: ledger.Quota, Reporter: first.id})
	w.want(engine.Failed, "quota")
}

func TestAttemptsAreBounded(t *testing.T) {
	w := newWallet(t, 1000, "first", "seller")
	first, seller := w.puppets[0], w.puppets[1]
	w.pay()
	for i := range engine.AttemptsMax {
		_, via := keyOf(string(rune('a' + i)))
		part, _ := w.planned(byte(i+1), 1000, 1000, first, ledger.Hop{Node: via, Amount: amount(1000)}, hop(seller, 1000))
		w.step(answer(w.question(), part))
		first.say(&ledger.Cancel{Ordinal: uint64(i + 1), Reason: ledger.Quota, Reporter: via})
	}
	if len(w.asked) != 0 {
		t.Error("one attempt too many")
	}
	w.want(engine.Failed, "quota")
}

// TestBadPlans: no planner can make the engine spend what it must not.
func TestBadPlans(t *testing.T) {
	type change func(w *wallet, parts []engine.PlannedPart) []engine.PlannedPart
	edit := func(f func(w *wallet, p *engine.PlannedPart)) change {
		return func(w *wallet, parts []engine.PlannedPart) []engine.PlannedPart {
			f(w, &parts[0])
			return parts
		}
	}
	for name, c := range map[string]change{
		"fee above the limit": edit(func(_ *wallet, p *engine.PlannedPart) { p.Amount = amount(1101) }),
		"too little":          edit(func(w *wallet, p *engine.PlannedPart) { p.Share, p.Path.Hops[0].Amount = amount(999), amount(999) }),
		"too much": edit(func(_ *wallet, p *engine.PlannedPart) {
			p.Amount, p.Share, p.Path.Hops[0].Amount = amount(1001), amount(1001), amount(1001)
		}),
		"not to the seller":     edit(func(w *wallet, p *engine.PlannedPart) { _, p.Path.Hops[0].Node = keyOf("x") }),
		"share does not arrive": edit(func(_ *wallet, p *engine.PlannedPart) { p.Path.Hops[0].Amount = amount(990) }),
		"visits this node again": edit(func(w *wallet, p *engine.PlannedPart) {
			p.Path = ledger.NewPath(ledger.Hop{Node: w.puppets[0].id, Amount: amount(1000)}, p.Path.Hops[0])
		}),
		"large sealed part": edit(func(_ *wallet, p *engine.PlannedPart) { p.Sealed = make([]byte, ledger.SealedBytesMax+1) }),
		"one lock twice": func(_ *wallet, parts []engine.PlannedPart) []engine.PlannedPart {
			p := parts[0]
			p.Amount, p.Share, p.Path = amount(500), amount(500), ledger.NewPath(ledger.Hop{Node: p.Path.Hops[0].Node, Amount: amount(500)})
			return []engine.PlannedPart{p, p}
		},
		"nothing": func(*wallet, []engine.PlannedPart) []engine.PlannedPart { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWallet(t, 1000, "first", "seller")
			w.pay()
			part, _ := w.planned(1, 1000, 1000, w.puppets[0], hop(w.puppets[1], 1000))
			w.step(answer(w.question(), c(w, []engine.PlannedPart{part})...))
			w.want(engine.Failed, "bad_plan")
			if len(w.puppets[0].got) != 0 {
				t.Error("something was sent")
			}
		})
	}
}

// TestPlanWithALockThatIsUnderway: what comes back would be linked to both.
func TestPlanWithALockThatIsUnderway(t *testing.T) {
	w := newWallet(t, 1000, "first", "seller")
	first, seller := w.puppets[0], w.puppets[1]
	req, _ := first.request(10, hop(seller, 10))
	first.say(req)
	w.pay()
	part, _ := w.planned(1, 1000, 1000, seller)
	part.PartLock = req.PartLock
	w.step(answer(w.question(), part))
	w.want(engine.Failed, "bad_plan")

	// And the other way round: an own part that somebody sends back here.
	w = newWallet(t, 1000, "first", "seller")
	first, seller = w.puppets[0], w.puppets[1]
	w.pay()
	part, _ = w.planned(1, 1000, 1000, seller)
	w.step(answer(w.question(), part))
	req, _ = first.request(10, hop(seller, 10))
	req.PartLock = part.PartLock
	first.say(req)
	first.wantCancel(ledger.DuplicateLock, w.rig.id)
}

// TestPlanMeetsChange: between question and answer the first hop has become
// unusable; the part counts as never made.
func TestPlanMeetsChange(t *testing.T) {
	no := false
	for _, tc := range []struct {
		name   string
		reason ledger.Reason
		change func(w *wallet, first *puppet)
	}{
		{"offline", ledger.FriendOffline, func(_ *wallet, first *puppet) { first.hangUp() }},
		{"disabled", ledger.FriendOffline, func(w *wallet, first *puppet) { w.must(engine.EditFriend{Friend: first.id, Enabled: &no}) }},
		{"removed", ledger.NoRoute, func(w *wallet, first *puppet) { w.must(engine.RemoveFriend{Friend: first.id}) }},
		{"closed", ledger.CurrencyClosed, func(w *wallet, first *puppet) { w.must(engine.SetOpen{Friend: first.id, Currency: eur}) }},
		{"lower limit", ledger.OverLimit, func(_ *wallet, first *puppet) { first.say(&ledger.Credit{Currency: eur, Limit: amount(999)}) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWallet(t, 1000, "first", "seller")
			w.pay()
			q := w.question()
			tc.change(w, w.puppets[0])
			part, _ := w.planned(1, 1000, 1000, w.puppets[0], hop(w.puppets[1], 1000))
			w.step(answer(q, part))
			if r := w.want(engine.Planning, ""); r.Parts[0].Cancelled != tc.reason || r.Parts[0].Reporter != w.rig.id {
				t.Errorf("part: %+v", r.Parts[0])
			}
			if q := w.question(); q.Attempt != 2 || q.Exclude[0] != (engine.Edge{From: w.rig.id, To: w.puppets[0].id}) {
				t.Errorf("question: %+v", q)
			}
		})
	}
}

// TestPayAgain: one payment for an ID and for an invoice, whatever is asked and
// in whatever state it is.
func TestPayAgain(t *testing.T) {
	w := newWallet(t, 1000, "first", "seller")
	seller := w.puppets[1]
	first := w.pay()
	q := w.question()
	again := func(id byte, previous *engine.PaymentRecord) (engine.PaymentRecord, *engine.CommandError) {
		o := w.order()
		o.Payment = ledger.PaymentID{id}
		o.Previous = previous
		v, err := w.do(o)
		r, _ := v.(engine.PaymentRecord)
		return r, err
	}
	if r, err := again(2, nil); err != nil || r.ID != first.ID {
		t.Errorf("while planning: %v %v", r.ID, err)
	}
	part, key := w.planned(1, 1000, 1000, seller)
	w.step(answer(q, part))
	sending := w.disk.payment(first.ID)
	if r, err := again(1, &sending); err != nil || r.State != engine.Sending {
		t.Errorf("while sending: %v %v", r.State, err)
	}
	seller.say(&ledger.Collect{Ordinal: 1, Key: w.key, PartKey: key})
	settled := w.disk.payment(first.ID)
	for _, previous := range []*engine.PaymentRecord{nil, &sending, &settled} {
		for _, id := range []byte{1, 2} {
			if r, err := again(id, previous); err != nil || r.State != engine.Settled || r.ID != first.ID {
				t.Errorf("when settled: %v %v", r.State, err)
			}
		}
	}
	w.restart()
	if r, err := again(2, &settled); err != nil || r.State != engine.Settled {
		t.Errorf("after a restart: %v %v", r.State, err)
	}
	if _, err := again(2, &sending); err == nil || err.Reason != "payment_ending" {
		t.Errorf("with a stale record: %v", err)
	}
	if len(seller.got) != 1 || len(w.asked) != 0 {
		t.Error("a repeated command sent or asked something")
	}

	other := *w.invoice
	other.ID[0]++
	o := w.order()
	o.Invoice, o.Previous = &other, &settled
	if _, err := w.do(o); err == nil || err.Reason != "payment_exists" {
		t.Errorf("one ID for two invoices: %v", err)
	}
}

// TestPayAfterFailure: a failed payment is returned for its own ID, and does not
// stand in the way of another.
func TestPayAfterFailure(t *testing.T) {
	w := newWallet(t, 1000, "first", "seller")
	w.pay()
	q := w.question()
	w.step(engine.Planned{Payment: q.Payment, Attempt: q.Attempt, Failure: &engine.PlanFailure{Reason: "fee_cap", Text: "too dear"}})
	failed := w.want(engine.Failed, "fee_cap")
	if failed.Text != "too dear" {
		t.Errorf("text %q", failed.Text)
	}
	if r := w.pay(); r.State != engine.Failed || len(w.asked) != 0 {
		t.Error("the same ID began again")
	}
	o := w.order()
	o.Payment, o.Previous = ledger.PaymentID{2}, &failed
	if r := w.must(o).(engine.PaymentRecord); r.State != engine.Planning || r.ID != o.Payment {
		t.Errorf("a new payment is %v", r.State)
	}
}

// TestRestartWhilePlanning asks again when a friend is back, and fails in time
// when none is.
func TestRestartWhilePlanning(t *testing.T) {
	w := newWallet(t, 1000, "first", "seller")
	w.pay()
	w.question()
	w.restart()
	if len(w.asked) != 0 {
		t.Fatal("asked without a friend")
	}
	w.puppets[1].connect()
	q := w.question()
	if q.Attempt != 1 || len(q.FirstHops) != 1 {
		t.Errorf("question: %+v", q)
	}
	part, _ := w.planned(1, 1000, 1000, w.puppets[1])
	w.step(answer(q, part))
	w.want(engine.Sending, "")

	w = newWallet(t, 1000, "first", "seller")
	w.pay()
	w.restart()
	w.pass(time.Minute)
	w.want(engine.Failed, "timeout")
}

// TestUnsentPartAfterRestart: the record says that the part is out, but it was in
// no entry, because the window was full.
func TestUnsentPart(t *testing.T) {
	for _, restart := range []bool{false, true} {
		w := newWallet(t, 1000, "first", "seller")
		first, seller := w.puppets[0], w.puppets[1]
		first.fill()
		w.pay()
		part, _ := w.planned(1, 1000, 1000, first, hop(seller, 1000))
		w.step(answer(w.question(), part))
		w.want(engine.Sending, "")
		if restart {
			w.restart()
			seller.connect()
		} else {
			w.pass(engine.RequestWait)
		}
		r := w.want(engine.Planning, "")
		if r.Parts[0].Cancelled != ledger.FriendOffline {
			t.Errorf("part: %+v", r.Parts[0])
		}
		part, key := w.planned(2, 1000, 1000, seller)
		w.step(answer(w.question(), part))
		seller.say(&ledger.Collect{Ordinal: 1, Key: w.key, PartKey: key})
		w.want(engine.Settled, "")
	}
}
