package engine

import (
	"encoding/binary"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// step is one call of Step: the engine's state, the time, and the effects so
// far.
type step struct {
	*Engine
	now     Now
	fx      Effects
	nonces  uint32     // drawn from now.Seed
	touched []*friend  // to be signed for and shown at the end, in order of touching
	paid    []*payment // changed, to be stored and told at the end
	sold    []*sale    // changed, to be stored and told at the end
	answers []answer   // of Pay, taken at the end

	earnings []*IncomeRecord // changed, to be stored at the end
}

// answer is a reply whose value is a payment as it stands after the step.
type answer struct {
	id      uint64
	payment *payment
}

// Step takes everything that is ready and returns what follows from it; the
// order of Effects is part of the contract, see there. now.Mono must not fall
// and must be above zero. Inputs and what they point at belong to the engine
// afterwards and must not be changed.
func (e *Engine) Step(now Now, in []Input) Effects {
	s := &step{Engine: e, now: now}
	e.wall = now.Wall
	if !e.booted {
		e.booted = true
		s.boot()
	}
	for _, i := range in {
		s.take(i)
	}
	for _, key := range e.alarms.due(now.Mono) {
		s.ring(key)
	}
	s.flush()
	s.report()
	return s.fx
}

func (s *step) take(in Input) {
	switch i := in.(type) {
	case LinkUp:
		s.linkUp(i)
	case LinkDown:
		if f := s.linked(i.Friend, i.Link); f != nil {
			f.up = false
			f.book.LinkDown(s.env(f))
			s.change(f)
		}
	case FrameArrived:
		if f := s.linked(i.Friend, i.Link); f != nil {
			fx, err := f.book.Receive(s.env(f), i.Frame)
			s.absorb(f, fx, err, nil)
			switch i.Frame.(type) {
			case *ledger.Propose, *ledger.Refuse:
				s.change(f) // what its user has to decide
			}
		}
	case EntryArrived:
		if f := s.linked(i.Friend, i.Link); f != nil {
			fx, err := f.book.ReceiveEntry(s.env(f), i.Entry)
			s.absorb(f, fx, err, i.Parts)
		}
	case Planned:
		s.planned(i)
	case PartsOpened:
		s.partsOpened(i)
	case Command:
		s.command(i)
	case Tick: // what is due rings in every step
	}
}

func (s *step) linkUp(i LinkUp) {
	f := s.friends[i.Friend]
	switch {
	case f == nil:
		s.fx.Drops = append(s.fx.Drops, Drop{i.Friend, i.Link, "not a friend"})
	case f.up && i.Link <= f.link: // an older stream, told late
	default:
		f.up, f.link = true, i.Link
		s.absorb(f, f.book.LinkUp(s.env(f), i.PeerRecord), nil, nil)
		s.change(f)
	}
}

// linked returns the friend if that link is its present one.
func (s *step) linked(id ledger.NodeID, link LinkID) *friend {
	if f := s.friends[id]; f != nil && f.up && f.link == link {
		return f
	}
	return nil
}

func (s *step) ring(key alarmKey) {
	switch key.kind {
	case friendAlarm:
		if f := s.friends[key.id]; f != nil {
			f.age(s.now.Mono)
			s.absorb(f, f.book.Tick(s.env(f)), nil, nil)
		}
	case paymentAlarm:
		if p := s.payments[ledger.PaymentID(key.id[:16])]; p != nil {
			s.deadline(p)
		}
	case invoiceAlarm:
		if v := s.invoices[key.id]; v != nil {
			s.invoiceDue(v)
		}
	case groupAlarm:
		s.holdOver(key.id)
	}
}

var nonceTag = ledger.NewTag("offset/nonce/1")

// env is what a friendship may know of the world, with a nonce of its own.
func (s *step) env(f *friend) friendship.Env {
	b := append(s.now.Seed[:], f.id[:]...)
	b = binary.BigEndian.AppendUint32(b, s.nonces)
	s.nonces++
	h := nonceTag.Hash(b)
	return friendship.Env{Wall: s.now.Wall, Mono: s.now.Mono, Nonce: ledger.Nonce(h[:16]), AtStake: f.stakes}
}

func (s *step) write(w Write) { s.fx.Writes = append(s.fx.Writes, w) }

// touch makes the end of the step look at a friend: sign what waits, set its
// alarm, compare its capacities.
func (s *step) touch(f *friend) {
	if !f.touched {
		f.touched = true
		s.touched = append(s.touched, f)
	}
}

// change is touch for what the user sees.
func (s *step) change(f *friend) {
	f.changed = true
	s.touch(f)
}

// atWall sets an alarm for a time of the wall clock, looked at again at least
// every wallRecheck.
func (s *step) atWall(key alarmKey, t time.Time) {
	wait := min(max(t.Sub(s.now.Wall), 0), wallRecheck)
	s.alarms.set(key, s.now.Mono+max(wait, time.Millisecond))
}
