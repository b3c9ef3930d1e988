package engine_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// Memory is for invoices that can still be paid: of those that are done only
// the newest stay, and there is room for new ones.
func TestDoneInvoicesAreLetGo(t *testing.T) {
	r := newShop(t, 100, "anna").rig
	const made = engine.DoneInvoicesMax + 100
	id := func(i int) (id ledger.InvoiceID) {
		binary.BigEndian.PutUint32(id[28:], uint32(i+1))
		return id
	}
	for i := range made {
		key := ledger.Key{byte(i), byte(i >> 8), 9}
		r.must(engine.CreateInvoice{Key: key, Invoice: &ledger.Invoice{
			ID: id(i), Currency: eur, Amount: amount(1), Seller: r.id, Lock: key.Lock(),
			Created: r.wall().Unix(), Expires: r.wall().Add(time.Hour).Unix(),
		}})
		r.must(engine.CancelInvoice{ID: id(i)})
	}
	if n := len(r.eng.Invoices()); n != engine.DoneInvoicesMax+1 {
		t.Errorf("%d invoices are in memory, one of them open", n)
	}
	for i, want := range map[int]engine.Code{0: engine.NotFound, 99: engine.NotFound, 100: engine.Precondition, made - 1: engine.Precondition} {
		if _, err := r.do(engine.CancelInvoice{ID: id(i)}); err == nil || err.Code != want {
			t.Errorf("cancelling invoice %d again: %v, want %v", i, err, want)
		}
	}
	if got := r.disk.invoice(id(0)).State; got != engine.InvoiceCancelled {
		t.Errorf("an invoice that was let go is %v on disk", got)
	}
}
