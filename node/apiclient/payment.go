package apiclient

import (
	"context"
	"errors"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/offset-p2p/offset/ledger"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
)

// PaymentState is how far a payment is.
type PaymentState string

// The states of a payment. PaymentSettled and PaymentFailed are final.
const (
	PaymentPlanning PaymentState = "planning"
	PaymentSending  PaymentState = "sending"
	PaymentSettled  PaymentState = "settled"
	PaymentFailed   PaymentState = "failed"
)

// PartState is how far a part of a payment is.
type PartState string

// The states of a part.
const (
	PartPending   PartState = "pending"
	PartCollected PartState = "collected"
	PartCancelled PartState = "cancelled"
	// PartLost: its first friend was removed while it was out.
	PartLost PartState = "lost"
)

// Part is one route of a payment.
type Part struct {
	PartLock ledger.Lock     `json:"part_lock"`
	Route    []ledger.NodeID `json:"route"`  // after this node, the seller last
	Amount   ledger.Amount   `json:"amount"` // fees included
	Share    ledger.Amount   `json:"share"`  // what reaches the seller
	State    PartState       `json:"state"`
	Reason   string          `json:"reason,omitempty"`   // of a cancelled part
	Reporter string          `json:"reporter,omitempty"` // peer ID of who says it cancelled it
}

// Payment is a payment that the node makes. Amounts are in smallest units.
type Payment struct {
	ID          ledger.PaymentID `json:"id"`
	Invoice     string           `json:"invoice"` // its text
	InvoiceID   ledger.InvoiceID `json:"invoice_id"`
	Seller      ledger.NodeID    `json:"seller"`
	Currency    ledger.Currency  `json:"currency"`
	Amount      ledger.Amount    `json:"amount"` // without fees
	Description string           `json:"description,omitempty"`
	State       PaymentState     `json:"state"`
	MaxFee      ledger.Amount    `json:"max_fee"`
	Note        string           `json:"note,omitempty"`
	Created     time.Time        `json:"created"`
	Finished    time.Time        `json:"finished,omitzero"`
	Attempts    int              `json:"attempts"`
	Parts       []Part           `json:"parts"`
	Fee         ledger.Amount    `json:"fee"`               // of a settled payment
	Receipt     string           `json:"receipt,omitempty"` // text, of a settled payment
	Failure     string           `json:"failure,omitempty"` // reason, of a failed payment
	FailureText string           `json:"failure_text,omitempty"`
	Largest     ledger.Amount    `json:"largest"` // payable instead; 0: not known
}

// Final reports whether the payment will not change any more.
func (p Payment) Final() bool { return p.State == PaymentSettled || p.State == PaymentFailed }

// PayRequest says what to pay and at what cost.
type PayRequest struct {
	Invoice string         // its text
	MaxFee  *ledger.Amount // nil: 1 % and a little more
	Timeout time.Duration  // no attempt begins after it; 0: 30 s
	Note    string         // to the seller, at most ledger.NoteBytesMax
	// Payment makes the call safe to repeat: with the same id nothing is paid
	// twice. Zero: the node draws one.
	Payment ledger.PaymentID
}

// Pay pays an invoice and waits for the end. progress, unless nil, hears of
// every change in between, the last included, on the goroutine of the caller.
//
// A payment that fails is returned like one that settles, with its State; an
// error says that the call went wrong. After an error of code Unreachable or
// Timeout the payment may go on: look at Payment, or call Pay again with the
// same PayRequest.Payment.
func (c *Client) Pay(ctx context.Context, req PayRequest, progress func(Payment)) (Payment, error) {
	msg := &appv1.PayRequest{Invoice: req.Invoice, Note: req.Note, MaxFee: feeText(req.MaxFee)}
	if req.Timeout != 0 {
		msg.Timeout = durationpb.New(req.Timeout)
	}
	if req.Payment != (ledger.PaymentID{}) {
		msg.PaymentId = req.Payment.String()
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // Ends the stream when this returns early.
	stream, err := c.rpc.Pay(ctx, connect.NewRequest(msg))
	if err != nil {
		return Payment{}, c.fail(err)
	}
	defer func() { _ = stream.Close() }()
	var last Payment
	for stream.Receive() {
		if last, err = one(stream.Msg().GetPayment(), (*decoder).payment); err != nil {
			return Payment{}, err
		}
		if progress != nil {
			progress(last)
		}
	}
	if err := stream.Err(); err != nil {
		return last, c.fail(err)
	}
	if !last.Final() {
		return last, broken(errors.New("the payment's stream ended before the payment"))
	}
	return last, nil
}

// CancelPayment gives up a payment that is under way. It ends as failed when all
// its parts are given back, or settles when the seller took it before.
func (c *Client) CancelPayment(ctx context.Context, id ledger.PaymentID) error {
	_, err := c.rpc.CancelPayment(ctx, connect.NewRequest(&appv1.CancelPaymentRequest{Payment: id.String()}))
	return c.fail(err)
}

// Payment shows a payment of the node.
func (c *Client) Payment(ctx context.Context, id ledger.PaymentID) (Payment, error) {
	res, err := c.rpc.GetPayment(ctx, connect.NewRequest(&appv1.GetPaymentRequest{Payment: id.String()}))
	if err != nil {
		return Payment{}, c.fail(err)
	}
	return one(res.Msg.GetPayment(), (*decoder).payment)
}
