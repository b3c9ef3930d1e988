package sim

import (
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// node is a process with its disk, and the people who use it.
type node struct {
	s       *Sim
	name    string
	key     ed25519.PrivateKey
	id      ledger.NodeID
	disk    *disk
	ref     *reference
	villain *villain       // nil: an honest node
	eng     *engine.Engine // nil: the process is down
	life    uint64         // rises with each start and end: what was planned for an earlier one is void
	inbox   []engine.Input
	busy    bool // a step is planned, or its commit is under way
	wake    time.Duration
	started time.Duration
	skew    time.Duration // of the wall clock
	dying   boundary      // where the process ends next
	edges   []*edge
	caps    map[hop]engine.Capacity // as told to the index
	tasks   []*task                 // commands of its people that have no answer yet
	ids     uint64                  // of commands
}

// boundary is a place in a step at which a process can end.
type boundary uint8

const (
	nowhere boundary = iota
	beforeCommit
	afterCommit
)

// task is a command of a person, who gives it again when the process dies.
type task struct {
	id   uint64
	make func() engine.Action
	done func(engine.Reply)
}

// start begins the process from its disk.
func (n *node) start() {
	eng, err := engine.New(n.id, n.disk.load(n.wall()))
	if err != nil {
		n.s.fail("%s does not start from its disk: %v", n.name, err)
		return
	}
	n.life++
	n.eng, n.inbox, n.busy, n.wake, n.dying = eng, nil, false, 0, nowhere
	n.started = n.s.now - time.Millisecond
	n.ref.restarted()
	n.s.note("%s starts", n.name)
	for _, t := range n.tasks {
		n.inbox = append(n.inbox, engine.Command{ID: t.id, Do: t.make()})
	}
	n.feed(engine.Tick{})
}

// die ends the process: what is not on its disk is gone, and so are its links.
func (n *node) die() {
	n.life++
	n.eng, n.inbox = nil, nil
	n.s.res.Crashes++
	n.s.note("%s dies", n.name)
	n.s.unpublish(n)
	for _, e := range n.edges {
		e.breakLink()
	}
	n.s.after(50*time.Millisecond+n.s.spread(downSpread), func() {
		if n.eng == nil {
			n.start()
		}
	})
}

func (n *node) wall() time.Time { return n.s.wall().Add(n.skew) }

// up reports whether somebody answers the node's links.
func (n *node) up() bool { return n.eng != nil || n.villain != nil }

// ask gives a command to the node, again after each crash until it is answered.
func (n *node) ask(do func() engine.Action, done func(engine.Reply)) {
	n.ids++
	t := &task{id: n.ids, make: do, done: done}
	n.tasks = append(n.tasks, t)
	if n.eng != nil {
		n.feed(engine.Command{ID: t.id, Do: do()})
	}
}

// must is ask for a command that has to be done.
func (n *node) must(a engine.Action) {
	n.ask(func() engine.Action { return a }, func(r engine.Reply) {
		if r.Err != nil && r.Err.Code != engine.Exists {
			n.s.fail("%s refuses %T: %s: %s", n.name, a, r.Err.Reason, r.Err.Text)
		}
	})
}

func (n *node) answered(r engine.Reply) {
	for i, t := range n.tasks {
		if t.id == r.ID {
			n.tasks = append(n.tasks[:i:i], n.tasks[i+1:]...)
			t.done(r)
			return
		}
	}
}

// feed gives the process an input.
func (n *node) feed(in engine.Input) {
	if n.villain != nil {
		n.villain.take(in)
		return
	}
	if n.eng == nil {
		return
	}
	n.inbox = append(n.inbox, in)
	n.rouse()
}

// later is s.after for the life that the process has now.
func (n *node) later(d time.Duration, do func()) {
	life := n.life
	n.s.after(d, func() {
		if n.life == life {
			do()
		}
	})
}

func (n *node) rouse() {
	if !n.busy && len(n.inbox) > 0 {
		n.busy = true
		n.later(n.s.spread(stepDelayMax), n.step)
	}
}

// step gives the engine all that is ready and begins to commit what it asks.
func (n *node) step() {
	s := n.s
	in := n.inbox
	n.inbox = nil
	now := engine.Now{Wall: n.wall(), Mono: s.now - n.started}
	s.random(now.Seed[:])
	n.ref.before(in)
	fx := n.eng.Step(now, in)
	n.mixIn(len(in), &fx)
	if s.trace != nil {
		s.note("%s steps: %s", n.name, describe(s, in, &fx))
	}
	if n.dying == beforeCommit {
		n.die()
		return
	}
	n.later(commitMin+s.spread(commitSpread), func() { n.committed(fx) })
}

func (n *node) mixIn(inputs int, fx *engine.Effects) {
	var b [24]byte
	binary.BigEndian.PutUint64(b[:], uint64(n.s.now))
	copy(b[8:], n.id[:4])
	binary.BigEndian.PutUint32(b[12:], uint32(inputs))
	binary.BigEndian.PutUint32(b[16:], uint32(len(fx.Writes)))
	binary.BigEndian.PutUint32(b[20:], uint32(len(fx.Frames)))
	n.s.mix(b[:])
}

// committed makes the batch of a step durable and then releases the rest.
func (n *node) committed(fx engine.Effects) {
	n.disk.begin(fx.Writes)
	n.disk.commit(fx.Writes)
	n.ref.committed(fx.Writes)
	if n.s.stop != nil {
		return
	}
	if n.dying == afterCommit {
		n.send(fx.Frames[:n.s.rnd.IntN(len(fx.Frames)+1)])
		n.die()
		return
	}
	n.busy = false
	n.release(fx)
	n.rouse()
}

// release does what a step asks beside its writes.
func (n *node) release(fx engine.Effects) {
	n.send(fx.Frames)
	for _, q := range fx.Questions {
		n.later(time.Millisecond+n.s.spread(planDelay), func() { n.feed(n.answer(q)) })
	}
	for _, c := range fx.Capacities {
		n.s.publish(n, c)
	}
	for _, d := range fx.Drops {
		if e := n.edgeTo(d.Friend); e != nil && e.up && e.link == d.Link {
			n.s.note("%s drops the link to %s: %s", n.name, n.s.byID[d.Friend].name, d.Why)
			e.breakLink()
		}
	}
	for _, r := range fx.Replies {
		n.answered(r)
	}
	n.setWake(fx.Wake)
}

// setWake plans the tick that the engine wants.
func (n *node) setWake(mono time.Duration) {
	if mono == 0 {
		n.wake = 0
		return
	}
	at := max(n.started+mono, n.s.now)
	if n.wake == at {
		return
	}
	n.wake = at
	n.later(at-n.s.now, func() {
		if n.wake == at {
			n.wake = 0
			n.feed(engine.Tick{})
		}
	})
}

// send signs frames and gives them to their links. They are judged before they
// leave: what a process signs must be on its disk.
func (n *node) send(frames []engine.Outgoing) {
	for _, o := range frames {
		fr := n.sign(o.Frame)
		n.ref.leaves(o.Friend, fr)
		if e := n.edgeTo(o.Friend); e != nil && e.up && e.link == o.Link {
			e.carry(n, fr)
		}
	}
}

func (n *node) sign(fr ledger.Frame) ledger.Frame {
	sig := func(h ledger.Hash) ledger.Signature { return ledger.Signature(ed25519.Sign(n.key, h[:])) }
	switch m := fr.(type) {
	case *ledger.SignedEntry:
		return &ledger.SignedEntry{Body: m.Body, Signature: sig(ledger.EntryHash(m.Body))}
	case *ledger.Accept:
		c := *m
		c.Signature = sig(m.Epoch)
		return &c
	case *ledger.Confirm:
		c := *m
		c.Signature = sig(m.Epoch)
		return &c
	case *ledger.Opened:
		o := *m.Opening
		*o.SignatureOf(n.id) = sig(o.ID())
		return &ledger.Opened{Opening: &o}
	default:
		return fr
	}
}

func (n *node) answer(q engine.Question) engine.Input {
	switch q := q.(type) {
	case *engine.PlanQuestion:
		return n.s.plan(n, q)
	case *engine.OpenQuestion:
		a := engine.PartsOpened{Friend: q.Friend, Parts: map[ledger.Lock]*ledger.Part{}}
		for _, r := range q.Requests {
			n.open(a.Parts, r)
		}
		return a
	default:
		panic(fmt.Sprintf("sim: question of unknown type %T", q))
	}
}

// open is the seller's shell: only a part sealed to it for exactly these locks
// opens.
func (n *node) open(parts map[ledger.Lock]*ledger.Part, r *ledger.Request) {
	if c := n.s.seals[r.PartLock]; c != nil && c.seller == n.id && c.lock == r.Lock && string(c.bytes) == string(r.Sealed) && len(r.Path.Hops) == 0 {
		parts[r.PartLock] = c.part
	}
}
