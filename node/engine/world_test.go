package engine_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/node/engine"
)

// world is a network of engines in virtual time, with real ledgers and keys. One
// generator decides every order, so a seed replays.
type world struct {
	t     testing.TB
	rnd   *rand.Rand
	mono  time.Duration
	epoch time.Time
	nodes map[string]*node
	ids   map[ledger.NodeID]*node
	names []string
	wires map[[2]string]*wire // by sender and receiver
	cuts  map[[2]string]bool  // pairs that must not connect, names in order
	links engine.LinkID
	parts map[string]*ledger.Part // what was sealed, by ciphertext
	seals int

	// crash, when set, is asked at each boundary of a step whether the process
	// dies there: before and after the commit.
	crash      func(n *node, committed bool) bool
	boundaries int
	// broken is set when a ledger has been: until it is whole again, requests that
	// a friend has collected are pending once more.
	broken bool
	// plan, when set, replaces the planner.
	plan func(n *node, q *engine.PlanQuestion) engine.Planned
}

type wire struct {
	link   engine.LinkID
	frames []ledger.Frame
}

type node struct {
	w       *world
	name    string
	key     ed25519.PrivateKey
	id      ledger.NodeID
	disk    *disk
	eng     *engine.Engine // nil: the process is down
	inbox   []engine.Input
	wake    time.Duration
	replies map[uint64]engine.Reply
	events  []engine.Event
	caps    map[capKey]engine.Capacity
	nextCmd uint64
	started time.Duration
}

type capKey struct {
	friend   ledger.NodeID
	currency ledger.Currency
}

var eur = ledger.Currency{Name: "EUR", Decimals: 2}

func amount(n uint64) ledger.Amount { return ledger.NewAmount(n) }

func newWorld(t testing.TB, seed uint64, names ...string) *world {
	w := &world{
		t: t, rnd: rand.New(rand.NewPCG(seed, 1)), mono: time.Second, epoch: time.Unix(1_800_000_000, 0).UTC(),
		nodes: map[string]*node{}, ids: map[ledger.NodeID]*node{}, wires: map[[2]string]*wire{},
		cuts: map[[2]string]bool{}, parts: map[string]*ledger.Part{}, names: names,
	}
	for _, name := range names {
		seed := sha256.Sum256([]byte(name))
		key := ed25519.NewKeyFromSeed(seed[:])
		n := &node{w: w, name: name, key: key, id: ledger.NodeID(key.Public().(ed25519.PublicKey)), disk: newDisk(t)}
		w.nodes[name], w.ids[n.id] = n, n
		n.start()
	}
	return w
}

func (w *world) wall() time.Time { return w.epoch.Add(w.mono) }

func (w *world) node(name string) *node { return w.nodes[name] }

// start begins the process from the disk.
func (n *node) start() {
	eng, err := engine.New(n.id, n.disk.load())
	if err != nil {
		n.w.t.Fatalf("starting %s: %v", n.name, err)
	}
	n.eng, n.inbox = eng, []engine.Input{engine.Tick{}}
	n.started = n.w.mono - time.Millisecond
	n.replies, n.caps = map[uint64]engine.Reply{}, map[capKey]engine.Capacity{}
	n.wake = 0
}

// die ends the process: what is not on the disk is gone, and so are its links.
func (n *node) die() {
	n.eng, n.inbox = nil, nil
	for _, name := range n.w.names {
		n.w.disconnect(n.name, name)
	}
}

func (w *world) connected(a, b string) bool { return w.wires[[2]string{a, b}] != nil }

func (w *world) connect(a, b string) {
	w.links++
	for _, d := range [][2]string{{a, b}, {b, a}} {
		w.wires[d] = &wire{link: w.links}
		n, peer := w.nodes[d[0]], w.nodes[d[1]]
		n.inbox = append(n.inbox, engine.LinkUp{Friend: peer.id, Link: w.links, PeerRecord: []byte("record")})
	}
}

func (w *world) disconnect(a, b string) {
	for _, d := range [][2]string{{a, b}, {b, a}} {
		wi := w.wires[d]
		if wi == nil {
			continue
		}
		delete(w.wires, d)
		if n, peer := w.nodes[d[0]], w.nodes[d[1]]; n.eng != nil {
			n.inbox = append(n.inbox, engine.LinkDown{Friend: peer.id, Link: wi.link})
		}
	}
}

func pair(a, b string) [2]string { return [2]string{min(a, b), max(a, b)} }

// cut keeps two nodes apart until heal.
func (w *world) cut(a, b string) {
	w.cuts[pair(a, b)] = true
	w.disconnect(a, b)
}

func (w *world) heal(a, b string) { delete(w.cuts, pair(a, b)) }

// reconnect links all friends that are up, not cut and not linked; dead
// processes start again.
func (w *world) reconnect() bool {
	did := false
	for _, name := range w.names {
		if w.nodes[name].eng == nil {
			w.nodes[name].start()
			did = true
		}
	}
	for i, a := range w.names {
		for _, b := range w.names[i+1:] {
			_, ab := w.nodes[a].eng.Friend(w.nodes[b].id)
			_, ba := w.nodes[b].eng.Friend(w.nodes[a].id)
			if ab && ba && !w.cuts[pair(a, b)] && !w.connected(a, b) {
				w.connect(a, b)
				did = true
			}
		}
	}
	return did
}

// act does one thing that is ready, chosen at random: a frame arrives, or a node
// steps. It returns false when nothing is ready.
func (w *world) act() bool {
	var acts []func()
	for _, name := range w.names {
		if n := w.nodes[name]; n.eng != nil && len(n.inbox) > 0 {
			acts = append(acts, func() { n.step(1 + w.rnd.IntN(len(n.inbox))) })
		}
	}
	for _, d := range slices.SortedFunc(maps.Keys(w.wires), func(a, b [2]string) int {
		return slices.Compare(a[:], b[:])
	}) {
		if len(w.wires[d].frames) > 0 {
			acts = append(acts, func() { w.deliver(d) })
		}
	}
	if len(acts) == 0 {
		return false
	}
	acts[w.rnd.IntN(len(acts))]()
	return true
}

// run lets the world go on for a time.
func (w *world) run(d time.Duration) {
	end := w.mono + d
	for acts := 0; ; acts++ {
		if acts > 200_000 {
			w.t.Fatal("the world does not come to rest")
		}
		if w.act() {
			continue
		}
		if w.reconnect() {
			continue
		}
		next := end + 1
		for _, name := range w.names {
			if n := w.nodes[name]; n.wake > 0 {
				next = min(next, n.wake+n.started)
			}
		}
		if next > end {
			w.mono = end
			return
		}
		w.mono = max(next, w.mono)
		for _, name := range w.names {
			if n := w.nodes[name]; n.wake > 0 && n.wake+n.started <= w.mono {
				n.wake = 0
				n.inbox = append(n.inbox, engine.Tick{})
			}
		}
	}
}

func (w *world) deliver(d [2]string) {
	wi := w.wires[d]
	fr := wi.frames[0]
	wi.frames = wi.frames[1:]
	from, to := w.nodes[d[0]], w.nodes[d[1]]
	e, ok := fr.(*ledger.SignedEntry)
	if !ok {
		to.inbox = append(to.inbox, engine.FrameArrived{Friend: from.id, Link: wi.link, Frame: fr})
		return
	}
	v, err := friendship.Verify(from.id, e)
	if err != nil {
		w.t.Fatalf("%s sent %s an entry that does not verify: %v", d[0], d[1], err)
	}
	in := engine.EntryArrived{Friend: from.id, Link: wi.link, Entry: v, Parts: map[ledger.Lock]*ledger.Part{}}
	for _, op := range v.Entry().Ops {
		if r, ok := op.(*ledger.Request); ok {
			w.open(in.Parts, r)
		}
	}
	to.inbox = append(to.inbox, in)
}

// open is the seller's shell: only a part sealed for exactly these locks opens.
func (w *world) open(parts map[ledger.Lock]*ledger.Part, r *ledger.Request) {
	info := ledger.PartInfo(r.Lock, r.PartLock)
	if part := w.parts[string(r.Sealed)+string(info)]; part != nil && len(r.Path.Hops) == 0 {
		parts[r.PartLock] = part
	}
}

func (w *world) seal(lock, partLock ledger.Lock, part *ledger.Part) []byte {
	w.seals++
	sealed := fmt.Sprintf("sealed %d", w.seals)
	w.parts[sealed+string(ledger.PartInfo(lock, partLock))] = part
	return []byte(sealed)
}

// step gives the engine its oldest count inputs and does what it asks, in the
// order of the contract.
func (n *node) step(count int) {
	w := n.w
	in := slices.Clone(n.inbox[:count])
	n.inbox = n.inbox[count:]
	now := engine.Now{Wall: w.wall(), Mono: w.mono - n.started}
	for i := range now.Seed {
		now.Seed[i] = byte(w.rnd.Uint32())
	}
	fx := n.eng.Step(now, in)
	w.boundaries++
	if w.crash != nil && w.crash(n, false) {
		n.die()
		return
	}
	n.disk.commit(fx.Writes)
	w.boundaries++
	if w.crash != nil && w.crash(n, true) {
		n.die()
		return
	}
	n.release(fx)
	w.checkStep(n)
}

func (n *node) release(fx engine.Effects) {
	w := n.w
	n.wake = fx.Wake
	checkOneEntry(w.t, fx.Writes)
	for _, o := range fx.Frames {
		peer := w.ids[o.Friend]
		wi := w.wires[[2]string{n.name, peer.name}]
		if wi == nil || wi.link != o.Link {
			continue
		}
		wi.frames = append(wi.frames, n.sign(o.Frame))
	}
	for _, q := range fx.Questions {
		n.answer(q)
	}
	for _, r := range fx.Replies {
		n.replies[r.ID] = r
	}
	for _, ev := range fx.Events {
		if len(n.events) > 0 && ev.Seq != 1 && ev.Seq != n.events[len(n.events)-1].Seq+1 {
			w.t.Fatalf("%s: event %d after %d", n.name, ev.Seq, n.events[len(n.events)-1].Seq)
		}
		n.events = append(n.events, ev)
	}
	for _, c := range fx.Capacities {
		if k := (capKey{c.Friend, c.Currency}); c.CanSend.IsZero() && c.CanReceive.IsZero() {
			delete(n.caps, k)
		} else {
			n.caps[k] = c
		}
	}
	for _, d := range fx.Drops {
		if wi := w.wires[[2]string{n.name, w.ids[d.Friend].name}]; wi != nil && wi.link == d.Link {
			w.disconnect(n.name, w.ids[d.Friend].name)
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

func (n *node) answer(q engine.Question) {
	switch q := q.(type) {
	case *engine.OpenQuestion:
		a := engine.PartsOpened{Friend: q.Friend, Parts: map[ledger.Lock]*ledger.Part{}}
		for _, r := range q.Requests {
			n.w.open(a.Parts, r)
		}
		n.inbox = append(n.inbox, a)
	case *engine.PlanQuestion:
		switch {
		case n.w.plan != nil:
			n.inbox = append(n.inbox, n.w.plan(n, q))
		default:
			n.inbox = append(n.inbox, n.w.planRoute(n, q))
		}
	}
}
