package apiclient

import (
	"context"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/offset-p2p/offset/ledger"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
)

// InvoiceState is how far an invoice is.
type InvoiceState string

// The states of an invoice.
const (
	InvoiceOpen      InvoiceState = "open"
	InvoicePaid      InvoiceState = "paid"
	InvoiceCancelled InvoiceState = "cancelled"
	InvoiceExpired   InvoiceState = "expired"
)

// Invoice is an invoice of the node. Amounts are in smallest units.
type Invoice struct {
	ID          ledger.InvoiceID `json:"id"`
	Text        string           `json:"text"` // what the payer needs
	Currency    ledger.Currency  `json:"currency"`
	Amount      ledger.Amount    `json:"amount"`
	Description string           `json:"description,omitempty"`
	Created     time.Time        `json:"created"`
	Expires     time.Time        `json:"expires"`
	State       InvoiceState     `json:"state"`
	PaidAt      time.Time        `json:"paid_at,omitzero"`
	Paid        ledger.Amount    `json:"paid"`           // received
	Note        string           `json:"note,omitempty"` // the payer's
}

// InvoiceRequest is what a new invoice shall say.
type InvoiceRequest struct {
	Currency    ledger.Currency
	Amount      ledger.Amount // above 0, below 2^96
	Description string        // at most ledger.DescriptionBytesMax
	ExpiresIn   time.Duration // 0: one hour
}

// CreateInvoice makes an invoice.
func (c *Client) CreateInvoice(ctx context.Context, req InvoiceRequest) (Invoice, error) {
	msg := &appv1.CreateInvoiceRequest{
		Currency: currencyPB(req.Currency), Amount: req.Amount.String(), Description: req.Description,
	}
	if req.ExpiresIn != 0 {
		msg.ExpiresIn = durationpb.New(req.ExpiresIn)
	}
	res, err := c.rpc.CreateInvoice(ctx, connect.NewRequest(msg))
	if err != nil {
		return Invoice{}, c.fail(err)
	}
	return one(res.Msg.GetInvoice(), (*decoder).invoice)
}

// CancelInvoice stops an unpaid invoice, named by its id or text.
func (c *Client) CancelInvoice(ctx context.Context, invoice string) error {
	_, err := c.rpc.CancelInvoice(ctx, connect.NewRequest(&appv1.CancelInvoiceRequest{Invoice: invoice}))
	return c.fail(err)
}

// Invoice shows an invoice of the node, named by its id or text.
func (c *Client) Invoice(ctx context.Context, invoice string) (Invoice, error) {
	res, err := c.rpc.GetInvoice(ctx, connect.NewRequest(&appv1.GetInvoiceRequest{Invoice: invoice}))
	if err != nil {
		return Invoice{}, c.fail(err)
	}
	return one(res.Msg.GetInvoice(), (*decoder).invoice)
}
