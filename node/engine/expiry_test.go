package engine_test

import (
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

func (s *shop) wantState(want engine.InvoiceState) {
	s.t.Helper()
	if got := s.state().State; got != want {
		s.t.Fatalf("the invoice is %v on the disk, want %v", got, want)
	}
}

// jump is a shop whose wall clock was ahead of the invoice's expiry for a while.
func jump(t *testing.T, d time.Duration) (*shop, *puppet) {
	t.Helper()
	s := newShop(t, 1000, "up")
	s.ahead = 48 * time.Hour
	s.pass(d)
	s.wantState(engine.InvoiceExpired)
	if open := s.eng.Invoices(); len(open) != 0 {
		t.Fatalf("listed while expired: %+v", open)
	}
	return s, s.puppets[0]
}

// TestWallClockJumpsAhead and back: the invoice is open again and is paid, in the
// same process and after a restart. While the clock is ahead it is expired.
func TestWallClockJumpsAhead(t *testing.T) {
	for _, restart := range []bool{false, true} {
		s, up := jump(t, 15*time.Minute)
		early, _ := s.part(up, 1, 1000, 1000)
		up.say(early)
		up.wantCancel(ledger.Expired, s.id)
		s.ahead = 0
		if restart {
			s.restart()
			s.wantState(engine.InvoiceOpen)
			up.connect()
		}
		full, _ := s.part(up, 2, 1000, 1000)
		up.say(full)
		up.wantCollect()
		s.wantState(engine.InvoicePaid)
	}
}

// TestExpiredIsOpenAgain without anybody asking: what people see is right after
// the next look at the clock.
func TestExpiredIsOpenAgain(t *testing.T) {
	s, _ := jump(t, 15*time.Minute)
	s.ahead = 0
	s.pass(11 * time.Minute)
	s.wantState(engine.InvoiceOpen)
	if open := s.eng.Invoices(); len(open) != 1 || open[0].State != engine.InvoiceOpen {
		t.Errorf("listed: %+v", open)
	}
	s.must(engine.CancelInvoice{ID: s.invoice.ID})

	s.pass(time.Hour) // and expires in the end, at its time
	s.wantState(engine.InvoiceCancelled)
	s, _ = jump(t, 15*time.Minute)
	s.ahead = 0
	s.pass(time.Hour)
	s.wantState(engine.InvoiceExpired)
	if _, err := s.do(engine.CancelInvoice{ID: s.invoice.ID}); err == nil || err.Reason != "invoice_expired" {
		t.Errorf("cancelled after its time: %v", err)
	}
}

// TestPaidStaysPaidThroughAJump: a later payer is told so, not that there is no
// such invoice.
func TestPaidStaysPaidThroughAJump(t *testing.T) {
	s := newShop(t, 1000, "up")
	up := s.puppets[0]
	full, _ := s.part(up, 1, 1000, 1000)
	up.say(full)
	s.ahead = 48 * time.Hour
	s.pass(15 * time.Minute)
	s.ahead = 0
	again, _ := s.part(up, 2, 1000, 1000)
	up.say(again)
	up.wantCancel(ledger.AlreadyPaid, s.id)
}

// TestExpiredIsRefusedTheSame while the invoice is in memory, after it was let go
// and after a restart.
func TestExpiredIsRefusedTheSame(t *testing.T) {
	s := newShop(t, 1000, "up")
	up := s.puppets[0]
	try := func(n byte) {
		t.Helper()
		full, _ := s.part(up, n, 1000, 1000)
		up.say(full)
		up.wantCancel(ledger.Expired, s.id)
	}
	s.mono += time.Hour // nobody has looked at the clock since
	try(1)
	s.wantState(engine.InvoiceExpired)
	s.pass(25 * time.Hour)
	if _, err := s.do(engine.CancelInvoice{ID: s.invoice.ID}); err == nil || err.Reason != "unknown_invoice" {
		t.Errorf("still in memory: %v", err)
	}
	try(2)
	s.restart()
	up.connect()
	try(3)
}
