package engine_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// ask is a request over down of which as much arrives as is sent on.
func (p *puppet) ask(value uint64, hold time.Duration, down *puppet) *ledger.Request {
	p.r.t.Helper()
	req, _ := p.request(value, hop(down, value))
	req.Hold = uint32(hold / time.Second)
	p.say(req)
	return req
}

// wantPassed expects that down has got count requests.
func (p *puppet) wantPassed(count int) {
	p.r.t.Helper()
	if len(p.got) != count {
		p.r.t.Fatalf("%s got %d requests, want %d", p.name, len(p.got), count)
	}
}

func (r *rig) wantTransit(down *puppet, want uint64) {
	r.t.Helper()
	if c := r.capacity(down); c.Transit != amount(want) {
		r.t.Errorf("strangers may use %v of %s, want %d", c.Transit, down.name, want)
	}
}

const short, long = time.Minute, time.Hour

// TestQuotaOfShortRequests: one friend's short requests use half of what a
// friendship can carry, everything that is forwarded four fifths; what is left is
// the user's own.
func TestQuotaOfShortRequests(t *testing.T) {
	w := newWallet(t, 2_000, "up", "other", "down")
	up, other, down := w.puppets[0], w.puppets[1], w.puppets[2]
	w.wantTransit(down, 5_000)
	up.ask(3_000, short, down)
	w.wantTransit(down, 5_000) // other has sent nothing
	up.ask(2_000, short, down)
	down.wantPassed(2)
	up.ask(1, short, down)
	up.wantCancel(ledger.Quota, w.rig.id)
	w.wantTransit(down, 3_000)
	other.ask(3_001, short, down)
	other.wantCancel(ledger.Quota, w.rig.id)
	other.ask(3_000, short, down)
	down.wantPassed(3)
	w.wantTransit(down, 0)
	if c := w.capacity(down); c.CanSend != amount(2_000) {
		t.Errorf("capacity: %+v", c)
	}
	w.pay()
	part, _ := w.planned(1, 2_000, 2_000, down)
	w.step(answer(w.question(), part))
	down.wantPassed(4) // an own payment uses the rest

	cancel := func(p int) {
		down.say(&ledger.Cancel{Ordinal: down.got[p].Ordinal, Reason: ledger.NoRoute, Reporter: down.id})
	}
	cancel(0)
	w.wantTransit(down, 3_000)
	up.ask(3_000, short, down)
	down.wantPassed(5)
}

// TestQuotaFollowsTheBalance: what can be carried is the friend's limit and what
// it owes.
func TestQuotaFollowsTheBalance(t *testing.T) {
	r := newRig(t, "up", "down")
	up, down := r.puppets[0], r.puppets[1]
	req, k := up.request(4_000, hop(down, 4_000))
	up.say(req)
	down.say(&ledger.Collect{Ordinal: 1, Key: k.lock, PartKey: k.part})
	r.wantTransit(down, 3_000) // of 10,000 - 4,000
	back, k := down.request(4_000, hop(up, 4_000))
	down.say(back)
	r.wantTransit(up, 3_000) // 14,000: half, less 4,000
	up.say(&ledger.Collect{Ordinal: 1, Key: k.lock, PartKey: k.part})
	r.wantTransit(up, 5_000)
	r.wantTransit(down, 5_000)
	down.say(&ledger.Credit{Currency: eur, Limit: amount(99)})
	r.wantTransit(down, 49)
	up.ask(50, short, down)
	up.wantCancel(ledger.Quota, r.id)
}

// TestQuotaOfLongRequests: a fifth for one friend, half for all.
func TestQuotaOfLongRequests(t *testing.T) {
	r := newRig(t, "up", "two", "more", "down")
	up, two, more, down := r.puppets[0], r.puppets[1], r.puppets[2], r.puppets[3]
	up.ask(2_001, short+time.Second, down)
	up.wantCancel(ledger.Quota, r.id)
	up.ask(2_000, long, down)
	up.ask(1, long, down)
	up.wantCancel(ledger.Quota, r.id)
	up.ask(5_000, short, down) // its short ones have a quota of their own
	two.ask(1_000, long, down) // 8,000 now
	two.ask(1, long, down)
	two.wantCancel(ledger.Quota, r.id)
	down.wantPassed(3)
	down.say(&ledger.Cancel{Ordinal: down.got[1].Ordinal, Reason: ledger.NoRoute, Reporter: down.id})
	two.ask(1_000, long, down)
	more.ask(1_001, long, down)
	more.wantCancel(ledger.Quota, r.id)
	more.ask(1_000, long, down) // 5,000 of all
	down.wantPassed(5)
	r.pass(24 * time.Hour)
	if len(up.ended) != 3 { // two refused, one cancelled by down
		t.Error("time resolved a long request")
	}
}

// TestOldRequestsAreLong: what is pending for longer than a short hold counts as
// long, whatever it promised; a friend with too much of that sends nothing more.
func TestOldRequestsAreLong(t *testing.T) {
	r := newRig(t, "up", "other", "down")
	up, other, down := r.puppets[0], r.puppets[1], r.puppets[2]
	up.ask(2_000, short, down)
	r.pass(engine.QuotaShort - 3*time.Second)
	up.ask(1, short, down)
	r.pass(2 * time.Second)
	if c := r.capacity(down); c.Transit != amount(5_000) {
		t.Errorf("capacity: %+v", c)
	}
	r.pass(2 * time.Second) // the first is old
	up.ask(4_999, short, down)
	down.wantPassed(3)
	r.pass(engine.QuotaShort) // 2,001 are old, and more
	up.ask(1, short, down)
	up.wantCancel(ledger.Quota, r.id)
	up.ask(1, long, down)
	up.wantCancel(ledger.Quota, r.id)
	other.ask(1, long, down) // of all, 7,000 are long
	other.wantCancel(ledger.Quota, r.id)
	other.ask(1_000, short, down)
	down.wantPassed(4)
	down.say(&ledger.Cancel{Ordinal: down.got[2].Ordinal, Reason: ledger.NoRoute, Reporter: down.id},
		&ledger.Cancel{Ordinal: down.got[1].Ordinal, Reason: ledger.NoRoute, Reporter: down.id})
	up.ask(1, long, down)
	up.wantCancel(ledger.Quota, r.id)
	up.ask(5_000, short, down)
	down.wantPassed(5)
}

// TestTransitFollowsAge: the market hears when requests grow old, without any
// other reason for a step.
func TestTransitFollowsAge(t *testing.T) {
	r := newRig(t, "up", "down")
	up, down := r.puppets[0], r.puppets[1]
	up.ask(2_001, short, down)
	r.wantTransit(down, 2_999)
	var told []engine.Capacity
	for end := r.mono + 2*engine.QuotaShort; r.mono < end; {
		r.pass(time.Second)
		for _, c := range r.last.Capacities {
			if c.Friend == down.id {
				told = append(told, c)
			}
		}
	}
	if len(told) != 1 || !told[0].Transit.IsZero() || told[0].CanSend != amount(7_999) {
		t.Errorf("told %+v", told)
	}
	r.wantTransit(down, 0)
	down.say(&ledger.Cancel{Ordinal: 1, Reason: ledger.NoRoute, Reporter: down.id})
	r.wantTransit(down, 5_000)
}

// TestQuotaAfterRestart counts what is pending from the disk.
func TestQuotaAfterRestart(t *testing.T) {
	r := newRig(t, "up", "other", "down")
	up, other, down := r.puppets[0], r.puppets[1], r.puppets[2]
	up.ask(2_000, long, down)
	up.ask(3_000, short, down)
	r.restart()
	up.connect()
	other.connect()
	down.connect()
	up.ask(1, long, down)
	up.wantCancel(ledger.Quota, r.id)
	up.ask(2_001, short, down)
	up.wantCancel(ledger.Quota, r.id)
	other.ask(3_001, short, down)
	other.wantCancel(ledger.Quota, r.id)
	up.ask(2_000, short, down)
	down.wantPassed(3)
}

// TestUserSetsAQuota up to everything that is forwarded, and back.
func TestUserSetsAQuota(t *testing.T) {
	r := newRig(t, "up", "down")
	up, down := r.puppets[0], r.puppets[1]
	set := func(percent int) { r.must(engine.SetQuota{Friend: up.id, Percent: percent}) }
	set(70)
	up.ask(7_001, short, down)
	up.wantCancel(ledger.Quota, r.id)
	up.ask(7_000, short, down)
	set(100)
	r.restart() // the setting is kept
	up.connect()
	down.connect()
	r.wantTransit(down, 1_000)
	up.ask(1_001, short, down) // 80 % of all
	up.wantCancel(ledger.Quota, r.id)
	up.ask(1_000, short, down)
	down.wantPassed(2)
	set(0)
	down.say(&ledger.Cancel{Ordinal: 1, Reason: ledger.NoRoute, Reporter: down.id})
	r.wantTransit(down, 4_000)
	up.ask(4_001, short, down)
	up.wantCancel(ledger.Quota, r.id)

	for percent, reason := range map[int]string{-1: "quota_out_of_range", 101: "quota_out_of_range"} {
		if _, err := r.do(engine.SetQuota{Friend: up.id, Percent: percent}); err == nil || err.Code != engine.Invalid || err.Reason != reason {
			t.Errorf("%d %%: %+v", percent, err)
		}
	}
	if _, err := r.do(engine.SetQuota{Friend: ledger.NodeID{1}}); err == nil || err.Code != engine.NotFound {
		t.Errorf("a stranger: %+v", err)
	}
	if f, _ := r.eng.Friend(up.id); f.Record.Quota != 0 {
		t.Errorf("quota %d", f.Record.Quota)
	}
}

// TestStrangersComeFromFriends: who has one friend has nobody to forward for.
func TestStrangersComeFromFriends(t *testing.T) {
	r := newRig(t, "one")
	r.wantTransit(r.puppets[0], 0)
	_, other := keyOf("other")
	r.must(engine.AddFriend{Friend: other, Name: "other"})
	if len(r.last.Capacities) != 1 {
		t.Errorf("told %+v", r.last.Capacities)
	}
	r.wantTransit(r.puppets[0], 5_000)
	r.must(engine.RemoveFriend{Friend: other})
	r.wantTransit(r.puppets[0], 0)
}

// TestQuotaOfRemovedFriend: what came from a friend that is gone still counts in
// what all may use.
func TestQuotaOfRemovedFriend(t *testing.T) {
	r := newRig(t, "gone", "up", "down")
	gone, up, down := r.puppets[0], r.puppets[1], r.puppets[2]
	gone.ask(5_000, short, down)
	r.must(engine.RemoveFriend{Friend: gone.id, MayLose: true})
	r.wantTransit(down, 3_000)
	up.ask(3_001, short, down)
	up.wantCancel(ledger.Quota, r.id)
	up.ask(3_000, short, down)
	down.say(&ledger.Cancel{Ordinal: 1, Reason: ledger.NoRoute, Reporter: down.id})
	r.wantTransit(down, 2_000)
}

// many makes one entry after the other of requests of 1 that are alike but for
// their locks.
func (p *puppet) many(count int, hold time.Duration, down *puppet, sealed int) {
	p.r.t.Helper()
	var ops []ledger.Op
	for range count {
		p.number++
		req := &ledger.Request{
			Currency: eur, Amount: amount(1), Hold: uint32(hold / time.Second),
			Path: ledger.NewPath(hop(down, 1)), Sealed: make([]byte, sealed),
		}
		copy(req.PartLock[:], p.name)
		binary.BigEndian.PutUint64(req.PartLock[20:], p.number)
		ops = append(ops, req)
	}
	for len(ops) > 0 {
		n := min(p.book.Fit(ops), 1_000)
		p.say(ops[:n]...)
		ops = ops[n:]
	}
}

// TestQuotaInSlots: a friend's pending requests are few even if each is small.
func TestQuotaInSlots(t *testing.T) {
	r := newRig(t, "up", "other", "down")
	up, other, down := r.puppets[0], r.puppets[1], r.puppets[2]
	up.many(819, long, down, 0)
	if len(up.ended) > 0 {
		t.Fatal("refused below the quota")
	}
	up.many(1, long, down, 0)
	up.wantCancel(ledger.Quota, r.id)
	up.many(2_048, short, down, 0)
	down.wantPassed(819 + 2_048)
	up.many(1, short, down, 0)
	up.wantCancel(ledger.Quota, r.id)
	other.many(409, short, down, 0)
	down.wantPassed(3_276) // 80 % of 4,096
	other.many(1, short, down, 0)
	other.wantCancel(ledger.Quota, r.id)
	r.wantTransit(down, 0)
	if c := r.capacity(down); c.CanSend.IsZero() {
		t.Error("no slot is left for own payments")
	}
}

// TestQuotaInBytes: large requests use a quota up before its slots.
func TestQuotaInBytes(t *testing.T) {
	r := newRig(t, "up", "down")
	up, down := r.puppets[0], r.puppets[1]
	up.many(2_048, short, down, ledger.SealedBytesMax)
	up.wantCancel(ledger.Quota, r.id)
	if n := len(down.got); n < 1_500 || n > 2_000 {
		t.Errorf("%d requests of more than 1 KiB were sent on", n)
	}
	r.wantTransit(down, 0)
}

// TestOwnPaymentsAreBounded by what one side may have pending in its log: all
// that forwarded requests leave.
func TestOwnPaymentsAreBounded(t *testing.T) {
	w := newWallet(t, 1, "up", "other", "down")
	up, other, down := w.puppets[0], w.puppets[1], w.puppets[2]
	up.many(2_048, short, down, 0)
	other.many(1_228, short, down, 0)
	pay := func(n uint64) engine.PaymentRecord {
		binary.BigEndian.PutUint64(w.id[:], n)
		binary.BigEndian.PutUint64(w.invoice.ID[:], n)
		v := *w.invoice
		w.invoice = &v
		(&node{key: down.key, id: down.id}).resign(w.invoice)
		w.pay()
		if len(w.asked) == 0 {
			return w.disk.payment(w.id)
		}
		q := w.question()
		q.FirstHops = nil
		part, _ := w.planned(1, 1, 1, down)
		binary.BigEndian.PutUint64(part.PartLock[:], n)
		w.step(answer(q, part))
		return w.disk.payment(w.id)
	}
	for n := range uint64(ledger.PendingMax - 3_276) {
		if r := pay(n + 1); r.State != engine.Sending {
			t.Fatalf("payment %d is %v: %s", n, r.State, r.Text)
		}
	}
	down.wantPassed(ledger.PendingMax)
	if c := w.capacity(down); !c.CanSend.IsZero() {
		t.Errorf("capacity without room: %+v", c)
	}
	if r := pay(9_999); r.State == engine.Sending {
		t.Error("more is pending than may be")
	}
	down.wantPassed(ledger.PendingMax)
}
