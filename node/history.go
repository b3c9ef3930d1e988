package node

import (
	"context"
	"errors"
	"time"

	"github.com/offset-p2p/offset/node/api"
	"github.com/offset-p2p/offset/node/apiserver"
	"github.com/offset-p2p/offset/node/engine"
	"github.com/offset-p2p/offset/node/store"
)

// Invoices implements apiserver.Archive.
func (b backend) Invoices(ctx context.Context, page apiserver.Page, keep func(*engine.InvoiceRecord) bool) ([]engine.InvoiceRecord, string, error) {
	return listing[engine.InvoiceRecord]{
		read: b.store.Invoices, keep: keep,
		made: func(r *engine.InvoiceRecord) time.Time { return time.Unix(r.Invoice.Created, 0) },
	}.page(ctx, page)
}

// Payments implements apiserver.Archive.
func (b backend) Payments(ctx context.Context, page apiserver.Page, keep func(*engine.PaymentRecord) bool) ([]engine.PaymentRecord, string, error) {
	return listing[engine.PaymentRecord]{
		read: b.store.Payments, keep: keep,
		made: func(r *engine.PaymentRecord) time.Time { return r.Created },
	}.page(ctx, page)
}

// listing reads what is wanted out of a list that stands in the order of time,
// the newest first.
type listing[T any] struct {
	read func(ctx context.Context, cursor string, limit int) ([]T, string, error)
	keep func(*T) bool // nil: all
	made func(*T) time.Time
}

// page reads whole pages of the list until one has something in it that is
// wanted, or the list or the patience is at its end.
func (l listing[T]) page(ctx context.Context, p apiserver.Page) ([]T, string, error) {
	cursor, seen := p.Cursor, 0
	if cursor == "" && !p.Until.IsZero() {
		cursor = store.CursorBefore(p.Until)
	}
	for {
		records, next, err := l.read(ctx, cursor, p.Limit)
		if err != nil {
			return nil, "", cursorError(err)
		}
		var out []T
		for i := range records {
			made := l.made(&records[i])
			if made.Before(p.Since) { // as are all that follow
				return out, "", nil
			}
			if (p.Until.IsZero() || made.Before(p.Until)) && (l.keep == nil || l.keep(&records[i])) {
				out = append(out, records[i])
			}
		}
		seen += len(records)
		if len(out) > 0 || next == "" || seen >= scanMax {
			return out, next, nil
		}
		cursor = next
	}
}

// cursorError tells the caller's fault from the node's trouble.
func cursorError(err error) error {
	if errors.Is(err, store.ErrCursor) {
		return &engine.CommandError{Code: engine.Invalid, Reason: api.ReasonCursor, Text: store.ErrCursor.Error()}
	}
	return err
}
