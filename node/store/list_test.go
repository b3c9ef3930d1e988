package store

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

func TestListsAreNewestFirst(t *testing.T) {
	backends(t, func(t *testing.T, open reopener) {
		s := open(t)
		var writes []engine.Write
		for i := range byte(7) {
			// Written out of order, across the epoch of Unix time.
			n := i*3%7 + 1
			at := time.Unix(0, 0).Add(time.Duration(n) * time.Second)
			writes = append(writes,
				engine.PutPayment{Record: purchase(n, n, at.Add(-4*time.Second), engine.Settled)},
				engine.PutInvoice{Record: sale(n, at, engine.InvoiceOpen)})
		}
		commit(t, s, writes...)
		commit(t, s, writes...) // once more: no row is made twice
		s = open(t)
		for _, limit := range []int{1, 2, 3, 7, 100} {
			var payments, invoices []byte
			for cursor, first := "", true; first || cursor != ""; first = false {
				page, next, err := s.Payments(t.Context(), cursor, limit)
				if err != nil || len(page) > limit || len(page) == 0 {
					t.Fatalf("page of %d payments: %v", len(page), err)
				}
				for _, p := range page {
					payments = append(payments, p.ID[0])
				}
				cursor = next
			}
			for cursor, first := "", true; first || cursor != ""; first = false {
				page, next, err := s.Invoices(t.Context(), cursor, limit)
				if err != nil || len(page) > limit || len(page) == 0 {
					t.Fatalf("page of %d invoices: %v", len(page), err)
				}
				for _, v := range page {
					invoices = append(invoices, v.Invoice.ID[0])
				}
				cursor = next
			}
			want := []byte{7, 6, 5, 4, 3, 2, 1}
			if diff := cmp.Diff(want, payments); diff != "" {
				t.Errorf("payments by pages of %d (-want +got):\n%s", limit, diff)
			}
			if diff := cmp.Diff(want, invoices); diff != "" {
				t.Errorf("invoices by pages of %d (-want +got):\n%s", limit, diff)
			}
		}
	})
}

func TestListingBounds(t *testing.T) {
	s := newStore(t, Memory())
	if page, next, err := s.Payments(t.Context(), "", 10); len(page) != 0 || next != "" || err != nil {
		t.Errorf("an empty list: %v, %q, %v", page, next, err)
	}
	for _, limit := range []int{-1, 0, PageMax + 1} {
		if _, _, err := s.Payments(t.Context(), "", limit); err == nil {
			t.Errorf("limit %d was taken", limit)
		}
	}
	for _, cursor := range []string{"x", "a/b/c", "~/x", strings.Repeat("a/", 100)} {
		if _, _, err := s.Invoices(t.Context(), cursor, 1); !errors.Is(err, ErrCursor) {
			t.Errorf("cursor %.10q: %v", cursor, err)
		}
	}
}

func TestLookUps(t *testing.T) {
	backends(t, func(t *testing.T, open reopener) {
		s := open(t)
		failed, again := purchase(1, 8, start, engine.Failed), purchase(2, 8, start.Add(time.Second), engine.Sending)
		other := purchase(3, 9, start.Add(time.Hour), engine.Sending)
		commit(t, s, engine.PutPayment{Record: again}, engine.PutPayment{Record: failed}, engine.PutPayment{Record: other},
			engine.PutInvoice{Record: sale(1, start, engine.InvoicePaid)})
		s = open(t)
		got, err := s.PaymentByInvoice(t.Context(), again.Invoice.Hash())
		if err != nil || got == nil || got.ID != again.ID {
			t.Errorf("newest payment of the invoice: %+v, %v", got, err)
		}
		if got, err := s.Payment(t.Context(), failed.ID); err != nil || got == nil || got.State != engine.Failed {
			t.Errorf("payment: %+v, %v", got, err)
		}
		if got, err := s.Invoice(t.Context(), ledger.InvoiceID{1}); err != nil || got == nil || got.State != engine.InvoicePaid {
			t.Errorf("invoice: %+v, %v", got, err)
		}
		p, err1 := s.Payment(t.Context(), ledger.PaymentID{77})
		v, err2 := s.Invoice(t.Context(), ledger.InvoiceID{77})
		b, err3 := s.PaymentByInvoice(t.Context(), ledger.Hash{77})
		n, err4 := s.Highest(t.Context(), node(anna))
		if err := errors.Join(err1, err2, err3, err4); err != nil || p != nil || v != nil || b != nil || n != 0 {
			t.Errorf("what does not exist: %v, %v, %v, %d, %v", p, v, b, n, err)
		}
	})
}

// A clock that stepped back dates the settled payment before the failed one; it
// must be found all the same, or the invoice is paid twice.
func TestSettledPaymentIsFoundWhateverTheClockSaid(t *testing.T) {
	backends(t, func(t *testing.T, open reopener) {
		s := open(t)
		settled, failed := purchase(1, 8, start, engine.Settled), purchase(2, 8, start.Add(time.Hour), engine.Failed)
		commit(t, s, engine.PutPayment{Record: failed}, engine.PutPayment{Record: settled})
		got, err := open(t).PaymentByInvoice(t.Context(), settled.Invoice.Hash())
		if err != nil || got == nil || got.ID != settled.ID {
			t.Errorf("payment of the invoice: %+v, %v", got, err)
		}
	})
}

// A failed payment takes no other's place that has not failed, in one batch or
// in several; a new attempt takes a failed one's.
func TestFailedPaymentGivesWay(t *testing.T) {
	backends(t, func(t *testing.T, open reopener) {
		first, second, third := purchase(1, 8, start, engine.Failed), purchase(2, 8, start, engine.Failed), purchase(3, 8, start, engine.Sending)
		s := open(t)
		for i, step := range []struct {
			writes []engine.PaymentRecord
			want   ledger.PaymentID
		}{
			{[]engine.PaymentRecord{first}, first.ID},
			{[]engine.PaymentRecord{second}, second.ID},
			{[]engine.PaymentRecord{third, first}, third.ID},
			{[]engine.PaymentRecord{second}, third.ID},
			{[]engine.PaymentRecord{first}, third.ID},
		} {
			for _, p := range step.writes {
				commit(t, s, engine.PutPayment{Record: p})
			}
			var batch []engine.Write
			for _, p := range step.writes {
				batch = append(batch, engine.PutPayment{Record: p})
			}
			commit(t, s, batch...)
			s = open(t)
			got, err := s.PaymentByInvoice(t.Context(), third.Invoice.Hash())
			if err != nil || got == nil || got.ID != step.want {
				t.Fatalf("after step %d: %+v, %v", i, got, err)
			}
		}
	})
}

func TestPagesBeforeATime(t *testing.T) {
	backends(t, func(t *testing.T, open reopener) {
		s := open(t)
		for n := range byte(5) {
			commit(t, s, engine.PutPayment{Record: purchase(n+1, n+1, start.Add(time.Duration(n)*time.Minute), engine.Settled)})
		}
		for before, want := range map[time.Duration]int{
			-time.Hour: 0, 0: 1, time.Second: 1, time.Minute: 2, time.Minute - 1: 1, time.Hour: 5,
		} {
			page, next, err := s.Payments(t.Context(), CursorBefore(start.Add(before)), 10)
			if err != nil || len(page) != want || next != "" {
				t.Errorf("made before %v: %d payments, next %q, %v; want %d", before, len(page), next, err, want)
			}
		}
	})
}
