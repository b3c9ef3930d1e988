package apiserver

import (
	"context"
	"strings"
	"time"

	"connectrpc.com/connect"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
	"github.com/offset-p2p/offset/node/engine"
)

func (s *service) CreateInvoice(ctx context.Context, req *connect.Request[appv1.CreateInvoiceRequest]) (*connect.Response[appv1.CreateInvoiceResponse], error) {
	spec, err := s.invoiceSpec(req.Msg)
	if err != nil {
		return nil, err
	}
	views, err := s.friends(ctx)
	if err != nil {
		return nil, err
	}
	if exact, other := known(views, spec.Currency); !exact && other != nil {
		return nil, refuse(connect.CodeFailedPrecondition, api.ReasonDecimals,
			"your friends count %s with %d decimals, not %d: write %v", other.Name, other.Decimals, spec.Currency.Decimals, other)
	}
	invoice, key, err := s.backend.MakeInvoice(ctx, spec)
	if err != nil {
		return nil, err
	}
	if _, err := s.backend.Do(ctx, engine.CreateInvoice{Invoice: invoice, Key: key}); err != nil {
		return nil, err
	}
	record := engine.InvoiceRecord{Invoice: invoice, Key: key, State: engine.InvoiceOpen}
	return connect.NewResponse(&appv1.CreateInvoiceResponse{Invoice: s.invoicePB(&record)}), nil
}

// invoiceSpec checks what the user says of a new invoice.
func (s *service) invoiceSpec(msg *appv1.CreateInvoiceRequest) (InvoiceSpec, error) {
	amount, err := parsePositive("amount", msg.GetAmount())
	if err != nil {
		return InvoiceSpec{}, err
	}
	currency, err := parseCurrency(msg.GetCurrency())
	if err != nil {
		return InvoiceSpec{}, err
	}
	if err := checkText("description", msg.GetDescription(), ledger.DescriptionBytesMax); err != nil {
		return InvoiceSpec{}, err
	}
	valid, err := bound{least: time.Second, most: expiresMax, absent: expiresDefault}.parse("expiry", msg.GetExpiresIn())
	if err != nil {
		return InvoiceSpec{}, err
	}
	now := s.now()
	return InvoiceSpec{
		Currency: currency, Amount: amount, Description: msg.GetDescription(), Created: now, Expires: now.Add(valid),
	}, nil
}

func (s *service) CancelInvoice(ctx context.Context, req *connect.Request[appv1.CancelInvoiceRequest]) (*connect.Response[appv1.CancelInvoiceResponse], error) {
	record, err := s.ownInvoice(ctx, req.Msg.GetInvoice())
	if err != nil {
		return nil, err
	}
	return do(ctx, s, engine.CancelInvoice{ID: record.Invoice.ID}, &appv1.CancelInvoiceResponse{})
}

func (s *service) GetInvoice(ctx context.Context, req *connect.Request[appv1.GetInvoiceRequest]) (*connect.Response[appv1.GetInvoiceResponse], error) {
	record, err := s.ownInvoice(ctx, req.Msg.GetInvoice())
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&appv1.GetInvoiceResponse{Invoice: s.invoicePB(record)}), nil
}

// ownInvoice finds the invoice of this node that a caller names by id or text.
func (s *service) ownInvoice(ctx context.Context, ref string) (*engine.InvoiceRecord, error) {
	var id ledger.InvoiceID
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(ref)), ledger.InvoicePrefix) {
		invoice, err := ledger.ParseInvoice(ref)
		if err != nil {
			return nil, invalid(api.ReasonInvoice, "%v", err)
		}
		id = invoice.ID
	} else if err := id.UnmarshalText([]byte(ref)); err != nil {
		return nil, invalid(api.ReasonID, "%.80q is neither an invoice's id nor its text", ref)
	}
	record, err := s.backend.Invoice(ctx, id)
	if err != nil {
		return nil, err
	}
	if record == nil {
		return nil, notFound(api.ReasonUnknownInvoice, "this node has made no invoice %v: see the list of its invoices", id)
	}
	return record, nil
}
