package apiclient

import (
	"context"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/offset-p2p/offset/ledger"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
)

// Query says which page of a list is wanted; the zero value is the newest page
// of the node's default size.
type Query struct {
	// Cursor is what came with the page before; "" at first.
	Cursor string
	// Size is the most items of the page, at most 500; 0: the node's default.
	Size int
	// Currency is that of what is listed; nil: any.
	Currency *ledger.Currency
	// Since and Until bound when what is listed was made, from Since on and
	// before Until; zero: no bound.
	Since, Until time.Time
}

// InvoiceQuery is a Query of invoices.
type InvoiceQuery struct {
	Query
	State InvoiceState // "": any
}

// PaymentQuery is a Query of payments.
type PaymentQuery struct {
	Query
	State  PaymentState  // "": any
	Seller ledger.NodeID // zero: any
}

// Invoices lists invoices, those made last first. An empty next cursor says that
// this was the last page; a page can be short, even empty, and not the last.
func (c *Client) Invoices(ctx context.Context, q InvoiceQuery) (page []Invoice, next string, err error) {
	res, err := c.rpc.ListInvoices(ctx, connect.NewRequest(&appv1.ListInvoicesRequest{
		PageSize: pageSize(q.Size), Cursor: q.Cursor, Currency: optionalCurrency(q.Currency),
		Since: timePB(q.Since), Until: timePB(q.Until), State: number(invoiceStates, q.State),
	}))
	if err != nil {
		return nil, "", c.fail(err)
	}
	page, err = convert(res.Msg.GetInvoices(), (*decoder).invoice)
	return page, res.Msg.GetNextCursor(), err
}

// Payments lists payments, those begun last first, in pages as Invoices does.
func (c *Client) Payments(ctx context.Context, q PaymentQuery) (page []Payment, next string, err error) {
	msg := &appv1.ListPaymentsRequest{
		PageSize: pageSize(q.Size), Cursor: q.Cursor, Currency: optionalCurrency(q.Currency),
		Since: timePB(q.Since), Until: timePB(q.Until), State: number(paymentStates, q.State),
	}
	if !q.Seller.IsZero() {
		msg.Seller = q.Seller.String()
	}
	res, err := c.rpc.ListPayments(ctx, connect.NewRequest(msg))
	if err != nil {
		return nil, "", c.fail(err)
	}
	page, err = convert(res.Msg.GetPayments(), (*decoder).payment)
	return page, res.Msg.GetNextCursor(), err
}

func optionalCurrency(c *ledger.Currency) *appv1.Currency {
	if c == nil {
		return nil
	}
	return currencyPB(*c)
}

// timePB renders a point in time; zero is absent.
func timePB(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// number looks a state up the other way round. One that there is not becomes a
// number that every node refuses.
func number[M ~int32, T ~string](names map[M]T, state T) M {
	if state == "" {
		return 0
	}
	for m, t := range names {
		if t == state {
			return m
		}
	}
	return -1
}
