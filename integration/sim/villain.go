package sim

import (
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/node/engine"
)

// villain is a node that obeys no rule of payments: it keeps a ledger with each
// friend, signed with its own key, and does with requests what it likes. All
// villains of a run know one another and share every key that one of them has
// seen (gang).
type villain struct {
	n     *node
	habit habit
	books []*book
	gang  *gang
	held  map[ledger.Lock]*heldUp // requests of others that it has passed on, by part lock
}

// habit is what a villain does more often than other things.
type habit uint8

const (
	silent   habit = iota // never answers
	dropping              // cancels, naming others as the reason
	slow                  // answers when it is nearly too late, or too late
	lying                 // changes amounts, paths and sealed parts; signs what is illegal
	stealing              // keeps what was collected, and cancels towards the payer
	loyal                 // forwards, to be on the routes; its gang uses what it sees
	habits
)

// gang is what villains share.
type gang struct {
	keys    map[ledger.Lock]ledger.Key
	members []*villain
}

func (g *gang) learn(k ledger.Key) { g.keys[k.Lock()] = k }

// open returns both keys of a request, if the gang knows them.
func (g *gang) open(r *ledger.Request) (key, part ledger.Key, ok bool) {
	key, a := g.keys[r.Lock]
	part, b := g.keys[r.PartLock]
	return key, part, a && b
}

// heldUp is a request that a villain has passed on.
type heldUp struct {
	in     *book
	order  uint64 // ordinal of the incoming one
	epoch  ledger.Hash
	out    *book
	closed bool // the incoming one is answered
}

// book is a villain's ledger with one friend.
type book struct {
	v     *villain
	e     *edge
	peer  *node
	led   *friendship.Friendship
	wake  time.Duration
	late  int  // plans of a tick that were made
	foul  bool // it has signed something illegal in this epoch
	lines []ledger.Frame
}

// turn makes a node a villain, before it starts.
func (g *gang) turn(n *node, h habit) {
	v := &villain{n: n, habit: h, gang: g, held: map[ledger.Lock]*heldUp{}}
	n.villain = v
	g.members = append(g.members, v)
}

// meet opens the books with all who may be friends.
func (v *villain) meet() {
	for _, e := range v.n.edges {
		b := &book{v: v, e: e, peer: e.other(v.n)}
		v.books = append(v.books, b)
		v.n.disk.friend(b.peer.id).there = true
		b.begin(0)
	}
}

// begin is a ledger with nothing in it, after an earlier one with openings up to
// a number.
func (b *book) begin(highest uint64) {
	led, err := friendship.New(b.v.n.id, b.peer.id, friendship.Stored{Highest: highest})
	if err != nil {
		b.v.n.s.fail("a new friendship is damaged: %v", err)
		return
	}
	b.led = led
}

func (v *villain) book(id ledger.NodeID) *book {
	for _, b := range v.books {
		if b.peer.id == id {
			return b
		}
	}
	return nil
}

func (b *book) env() friendship.Env {
	env := friendship.Env{Wall: b.v.n.wall(), Mono: b.v.n.s.now}
	b.v.n.s.random(env.Nonce[:])
	return env
}

// take is what a link tells a villain.
func (v *villain) take(in engine.Input) {
	switch i := in.(type) {
	case engine.LinkUp:
		b := v.book(i.Friend)
		b.lines = nil
		b.absorb(b.led.LinkUp(b.env(), i.PeerRecord), nil)
	case engine.LinkDown:
		if b := v.book(i.Friend); !b.e.up {
			b.led.LinkDown(b.env())
		}
	case engine.FrameArrived:
		b := v.book(i.Friend)
		fx, err := b.led.Receive(b.env(), i.Frame)
		if err != nil {
			v.n.s.fail("a frame for %s: %v", v.n.name, err)
		}
		b.absorb(fx, nil)
	case engine.EntryArrived:
		b := v.book(i.Friend)
		fx, err := b.led.ReceiveEntry(b.env(), i.Entry)
		if err != nil {
			v.n.s.fail("an entry for %s: %v", v.n.name, err)
		}
		b.absorb(fx, i.Parts)
	}
}

// absorb does what a ledger asks, and then what the villain likes.
func (b *book) absorb(fx friendship.Effects, parts map[ledger.Lock]*ledger.Part) {
	for _, fr := range fx.Frames {
		b.say(b.v.n.sign(fr))
	}
	for _, c := range fx.Changes {
		b.react(c, parts)
	}
	if fx.Drop != "" && b.e.up {
		b.e.breakLink()
	}
	b.plan()
	b.report()
}

func (b *book) say(fr ledger.Frame) {
	if !b.e.up {
		return
	}
	if b.lines = append(b.lines, fr); len(b.lines) > replayed {
		b.lines = b.lines[1:]
	}
	b.e.carry(b.v.n, fr)
}

// plan lets the ledger wake when it wants to.
func (b *book) plan() {
	at, ok := b.led.Wake()
	if !ok || b.wake == at {
		return
	}
	b.wake = at
	b.late++
	late := b.late
	b.v.n.s.after(at-b.v.n.s.now, func() {
		if b.late == late {
			b.wake = 0
			b.absorb(b.led.Tick(b.env()), nil)
		}
	})
}

// report tells the index what looks attractive, true or not.
func (b *book) report() {
	for _, c := range currencies {
		k := engine.Capacity{Friend: b.peer.id, Currency: c}
		if b.led.Ready() {
			k.CanSend, k.CanReceive = b.led.CanSend(c), b.led.CanReceive(c)
		}
		if b.v.habit == lying && !k.CanSend.IsZero() {
			k.CanSend = plus(k.CanSend, k.CanSend)
		}
		k.Transit = k.CanSend
		b.v.n.s.publish(b.v.n, k)
	}
}

// sign appends operations as an honest ledger would; what it refuses to sign is
// not said.
func (b *book) sign(ops ...ledger.Op) bool {
	if !b.led.Ready() || !b.led.WindowOpen() || b.led.Fit(ops) < len(ops) {
		return false
	}
	fx, err := b.led.Append(b.env(), ops)
	if err != nil {
		return false
	}
	b.absorb(fx, nil)
	return true
}
