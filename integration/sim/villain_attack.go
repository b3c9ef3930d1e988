package sim

import (
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// attack is something that a villain does by itself, now and then.
func (g *gang) attack(s *Sim) {
	v := g.members[s.rnd.IntN(len(g.members))]
	b := v.books[s.rnd.IntN(len(v.books))]
	switch s.rnd.IntN(6) {
	case 0:
		b.replay()
	case 1:
		b.forge()
	case 2:
		b.flood()
	case 3:
		g.squeeze(s)
	default:
		v.buy()
	}
}

// replay says something again that it has said on this link.
func (b *book) replay() {
	if len(b.lines) > 0 && b.e.up {
		b.e.carry(b.v.n, b.lines[b.v.n.s.rnd.IntN(len(b.lines))])
	}
}

// forge signs an entry that no honest ledger would sign.
func (b *book) forge() {
	s, st := b.v.n.s, b.led.Status()
	if b.v.habit != lying || !b.led.Ready() {
		return
	}
	n := &ledger.Entry{Epoch: st.Epoch, Author: b.led.Me(), Seq: st.Mine.Seq + 1, Prev: st.Mine.Hash, Ack: st.Theirs}
	var key ledger.Key
	s.random(key[:])
	ordinal := 1 + s.rnd.Uint64N(20)
	for p := range b.led.AllPending(b.led.Me().Other()) {
		ordinal = p.Ordinal
	}
	switch s.rnd.IntN(5) {
	case 0: // totals of nothing
		n.Ops = []ledger.Op{&ledger.Cancel{Ordinal: ordinal, Reason: ledger.Refunded, Reporter: b.v.n.id}}
	case 1: // without the keys
		n.Ops = []ledger.Op{&ledger.Collect{Ordinal: ordinal, Key: key, PartKey: key}}
	case 2: // what is long over, or never was
		n.Ops = []ledger.Op{&ledger.Cancel{Ordinal: ordinal + 1000, Reason: ledger.Refunded, Reporter: b.v.n.id}}
	case 3: // another body for a number that is taken
		if n.Seq--; n.Seq == 0 {
			return
		}
	default: // a log that does not hang together
		s.random(n.Prev[:])
	}
	b.foul = true
	b.say(b.v.n.sign(&ledger.SignedEntry{Body: n.Encode()}))
}

// flood asks for more than the friend allows, and for the same part twice.
func (b *book) flood() {
	s := b.v.n.s
	r := &ledger.Request{
		Currency: currencies[0], Amount: ledger.NewAmount(1 + s.rnd.Uint64N(3*limitSpread)), Hold: 60,
		Path: ledger.NewPath(), Sealed: make([]byte, sealedBytes),
	}
	s.random(r.Lock[:])
	s.random(r.PartLock[:])
	b.sign(r, r)
}

// squeeze sends one request through an honest node from one villain to another,
// who both know its keys, and from a second friend of the node once more.
func (g *gang) squeeze(s *Sim) {
	var key, part ledger.Key
	s.random(key[:])
	s.random(part[:])
	middle := s.nodes[s.rnd.IntN(len(s.nodes))]
	if middle.villain != nil {
		return
	}
	var near []*book
	for _, v := range g.members {
		if b := v.book(middle.id); b != nil {
			near = append(near, b)
		}
	}
	if len(near) < 2 {
		return
	}
	if s.chance(2) {
		g.learn(key)
		g.learn(part)
	}
	amount := ledger.NewAmount(1 + s.rnd.Uint64N(limitMin/2))
	paid, _ := amount.Add(amount) // a fee that nobody refuses
	last := near[len(near)-1]
	for _, b := range near[:len(near)-1] {
		b.sign(&ledger.Request{
			Currency: currencies[0], Amount: paid, Lock: key.Lock(), PartLock: part.Lock(), Hold: 60,
			Path: ledger.NewPath(ledger.Hop{Node: last.v.n.id, Amount: amount}), Sealed: make([]byte, sealedBytes),
		})
	}
}

// buy pays an invoice of an honest seller wrongly: parts of the amount, another
// currency, a part twice, an invoice that was paid before.
func (v *villain) buy() {
	s := v.n.s
	if len(s.sold) == 0 {
		return
	}
	invoice := s.sold[s.rnd.IntN(len(s.sold))]
	if invoice.Seller == v.n.id {
		return
	}
	lie := *invoice
	if s.chance(4) {
		lie.Currency = currencies[s.rnd.IntN(len(currencies))]
	}
	q := &engine.PlanQuestion{Invoice: &lie, Amount: invoice.Amount, Total: invoice.Amount, MaxFee: ledger.NewAmount(1 << 40), MaxParts: partsTried}
	switch s.rnd.IntN(3) {
	case 0:
		q.Amount = half(q.Amount) // the rest never comes
	case 1:
		q.Amount, q.Total = half(q.Amount), half(q.Amount) // and says that it is all
	}
	s.random(q.Payment[:])
	for _, b := range v.books {
		if b.led.Ready() {
			q.FirstHops = append(q.FirstHops, engine.Capacity{Friend: b.peer.id, CanSend: b.led.CanSend(lie.Currency)})
		}
	}
	for _, p := range s.plan(v.n, q).(engine.Planned).Parts {
		v.sendPart(&lie, p)
	}
}

// sendPart asks for a part, at times through all friends at once.
func (v *villain) sendPart(invoice *ledger.Invoice, p engine.PlannedPart) {
	s := v.n.s
	everywhere := s.chance(4)
	for _, b := range v.books {
		if b.peer.id != p.Friend && !everywhere {
			continue
		}
		b.sign(&ledger.Request{
			Currency: invoice.Currency, Amount: p.Amount, Lock: invoice.Lock, PartLock: p.PartLock,
			Hold: 60, Path: p.Path, Sealed: p.Sealed,
		})
	}
}
