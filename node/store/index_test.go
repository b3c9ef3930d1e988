package store

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/ipfs/go-datastore/query"

	"github.com/offset-p2p/offset/node/engine"
)

// Whatever payments and invoices go through, in batches of any size, with
// restarts in between or without, the index rows are the same, and those that a
// single write of the end would have made.
func TestIndexRowsOfAnyHistory(t *testing.T) {
	payments := []engine.PaymentState{engine.Planning, engine.Sending, engine.Settled, engine.Failed}
	invoices := []engine.InvoiceState{engine.InvoiceOpen, engine.InvoiceExpired, engine.InvoiceOpen, engine.InvoicePaid}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		db, once := Memory(), newStore(t, Memory())
		s := newStore(t, db)
		var last [3][]engine.Write
		for n := range byte(3) {
			var batch []engine.Write
			length := 1 + rng.IntN(len(payments))
			for i := range length {
				state := payments[i]
				if i == 2 && rng.IntN(2) == 0 {
					state = engine.Failed
				}
				p := purchase(n+1, n+1, start.Add(time.Duration(n)*time.Minute), state)
				v := sale(n+1, start, invoices[i])
				last[n] = []engine.Write{engine.PutPayment{Record: p}, engine.PutInvoice{Record: v}}
				batch = append(batch, last[n]...)
				if rng.IntN(2) == 0 {
					commit(t, s, batch...)
					batch = nil
				}
				if rng.IntN(4) == 0 {
					s = newStore(t, db)
				}
				if state == engine.Settled {
					break // nothing follows
				}
			}
			commit(t, s, batch...)
			commit(t, once, last[n]...)
		}
		if diff := cmp.Diff(allRows(t, once), allRows(t, s)); diff != "" {
			t.Fatalf("rows (-at once +step by step):\n%s", diff)
		}
	}
}

// What has ended is not remembered: memory is for what is open.
func TestEndedPaymentsAreForgotten(t *testing.T) {
	s := newStore(t, Memory())
	for n := range byte(100) {
		commit(t, s, engine.PutPayment{Record: purchase(n+1, n+1, start, engine.Sending)}, engine.PutInvoice{Record: sale(n+1, start, engine.InvoiceOpen)})
		commit(t, s, engine.PutPayment{Record: purchase(n+1, n+1, start, engine.Settled)}, engine.PutInvoice{Record: sale(n+1, start, engine.InvoicePaid)})
	}
	if len(s.opened) != 0 {
		t.Errorf("%d rows of payments and invoices that ended are remembered", len(s.opened))
	}
}

func allRows(t *testing.T, s *Store) map[string]string {
	t.Helper()
	rows := map[string]string{}
	err := s.query(t.Context(), query.Query{}, func(r string, value []byte) error {
		rows[r] = string(value)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// Of the invoices that are done the start reads as many as the engine keeps,
// however many a busy shop has sold in the last hour; of those that a clock
// expired too early none is forgotten.
func TestStartReadsFewDoneInvoices(t *testing.T) {
	backends(t, func(t *testing.T, open reopener) {
		s := open(t)
		const paid = engine.DoneInvoicesMax + 300
		writes := []engine.Write{engine.PutInvoice{Record: sale(1, start, engine.InvoiceOpen)}, engine.PutInvoice{Record: sale(2, start, engine.InvoiceExpired)}}
		for i := range paid {
			record := sale(3, start, engine.InvoicePaid)
			v := *record.Invoice
			v.ID[1], v.ID[2] = byte(i>>8), byte(i)
			v.Expires += int64(1 + i)
			record.Invoice = &v
			writes = append(writes, engine.PutInvoice{Record: record})
		}
		commit(t, s, writes...)
		got := mustLoad(t, open(t)).Invoices
		if len(got) != engine.DoneInvoicesMax+2 {
			t.Fatalf("%d invoices are loaded", len(got))
		}
		if got[0].State != engine.InvoiceOpen || got[1].State != engine.InvoiceExpired {
			t.Errorf("the first are %v and %v", got[0].State, got[1].State)
		}
		first := start.Add(time.Hour).Unix() + 1 + paid - engine.DoneInvoicesMax
		for i, v := range got[2:] {
			if v.State != engine.InvoicePaid || v.Invoice.Expires != first+int64(i) {
				t.Fatalf("paid invoice %d expires at %d, want %d", i, v.Invoice.Expires, first+int64(i))
			}
		}
	})
}
