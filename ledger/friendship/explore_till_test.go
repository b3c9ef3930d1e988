package friendship_test

import (
	"fmt"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// requestsMax is how many requests there are in an exploration, each of 1 EUR.
// Request n is made by side n%2 and opened by ledgertest.Keys(n).
const requestsMax = 4

// explorationLimit is never reached: limits are explored elsewhere.
const explorationLimit = 1000

// tillState is what a node knows of a request beyond this friendship.
type tillState uint8

const (
	// tillUnmade: it does not exist on this side.
	tillUnmade tillState = iota
	// tillForwarded: incoming, and the next node may collect it from this one.
	tillForwarded
	// tillPaid: incoming, the next node has collected: 1 is gone, the keys are known.
	tillPaid
	// tillCancelled: incoming, the next node never will.
	tillCancelled
	// tillAsked: own request; the one it is made for waits upstream.
	tillAsked
	// tillRepaid: own request; collected upstream: 1 has come.
	tillRepaid
	// tillReleased: own request; the one upstream was cancelled.
	tillReleased
	// tillRefused: incoming, cancelled at once: never forwarded.
	tillRefused
)

// till is a node's part in each request, as it is on its disk.
type till struct {
	of      [requestsMax]tillState
	allows  bool // the user allows that the next terms cost 1
	allowed int  // what epochs that were opened since may have cost
}

// numbers finds requests by their part lock.
var numbers = func() map[ledger.Lock]int {
	m := make(map[ledger.Lock]int)
	for n := range requestsMax {
		_, part := ledgertest.Keys(n)
		m[part.Lock()] = n
	}
	return m
}()

// atStake is what the ledger asks of its node.
func (t *till) atStake(r *friendship.Pending) bool {
	st := t.of[numbers[r.Request.PartLock]]
	return st == tillForwarded || st == tillPaid
}

// request makes request n.
func (t *turn) request(n int) error {
	eff, err := t.s.f.Append(t.env(), []ledger.Op{ledgertest.Request(ledgertest.EUR, 1, n)})
	if err != nil {
		return err
	}
	t.s.till.of[n] = tillAsked
	return t.take(eff)
}

// react is the node's part in what the ledger reports, in the same batch.
func (t *turn) react(changes []friendship.Change) error {
	for _, c := range changes {
		switch c := c.(type) {
		case friendship.RequestArrived:
			t.arrived(c.Pending)
		case friendship.RequestCollected:
			if n := numbers[c.Request.PartLock]; t.s.till.of[n] == tillAsked {
				t.s.till.of[n] = tillRepaid
			}
		case friendship.RequestCancelled:
			if n := numbers[c.Request.PartLock]; t.s.till.of[n] == tillAsked {
				t.s.till.of[n] = tillReleased
			}
		case friendship.EpochOpened:
			t.s.oath.opened = append(t.s.oath.opened, vow{c.Number, c.Epoch, bare(t.s.f.Opening())})
			if t.s.till.allows {
				t.s.till.allows = false
				t.s.till.allowed++
			}
			t.opened()
			if o := t.s.f.Opening(); !ledger.VerifyHash(t.p.friend(), c.Epoch, *o.SignatureOf(t.p.friend())) {
				return fmt.Errorf("opens number %d, which its friend has not signed", c.Number)
			}
		}
	}
	return nil
}

// arrived forwards a request at once, or never.
func (t *turn) arrived(r *friendship.Pending) {
	n := numbers[r.Request.PartLock]
	if t.s.till.of[n] != tillUnmade {
		return
	}
	if t.s.till.of[n] = tillForwarded; !r.Admitted {
		t.s.till.of[n] = tillRefused
	}
}

// opened does what a node does with an epoch that has just been opened: it
// releases what its own requests were made for, and looks at those it has not
// seen before.
func (t *turn) opened() {
	f := t.s.f
	for n, st := range t.s.till.of {
		if _, part := ledgertest.Keys(n); st == tillAsked && f.PendingByPartLock(t.p.me, part.Lock()) == nil {
			t.s.till.of[n] = tillReleased
		}
	}
	for r := range f.AllPending(t.p.me.Other()) {
		t.arrived(r)
	}
}

// decide signs what the node has decided about requests, if the ledger may.
func (t *turn) decide() error {
	f := t.s.f
	if !f.Ready() || !f.WindowOpen() {
		return nil
	}
	var ops []ledger.Op
	for r := range f.AllPending(t.p.me.Other()) {
		if r.Again() {
			continue // the ledger says it
		}
		n := numbers[r.Request.PartLock]
		switch st := t.s.till.of[n]; {
		case st == tillPaid:
			ops = append(ops, ledgertest.Collect(r.Ordinal, n))
		case st == tillCancelled || st == tillRefused:
			ops = append(ops, ledgertest.Cancel(r.Ordinal))
		}
	}
	if len(ops) == 0 {
		return nil
	}
	eff, err := f.Append(t.env(), ops)
	if err != nil {
		return err
	}
	return t.take(eff)
}

// check wants that the node can lose nothing, whatever others do from here on.
func (s *side) check() error {
	if s.f.Opening() == nil || s.f.Accepting() {
		return nil
	}
	if worth := s.worth() + s.till.allowed; worth < 0 {
		return fmt.Errorf("loses %d: till %v, balance %s", -worth, s.till.of, s.f.Balance(ledgertest.EUR))
	}
	return nil
}

// worth is the least that the node ends with, over all its friends.
func (s *side) worth() int {
	magnitude, _ := s.f.Balance(ledgertest.EUR).Magnitude().Uint64()
	worth := int(magnitude)
	if s.f.Balance(ledgertest.EUR).Sign() < 0 {
		worth = -worth
	}
	for n, st := range s.till.of {
		_, part := ledgertest.Keys(n)
		pending := s.f.PendingByPartLock(ledger.Author(n%2), part.Lock()) != nil
		switch {
		case st == tillPaid && !pending, st == tillForwarded && !pending:
			worth--
		case st == tillRepaid:
			worth++
		}
		if pending && (st == tillRepaid || st == tillReleased || st == tillUnmade && ledger.Author(n%2) == s.f.Me()) {
			worth-- // the friend collects it, and nobody pays for that
		}
	}
	return worth
}

// undecided returns a request that the node has decided about and that is still
// pending, or -1.
func (s *side) undecided() int {
	for n, st := range s.till.of {
		_, part := ledgertest.Keys(n)
		decided := st == tillPaid || st == tillCancelled || st == tillRefused
		if decided && s.f.PendingByPartLock(ledger.Author(n%2), part.Lock()) != nil {
			return n
		}
	}
	return -1
}

// bare returns an opening without signatures.
func bare(o *ledger.Opening) *ledger.Opening {
	return &ledger.Opening{Terms: o.Terms, Acceptor: o.Acceptor}
}
