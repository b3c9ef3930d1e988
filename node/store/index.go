package store

import (
	"context"
	"encoding/json"

	"github.com/offset-p2p/offset/node/engine"
)

// Payments and invoices are written at each of their changes, their index rows
// with the first and the last: the store remembers of which open ones it has
// written them. After a restart they are written once more.

// isOpen reports whether the index rows of what has this row among the open ones
// are written.
func (g *stage) isOpen(r string) bool {
	if is, staged := g.opened[r]; staged {
		return is
	}
	_, is := g.s.opened[r]
	return is
}

func (g *stage) invoice(record *engine.InvoiceRecord) error {
	v := record.Invoice
	open := row(invoiceOpenTable, v.ID.String())
	known := g.isOpen(open)
	if !known {
		g.rows[invoiceTimeRow(v)] = []byte{}
	}
	switch is := record.State == engine.InvoiceOpen; {
	case !is:
		done := []byte{}
		if record.State == engine.InvoiceExpired {
			done = []byte(expiredMark)
		}
		g.rows[open], g.rows[invoiceDoneRow(v)] = nil, done
		g.opened[open] = false
	case !known: // a new one, or one that a clock had let expire too early
		g.rows[open], g.rows[invoiceDoneRow(v)] = []byte{}, nil
		g.opened[open] = true
	}
	return put(g, invoiceTable, record, g.s.checkInvoice, v.ID.String())
}

func (g *stage) payment(ctx context.Context, record *engine.PaymentRecord) error {
	id := record.ID.String()
	open := row(paymentOpenTable, id)
	if !g.isOpen(open) {
		g.rows[row(paymentTimeTable, age(record.Created), id)] = []byte{}
		g.rows[open] = []byte{}
		g.opened[open] = true
		r := row(paymentInvoiceTable, record.Invoice.Hash().String())
		decides, err := g.decides(ctx, r, record)
		if err != nil {
			return err
		}
		if decides {
			g.rows[r] = []byte(id)
		}
	}
	if record.IsEnded() {
		g.rows[open] = nil
		g.opened[open] = false
	}
	return put(g, paymentTable, record, checkPayment, id)
}

// decides reports whether a payment is the one that decides whether its invoice
// may be paid, whose row is r: one that has failed takes no other's place that
// has not.
func (g *stage) decides(ctx context.Context, r string, record *engine.PaymentRecord) (bool, error) {
	if record.State != engine.Failed {
		return true, nil
	}
	other, err := g.value(ctx, r)
	if err != nil || other == nil || string(other) == record.ID.String() {
		return true, err
	}
	var last engine.PaymentRecord
	otherRow := row(paymentTable, string(other))
	value, err := g.value(ctx, otherRow)
	if err != nil {
		return false, err
	}
	if err := json.Unmarshal(value, &last); err != nil {
		return false, damaged(otherRow, err)
	}
	return last.State == engine.Failed, nil
}
