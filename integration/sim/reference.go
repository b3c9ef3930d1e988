package sim

import (
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/node/engine"
)

// reference is what one node's disk says, and the judge of what the node does.
// It outlives the process.
type reference struct {
	n        *node
	sides    map[ledger.NodeID]*side
	streams  map[ledger.NodeID]*stream
	openings map[ledger.NodeID]*openings
	payments map[ledger.PaymentID]*paid
	sales    map[ledger.Lock]*sale // paid ones, by lock of the invoice
	taken    map[string]ledger.Balance
	// writtenOff are own requests, by part lock, that people do not wait for.
	writtenOff map[ledger.Lock]bool
	loss       uint64 // shown to its people, who accepted it
}

// stream is what the present link of a friend has shown.
type stream struct {
	link   engine.LinkID
	hellos map[ledger.Hash]*ledger.Hello // by epoch, the newest of each
	before map[ledger.Hash]*ledger.Hello // of a link that was replaced in this step
}

// openings are the openings with one friend that the node has stored and signed.
type openings struct {
	stored  map[ledger.Hash]uint64 // number by epoch
	signed  map[ledger.Hash]bool
	highest uint64 // number signed
}

// paid is what became of a payment.
type paid struct {
	ended, settled, unknown bool
	failure                 string
	spent                   ledger.Amount // of the collected parts, fees included
	currency                string
}

// sale is an invoice that was paid.
type sale struct {
	payment  ledger.PaymentID
	amount   ledger.Amount
	currency string
}

func newReference(n *node) *reference {
	return &reference{
		n: n, sides: map[ledger.NodeID]*side{}, streams: map[ledger.NodeID]*stream{},
		openings: map[ledger.NodeID]*openings{}, payments: map[ledger.PaymentID]*paid{},
		sales: map[ledger.Lock]*sale{}, taken: map[string]ledger.Balance{}, writtenOff: map[ledger.Lock]bool{},
	}
}

func (ref *reference) side(id ledger.NodeID) *side {
	d := ref.sides[id]
	if d == nil {
		d = newSide(ref.n.id, id)
		ref.sides[id] = d
	}
	return d
}

func (ref *reference) opened(id ledger.NodeID) *openings {
	o := ref.openings[id]
	if o == nil {
		o = &openings{stored: map[ledger.Hash]uint64{}, signed: map[ledger.Hash]bool{}}
		ref.openings[id] = o
	}
	return o
}

// restarted forgets what streams have shown: a new process has none.
func (ref *reference) restarted() { clear(ref.streams) }

// before notes what a step is told of links and Hellos.
func (ref *reference) before(in []engine.Input) {
	for _, st := range ref.streams {
		st.before = nil
	}
	for _, i := range in {
		switch i := i.(type) {
		case engine.LinkUp:
			if st := ref.streams[i.Friend]; st == nil || i.Link > st.link {
				st = &stream{link: i.Link, hellos: map[ledger.Hash]*ledger.Hello{}}
				if old := ref.streams[i.Friend]; old != nil {
					st.before = old.hellos
				}
				ref.streams[i.Friend] = st
			}
		case engine.FrameArrived:
			if st := ref.streams[i.Friend]; st != nil && st.link == i.Link {
				if h, ok := i.Frame.(*ledger.Hello); ok {
					st.hellos[h.Epoch] = h
				}
			}
		}
	}
}

// batch is what happened in one commit.
type batch struct {
	sent     []*req // own requests that were made
	ended    []*req // own requests that the friend resolved
	arrived  []*req // requests of friends
	resolved []*req // those that this node resolved
	touched  []*side
	marks    []engine.MarkRecord
	forwards map[ledger.Lock]engine.ForwardRecord
	paid     []engine.PaymentRecord
	sold     []engine.InvoiceRecord
	entries  map[ledger.NodeID]int // own ones with operations
	removed  bool                  // a friend

	cancels map[*side]map[uint64]bool // ordinals that this batch cancels
}

// refuses reports whether the batch in which a request arrived cancels it.
func (b *batch) refuses(q *req) bool {
	if b.cancels[q.side][q.ordinal] {
		return true
	}
	for _, m := range b.marks {
		if m.Friend == q.side.friend && m.PartLock == q.r.PartLock && m.Key == nil {
			return true
		}
	}
	return false
}

func (b *batch) touch(d *side) {
	for _, o := range b.touched {
		if o == d {
			return
		}
	}
	b.touched = append(b.touched, d)
}

// committed follows a batch and judges it.
func (ref *reference) committed(writes []engine.Write) {
	if len(writes) == 0 {
		return
	}
	b := &batch{forwards: map[ledger.Lock]engine.ForwardRecord{}, cancels: map[*side]map[uint64]bool{}, entries: map[ledger.NodeID]int{}}
	entries := make([]*ledger.Entry, len(writes))
	for i, w := range writes {
		entries[i] = ref.preview(w, b)
	}
	for i, w := range writes {
		ref.write(w, entries[i], b)
		if ref.n.s.stop != nil {
			return
		}
	}
	ref.judge(b)
}

// preview looks for what later writes of the batch decide about earlier ones.
func (ref *reference) preview(w engine.Write, b *batch) *ledger.Entry {
	switch w := w.(type) {
	case engine.PutMark:
		b.marks = append(b.marks, w.Record)
	case engine.PutForward:
		b.forwards[w.Record.PartLock] = w.Record
	case engine.PutPayment:
		b.paid = append(b.paid, w.Record)
	case engine.PutInvoice:
		b.sold = append(b.sold, w.Record)
	case engine.PutLedger:
		e, ok := w.Write.(friendship.PutEntry)
		if !ok {
			return nil
		}
		n, err := ledger.DecodeEntry(e.Body)
		if err != nil {
			ref.fail("it stores an entry that does not decode: %v", err)
			return nil
		}
		d := ref.side(w.Friend)
		if n.Author != d.me {
			return n
		}
		for _, op := range n.Ops {
			if c, ok := op.(*ledger.Cancel); ok {
				if b.cancels[d] == nil {
					b.cancels[d] = map[uint64]bool{}
				}
				b.cancels[d][c.Ordinal] = true
			}
		}
		return n
	}
	return nil
}

func (ref *reference) write(w engine.Write, n *ledger.Entry, b *batch) {
	switch w := w.(type) {
	case engine.DeleteFriend:
		b.removed = true
		ref.removed(w.Friend)
	case engine.PutLedger:
		d := ref.side(w.Friend)
		b.touch(d)
		switch l := w.Write.(type) {
		case friendship.PutEntry:
			if n.Author == d.me {
				ref.mayWrite(d, n)
				if len(n.Ops) > 0 {
					b.entries[w.Friend]++
				}
			}
			if err := d.follow(l, n, b); err != nil {
				ref.fail("the ledger with %s: %v", ref.nameOf(d), err)
			}
		case friendship.PutAcceptance:
			ref.opened(w.Friend).stored[l.Acceptance.ID()] = l.Acceptance.Terms.Number
		case friendship.PutOpening:
			ref.opened(w.Friend).stored[l.Opening.ID()] = l.Opening.Terms.Number
			ref.opens(d, l)
		case friendship.PutEvidence:
			if !ref.hostile(w.Friend) {
				ref.fail("it calls the ledger with %s inconsistent: %s", ref.nameOf(d), l.Evidence.Why)
			}
			ref.n.s.res.Inconsistent++
			ref.n.edgeTo(w.Friend).makeUp()
		}
	}
}

// removed forgets a friend, whose people were shown what that may lose.
func (ref *reference) removed(id ledger.NodeID) {
	d := ref.side(id)
	for name, p := range d.purses {
		ref.taken[name] = sum(ref.taken[name], p.balance)
		if p.balance.Sign() > 0 {
			v, _ := p.balance.Magnitude().Uint64()
			ref.loss += v
		}
	}
	for _, q := range d.reqs[d.me.Other()] {
		if q.sure() {
			ref.lose(q)
		}
	}
	for a := range d.reqs {
		for _, q := range d.reqs[a] {
			ref.n.s.breakOff(q)
		}
	}
	for _, q := range d.past[d.me.Other()] {
		if _, theirs := ref.n.s.follow(&req{side: d, author: q.author, ordinal: q.ordinal}, ref.n); theirs != nil {
			ref.n.s.breakOff(q) // the friend will never hear how it ended
		}
	}
	number := d.number
	d.reset()
	*d = *newSide(ref.n.id, id)
	d.number = number
}

// breakOff notes that people have cut the chain of a payment: nobody can know any
// more how it ended beyond.
func (s *Sim) breakOff(q *req) {
	if c := s.seals[q.r.PartLock]; c != nil {
		s.broken[c.part.Payment] = true
	}
}

// lose takes an amount that was paid on for a friend that is removed out of what
// the node must have.
func (ref *reference) lose(q *req) {
	c := q.r.Currency.Name
	b, err := ref.taken[c].Plus(q.r.Amount)
	if err != nil {
		panic("sim: a loss left its range")
	}
	ref.taken[c] = b
	v, _ := q.r.Amount.Uint64()
	ref.loss += v
}

// total is what the node's friends owe it, in all currencies together.
func (ref *reference) total() ledger.Balance {
	var all ledger.Balance
	for _, d := range ref.sides {
		for _, p := range d.purses {
			all = sum(all, p.balance)
		}
	}
	return all
}

// hostile reports whether a friend is a villain.
func (ref *reference) hostile(id ledger.NodeID) bool { return ref.n.s.byID[id].villain != nil }

func (ref *reference) nameOf(d *side) string { return ref.n.s.nameOf(d.friend) }

func (ref *reference) fail(format string, args ...any) {
	ref.n.s.fail(ref.n.name+": "+format, args...)
}

func sum(a, b ledger.Balance) ledger.Balance {
	c, err := a.Add(b)
	if err != nil {
		panic("sim: a sum left its range: " + err.Error())
	}
	return c
}
