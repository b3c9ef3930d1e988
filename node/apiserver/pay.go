package apiserver

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"connectrpc.com/connect"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
	"github.com/offset-p2p/offset/node/engine"
)

func (s *service) Pay(ctx context.Context, req *connect.Request[appv1.PayRequest], stream *connect.ServerStream[appv1.PayResponse]) error {
	invoice, err := ledger.ParseInvoice(req.Msg.GetInvoice())
	if err != nil {
		return invalid(api.ReasonInvoice, "%v", err)
	}
	action, err := payAction(invoice, req.Msg)
	if err != nil {
		return err
	}
	w := s.watches.open(action.Payment) // Before the command, so that no change is missed.
	defer func() { w.close() }()
	reply, err := s.backend.Do(ctx, action)
	if err != nil {
		return err
	}
	record, err := paymentOf(reply)
	if err != nil {
		return err
	}
	if record.ID != action.Payment { // An earlier payment of the invoice.
		w.close()
		w = s.watches.open(record.ID)
		newer, err := s.backend.Payment(ctx, record.ID) // It may have changed since the reply.
		if err != nil {
			return err
		}
		if newer != nil {
			record = newer
		}
	}
	return s.follow(ctx, record, w, stream)
}

// paymentOf reads the reply of engine.Pay.
func paymentOf(reply any) (*engine.PaymentRecord, error) {
	switch r := reply.(type) {
	case engine.PaymentRecord:
		return &r, nil
	case *engine.PaymentRecord:
		if r != nil {
			return r, nil
		}
	}
	return nil, fmt.Errorf("engine answered a payment with %T", reply)
}

// payAction reads a request to pay. Whether the invoice can be paid at all, or
// is paid already, the engine knows.
func payAction(invoice *ledger.Invoice, msg *appv1.PayRequest) (engine.Pay, error) {
	action := engine.Pay{Invoice: invoice, Note: msg.GetNote()}
	var err error
	if action.MaxFee, err = feeCap(invoice.Amount, msg.MaxFee); err != nil {
		return engine.Pay{}, err
	}
	patience := bound{least: time.Second, most: payTimeoutMax, absent: payTimeoutDefault}
	if action.Timeout, err = patience.parse("timeout", msg.GetTimeout()); err != nil {
		return engine.Pay{}, err
	}
	if msg.GetPaymentId() == "" {
		_, _ = rand.Read(action.Payment[:]) // crypto/rand never fails.
	} else if action.Payment, err = parsePaymentID(msg.GetPaymentId()); err != nil {
		return engine.Pay{}, err
	}
	return action, nil
}

// feeCap reads the highest fee that a caller allows for an amount; nil: it does
// not say.
func feeCap(amount ledger.Amount, text *string) (ledger.Amount, error) {
	if text == nil {
		return defaultFeeCap(amount), nil
	}
	return parseAmount("highest fee", *text)
}

// defaultFeeCap is the highest fee of a caller who does not say.
func defaultFeeCap(amount ledger.Amount) ledger.Amount {
	// An amount times 2^32/100 over 2^32 is its hundredth; Fee is exact and
	// cannot overflow here, since the amount is below 2^96.
	limit, err := ledger.Rate{Mul: (1 << 32) / feeCapDivisor, Add: feeCapAdd}.Fee(amount)
	if err != nil {
		return ledger.Amount{}
	}
	return limit
}

func parsePaymentID(s string) (id ledger.PaymentID, err error) {
	if err := id.UnmarshalText([]byte(s)); err != nil {
		return id, invalid(api.ReasonID, "%.80q is not a payment's id, 32 hexadecimal digits", s)
	}
	if id == (ledger.PaymentID{}) {
		return id, invalid(api.ReasonID, "payment id is all zeros: draw one at random")
	}
	return id, nil
}

// follow streams a payment from record on until it is final. Changes that come
// while one is sent are told by the newest of them.
func (s *service) follow(ctx context.Context, record *engine.PaymentRecord, w *watch, stream *connect.ServerStream[appv1.PayResponse]) error {
	for {
		if newer := w.take(); newer != nil {
			record = newer
		}
		if err := stream.Send(&appv1.PayResponse{Payment: paymentPB(record)}); err != nil {
			return err
		}
		if record.State == engine.Settled || record.State == engine.Failed {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.changed:
		}
		if err := s.may(ctx, api.PermBuyer); err != nil {
			return err
		}
	}
}

func (s *service) CancelPayment(ctx context.Context, req *connect.Request[appv1.CancelPaymentRequest]) (*connect.Response[appv1.CancelPaymentResponse], error) {
	id, err := parsePaymentID(req.Msg.GetPayment())
	if err != nil {
		return nil, err
	}
	return do(ctx, s, engine.Withdraw{Payment: id}, &appv1.CancelPaymentResponse{})
}

func (s *service) GetPayment(ctx context.Context, req *connect.Request[appv1.GetPaymentRequest]) (*connect.Response[appv1.GetPaymentResponse], error) {
	id, err := parsePaymentID(req.Msg.GetPayment())
	if err != nil {
		return nil, err
	}
	record, err := s.backend.Payment(ctx, id)
	if err != nil {
		return nil, err
	}
	if record == nil {
		return nil, notFound(api.ReasonUnknownPayment, "this node has made no payment %v: see its history", id)
	}
	return connect.NewResponse(&appv1.GetPaymentResponse{Payment: paymentPB(record)}), nil
}
