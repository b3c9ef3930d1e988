package engine_test

import (
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// shop is a rig whose engine sells.
type shop struct {
	*rig
	invoice *ledger.Invoice
	key     ledger.Key
	seals   byte
}

func newShop(t *testing.T, value uint64, names ...string) *shop {
	r := newRig(t, names...)
	s := &shop{rig: r, key: ledger.Key{1, 2, 3}}
	s.invoice = &ledger.Invoice{
		ID: ledger.InvoiceID{7}, Currency: eur, Amount: amount(value), Seller: r.id, Lock: s.key.Lock(),
		Created: r.wall().Unix(), Expires: r.wall().Add(time.Hour).Unix(),
	}
	r.must(engine.CreateInvoice{Invoice: s.invoice, Key: s.key})
	return s
}

// part is a request of the puppet to the shop with what is sealed in it.
func (s *shop) part(p *puppet, payment byte, total, value uint64) (*ledger.Request, *ledger.Part) {
	req, k := p.request(value)
	s.seals++
	k.part[31] = s.seals
	req.Lock, req.PartLock = s.invoice.Lock, k.part.Lock()
	part := &ledger.Part{
		Payment: ledger.PaymentID{payment}, Total: amount(total), Amount: amount(value), Invoice: s.invoice.ID,
		InvoiceAmount: s.invoice.Amount, Currency: eur, Expires: s.invoice.Expires, PartKey: &k.part, Note: "thanks",
	}
	s.parts[req.PartLock] = part
	return req, part
}

func (s *shop) state() engine.InvoiceRecord { return s.disk.invoice(s.invoice.ID) }

func TestSellerRefuses(t *testing.T) {
	other := ledger.Currency{Name: "EUR", Decimals: 3}
	tests := []struct {
		name   string
		reason ledger.Reason
		change func(s *shop, req *ledger.Request, part *ledger.Part)
	}{
		{"does not open", ledger.UnknownInvoice, func(s *shop, req *ledger.Request, _ *ledger.Part) { delete(s.parts, req.PartLock) }},
		{"no part key", ledger.UnknownInvoice, func(_ *shop, _ *ledger.Request, part *ledger.Part) { part.PartKey = nil }},
		{"key of another lock", ledger.UnknownInvoice, func(_ *shop, _ *ledger.Request, part *ledger.Part) { part.PartKey = &ledger.Key{9} }},
		{"unknown invoice", ledger.UnknownInvoice, func(_ *shop, _ *ledger.Request, part *ledger.Part) { part.Invoice[0]++ }},
		{"unknown and expired", ledger.Expired, func(s *shop, _ *ledger.Request, part *ledger.Part) {
			part.Invoice[0]++
			part.Expires = s.wall().Unix()
		}},
		{"lock of another invoice", ledger.UnknownInvoice, func(_ *shop, req *ledger.Request, _ *ledger.Part) { req.Lock[0]++ }},
		{"expired", ledger.Expired, func(s *shop, _ *ledger.Request, _ *ledger.Part) { s.mono += time.Hour }},
		{"cancelled", ledger.UnknownInvoice, func(s *shop, _ *ledger.Request, _ *ledger.Part) {
			s.must(engine.CancelInvoice{ID: s.invoice.ID})
		}},
		{"sealed for another amount", ledger.WrongAmount, func(_ *shop, _ *ledger.Request, part *ledger.Part) { part.InvoiceAmount = amount(999) }},
		{"sealed for another expiry", ledger.WrongAmount, func(_ *shop, _ *ledger.Request, part *ledger.Part) { part.Expires++ }},
		{"sealed for other decimals", ledger.WrongAmount, func(_ *shop, _ *ledger.Request, part *ledger.Part) { part.Currency = other }},
		{"total below the invoice", ledger.WrongAmount, func(_ *shop, _ *ledger.Request, part *ledger.Part) {
			part.Total, part.Amount = amount(999), amount(999)
		}},
		{"part above the total", ledger.WrongAmount, func(_ *shop, req *ledger.Request, part *ledger.Part) {
			req.Amount, part.Amount = amount(1001), amount(1001)
		}},
		{"less arrives than was sealed", ledger.WrongAmount, func(_ *shop, req *ledger.Request, _ *ledger.Part) { req.Amount = amount(999) }},
		{"empty part", ledger.WrongAmount, func(_ *shop, _ *ledger.Request, part *ledger.Part) { part.Amount = amount(0) }},
		{"two parts over the total", ledger.WrongAmount, func(s *shop, req *ledger.Request, part *ledger.Part) {
			first, _ := s.part(s.puppets[0], 1, 1000, 1)
			s.puppets[0].say(first)
		}},
		{"two totals in one payment", ledger.WrongAmount, func(s *shop, req *ledger.Request, part *ledger.Part) {
			first, _ := s.part(s.puppets[0], 1, 1001, 1)
			s.puppets[0].say(first)
		}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			s := newShop(t, 1000, "up")
			req, part := s.part(s.puppets[0], 1, 1000, 1000)
			tc.change(s, req, part)
			s.puppets[0].say(req)
			s.puppets[0].wantCancel(tc.reason, s.id)
			if st := s.state().State; st == engine.InvoicePaid {
				t.Error("the invoice is paid")
			}
		})
	}
}

// TestSellerTakesAllPartsOrNone over two friends; the leftover of a fee is the
// seller's.
func TestSellerTakesAllParts(t *testing.T) {
	s := newShop(t, 1000, "left", "right")
	left, right := s.puppets[0], s.puppets[1]
	a, _ := s.part(left, 1, 1000, 400)
	a.Amount = amount(403)
	b, _ := s.part(right, 1, 1000, 500)
	c, _ := s.part(left, 1, 1000, 100)
	left.say(a)
	right.say(b)
	if len(left.ended)+len(right.ended) != 0 || s.state().State != engine.InvoiceOpen {
		t.Fatal("a part was decided before all were there")
	}
	left.say(c)
	left.wantCollect()
	right.wantCollect()
	if len(left.ended) != 2 || len(right.ended) != 1 {
		t.Fatalf("%d and %d parts ended", len(left.ended), len(right.ended))
	}
	if v := s.state(); v.State != engine.InvoicePaid || v.Paid != amount(1003) || v.Payment[0] != 1 || v.Note != "thanks" || v.PaidAt.IsZero() {
		t.Errorf("invoice: %+v", v)
	}
	late, _ := s.part(right, 2, 1000, 1000)
	right.say(late)
	right.wantCancel(ledger.AlreadyPaid, s.id)
	s.pass(time.Hour)
	late, _ = s.part(right, 3, 1000, 1000)
	right.say(late)
	right.wantCancel(ledger.Expired, s.id)
	if len(s.eng.Invoices()) != 0 {
		t.Error("an expired invoice stays in memory")
	}
}

// TestFirstCompletePaymentWins: the incomplete one of another buyer is given
// back, and a part of the winner that is too many as well.
func TestFirstCompletePaymentWins(t *testing.T) {
	s := newShop(t, 1000, "left", "right")
	left, right := s.puppets[0], s.puppets[1]
	half, _ := s.part(left, 1, 1000, 400)
	left.say(half)
	all, _ := s.part(right, 2, 1000, 1000)
	right.say(all)
	right.wantCollect()
	left.wantCancel(ledger.AlreadyPaid, s.id)
	more, _ := s.part(right, 2, 1000, 1)
	right.say(more)
	right.wantCancel(ledger.AlreadyPaid, s.id)
}

// TestHoldEnds: an incomplete payment is given back after the hold, counted anew
// after a restart.
func TestHoldEnds(t *testing.T) {
	s := newShop(t, 1000, "up")
	up := s.puppets[0]
	half, _ := s.part(up, 1, 1000, 400)
	up.say(half)
	s.pass(ledger.HoldExpress - 2*time.Second)
	if len(up.ended) != 0 {
		t.Fatal("given back too early")
	}
	s.restart()
	s.answerOpen()
	up.connect()
	s.pass(ledger.HoldExpress - 10*time.Second)
	if len(up.ended) != 0 {
		t.Fatal("the hold does not count anew after a restart")
	}
	s.pass(12 * time.Second)
	up.wantCancel(ledger.Expired, s.id)

	// A payment may begin again, and the group of before is forgotten.
	half, _ = s.part(up, 1, 1000, 400)
	rest, _ := s.part(up, 1, 1000, 600)
	up.say(half, rest)
	up.wantCollect()
}

// answerOpen answers the questions of a restart.
func (s *shop) answerOpen() {
	asked := s.asked
	s.asked = nil
	for _, q := range asked {
		if q, ok := q.(*engine.OpenQuestion); ok {
			a := engine.PartsOpened{Friend: q.Friend, Parts: map[ledger.Lock]*ledger.Part{}}
			for _, req := range q.Requests {
				if part := s.parts[req.PartLock]; part != nil {
					a.Parts[req.PartLock] = part
				}
			}
			s.step(a)
		}
	}
}

// TestRestartCompletesPayment: the first part waits on the disk, the second
// comes after the restart.
func TestRestartCompletesPayment(t *testing.T) {
	s := newShop(t, 1000, "left", "right")
	left, right := s.puppets[0], s.puppets[1]
	half, _ := s.part(left, 1, 1000, 400)
	left.say(half)
	s.restart()
	s.answerOpen()
	right.connect()
	rest, _ := s.part(right, 1, 1000, 600)
	right.say(rest)
	right.wantCollect()
	if len(s.disk.marks) != 1 {
		t.Fatalf("%d marks, want the collect that cannot be signed yet", len(s.disk.marks))
	}
	s.restart()
	left.connect()
	left.wantCollect()
	if v := s.state(); v.Paid != amount(1000) {
		t.Errorf("received %v", v.Paid)
	}
}

// TestPartThatNoLongerOpens is cancelled when the shell says so.
func TestPartThatNoLongerOpens(t *testing.T) {
	s := newShop(t, 1000, "up")
	up := s.puppets[0]
	half, _ := s.part(up, 1, 1000, 400)
	up.say(half)
	delete(s.parts, half.PartLock)
	s.restart()
	up.connect()
	if len(up.ended) != 0 {
		t.Fatal("decided before the shell answered")
	}
	s.answerOpen()
	up.wantCancel(ledger.UnknownInvoice, s.id)
	s.step(engine.PartsOpened{Friend: up.id}) // nobody asked
}

func TestCancelAndExpireWithPartsWaiting(t *testing.T) {
	for _, tc := range []struct {
		reason ledger.Reason
		state  engine.InvoiceState
		end    func(s *shop)
	}{
		{ledger.Refunded, engine.InvoiceCancelled, func(s *shop) { s.must(engine.CancelInvoice{ID: s.invoice.ID}) }},
		{ledger.Expired, engine.InvoiceExpired, func(s *shop) { s.pass(45 * time.Second) }},
	} {
		s := newShop(t, 1000, "up")
		s.pass(time.Hour - 40*time.Second)
		up := s.puppets[0]
		half, _ := s.part(up, 1, 1000, 400)
		up.say(half)
		tc.end(s)
		up.wantCancel(tc.reason, s.id)
		if v := s.state(); v.State != tc.state {
			t.Errorf("invoice is %v, want %v", v.State, tc.state)
		}
	}
}

// TestGroupsAreBounded: a stranger cannot fill the seller's memory with payments
// that never complete, nor keep an honest one out.
func TestGroupsAreBounded(t *testing.T) {
	s := newShop(t, 1000, "up")
	up := s.puppets[0]
	for i := range engine.GroupsMax {
		half, _ := s.part(up, byte(10+i), 1000, 1)
		up.say(half)
	}
	if len(up.ended) != 0 {
		t.Fatalf("%d of the first payments were refused", len(up.ended))
	}
	half, _ := s.part(up, 99, 1000, 1)
	up.say(half)
	up.wantCancel(ledger.TooManyPending, s.id)
	more, _ := s.part(up, 98, 1000, 2) // has frozen more than any of them
	up.say(more)
	if len(up.ended) != 2 || up.ended[1].Request.Amount != amount(1) {
		t.Fatalf("ended: %+v", up.ended)
	}
	up.wantCancel(ledger.TooManyPending, s.id)
	all, _ := s.part(up, 1, 1000, 1000)
	up.say(all)
	if v := s.state(); v.State != engine.InvoicePaid || v.Payment[0] != 1 {
		t.Errorf("invoice is %v", v.State)
	}
	if out, in := (&node{eng: s.eng}).frozen(); !out.IsZero() || !in.IsZero() {
		t.Error("something stays frozen")
	}
}

func TestInconsistentFriendHasNotArrived(t *testing.T) {
	s := newShop(t, 1000, "left", "right")
	left, right := s.puppets[0], s.puppets[1]
	half, _ := s.part(left, 1, 1000, 400)
	left.say(half)
	left.lie()
	rest, _ := s.part(right, 1, 1000, 600)
	right.say(rest)
	if len(right.ended) != 0 || s.state().State != engine.InvoiceOpen {
		t.Fatal("a part in an inconsistent ledger counts as arrived")
	}
	s.pass(ledger.HoldExpress + time.Second)
	right.wantCancel(ledger.Expired, s.id)
}

// TestInconsistentFriendAfterRestart: its part is opened again last and would
// complete the payment.
func TestInconsistentFriendAfterRestart(t *testing.T) {
	for _, liar := range []int{0, 1} {
		s := newShop(t, 1000, "left", "right")
		bad, good := s.puppets[liar], s.puppets[1-liar]
		a, _ := s.part(bad, 1, 1000, 400)
		bad.say(a)
		bad.lie()
		s.restart()
		b, _ := s.part(good, 1, 1000, 600)
		good.connect()
		good.say(b)
		s.answerOpen()
		if s.state().State != engine.InvoiceOpen {
			t.Fatal("a part in an inconsistent ledger counts as arrived")
		}
	}
}

// lie sends a second body for the newest seq of the puppet's log.
func (p *puppet) lie() {
	p.r.t.Helper()
	st := p.book.Status()
	n := &ledger.Entry{
		Epoch: st.Epoch, Author: ledger.AuthorOf(p.id, p.r.id), Seq: st.Mine.Seq,
		Ops: []ledger.Op{&ledger.Credit{Currency: eur, Limit: amount(1)}},
	}
	fr := signFrame(p.key, p.id, &ledger.SignedEntry{Body: n.Encode()})
	p.r.stepOnce(p.input(fr))
	if len(p.drops) == 0 {
		p.r.t.Fatal("the lie was not noticed")
	}
}
