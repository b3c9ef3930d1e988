package sim

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// currencies are those that people use. Every pair of friends has the first.
var currencies = []ledger.Currency{{Name: "EUR", Decimals: 2}, {Name: "HOURS", Decimals: 0}}

// order is a payment that somebody wants to make.
type order struct {
	buyer, seller *node
	invoice       *ledger.Invoice
	payment       ledger.PaymentID
	begun         bool   // the buyer's node has taken it
	refused       string // why it was never begun
}

// populate makes the nodes and who may be friends: a ring, so that everybody is
// reached, and chords.
func (s *Sim) populate() {
	for i := range s.cfg.Nodes {
		name := fmt.Sprintf("n%d", i)
		seed := sha256.Sum256([]byte("simulated " + name))
		key := ed25519.NewKeyFromSeed(seed[:])
		n := &node{s: s, name: name, key: key, id: ledger.NodeID(key.Public().(ed25519.PublicKey)), caps: map[hop]engine.Capacity{}}
		n.disk = newDisk(n.id)
		n.ref = newReference(n)
		if s.cfg.has(Skew) {
			n.skew = s.spread(2*skewMax) - skewMax
		}
		s.nodes = append(s.nodes, n)
		s.byID[n.id] = n
	}
	for i := range s.nodes {
		s.befriend(i, (i+1)%len(s.nodes))
	}
	for range len(s.nodes) * (friendsPerNode - 2) / 2 {
		s.befriend(s.rnd.IntN(len(s.nodes)), s.rnd.IntN(len(s.nodes)))
	}
	s.cast()
	for _, n := range s.nodes {
		if n.villain == nil {
			s.honest = append(s.honest, n)
			n.start()
		} else {
			n.villain.meet()
		}
	}
}

// cast makes villains of some nodes, of one habit after the other.
func (s *Sim) cast() {
	if !s.cfg.has(Adversary) {
		return
	}
	s.gang = &gang{keys: map[ledger.Lock]ledger.Key{}}
	first := s.rnd.IntN(int(habits))
	for i, at := range s.rnd.Perm(len(s.nodes))[:max(1, len(s.nodes)/villainShare)] {
		s.gang.turn(s.nodes[at], habit((first+i)%int(habits)))
	}
	s.res.AdversaryNodes = len(s.gang.members)
}

func (s *Sim) befriend(i, j int) {
	a, b := s.nodes[i], s.nodes[j]
	if a == b || a.edgeTo(b.id) != nil {
		return
	}
	e := &edge{s: s, ends: [2]*node{a, b}, latency: latencyMin + s.spread(latencySpread)}
	a.edges, b.edges, s.edges = append(a.edges, e), append(b.edges, e), append(s.edges, e)
}

// meet makes friends of all who may be.
func (s *Sim) meet() {
	for _, e := range s.edges {
		e.agree()
		e.dial()
	}
}

// agree makes both add one another with their terms.
func (e *edge) agree() {
	for _, n := range e.ends {
		if n.villain == nil {
			e.adds(n)
		}
	}
}

// adds makes one end add the other.
func (e *edge) adds(n *node) {
	peer := e.other(n)
	n.must(engine.AddFriend{Friend: peer.id, Name: peer.name})
	for i, c := range currencies {
		if i > 0 && (e.ends[0].key[0]^e.ends[1].key[0])%2 != 0 { // half of the friends use more than one
			continue
		}
		n.must(engine.SetCredit{Friend: peer.id, Currency: c, Limit: ledger.NewAmount(limitMin + e.s.rnd.Uint64N(limitSpread))})
		n.must(engine.SetRate{Friend: peer.id, Currency: c, Rate: ledger.Rate{Mul: e.s.rnd.Uint32N(1 << 27), Add: e.s.rnd.Uint64N(4)}})
	}
}

// trade plans all payments and all faults.
func (s *Sim) trade() {
	span := time.Duration(s.cfg.Payments) * payEvery / time.Duration(s.cfg.Nodes)
	for i := range s.cfg.Payments {
		s.after(span*time.Duration(i)/time.Duration(s.cfg.Payments)+s.spread(payEvery), s.wish)
	}
	s.planFaults(span)
}

// wish lets somebody want to pay somebody.
func (s *Sim) wish() {
	o := &order{buyer: s.pick(func(a, b ledger.Balance) bool { return a.Cmp(b) > 0 }, nil)}
	s.orders = append(s.orders, o)
	s.random(o.payment[:])
	if s.cfg.has(Twice) && len(s.sold) > 0 && s.chance(15) {
		if v := s.sold[s.rnd.IntN(len(s.sold))]; v.Seller != o.buyer.id {
			o.invoice, o.seller = v, s.byID[v.Seller]
			o.pay()
			return
		}
	}
	o.seller = s.pick(func(a, b ledger.Balance) bool { return a.Cmp(b) < 0 }, o.buyer)
	o.sell()
}

// pick returns somebody of a few who is better than the others: people with money
// buy and people without sell, so that a long run does not end with all credit at
// its limit.
func (s *Sim) pick(better func(a, b ledger.Balance) bool, not *node) *node {
	var best *node
	var worth ledger.Balance
	for range richest {
		n := s.honest[s.rnd.IntN(len(s.honest))]
		if n == not {
			continue
		}
		if w := n.ref.total(); best == nil || better(w, worth) {
			best, worth = n, w
		}
	}
	for best == nil {
		if n := s.honest[s.rnd.IntN(len(s.honest))]; n != not {
			best = n
		}
	}
	return best
}

// sell asks the seller for an invoice, with which the buyer then pays.
func (o *order) sell() {
	s, n := o.buyer.s, o.seller
	v := &ledger.Invoice{
		Currency: currencies[0], Amount: ledger.NewAmount(s.price()), Seller: n.id,
		Created: n.wall().Unix(), Expires: n.wall().Add(20*time.Minute + s.spread(time.Hour)).Unix(),
	}
	if s.chance(4) {
		v.Currency = currencies[1]
	}
	var key ledger.Key
	s.random(v.ID[:])
	s.random(key[:])
	v.Lock = key.Lock()
	h := v.Hash()
	v.Signature = ledger.Signature(ed25519.Sign(n.key, h[:]))
	n.ask(func() engine.Action { return engine.CreateInvoice{Invoice: v, Key: key} }, func(r engine.Reply) {
		if r.Err != nil && r.Err.Reason != "invoice_exists" {
			s.fail("%s refuses to make an invoice: %s: %s", n.name, r.Err.Reason, r.Err.Text)
			return
		}
		o.invoice = v
		if len(s.sold) == invoiceKept {
			s.sold = s.sold[1:]
		}
		s.sold = append(s.sold, v)
		s.after(latencyMin+s.spread(latencySpread), o.pay)
	})
}

// price is mostly small, sometimes more than one friendship can carry.
func (s *Sim) price() uint64 {
	if s.chance(8) {
		return 1 + s.rnd.Uint64N(limitSpread)
	}
	return 1 + s.rnd.Uint64N(limitMin)
}

func (o *order) pay() {
	n := o.buyer
	o.buyer.ask(func() engine.Action {
		fee, _ := o.invoice.Amount.Add(ledger.NewAmount(100))
		return engine.Pay{
			Payment: o.payment, Invoice: o.invoice, MaxFee: fee, Timeout: paymentTimeout, Note: "for bread",
			Previous: n.disk.previous(o.payment, o.invoice),
		}
	}, func(r engine.Reply) {
		switch rec, _ := r.Value.(engine.PaymentRecord); {
		case r.Err != nil:
			o.refused = r.Err.Reason
		case rec.ID != o.payment:
			o.refused = "repeated"
		default:
			o.begun = true
		}
	})
}
