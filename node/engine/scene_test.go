package engine_test

import (
	"crypto/ed25519"
	"encoding/binary"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// do gives a command and steps the node until it answers.
func (n *node) do(a engine.Action) (any, *engine.CommandError) {
	n.w.t.Helper()
	n.nextCmd++
	id := n.nextCmd
	n.inbox = append(n.inbox, engine.Command{ID: id, Do: a})
	for len(n.inbox) > 0 {
		n.step(len(n.inbox))
		if r, ok := n.replies[id]; ok {
			return r.Value, r.Err
		}
	}
	n.w.t.Fatalf("%s did not answer %T", n.name, a)
	return nil, nil
}

// must is do for commands that are in order.
func (n *node) must(a engine.Action) any {
	n.w.t.Helper()
	v, err := n.do(a)
	if err != nil {
		n.w.t.Fatalf("%s refused %T: %s: %s", n.name, a, err.Reason, err.Text)
	}
	return v
}

// befriend makes two nodes friends in a currency; each may owe the other limit.
func (w *world) befriend(a, b string, c ledger.Currency, limit uint64) {
	w.t.Helper()
	for _, d := range [][2]string{{a, b}, {b, a}} {
		n, peer := w.node(d[0]), w.node(d[1])
		n.must(engine.AddFriend{Friend: peer.id, Name: peer.name})
		n.must(engine.SetCredit{Friend: peer.id, Currency: c, Limit: amount(limit)})
	}
}

// chain is a world whose nodes are friends in a row, connected and ready.
func chain(t testing.TB, seed uint64, limit uint64, names ...string) *world {
	t.Helper()
	w := newWorld(t, seed, names...)
	for i := range names[1:] {
		w.befriend(names[i], names[i+1], eur, limit)
	}
	w.run(5 * time.Second)
	for i := range names[1:] {
		if c := capacityOf(w.node(names[i]), w.node(names[i+1]), eur); c.CanSend != amount(limit) || c.CanReceive != amount(limit) {
			t.Fatalf("%s may send %v to %s and receive %v, want %d", names[i], c.CanSend, names[i+1], c.CanReceive, limit)
		}
	}
	return w
}

// invoice makes a signed invoice of the node.
func (n *node) invoice(value uint64, life time.Duration) (*ledger.Invoice, ledger.Key) {
	n.w.seals++
	v := &ledger.Invoice{
		Currency: eur, Amount: amount(value), Seller: n.id,
		Created: n.w.wall().Unix(), Expires: n.w.wall().Add(life).Unix(),
	}
	binary.BigEndian.PutUint64(v.ID[:], uint64(n.w.seals))
	key := ledger.Key(v.ID)
	copy(key[16:], n.id[:])
	v.Lock = key.Lock()
	n.resign(v)
	return v, key
}

func (n *node) resign(v *ledger.Invoice) {
	h := v.Hash()
	v.Signature = ledger.Signature(ed25519.Sign(n.key, h[:]))
}

// sell is invoice, known to the node's engine.
func (n *node) sell(value uint64) *ledger.Invoice {
	n.w.t.Helper()
	v, key := n.invoice(value, time.Hour)
	n.must(engine.CreateInvoice{Invoice: v, Key: key})
	return v
}

func (n *node) order(v *ledger.Invoice, maxFee uint64) engine.Pay {
	n.w.seals++
	a := engine.Pay{Invoice: v, MaxFee: amount(maxFee), Timeout: 20 * time.Second, Note: "for bread"}
	binary.BigEndian.PutUint64(a.Payment[:], uint64(n.w.seals))
	return a
}

// buy begins to pay an invoice and returns the payment's id.
func (n *node) buy(v *ledger.Invoice, maxFee uint64) ledger.PaymentID {
	n.w.t.Helper()
	r := n.must(n.order(v, maxFee)).(engine.PaymentRecord)
	return r.ID
}

// owes returns what the friend owes the node.
func (n *node) owed(friend string) ledger.Balance {
	f, _ := n.eng.Friend(n.w.node(friend).id)
	for _, c := range f.Currencies {
		if c.Currency == eur {
			return c.Balance
		}
	}
	return ledger.Balance{}
}

// worth is the sum of the node's balances.
func (n *node) worth() ledger.Balance {
	var sum ledger.Balance
	for _, f := range n.eng.Friends() {
		for _, c := range f.Currencies {
			sum, _ = sum.Add(c.Balance)
		}
	}
	return sum
}

// frozen is the sum of all pending requests of the node, to and from friends.
func (n *node) frozen() (out, in ledger.Amount) {
	for _, f := range n.eng.Friends() {
		for _, c := range f.Currencies {
			out, _ = out.Add(c.FrozenOut)
			in, _ = in.Add(c.FrozenIn)
		}
	}
	return out, in
}

func (w *world) wantOwed(n, friend string, want int64) {
	w.t.Helper()
	if got := w.node(n).owed(friend); got != ledger.NewBalance(want) {
		w.t.Errorf("%s is owed %v by %s, want %d", n, got, friend, want)
	}
}

func (w *world) wantPayment(n string, id ledger.PaymentID, want engine.PaymentState, failure string) engine.PaymentRecord {
	w.t.Helper()
	r := w.node(n).disk.payment(id)
	if r.State != want || r.Failure != failure {
		w.t.Fatalf("payment of %s is %v %q (%s), want %v %q", n, r.State, r.Failure, r.Text, want, failure)
	}
	if want == engine.Settled {
		if err := r.Receipt().Verify(); err != nil {
			w.t.Fatalf("receipt of %s: %v", n, err)
		}
	} else if r.Receipt() != nil {
		w.t.Fatalf("payment of %s has a receipt and is %v", n, r.State)
	}
	return r
}

// checkStep holds after every step, also in the middle of things: what a node
// has sent on never exceeds what it was sent and its own payments.
func (w *world) checkStep(n *node) {
	w.t.Helper()
	if n.eng == nil {
		return
	}
	var own ledger.Amount
	for _, p := range n.eng.Payments() {
		for _, part := range p.Parts {
			if !part.Collected && part.Cancelled == 0 {
				own, _ = own.Add(part.Amount)
			}
		}
		if got := live(p); p.Invoice.Amount.Less(got) {
			w.t.Fatalf("%s has parts of %v out for a payment of %v", n.name, got, p.Invoice.Amount)
		}
	}
	out, in := n.frozen()
	if cover, _ := in.Add(own); cover.Less(out) && !w.broken {
		w.t.Fatalf("%s has %v pending to friends, but only %v from friends and own payments", n.name, out, cover)
	}
	if want := n.eng.Capacities(); len(want) != len(n.caps) {
		w.t.Fatalf("%s has told of %d edges, it has %d", n.name, len(n.caps), len(want))
	} else {
		for _, c := range want {
			if n.caps[capKey{c.Friend, c.Currency}] != c {
				w.t.Fatalf("%s has told %+v, but it is %+v", n.name, n.caps[capKey{c.Friend, c.Currency}], c)
			}
		}
	}
}

func live(p engine.PaymentRecord) ledger.Amount {
	var sum ledger.Amount
	for _, part := range p.Parts {
		if part.Cancelled == 0 {
			sum, _ = sum.Add(part.Share)
		}
	}
	return sum
}

// checkRest holds when nothing is on its way: conservation, the mirror, nothing
// frozen, no row left on any disk, and every payment atomic.
func (w *world) checkRest() {
	w.t.Helper()
	var sum ledger.Balance
	for _, name := range w.names {
		n := w.node(name)
		if out, in := n.frozen(); !out.IsZero() || !in.IsZero() {
			w.t.Errorf("%s has %v and %v frozen at rest", name, out, in)
		}
		sum, _ = sum.Add(n.worth())
		for _, f := range n.eng.Friends() {
			peer := w.ids[f.Record.Friend]
			if mirror, _ := peer.owed(name).Neg(); n.owed(peer.name) != mirror {
				w.t.Errorf("%s is owed %v by %s, who says %v", name, n.owed(peer.name), peer.name, mirror)
			}
		}
		if len(n.disk.forwards)+len(n.disk.marks) > 0 {
			w.t.Errorf("%s keeps %d forwards and %d marks at rest", name, len(n.disk.forwards), len(n.disk.marks))
		}
		for id, b := range n.disk.payments {
			w.checkPayment(n, id, decode[engine.PaymentRecord](n.disk, b))
		}
	}
	if sum.Sign() != 0 {
		w.t.Errorf("all balances sum to %v", sum)
	}
}

// checkPayment: a receipt exists exactly when the seller collected this payment.
func (w *world) checkPayment(n *node, id ledger.PaymentID, r engine.PaymentRecord) {
	w.t.Helper()
	if !r.IsEnded() {
		w.t.Errorf("payment %v of %s is %v at rest", id, n.name, r.State)
	}
	b, known := w.ids[r.Invoice.Seller].disk.invoices[r.Invoice.ID]
	if !known {
		if r.State == engine.Settled {
			w.t.Errorf("payment %v of %s is settled, its seller has no such invoice", id, n.name)
		}
		return
	}
	v := decode[engine.InvoiceRecord](n.disk, b)
	collected := v.State == engine.InvoicePaid && v.Payment == id
	if collected != (r.State == engine.Settled) {
		w.t.Errorf("payment %v of %s is %v, the invoice is %v by %v", id, n.name, r.State, v.State, v.Payment)
	}
	if collected && v.Paid.Less(r.Invoice.Amount) {
		w.t.Errorf("the seller has received %v of %v", v.Paid, r.Invoice.Amount)
	}
}
