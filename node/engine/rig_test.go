package engine_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"slices"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/node/engine"
)

// rig is one engine between puppets: friends whose every operation is the
// test's, so that they can do what an engine would not.
type rig struct {
	t       testing.TB
	key     ed25519.PrivateKey
	id      ledger.NodeID
	eng     *engine.Engine
	disk    *disk
	mono    time.Duration
	ahead   time.Duration // of the wall clock, which may jump
	puppets []*puppet
	parts   map[ledger.Lock]*ledger.Part // that open, by part lock
	asked   []engine.Question
	replies []engine.Reply
	events  []engine.Event
	last    engine.Effects
	links   engine.LinkID
	signed  int // frames that left with the engine's signature
}

// puppet is a friend of the rig's engine.
type puppet struct {
	r      *rig
	name   string
	key    ed25519.PrivateKey
	id     ledger.NodeID
	book   *friendship.Friendship
	link   engine.LinkID
	up     bool
	deaf   bool // takes no entries until hear, so acknowledges nothing
	missed []ledger.Frame
	got    []*friendship.Pending
	ended  []*friendship.Pending // own requests that the engine resolved
	drops  []string
	queue  []ledger.Frame // to the engine
	number uint64         // of made requests
	manual bool           // openings are the test's: it has what the engine answers
	told   []ledger.Frame // answers to manual ones
}

var rigEpoch = time.Unix(1_800_000_000, 0).UTC()

func keyOf(name string) (ed25519.PrivateKey, ledger.NodeID) {
	seed := sha256.Sum256([]byte(name))
	key := ed25519.NewKeyFromSeed(seed[:])
	return key, ledger.NodeID(key.Public().(ed25519.PublicKey))
}

// newRig is an engine with puppets as ready friends in EUR, limit 10,000 both
// ways.
func newRig(t testing.TB, names ...string) *rig {
	r := &rig{t: t, mono: time.Second, disk: newDisk(t), parts: map[ledger.Lock]*ledger.Part{}}
	r.key, r.id = keyOf("middle")
	r.restart()
	for _, name := range names {
		p := r.puppet(name)
		r.must(engine.AddFriend{Friend: p.id, Name: name})
		r.must(engine.SetCredit{Friend: p.id, Currency: eur, Limit: amount(10_000)})
		p.connect()
		p.say(&ledger.Credit{Currency: eur, Limit: amount(10_000)})
		if c := r.capacity(p); c.CanSend != amount(10_000) || c.CanReceive != amount(10_000) {
			t.Fatalf("%s: capacity is %+v", name, c)
		}
	}
	return r
}

func (r *rig) puppet(name string) *puppet {
	p := &puppet{r: r, name: name}
	p.key, p.id = keyOf(name)
	book, err := friendship.New(p.id, r.id, friendship.Stored{})
	if err != nil {
		r.t.Fatal(err)
	}
	p.book = book
	r.puppets = append(r.puppets, p)
	return p
}

func (r *rig) capacity(p *puppet) engine.Capacity {
	for _, c := range r.eng.Capacities() {
		if c.Friend == p.id {
			return c
		}
	}
	return engine.Capacity{}
}

// restart begins the engine anew from its disk; all links are gone.
func (r *rig) restart() {
	eng, err := engine.New(r.id, r.disk.load())
	if err != nil {
		r.t.Fatalf("starting: %v", err)
	}
	r.eng, r.events = eng, nil
	for _, p := range r.puppets {
		p.down()
	}
	r.step()
}

func (r *rig) wall() time.Time { return rigEpoch.Add(r.mono + r.ahead) }

// step gives the engine inputs and lets frames go to and fro until all is quiet.
func (r *rig) step(in ...engine.Input) {
	r.t.Helper()
	r.stepOnce(in...)
	for busy := true; busy; {
		busy = false
		for _, p := range r.puppets {
			if len(p.queue) == 0 {
				continue
			}
			busy = true
			fr := p.queue[0]
			p.queue = p.queue[1:]
			r.stepOnce(p.input(fr))
		}
	}
}

func (r *rig) stepOnce(in ...engine.Input) {
	r.t.Helper()
	fx := r.eng.Step(engine.Now{Wall: r.wall(), Mono: r.mono, Seed: sha256.Sum256([]byte(r.mono.String()))}, in)
	r.last = fx
	r.disk.commit(fx.Writes)
	checkOneEntry(r.t, fx.Writes)
	for _, o := range fx.Frames {
		switch o.Frame.(type) {
		case *ledger.SignedEntry, *ledger.Accept, *ledger.Confirm, *ledger.Opened:
			r.signed++
		}
		i := slices.IndexFunc(r.puppets, func(p *puppet) bool { return p.id == o.Friend })
		if p := r.puppets[i]; p.up && p.link == o.Link {
			p.take(signFrame(r.key, r.id, o.Frame))
		}
	}
	r.asked = append(r.asked, fx.Questions...)
	r.replies = append(r.replies, fx.Replies...)
	r.events = append(r.events, fx.Events...)
	for _, d := range fx.Drops {
		for _, p := range r.puppets {
			if p.id == d.Friend && p.link == d.Link {
				p.drops = append(p.drops, d.Why)
			}
		}
	}
}

// checkOneEntry: a step makes at most one entry with operations per friend,
// beside the first one of an epoch, in which the ledger says again what is kept.
func checkOneEntry(t testing.TB, writes []engine.Write) {
	t.Helper()
	made := map[ledger.NodeID]int{}
	for _, w := range writes {
		put, ok := w.(engine.PutLedger)
		if !ok {
			continue
		}
		e, ok := put.Write.(friendship.PutEntry)
		if !ok || e.Signature != (ledger.Signature{}) || opsIn(&ledger.SignedEntry{Body: e.Body}) == 0 || e.Seq == 1 {
			continue
		}
		if made[put.Friend]++; made[put.Friend] > 1 {
			t.Fatalf("two entries for %v in one step", put.Friend)
		}
	}
}

func opsIn(fr ledger.Frame) int {
	if e, ok := fr.(*ledger.SignedEntry); ok {
		if n, err := ledger.DecodeEntry(e.Body); err == nil {
			return len(n.Ops)
		}
	}
	return 0
}

// pass lets time go by, waking the engine and the puppets when they asked for
// it.
func (r *rig) pass(d time.Duration) {
	r.t.Helper()
	wakes := 0
	for end := r.mono + d; r.mono < end; {
		if wakes++; wakes > 1_000+int(d/time.Second) {
			r.t.Fatalf("the engine does not come to rest: wake %v at %v", r.last.Wake, r.mono)
		}
		next := end
		if r.last.Wake > 0 {
			next = min(next, max(r.last.Wake, r.mono+time.Millisecond))
		}
		for _, p := range r.puppets {
			if at, ok := p.book.Wake(); ok && p.up {
				next = min(next, max(at, r.mono+time.Millisecond))
			}
		}
		r.mono = next
		for _, p := range r.puppets {
			if p.up {
				p.absorb(p.book.Tick(p.env()))
			}
		}
		r.step(engine.Tick{})
	}
}

func (r *rig) do(a engine.Action) (any, *engine.CommandError) {
	r.t.Helper()
	r.step(engine.Command{ID: 1, Do: a})
	last := r.replies[len(r.replies)-1]
	return last.Value, last.Err
}

func (r *rig) must(a engine.Action) any {
	r.t.Helper()
	v, err := r.do(a)
	if err != nil {
		r.t.Fatalf("%T refused: %s: %s", a, err.Reason, err.Text)
	}
	return v
}

func (p *puppet) env() friendship.Env {
	h := sha256.Sum256([]byte(p.name + p.r.mono.String()))
	return friendship.Env{Wall: p.r.wall(), Mono: p.r.mono, Nonce: ledger.Nonce(h[:16])}
}

func (p *puppet) connect() {
	p.r.t.Helper()
	p.r.links++
	p.link, p.up = p.r.links, true
	p.absorb(p.book.LinkUp(p.env(), []byte("record")))
	p.r.step(engine.LinkUp{Friend: p.id, Link: p.link, PeerRecord: []byte("record")})
	p.r.pass(2 * time.Second)
}

func (p *puppet) down() {
	p.up, p.queue, p.missed = false, nil, nil
	p.book.LinkDown(p.env())
}

// hangUp ends the link for both sides.
func (p *puppet) hangUp() {
	p.down()
	p.r.step(engine.LinkDown{Friend: p.id, Link: p.link})
}

// take gives a frame of the engine to the puppet.
func (p *puppet) take(fr ledger.Frame) {
	p.r.t.Helper()
	if p.manual {
		p.told = append(p.told, fr)
		return
	}
	if e, ok := fr.(*ledger.SignedEntry); ok {
		if p.deaf {
			p.missed = append(p.missed, fr)
			return
		}
		v, err := friendship.Verify(p.r.id, e)
		if err != nil {
			p.r.t.Fatalf("the engine's entry does not verify: %v", err)
		}
		fx, err := p.book.ReceiveEntry(p.env(), v)
		if err != nil {
			p.r.t.Fatal(err)
		}
		p.absorb(fx)
		return
	}
	fx, err := p.book.Receive(p.env(), fr)
	if err != nil {
		p.r.t.Fatal(err)
	}
	p.absorb(fx)
}

// hear takes what a deaf puppet has missed, acknowledges it, and hears again.
func (p *puppet) hear() {
	p.r.t.Helper()
	p.deaf = false
	for _, fr := range p.missed {
		p.take(fr)
	}
	p.missed = nil
	p.r.step()
}

func (p *puppet) absorb(fx friendship.Effects) {
	p.r.t.Helper()
	if fx.Drop != "" {
		p.r.t.Fatalf("%s drops the engine: %s", p.name, fx.Drop)
	}
	for _, fr := range fx.Frames {
		p.queue = append(p.queue, signFrame(p.key, p.id, fr))
	}
	for _, c := range fx.Changes {
		switch c := c.(type) {
		case friendship.RequestArrived:
			p.got = append(p.got, c.Pending)
		case friendship.RequestCollected:
			p.ended = append(p.ended, c.Pending)
		case friendship.RequestCancelled:
			p.ended = append(p.ended, c.Pending)
		case friendship.BecameInconsistent:
			p.r.t.Fatalf("%s finds the engine's log illegal: %s", p.name, c.Evidence.Why)
		}
	}
}

// append puts operations into the puppet's log without telling the engine yet.
func (p *puppet) append(ops ...ledger.Op) {
	p.r.t.Helper()
	fx, err := p.book.Append(p.env(), ops)
	if err != nil {
		p.r.t.Fatalf("%s cannot say %T: %v", p.name, ops[0], err)
	}
	p.absorb(fx)
}

// say is append, and all that follows.
func (p *puppet) say(ops ...ledger.Op) {
	p.r.t.Helper()
	p.append(ops...)
	p.r.step()
}

func (p *puppet) input(fr ledger.Frame) engine.Input {
	e, ok := fr.(*ledger.SignedEntry)
	if !ok {
		return engine.FrameArrived{Friend: p.id, Link: p.link, Frame: fr}
	}
	v, err := friendship.Verify(p.id, e)
	if err != nil {
		p.r.t.Fatal(err)
	}
	return engine.EntryArrived{Friend: p.id, Link: p.link, Entry: v, Parts: p.r.parts}
}

// request makes a request with fresh keys, for the route that remains after the
// engine.
func (p *puppet) request(value uint64, hops ...ledger.Hop) (*ledger.Request, keys) {
	p.number++
	k := keysOf(p.name, p.number)
	return &ledger.Request{
		Currency: eur, Amount: amount(value), Lock: k.lock.Lock(), PartLock: k.part.Lock(), Hold: 60,
		Path: ledger.NewPath(hops...), Sealed: []byte("sealed"),
	}, k
}

type keys struct{ lock, part ledger.Key }

func keysOf(name string, n uint64) keys {
	return keys{sha256.Sum256([]byte{'l', byte(n), name[0]}), sha256.Sum256([]byte{'p', byte(n), name[0]})}
}

func hop(p *puppet, value uint64) ledger.Hop { return ledger.Hop{Node: p.id, Amount: amount(value)} }

// wantCancel expects that the puppet's newest ended request was cancelled.
func (p *puppet) wantCancel(reason ledger.Reason, reporter ledger.NodeID) {
	p.r.t.Helper()
	if len(p.ended) == 0 {
		p.r.t.Fatalf("no request of %s has ended, want %v", p.name, reason)
	}
	last := p.ended[len(p.ended)-1]
	if last.Cancel == nil || last.Cancel.Reason != reason || last.Cancel.Reporter != reporter {
		p.r.t.Fatalf("request of %s ended with %+v %+v, want %v", p.name, last.Cancel, last.Collect, reason)
	}
}

func (p *puppet) wantCollect() {
	p.r.t.Helper()
	if len(p.ended) == 0 || p.ended[len(p.ended)-1].Collect == nil {
		p.r.t.Fatalf("the newest request of %s was not collected", p.name)
	}
}

func signFrame(key ed25519.PrivateKey, id ledger.NodeID, fr ledger.Frame) ledger.Frame {
	return (&node{key: key, id: id}).sign(fr)
}
