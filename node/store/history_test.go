package store

import (
	"encoding/binary"
	"flag"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// past is how many payments the history of a test holds; the figures of issue
// and documents are of a million: go test ./node/store -run History -past 1000000.
var past = flag.Int("past", 20_000, "payments in the history of TestHistoryCostsNothing")

// What is long over costs a node nothing: neither its start, nor the newest
// page, nor one deep in the past, nor the look whether a new invoice was paid.
func TestHistoryCostsNothing(t *testing.T) {
	dir := t.TempDir()
	s := openHistory(t, dir)
	fillHistory(t, s, *past)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	s = openHistory(t, dir)
	defer s.Close()
	stored, err := s.Load(t.Context(), time.Now())
	opened := time.Since(began)
	if err != nil || len(stored.Payments) != 0 || len(stored.Invoices) != 0 {
		t.Fatalf("history was loaded: %d payments and %d invoices, %v", len(stored.Payments), len(stored.Invoices), err)
	}
	took := func(what string, most time.Duration, f func() error) {
		began := time.Now()
		if err := f(); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		each := time.Since(began)
		t.Logf("%s: %v", what, each)
		if each > most {
			t.Errorf("%s took %v, at most %v are allowed", what, each, most)
		}
	}
	t.Logf("open and load with %d past payments: %v", *past, opened)
	if opened > 2*time.Second {
		t.Errorf("opening took %v", opened)
	}
	middle := CursorBefore(start.Add(time.Duration(*past/2) * time.Second))
	// The times of one look each, ten times what is seen on an idle machine.
	for range 2 { // the second time from memory
		took("newest page", 500*time.Millisecond, func() error { return fullPage(t, s, "") })
		took("page in the middle", 500*time.Millisecond, func() error { return fullPage(t, s, middle) })
		took("an invoice that was not paid", 100*time.Millisecond, func() error {
			p, err := s.PaymentByInvoice(t.Context(), ledger.Hash{1, 2, 3})
			if p != nil {
				t.Errorf("found %v", p)
			}
			return err
		})
	}
}

func fullPage(t *testing.T, s *Store, cursor string) error {
	page, next, err := s.Payments(t.Context(), cursor, 100)
	if err == nil && (len(page) != 100 || next == "") {
		t.Errorf("page of %d payments, next %q", len(page), next)
	}
	return err
}

// openHistory opens a database whose payments are of many sellers.
func openHistory(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), dir, node(me), nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// fillHistory commits settled payments and paid invoices, one of each for every
// second since start, in batches.
func fillHistory(t testing.TB, s *Store, count int) {
	t.Helper()
	bought, sold := purchase(1, 1, start, engine.Settled), sale(1, start, engine.InvoicePaid)
	writes := make([]engine.Write, 0, 1000)
	for i := range count {
		p, v, at := bought, sold, start.Add(time.Duration(i)*time.Second)
		invoice, own := *p.Invoice, *v.Invoice
		binary.BigEndian.PutUint64(p.ID[:], uint64(i)*0x9e3779b97f4a7c15) // spread, as at random
		binary.BigEndian.PutUint64(invoice.ID[:], uint64(i)*0x9e3779b97f4a7c15)
		own.ID = invoice.ID
		own.Created, own.Expires = at.Unix(), at.Unix()+3600
		p.Invoice, p.Created, v.Invoice = &invoice, at, &own
		writes = append(writes, engine.PutPayment{Record: p}, engine.PutInvoice{Record: v})
		if len(writes) == cap(writes) || i == count-1 {
			if err := s.Commit(t.Context(), writes); err != nil {
				t.Fatal(err)
			}
			writes = writes[:0]
		}
	}
}
