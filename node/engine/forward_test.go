package engine_test

import (
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// TestRefusals goes through the checks of the forwarding rule: each with its
// reason, this node as the reporter, and nothing sent on.
func TestRefusals(t *testing.T) {
	no := false
	_, stranger := keyOf("stranger")
	tests := []struct {
		name   string
		reason ledger.Reason
		before func(r *rig, up, down *puppet)
		change func(r *rig, req *ledger.Request, up, down *puppet)
	}{
		{"path of an unknown version", ledger.BadPath, nil, func(_ *rig, req *ledger.Request, _, _ *puppet) {
			req.Path = ledger.Path{Version: 9, Opaque: []byte("onion")}
		}},
		{"node twice", ledger.BadPath, nil, func(r *rig, req *ledger.Request, _, down *puppet) {
			req.Path = ledger.NewPath(hop(down, 90), ledger.Hop{Node: r.id, Amount: amount(90)})
		}},
		{"next is a stranger", ledger.NoRoute, nil, func(_ *rig, req *ledger.Request, _, _ *puppet) {
			req.Path.Hops[0].Node = stranger
		}},
		{"next is disabled", ledger.FriendOffline, func(r *rig, _, down *puppet) {
			r.must(engine.EditFriend{Friend: down.id, Enabled: &no})
		}, nil},
		{"previous is disabled", ledger.CurrencyClosed, func(r *rig, up, _ *puppet) {
			r.must(engine.EditFriend{Friend: up.id, Enabled: &no})
		}, nil},
		{"next is offline", ledger.FriendOffline, func(_ *rig, _, down *puppet) { down.hangUp() }, nil},
		{"closed to the next", ledger.CurrencyClosed, func(r *rig, _, down *puppet) {
			r.must(engine.SetOpen{Friend: down.id, Currency: eur})
		}, nil},
		{"closed to the previous", ledger.CurrencyClosed, func(r *rig, up, _ *puppet) {
			r.must(engine.SetOpen{Friend: up.id, Currency: eur})
		}, nil},
		{"fee one below the rate", ledger.FeeTooLow, func(r *rig, up, _ *puppet) {
			r.must(engine.SetRate{Friend: up.id, Currency: eur, Rate: ledger.Rate{Mul: 1 << 31, Add: 6}})
		}, func(_ *rig, req *ledger.Request, _, down *puppet) { // 90 + 45 + 6 = 141
			req.Amount = amount(140)
		}},
		{"forwards more than arrives", ledger.FeeTooLow, nil, func(_ *rig, req *ledger.Request, _, down *puppet) {
			req.Path.Hops[0].Amount = amount(101)
		}},
		{"over the next friend's limit", ledger.OverLimit, nil, func(_ *rig, req *ledger.Request, _, down *puppet) {
			req.Amount, req.Path.Hops[0].Amount = amount(10_000), amount(10_000)
			down.say(&ledger.Credit{Currency: eur, Limit: amount(9_999)})
		}},
		{"over this node's limit", ledger.OverLimit, func(r *rig, up, _ *puppet) {
			r.must(engine.SetCredit{Friend: up.id, Currency: eur, Limit: amount(99)})
		}, nil},
		{"hold too long", ledger.HoldTooLong, nil, func(_ *rig, req *ledger.Request, _, _ *puppet) {
			req.Hold = uint32(ledger.HoldMax/time.Second) + 1
		}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			r := newRig(t, "up", "down")
			up, down := r.puppets[0], r.puppets[1]
			if tc.before != nil {
				tc.before(r, up, down)
			}
			req, _ := up.request(100, hop(down, 90))
			if tc.change != nil {
				tc.change(r, req, up, down)
			}
			up.say(req)
			up.wantCancel(tc.reason, r.id)
			if len(down.got) > 0 {
				t.Error("the request was sent on")
			}
		})
	}
}

// TestForward sends on what the path says, and what comes back is passed on as it is.
func TestForward(t *testing.T) {
	r := newRig(t, "up", "down", "last")
	up, down, last := r.puppets[0], r.puppets[1], r.puppets[2]
	r.must(engine.SetRate{Friend: up.id, Currency: eur, Rate: ledger.Rate{Mul: 1 << 31, Add: 5}})
	req, k := up.request(140, hop(down, 90), hop(last, 80))
	up.say(req)
	if len(down.got) != 1 {
		t.Fatalf("down got %d requests", len(down.got))
	}
	got := down.got[0].Request
	if got.Amount != amount(90) || got.Lock != req.Lock || got.PartLock != req.PartLock || got.Hold != 60 ||
		string(got.Sealed) != "sealed" || !got.Path.Equal(ledger.NewPath(hop(last, 80))) || got.Currency != eur {
		t.Errorf("sent on: %+v", got)
	}
	if len(r.disk.forwards) != 1 {
		t.Errorf("%d forwards on the disk", len(r.disk.forwards))
	}
	down.say(&ledger.Collect{Ordinal: down.got[0].Ordinal, Key: k.lock, PartKey: k.part})
	up.wantCollect()
	if got := up.ended[0].Collect; got.Key != k.lock || got.PartKey != k.part {
		t.Error("other keys were passed on")
	}
	if len(r.disk.forwards)+len(r.disk.marks) != 0 {
		t.Error("rows stay on the disk")
	}

	req, _ = up.request(140, hop(down, 90), hop(last, 80))
	up.say(req)
	_, far := keyOf("far")
	down.say(&ledger.Cancel{Ordinal: down.got[1].Ordinal, Reason: ledger.Quota, Reporter: far})
	up.wantCancel(ledger.Quota, far)
	if len(r.disk.forwards)+len(r.disk.marks) != 0 {
		t.Error("rows stay on the disk")
	}
}

// TestDuplicatePartLock: one part lock leaves this node once at a time, whoever
// sends it.
func TestDuplicatePartLock(t *testing.T) {
	r := newRig(t, "up", "other", "down")
	up, other, down := r.puppets[0], r.puppets[1], r.puppets[2]
	req, k := up.request(100, hop(down, 100))
	again := *req
	up.say(req, &again)
	up.wantCancel(ledger.DuplicateLock, r.id)
	other.say(&again)
	other.wantCancel(ledger.DuplicateLock, r.id)
	if len(down.got) != 1 || len(up.ended) != 1 {
		t.Fatalf("%d requests were sent on, %d ended", len(down.got), len(up.ended))
	}
	down.say(&ledger.Collect{Ordinal: 1, Key: k.lock, PartKey: k.part})
	up.wantCollect()
	if up.ended[1].Ordinal != 1 {
		t.Error("the duplicate was collected")
	}
	other.say(&again) // the lock is free again
	if len(down.got) != 2 {
		t.Error("a lock that is resolved is still refused")
	}
}

// TestDuplicateForTheSeller: two requests with one part lock and one friend are
// never both looked at, whatever became of the first.
func TestDuplicateForTheSeller(t *testing.T) {
	r := newRig(t, "up")
	up := r.puppets[0]
	req, _ := up.request(100)
	again := *req
	up.say(req, &again)
	if len(up.ended) != 2 || up.ended[0].Cancel.Reason != ledger.UnknownInvoice || up.ended[1].Cancel.Reason != ledger.DuplicateLock {
		t.Errorf("ended: %+v", up.ended)
	}
}

// TestTwinsAfterRestart: the cancel of a duplicate has no mark of
// its own; the restart must not confuse it with its twin.
func TestTwinsAfterRestart(t *testing.T) {
	r := newRig(t, "up", "down")
	up, down := r.puppets[0], r.puppets[1]
	req, k := up.request(100, hop(down, 100))
	again := *req
	up.append(req, &again)
	in := up.input(up.queue[0])
	up.down()
	r.step(in, engine.LinkDown{Friend: up.id, Link: up.link}) // arrives, and nothing can be signed
	if len(down.got) != 1 {
		t.Fatalf("%d requests were sent on", len(down.got))
	}
	down.say(&ledger.Collect{Ordinal: 1, Key: k.lock, PartKey: k.part})
	if len(r.disk.marks) != 1 {
		t.Fatalf("%d marks on the disk", len(r.disk.marks))
	}
	r.restart()
	up.connect()
	if len(up.ended) != 2 || up.ended[0].Collect == nil || up.ended[0].Ordinal != 1 || up.ended[1].Cancel == nil {
		t.Fatalf("ended: %+v", up.ended)
	}
	if len(r.disk.marks) != 0 {
		t.Error("the mark stays on the disk")
	}
}

// TestRequestWaits: a request that finds no place in an entry for 2 s
// is given up; one that was signed is not.
func TestRequestWaits(t *testing.T) {
	r := newRig(t, "up", "down")
	up, down := r.puppets[0], r.puppets[1]
	down.deaf = true
	var reqs []ledger.Op
	for range ledger.EntryWindow + 6 {
		req, _ := up.request(1, hop(down, 1))
		reqs = append(reqs, req)
		up.say(req) // one entry each: the window to down fills up
	}
	if len(up.ended) != 0 {
		t.Fatalf("%d requests ended at once", len(up.ended))
	}
	sent := len(r.disk.forwards)
	if sent == 0 || sent > ledger.EntryWindow {
		t.Fatalf("%d requests were signed without an acknowledgement", sent)
	}
	r.pass(engine.RequestWait - time.Second)
	if len(up.ended) != 0 {
		t.Fatal("given up too early")
	}
	r.pass(2 * time.Second)
	up.wantCancel(ledger.FriendOffline, r.id)
	if len(up.ended)+len(r.disk.forwards) != len(reqs) || len(r.disk.forwards) != sent {
		t.Errorf("%d given up, %d forwarded, of %d", len(up.ended), len(r.disk.forwards), len(reqs))
	}
	r.pass(time.Hour)
	if len(r.disk.forwards) != sent {
		t.Error("time resolved a signed request")
	}
}

// TestBatching: what arrives together leaves in one entry, and more than one
// entry holds goes on by itself.
func TestBatching(t *testing.T) {
	r := newRig(t, "up", "down")
	up, down := r.puppets[0], r.puppets[1]
	var ops []ledger.Op
	for range 200 {
		req, _ := up.request(1, hop(down, 1))
		ops = append(ops, req)
	}
	for i := range ops { // distinct locks beyond what keysOf tells apart
		ops[i].(*ledger.Request).PartLock[31] = byte(i)
	}
	entries := 0
	up.append(ops...)
	in := up.input(up.queue[0])
	up.queue = nil
	r.stepOnce(in)
	for _, o := range r.last.Frames {
		if o.Friend == down.id && opsIn(o.Frame) > 0 {
			entries++
			if opsIn(o.Frame) != 200 {
				t.Errorf("entry with %d operations", opsIn(o.Frame))
			}
		}
	}
	if entries != 1 {
		t.Errorf("%d entries for 200 requests", entries)
	}
	r.step()
	var cancels []ledger.Op
	for _, p := range down.got {
		cancels = append(cancels, &ledger.Cancel{Ordinal: p.Ordinal, Reason: ledger.NoRoute, Reporter: down.id})
	}
	down.say(cancels...)
	if len(up.ended) != 200 {
		t.Errorf("%d of 200 came back", len(up.ended))
	}
}

// TestDecisionsPileUp: while the upstream is away decisions pile
// up as marks; they are signed in entries of at most EntryOpsMax.
func TestDecisionsPileUp(t *testing.T) {
	r := newRig(t, "up")
	up := r.puppets[0]
	for range 2 {
		var ops []ledger.Op
		for range 600 {
			req, _ := up.request(1)
			up.number++
			req.PartLock[0], req.PartLock[1] = byte(up.number>>8), byte(up.number)
			req.PartLock[2] = 0xee
			ops = append(ops, req)
		}
		up.append(ops...)
	}
	var in []engine.Input
	for _, fr := range up.queue {
		in = append(in, up.input(fr))
	}
	up.down()
	r.step(append(in, engine.LinkDown{Friend: up.id, Link: up.link})...)
	if len(r.disk.marks) != 1200 {
		t.Fatalf("%d marks on the disk", len(r.disk.marks))
	}
	r.restart()
	up.deaf = true // no acknowledgement helps: the engine wakes itself for the rest
	up.connect()
	up.hear()
	if len(up.ended) != 1200 || len(r.disk.marks) != 0 {
		t.Errorf("%d ended, %d marks stay", len(up.ended), len(r.disk.marks))
	}
}

// TestWakeForTheRest: what did not fit into an entry is due at once.
func TestWakeForTheRest(t *testing.T) {
	r := newRig(t, "up")
	up := r.puppets[0]
	for part := range 2 {
		var ops []ledger.Op
		for i := range 600 {
			req, _ := up.request(1)
			req.PartLock = ledger.Lock{byte(part), byte(i >> 8), byte(i)}
			ops = append(ops, req)
		}
		up.append(ops...)
	}
	var in []engine.Input
	for _, fr := range up.queue {
		in = append(in, up.input(fr))
	}
	up.queue = nil
	r.stepOnce(in...)
	if r.last.Wake != r.mono || len(r.disk.marks) != 1200-ledger.EntryOpsMax {
		t.Errorf("wake at %v, now is %v; %d marks", r.last.Wake, r.mono, len(r.disk.marks))
	}
}

// TestQueueCountsAgainstTheLimit: what waits for a place in an entry uses the
// friend's limit like what is pending.
func TestQueueCountsAgainstTheLimit(t *testing.T) {
	r := newRig(t, "up", "other", "down")
	up, other, down := r.puppets[0], r.puppets[1], r.puppets[2]
	down.fill()
	req, _ := up.request(5_000, hop(down, 5_000))
	up.say(req)
	if c := r.capacity(down); c.CanSend != amount(5_000) || c.CanReceive.IsZero() {
		t.Errorf("capacity: %+v", c)
	}
	req, _ = other.request(5_001, hop(down, 5_001))
	other.say(req)
	other.wantCancel(ledger.OverLimit, r.id)
	down.hear()
	if len(down.got) != 1 || len(up.ended) != 0 {
		t.Error("the request that waited did not leave")
	}
	if c := r.capacity(down); c.CanSend != amount(5_000) {
		t.Errorf("capacity: %+v", c)
	}
}

// fill makes the puppet deaf and its window full.
func (p *puppet) fill() {
	p.r.t.Helper()
	p.deaf = true
	for i := range ledger.EntryWindow + 1 {
		p.r.must(engine.SetCredit{Friend: p.id, Currency: eur, Limit: amount(uint64(20_000 + i))})
	}
}
