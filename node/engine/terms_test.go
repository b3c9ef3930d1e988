package engine_test

import (
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/node/engine"
)

// open is a rig with a request in both directions through the engine.
func openBothWays(t *testing.T) (r *rig, up, down *puppet, there, back *ledger.Request, k, l keys) {
	r = newRig(t, "up", "down")
	up, down = r.puppets[0], r.puppets[1]
	there, k = up.request(100, hop(down, 90))
	up.say(there)
	back, l = down.request(70, hop(up, 60))
	down.say(back)
	return r, up, down, there, back, k, l
}

// TestMediatorMakesUp: the ledger to the next friend breaks while requests of
// both directions are open. Nothing is resolved by that; the new epoch keeps
// them, and they end as they would have.
func TestMediatorMakesUp(t *testing.T) {
	r, up, down, there, back, k, l := openBothWays(t)
	down.cheat()
	r.pass(20 * time.Second)
	if len(up.ended) != 0 {
		t.Fatal("a broken ledger resolved a request of another friend")
	}
	down.hangUp()
	down.connect()
	if f, _ := r.eng.Friend(down.id); !f.Ready || f.Evidence != nil || f.Disagreement != nil || f.Epoch == 0 {
		t.Fatalf("the two have not made up: %+v", f)
	}
	r.wantRows(2, 0)
	if len(up.ended)+len(down.ended) != 0 {
		t.Fatal("making up resolved a request")
	}
	down.say(&ledger.Credit{Currency: eur, Limit: amount(10_000)}, collect(down.now(there.PartLock), k))
	up.wantCollect()
	up.say(collect(up.now(back.PartLock), l))
	down.wantCollect()
	r.wantRows(0, 0)
	if c := r.balance(up); c != ledger.NewBalance(100-60) {
		t.Errorf("up owes %v", c)
	}
	if c := r.balance(down); c != ledger.NewBalance(70-90) {
		t.Errorf("down owes %v", c)
	}
}

func (r *rig) balance(p *puppet) ledger.Balance {
	f, _ := r.eng.Friend(p.id)
	return f.Currencies[0].Balance
}

// TestTermsThatCost: the friend who sent a request proposes an epoch without it.
// The request is forwarded, so the node loses it, and only the user can accept
// that, by saying how much.
func TestTermsThatCost(t *testing.T) {
	r, up, down, there, back, k, _ := openBothWays(t)
	terms := up.terms(0, up.now(back.PartLock))
	up.wantRefused(terms, ledger.RefuseCost)
	f, _ := r.eng.Friend(up.id)
	d := f.Disagreement
	if d == nil || d.Theirs != terms || len(d.Costs) != 1 || d.Costs[0] != (friendship.Cost{Currency: eur, Amount: ledger.NewBalance(100)}) ||
		len(d.Lost) != 1 || d.Lost[0].Request.Hash() != there.Hash() || len(d.Allowed) != 0 {
		t.Fatalf("disagreement: %+v", d)
	}
	if last := r.events[len(r.events)-1].Friend; last == nil || last.Record.Friend != up.id || last.Disagreement == nil {
		t.Error("nobody was told")
	}
	bound := func(n int64) []friendship.Cost {
		return []friendship.Cost{{Currency: eur, Amount: ledger.NewBalance(n)}}
	}
	refusals := []struct {
		name   string
		do     engine.AcceptTerms
		code   engine.Code
		reason string
	}{
		{"stranger", engine.AcceptTerms{Friend: ledger.NodeID{1}}, engine.NotFound, "unknown_friend"},
		{"too little", engine.AcceptTerms{Friend: up.id, Bound: bound(99)}, engine.Precondition, "terms_cost_more"},
		{"nothing", engine.AcceptTerms{Friend: up.id}, engine.Precondition, "terms_cost_more"},
		{"negative", engine.AcceptTerms{Friend: up.id, Bound: bound(-1)}, engine.Invalid, "bound_invalid"},
		{"twice", engine.AcceptTerms{Friend: up.id, Bound: append(bound(100), bound(200)...)}, engine.Invalid, "bound_invalid"},
		{"no currency", engine.AcceptTerms{Friend: up.id, Bound: []friendship.Cost{{}}}, engine.Invalid, "bound_invalid"},
		{"too many", engine.AcceptTerms{Friend: up.id, Bound: make([]friendship.Cost, friendship.BoundMax+1)}, engine.Invalid, "bound_invalid"},
		{"no decision yet", engine.AcceptTerms{Friend: up.id, Withdraw: true}, engine.Precondition, "nothing_to_withdraw"},
		{"no disagreement", engine.AcceptTerms{Friend: down.id, Bound: bound(100)}, engine.Precondition, "nothing_to_accept"},
	}
	for _, tc := range refusals {
		if _, err := r.do(tc.do); err == nil || err.Code != tc.code || err.Reason != tc.reason || err.Text == "" {
			t.Errorf("%s: %+v", tc.name, err)
		}
	}
	r.must(engine.AcceptTerms{Friend: up.id, Bound: bound(100)})
	if f, _ := r.eng.Friend(up.id); len(f.Disagreement.Allowed) != 1 {
		t.Errorf("allowed: %+v", f.Disagreement.Allowed)
	}
	if m, ok := up.told[len(up.told)-1].(*ledger.Refuse); !ok || m.Reason != ledger.RefuseRetry {
		t.Errorf("the friend is not asked again: %+v", up.told)
	}
	r.must(engine.AcceptTerms{Friend: up.id, Withdraw: true})
	up.wantRefused(terms, ledger.RefuseCost)
	r.must(engine.AcceptTerms{Friend: up.id, Bound: bound(100)})
	keep := up.now(back.PartLock)
	up.confirm(up.accepted(terms), keep)
	if f, _ := r.eng.Friend(up.id); f.Disagreement != nil {
		t.Errorf("disagreement: %+v", f.Disagreement)
	}
	r.wantRows(2, 0) // the next friend may still collect what it was sent
	down.say(collect(down.now(there.PartLock), k))
	r.wantRows(1, 0)
	if r.balance(up).Sign() != 0 || r.balance(down) != ledger.NewBalance(-90) {
		t.Errorf("balances %v and %v", r.balance(up), r.balance(down))
	}
}

// TestTermsWithoutTheOutgoing cost nothing, and end the forward as soon as the
// epoch is open, not before (3.4 c).
func TestTermsWithoutTheOutgoing(t *testing.T) {
	w := newWallet(t, 500, "up", "down", "seller")
	up, down, seller := w.puppets[0], w.puppets[1], w.puppets[2]
	req, _ := up.request(100, hop(down, 90))
	up.say(req)
	w.pay()
	part, key := w.planned(1, 500, 500, down, hop(seller, 500))
	w.step(answer(w.question(), part))
	mine := down.now(part.PartLock)

	o := down.accepted(down.terms(0, mine))
	w.pass(9 * time.Second)
	if len(up.ended) != 0 {
		t.Fatal("resolved before the new epoch was open")
	}
	down.confirm(o, mine)
	up.wantCancel(ledger.FriendOffline, w.rig.id)
	w.wantRows(0, 0)
	w.want(engine.Sending, "")
	down.say(&ledger.Collect{Ordinal: down.now(part.PartLock).Ordinal, Key: w.key, PartKey: key})
	w.want(engine.Settled, "") // the own part was kept
}

// TestOwnPartIsNotKept: it is planned again.
func TestOwnPartIsNotKept(t *testing.T) {
	w := newWallet(t, 500, "first", "seller")
	first, seller := w.puppets[0], w.puppets[1]
	w.pay()
	part, _ := w.planned(1, 500, 500, first, hop(seller, 500))
	w.step(answer(w.question(), part))
	first.makeUp(0)
	if q := w.question(); q.Amount != amount(500) || q.Attempt != 2 {
		t.Errorf("question: %+v", q)
	}
	if r := w.disk.payment(w.id); r.Parts[0].Cancelled != ledger.FriendOffline || r.Parts[0].Reporter != w.rig.id {
		t.Errorf("part: %+v", r.Parts[0])
	}
}

// TestNotAtStake: a request that waits for a place in an entry is not at stake, so
// terms without it are accepted; nothing of it may leave after that.
func TestNotAtStake(t *testing.T) {
	for _, kept := range []bool{false, true} {
		r := newRig(t, "up", "down")
		up, down := r.puppets[0], r.puppets[1]
		down.fill()
		req, _ := up.request(100, hop(down, 90))
		up.say(req)
		var keep []*friendship.Pending
		if kept {
			keep = append(keep, up.sent(req))
		}
		o := up.accepted(up.terms(0, keep...))
		down.hear() // now there would be a place
		r.pass(5 * time.Second)
		if len(down.got) != 0 {
			t.Fatal("a request left whose epoch is closed")
		}
		r.wantRows(0, 0) // and no decision about it
		up.confirm(o, keep...)
		r.pass(5 * time.Second)
		if len(down.got) != 0 {
			t.Fatal("a request left that was given up")
		}
		if kept {
			up.wantCancel(ledger.FriendOffline, r.id)
		} else if len(up.ended) != 0 {
			t.Error("a request that is not kept was resolved")
		}
		r.wantRows(0, 0)
	}
}

// TestDecidedIsAtStake: a Collect that cannot be signed yet is worth its amount;
// a Cancel is worth nothing.
func TestDecidedIsAtStake(t *testing.T) {
	r := newRig(t, "up", "down")
	up, down := r.puppets[0], r.puppets[1]
	good, k := up.request(100, hop(down, 90))
	bad, _ := up.request(200, hop(down, 180))
	up.say(good, bad)
	a := up.sent(good)
	up.hangUp()
	down.say(collect(down.now(good.PartLock), k), &ledger.Cancel{Ordinal: down.now(bad.PartLock).Ordinal, Reason: ledger.NoRoute, Reporter: down.id})
	r.wantRows(0, 2)
	up.forgetful()
	up.wantRefused(up.terms(0), ledger.RefuseCost)
	up.wantRefused(up.terms(99), ledger.RefuseCost)
	up.confirm(up.accepted(up.terms(0, a)), a)
	up.wantCollect()
	r.wantRows(0, 0)
	if r.balance(up) != ledger.NewBalance(100) || len(up.ended) != 1 {
		t.Errorf("up owes %v", r.balance(up))
	}
}

// TestWaitingForTheConfirmation over a restart: what the next friend signs
// meanwhile is a decision, and is carried out in the new epoch.
func TestWaitingForTheConfirmation(t *testing.T) {
	r := newRig(t, "up", "down")
	up, down := r.puppets[0], r.puppets[1]
	a, k := up.request(100, hop(down, 90))
	b, _ := up.request(50, hop(down, 40))
	up.say(a, b)
	keep := []*friendship.Pending{up.sent(a), up.sent(b)}
	o := up.accepted(up.terms(0, keep...))
	down.say(collect(down.now(a.PartLock), k))
	r.wantRows(1, 1)
	if len(up.ended) != 0 {
		t.Fatal("signed in a closed epoch")
	}
	r.restart()
	r.wantRows(1, 1)
	down.connect()
	down.say(&ledger.Cancel{Ordinal: down.now(b.PartLock).Ordinal, Reason: ledger.NoRoute, Reporter: down.id})
	r.wantRows(0, 2)
	up.r.links++ // up comes back, with the opening that it has stored
	*o.SignatureOf(up.id) = signFrame(up.key, up.id, &ledger.Confirm{Epoch: o.ID()}).(*ledger.Confirm).Signature
	up.opened(o, keep...)
	if len(up.ended) != 2 {
		t.Fatalf("%d of 2 have ended", len(up.ended))
	}
	r.wantRows(0, 0)
	if r.balance(up) != ledger.NewBalance(100) {
		t.Errorf("up owes %v", r.balance(up))
	}
}

// TestCollectedOnceMore: the friend's Collect came, and its terms do not know
// that. The request is pending again, collected again, and passed on once.
func TestCollectedOnceMore(t *testing.T) {
	r := newRig(t, "up", "down")
	up, down := r.puppets[0], r.puppets[1]
	req, k := up.request(100, hop(down, 90))
	up.say(req)
	row := down.now(req.PartLock)
	down.append(collect(row, k))
	fr := down.queue[len(down.queue)-1]
	down.queue = nil
	down.manual = true
	r.step(down.input(fr)) // acknowledged, which down does not hear
	up.wantCollect()
	down.makeUp(0, row)
	if r.balance(down).Sign() != 0 {
		t.Errorf("down owes %v", r.balance(down))
	}
	other, l := up.request(10, hop(down, 10)) // the part lock is taken as long
	other.PartLock = req.PartLock
	up.say(other)
	up.wantCancel(ledger.DuplicateLock, r.id)
	down.say(collect(down.now(req.PartLock), k))
	r.wantRows(0, 0)
	if len(up.ended) != 2 || r.balance(up) != ledger.NewBalance(100) || r.balance(down) != ledger.NewBalance(-90) {
		t.Errorf("%d ended, balances %v and %v", len(up.ended), r.balance(up), r.balance(down))
	}
	_ = l
}

// twoOfOneLock makes down hold two requests with one part lock: the first it has
// collected and terms have brought it back, the second is a forward of today.
func twoOfOneLock(t *testing.T) (r *rig, up, down *puppet, first, second *ledger.Request, k, l keys) {
	r = newRig(t, "up", "down")
	up, down = r.puppets[0], r.puppets[1]
	first, k = up.request(100, hop(down, 90))
	up.say(first)
	row := down.now(first.PartLock)
	down.append(collect(row, k))
	fr := down.queue[len(down.queue)-1]
	down.queue = nil
	down.manual = true
	r.step(down.input(fr))
	up.wantCollect()
	second, l = up.request(300, hop(down, 300))
	second.PartLock, l.part = first.PartLock, k.part
	up.say(second) // down does not see it, and keeps it by its hash
	frames := down.told
	down.manual = false
	for _, f := range frames {
		if e, ok := f.(*ledger.SignedEntry); ok {
			down.take(e)
		}
	}
	down.queue = nil
	i := len(down.got) - 1
	if down.got[i].Request.Amount != amount(300) {
		t.Fatalf("down got %+v", down.got[i].Request)
	}
	down.makeUp(0, row, down.got[i])
	r.wantRows(1, 0)
	return r, up, down, first, second, k, l
}

// byAmount returns the pending request of the engine with that amount.
func (p *puppet) byAmount(n uint64) *friendship.Pending {
	for q := range p.book.AllPending(p.book.Me().Other()) {
		if q.Request.Amount == amount(n) {
			return q
		}
	}
	p.r.t.Fatalf("%s sees no request of %d", p.name, n)
	return nil
}

// TestReturnedRequestIsNotTheForward: whatever the friend does with what terms
// have brought back, it resolves nothing of another request with its part lock.
func TestReturnedRequestIsNotTheForward(t *testing.T) {
	cancel := func(q *friendship.Pending) ledger.Op {
		return &ledger.Cancel{Ordinal: q.Ordinal, Reason: ledger.NoRoute, Reporter: ledger.NodeID{9}}
	}
	t.Run("cancelled", func(t *testing.T) {
		r, up, down, _, _, _, l := twoOfOneLock(t)
		down.say(cancel(down.byAmount(90)))
		if r.wantRows(1, 0); len(up.ended) != 1 {
			t.Fatal("the wrong Cancel was passed on")
		}
		down.say(collect(down.byAmount(300), l))
		up.wantCollect()
		r.wantRows(0, 0)
	})
	t.Run("collected", func(t *testing.T) {
		r, up, down, _, _, k, _ := twoOfOneLock(t)
		down.say(collect(down.byAmount(90), k))
		if r.wantRows(1, 0); len(up.ended) != 1 {
			t.Fatal("the wrong Collect was passed on")
		}
		down.say(cancel(down.byAmount(300)))
		up.wantCancel(ledger.NoRoute, ledger.NodeID{9})
		r.wantRows(0, 0)
	})
	t.Run("collected last", func(t *testing.T) {
		r, up, down, _, _, k, _ := twoOfOneLock(t)
		down.say(cancel(down.byAmount(300)))
		r.wantRows(1, 0) // which of the two it was is not looked into
		down.say(collect(down.byAmount(90), k))
		up.wantCancel(ledger.FriendOffline, r.id)
		r.wantRows(0, 0)
	})
}

// TestSoldOnceMore: the seller's Collect is lost with its epoch; the ledger says
// it again, and nothing else is said of the part.
func TestSoldOnceMore(t *testing.T) {
	s := newShop(t, 1000, "left")
	left := s.puppets[0]
	a, _ := s.part(left, 1, 1000, 1000)
	left.append(a)
	left.manual = true // it does not hear the Collect
	in := left.input(left.queue[0])
	left.queue = nil
	s.step(in)
	if s.state().State != engine.InvoicePaid {
		t.Fatal("not paid")
	}
	keep := left.sent(a)
	o := left.accepted(left.terms(0, keep))
	s.step(engine.FrameArrived{Friend: left.id, Link: left.link, Frame: signFrame(left.key, left.id, &ledger.Confirm{Epoch: o.ID()})})
	if s.wantRows(0, 0); len(s.asked) != 0 {
		t.Errorf("asked: %+v", s.asked)
	}
	s.restart()
	if s.wantRows(0, 0); len(s.asked) != 0 {
		t.Errorf("asked: %+v", s.asked)
	}
	left.opened(o, keep)
	left.wantCollect()
	if s.balance(left) != ledger.NewBalance(1000) || len(left.ended) != 1 {
		t.Errorf("left owes %v", s.balance(left))
	}
}

// TestTwinOfOneThatIsSaidAgain: two requests have one part lock, the node has
// collected the first in the epoch before and the second is on its way.
func TestTwinOfOneThatIsSaidAgain(t *testing.T) {
	r := newRig(t, "up", "down")
	up, down := r.puppets[0], r.puppets[1]
	first, k := up.request(100, hop(down, 90))
	second, l := up.request(300, hop(down, 300))
	second.PartLock, l.part = first.PartLock, k.part
	up.say(first)
	up.manual = true // it does not hear the Collect
	down.say(collect(down.now(first.PartLock), k))
	up.manual = false
	up.append(second)
	up.manual = true
	in := up.input(up.queue[len(up.queue)-1])
	up.queue = nil
	r.step(in)
	r.wantRows(1, 0)
	var keep []*friendship.Pending
	for q := range up.book.AllPending(up.book.Me()) {
		keep = append(keep, q)
	}
	o := up.accepted(up.terms(0, keep...))
	r.step(engine.FrameArrived{Friend: up.id, Link: up.link, Frame: signFrame(up.key, up.id, &ledger.Confirm{Epoch: o.ID()})})
	down.say(collect(down.byAmount(300), l))
	r.wantRows(0, 1)
	up.opened(o, keep...)
	r.wantRows(0, 0)
	if len(keep) != 2 || len(up.ended) != 2 || r.balance(up) != ledger.NewBalance(400) || r.balance(down) != ledger.NewBalance(-390) {
		t.Errorf("%d of %d ended, balances %v and %v", len(up.ended), len(keep), r.balance(up), r.balance(down))
	}
}

// TestDecisionFitsItsRequest: terms pay for a request that is decided and keep
// another one with its part lock, which its key does not open.
func TestDecisionFitsItsRequest(t *testing.T) {
	r := newRig(t, "up", "down")
	up, down := r.puppets[0], r.puppets[1]
	first, k := up.request(100, hop(down, 90))
	second, _ := up.request(300, hop(down, 300))
	second.PartLock = first.PartLock
	up.append(first, second)
	var keep *friendship.Pending
	for q := range up.book.AllPending(up.book.Me()) {
		keep = q // the second
	}
	in := up.input(up.queue[len(up.queue)-1])
	row := up.sent(first)
	up.down()
	r.step(in, engine.LinkDown{Friend: up.id, Link: up.link}) // nothing can be signed there
	up.forgetful()
	o := up.accepted(up.terms(0, row, keep))
	down.say(collect(down.now(first.PartLock), k))
	r.wantRows(0, 1)
	terms := up.terms(100, keep)
	terms.Number = o.Terms.Number + 2
	o = up.accepted(terms)
	up.confirm(o, keep)
	up.wantCancel(ledger.FriendOffline, r.id)
	r.wantRows(0, 0)
	if r.balance(up) != ledger.NewBalance(100) || len(up.ended) != 1 {
		t.Errorf("%d ended, up owes %v", len(up.ended), r.balance(up))
	}
}
