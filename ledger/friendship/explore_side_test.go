package friendship_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// side is one node as the explorer sees it: a machine, its disk, what its node
// does with the money, and what it has ever signed. A side in use is never
// changed: each move makes another.
type side struct {
	f      *friendship.Friendship
	disk   *ledgertest.Disk
	mono   time.Duration
	nonces uint64 // drawn so far
	oath   oath
	till   till
}

// oath is all that a side has signed and let go.
type oath struct {
	number   uint64 // highest of an opening
	accepted []vow  // by this side, in order
	opened   []vow  // open on this side at some time, in order
	proposed *ledger.Terms
	bodies   map[place]ledger.Hash
}

// vow is an opening by its number and id; signatures are left out.
type vow struct {
	number  uint64
	id      ledger.Hash
	opening *ledger.Opening
}

// place is where an entry stands; only one may ever be signed for it.
type place struct {
	epoch ledger.Hash
	seq   uint64
}

// moveKind is what a side can do or suffer.
type moveKind uint8

const (
	doDeliver moveKind = iota // arg: the frame
	doLinkUp
	doWait // longer than every delay
	doRestart
	doPropose // although it has no reason to
	doOffer
	doRequest    // arg: which request it makes
	doLearnKeys  // arg: which incoming request the next node collected
	doLoseBeyond // arg: which incoming request the next node cancelled
	doDeliverAll // arg: the frames, one after the other
	doAllow      // the friend's next terms may cost 1
)

func (k moveKind) String() string {
	return [...]string{"gets", "sees a new stream", "waits", "restarts", "proposes", "offers", "requests", "paid downstream", "cancelled downstream", "gets", "may lose 1"}[k]
}

// move is one step of a side. crash ends its process during the step.
type move struct {
	kind  moveKind
	arg   int32
	crash ledgertest.Crash
}

// ending is what a move leads to.
type ending struct {
	next   int32 // the side afterwards
	frames []int32
	wrote  bool // a crash would have made a difference
	drop   bool // the side closed the stream
	fault  string
}

// explorationStart is a time at which nothing is recent.
const explorationStart = time.Hour

// explorationWait is longer than every delay of the machine.
const explorationWait = 10 * time.Minute

// player makes the moves of one of the two nodes and remembers each: the same
// side that makes the same move ends as the same side.
type player struct {
	me   ledger.Author
	ids  [2]ledger.NodeID
	key  ed25519.PrivateKey
	wall time.Time // never moves
	// lone players are judged without their friend: of their past only what such
	// a friend can use counts, and nonces need not differ, for numbers do.
	lone  bool
	post  *post
	sides []*side
	known map[[sha256.Size]byte]int32
	memo  map[memoKey]ending
}

type memoKey struct {
	from int32
	move move
}

func newPlayer(me ledger.Author, wall time.Time, p *post) *player {
	ids, keys := explorers()
	return &player{
		me: me, ids: ids, key: keys[me], wall: wall, post: p,
		known: map[[sha256.Size]byte]int32{}, memo: map[memoKey]ending{},
	}
}

// explorers returns the two nodes, the lower first.
func explorers() (ids [2]ledger.NodeID, keys [2]ed25519.PrivateKey) {
	for n := range 2 {
		ids[n], keys[n] = ledgertest.Key(n)
	}
	if ids[1].Less(ids[0]) {
		ids[0], ids[1], keys[0], keys[1] = ids[1], ids[0], keys[1], keys[0]
	}
	return ids, keys
}

func (p *player) self() ledger.NodeID   { return p.ids[p.me] }
func (p *player) friend() ledger.NodeID { return p.ids[1-p.me] }

// start returns a node that has never met its friend.
func (p *player) start() (int32, error) {
	s := &side{disk: &ledgertest.Disk{}, mono: explorationStart, oath: oath{bodies: map[place]ledger.Hash{}}}
	if err := p.boot(s); err != nil {
		return 0, err
	}
	return p.intern(s), nil
}

// boot makes the machine of s anew from its disk.
func (p *player) boot(s *side) error {
	f, err := friendship.New(p.self(), p.friend(), s.disk.Load())
	if err != nil {
		return err
	}
	f.Unpaced()
	s.f = f
	return nil
}

func (s *side) clone() *side {
	c := *s
	c.f, c.disk = s.f.Clone(), s.disk.Clone()
	c.oath.accepted, c.oath.opened = slices.Clone(s.oath.accepted), slices.Clone(s.oath.opened)
	c.oath.bodies = make(map[place]ledger.Hash, len(s.oath.bodies)+1)
	for k, v := range s.oath.bodies {
		c.oath.bodies[k] = v
	}
	return &c
}

// intern returns the number of a side, the same for sides that are alike.
func (p *player) intern(s *side) int32 {
	if p.lone {
		s.forget()
	}
	h := sha256.New()
	stored := s.disk.Load()
	for _, part := range [][]byte{
		s.f.Image(s.mono), friendship.ImageOf(&stored, 0), friendship.ImageOf(&s.oath, 0), friendship.ImageOf(&s.till, 0),
		binary.BigEndian.AppendUint64(nil, s.nonces),
	} {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		h.Write(part)
	}
	id := [sha256.Size]byte(h.Sum(nil))
	n, ok := p.known[id]
	if !ok {
		n = int32(len(p.sides))
		p.known[id] = n
		p.sides = append(p.sides, s)
	}
	return n
}

// forget drops from a lone node's oath what its friend can use no more.
func (s *side) forget() {
	s.nonces = 0
	o := &s.oath
	if k := len(o.opened); k > 2 {
		o.opened = o.opened[k-2:]
	}
	for _, v := range o.opened {
		o.accepted = slices.DeleteFunc(o.accepted, func(a vow) bool { return a.id == v.id })
		if t := o.proposed; t != nil && t.Number <= v.number {
			o.proposed = nil
		}
	}
	st := s.f.Status()
	for at := range o.bodies {
		if at.epoch != st.Epoch {
			delete(o.bodies, at)
		}
	}
}

// step makes a move, or remembers how it ended.
func (p *player) step(from int32, m move) ending {
	key := memoKey{from, m}
	o, ok := p.memo[key]
	if !ok {
		o = p.play(from, m)
		p.memo[key] = o
	}
	return o
}

// play makes a move with a copy of the machine.
func (p *player) play(from int32, m move) ending {
	s := p.sides[from].clone()
	t := &turn{p: p, s: s}
	if m.kind == doWait {
		s.mono += explorationWait
	}
	var err error
	if m.kind == doRestart {
		err = p.boot(s)
	} else {
		err = t.make(m)
	}
	if err == nil {
		err = t.end(p.sides[from], m.crash)
	}
	o := ending{frames: t.frames, wrote: len(t.eff.Writes) > 0, drop: t.eff.Drop != "" || m.crash != 0 || m.kind == doRestart}
	if err != nil {
		o.fault = err.Error()
	}
	o.next = p.intern(t.s)
	return o
}

// turn is a move under way: all its effects make one batch, as in a node.
type turn struct {
	p      *player
	s      *side
	eff    friendship.Effects
	frames []int32
}

func (t *turn) env() friendship.Env {
	e := friendship.Env{Wall: t.p.wall, Mono: t.s.mono, AtStake: t.s.till.atStake}
	e.Nonce[0] = byte(t.p.me) + 1
	if !t.p.lone {
		binary.BigEndian.PutUint64(e.Nonce[8:], t.s.nonces)
	}
	return e
}

func (t *turn) make(m move) error {
	switch m.kind {
	case doDeliver:
		return t.deliver(t.p.post.frames[m.arg])
	case doDeliverAll:
		for _, n := range t.p.post.bundles[m.arg] {
			if err := t.deliver(t.p.post.frames[n]); err != nil {
				return err
			}
		}
	case doLinkUp:
		return t.take(t.s.f.LinkUp(t.env(), nil))
	case doWait:
		return t.take(t.s.f.Tick(t.env()))
	case doPropose:
		return t.take(t.s.f.ProposeAnyway(t.env()))
	case doOffer:
		eff, err := t.s.f.Append(t.env(), []ledger.Op{ledgertest.Credit(ledgertest.EUR, explorationLimit)})
		return errors.Join(err, t.take(eff))
	case doRequest:
		return t.request(int(m.arg))
	case doAllow:
		t.s.till.allows = true
		return t.take(t.s.f.Allow(t.env(), []friendship.Cost{{Currency: ledgertest.EUR, Amount: ledger.NewBalance(1)}}))
	case doLearnKeys:
		t.s.till.of[m.arg] = tillPaid
	case doLoseBeyond:
		t.s.till.of[m.arg] = tillCancelled
	}
	return nil
}

func (t *turn) deliver(f ledger.Frame) error {
	e, isEntry := f.(*ledger.SignedEntry)
	if !isEntry {
		eff, err := t.s.f.Receive(t.env(), f)
		return errors.Join(err, t.take(eff))
	}
	v, err := t.p.post.verified(t.p.friend(), e)
	if err != nil {
		t.s.f.LinkDown(t.env())
		t.eff.Drop = err.Error()
		return nil
	}
	eff, err := t.s.f.ReceiveEntry(t.env(), v)
	return errors.Join(err, t.take(eff))
}

// take books the effects of one call, and what the node makes of them.
func (t *turn) take(eff friendship.Effects) error {
	for _, f := range eff.Frames {
		switch f.(type) {
		case *ledger.Propose, *ledger.Accept:
			t.s.nonces++
		}
	}
	t.eff.Merge(eff)
	return t.react(eff.Changes)
}

// end makes the writes durable and lets the frames go, or crashes.
func (t *turn) end(before *side, crash ledgertest.Crash) error {
	if err := t.decide(); err != nil {
		return err
	}
	switch crash {
	case ledgertest.CrashBeforeWrites:
		nonces := t.s.nonces
		t.s = before.clone()
		t.s.nonces = nonces
		return t.p.boot(t.s)
	case ledgertest.CrashBeforeFrames:
		t.s.disk.Apply(t.p.me, t.eff.Writes)
		return t.p.boot(t.s)
	}
	t.s.disk.Apply(t.p.me, t.eff.Writes)
	for _, f := range t.eff.Frames {
		f = t.p.post.signed(f, t.p.self(), t.p.key)
		if err := t.s.swear(f, t.p.wall); err != nil {
			return err
		}
		t.frames = append(t.frames, t.p.post.intern(f))
	}
	return t.s.check()
}

// swear books what a frame signs, and checks that it may be signed.
func (s *side) swear(f ledger.Frame, wall time.Time) error {
	o := &s.oath
	switch m := f.(type) {
	case *ledger.SignedEntry:
		n, err := ledger.DecodeEntry(m.Body)
		if err != nil {
			return err
		}
		at, hash := place{n.Epoch, n.Seq}, ledger.EntryHash(m.Body)
		old, signed := o.bodies[at]
		switch {
		case signed && old != hash:
			return fmt.Errorf("signs entry %d twice", n.Seq)
		case !signed && (len(o.opened) == 0 || o.opened[len(o.opened)-1].id != n.Epoch):
			return fmt.Errorf("signs entry %d in an epoch that is not open", n.Seq)
		case !signed && s.f.ProposalOut() != nil:
			return fmt.Errorf("signs entry %d while its proposal is out", n.Seq)
		case !signed && o.opened[len(o.opened)-1].number != max(o.number, s.f.Highest()):
			return fmt.Errorf("signs entry %d in an epoch that it has closed", n.Seq)
		}
		o.bodies[at] = hash
	case *ledger.Propose:
		o.proposed = m.Terms
	case *ledger.Accept:
		terms := s.f.AcceptedTerms()
		if k := len(o.opened); !terms.Base.IsZero() && (k == 0 || o.opened[k-1].id != terms.Base) {
			return fmt.Errorf("accepts terms of number %d over an epoch that is not its own", terms.Number)
		}
		o.accepted = append(o.accepted, vow{terms.Number, m.Epoch, &ledger.Opening{Terms: terms, Acceptor: m.Nonce}})
		return s.swearNumber(wall)
	case *ledger.Confirm:
		return s.swearNumber(wall)
	}
	return nil
}

// swearNumber books that the highest number was signed, which must be above all
// before it, and no further ahead than the clock or the next of each parity.
func (s *side) swearNumber(wall time.Time) error {
	n, before := s.f.Highest(), s.oath.number
	if n <= before {
		return fmt.Errorf("signs number %d after %d", n, before)
	}
	if clock := wall.Add(friendship.ClockSlack).UnixMilli(); n > before+friendship.NumberSlack && n > uint64(max(clock, 0)) {
		return fmt.Errorf("signs number %d after %d, far ahead of its clock", n, before)
	}
	s.oath.number = n
	return nil
}
