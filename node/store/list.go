package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// ErrCursor reports a cursor that this store did not give out.
var ErrCursor = errors.New("cursor is not one that a listing returned: begin again without one")

// Payments lists this node's payments, the newest first: at most limit, of
// PageMax. Cursor is empty at first, then the one returned with the page
// before; it is empty again after the last page. What is made meanwhile stands
// in front of the first page. Signatures of invoices are not checked again, as
// they are for a payment that is asked for by itself.
func (s *Store) Payments(ctx context.Context, cursor string, limit int) ([]engine.PaymentRecord, string, error) {
	return list(ctx, s, paymentTimeTable, page{cursor, limit}, s.listedPayment)
}

// Invoices lists this node's invoices in the way of Payments.
func (s *Store) Invoices(ctx context.Context, cursor string, limit int) ([]engine.InvoiceRecord, string, error) {
	return list(ctx, s, invoiceTimeTable, page{cursor, limit}, s.listedInvoice)
}

// Payment returns a payment, or nil when there is none of that id.
func (s *Store) Payment(ctx context.Context, id ledger.PaymentID) (*engine.PaymentRecord, error) {
	return s.paymentRow(ctx, id.String())
}

// Invoice returns an invoice of this node, or nil when there is none of that
// id.
func (s *Store) Invoice(ctx context.Context, id ledger.InvoiceID) (*engine.InvoiceRecord, error) {
	return s.invoiceRow(ctx, id.String())
}

// PaymentByInvoice returns the payment of the invoice with that hash
// (Invoice.Hash) that decides whether it may be paid: one that has not failed
// if there is any, else the one that was stored last; nil when there is none.
func (s *Store) PaymentByInvoice(ctx context.Context, invoice ledger.Hash) (*engine.PaymentRecord, error) {
	r := row(paymentInvoiceTable, invoice.String())
	id, err := s.get(ctx, r)
	if err != nil || id == nil {
		return nil, err
	}
	record, err := s.paymentRow(ctx, string(id))
	if err == nil && record == nil {
		err = damaged(r, errors.New("its payment is missing"))
	}
	return record, err
}

// Highest returns the highest number of an opening that this node has ever
// signed with a friend, also one that was removed since; 0: none.
func (s *Store) Highest(ctx context.Context, friend ledger.NodeID) (uint64, error) {
	r := row(highestTable, friend.String())
	value, err := s.get(ctx, r)
	if err != nil || value == nil {
		return 0, err
	}
	n, err := strconv.ParseUint(string(value), 10, 64)
	if err != nil {
		return 0, damaged(r, err)
	}
	return n, nil
}

// page says which part of a list is asked for.
type page struct {
	cursor string
	limit  int
}

// after returns the row after which the page begins.
func (p page) after(table string) (string, error) {
	if p.cursor == "" {
		return "", nil
	}
	if len(p.cursor) > cursorBytesMax || strings.Count(p.cursor, "/") != 1 || strings.Contains(p.cursor, endName) {
		return "", ErrCursor
	}
	return table + "/" + p.cursor, nil
}

// list reads one page of a time index; get returns the record of an id.
func list[T any](ctx context.Context, s *Store, table string, p page, get func(context.Context, string) (*T, error)) ([]T, string, error) {
	if p.limit < 1 || p.limit > PageMax {
		return nil, "", fmt.Errorf("listing: limit %d must be 1 to %d", p.limit, PageMax)
	}
	after, err := p.after(table)
	if err != nil {
		return nil, "", err
	}
	var out []T
	var last, next string
	err = s.scanAfter(ctx, table, after, func(r string, _ []byte) error {
		if len(out) == p.limit {
			next = last
			return errStop
		}
		n := names(table, r)
		record, err := get(ctx, n[len(n)-1])
		if err == nil && record == nil {
			err = damaged(r, errors.New("its record is missing"))
		}
		if err != nil {
			return err
		}
		out = append(out, *record)
		last = strings.TrimPrefix(r, table+"/")
		return nil
	})
	return out, next, err
}
