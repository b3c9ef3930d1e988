package apiserver

import (
	"context"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
	"github.com/offset-p2p/offset/node/engine"
)

func (s *service) ListInvoices(ctx context.Context, req *connect.Request[appv1.ListInvoicesRequest]) (*connect.Response[appv1.ListInvoicesResponse], error) {
	page, err := parsePage(req.Msg)
	if err != nil {
		return nil, err
	}
	keep, err := s.keepInvoice(req.Msg)
	if err != nil {
		return nil, err
	}
	records, next, err := s.backend.Invoices(ctx, page, keep)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&appv1.ListInvoicesResponse{Invoices: s.invoicesPB(records), NextCursor: next}), nil
}

// keepInvoice returns which invoices a caller wants; nil: all.
func (s *service) keepInvoice(msg *appv1.ListInvoicesRequest) (func(*engine.InvoiceRecord) bool, error) {
	currency, err := parseOptionalCurrency(msg.GetCurrency())
	if err != nil {
		return nil, err
	}
	state := msg.GetState()
	if err := knownState(state, appv1.InvoiceState_name); err != nil {
		return nil, err
	}
	if currency == nil && state == 0 {
		return nil, nil
	}
	return func(r *engine.InvoiceRecord) bool {
		return (state == 0 || s.invoiceState(r) == state) && (currency == nil || r.Invoice.Currency == *currency)
	}, nil
}

func (s *service) ListPayments(ctx context.Context, req *connect.Request[appv1.ListPaymentsRequest]) (*connect.Response[appv1.ListPaymentsResponse], error) {
	page, err := parsePage(req.Msg)
	if err != nil {
		return nil, err
	}
	keep, err := keepPayment(req.Msg)
	if err != nil {
		return nil, err
	}
	records, next, err := s.backend.Payments(ctx, page, keep)
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&appv1.ListPaymentsResponse{Payments: paymentsPB(records), NextCursor: next}), nil
}

// keepPayment returns which payments a caller wants; nil: all.
func keepPayment(msg *appv1.ListPaymentsRequest) (func(*engine.PaymentRecord) bool, error) {
	currency, err := parseOptionalCurrency(msg.GetCurrency())
	if err != nil {
		return nil, err
	}
	state := msg.GetState()
	if err := knownState(state, appv1.PaymentState_name); err != nil {
		return nil, err
	}
	var seller ledger.NodeID
	if text := msg.GetSeller(); text != "" {
		if seller, err = ledger.ParseNodeID(text); err != nil {
			return nil, invalid(api.ReasonID, "seller %.80q is not a peer ID", text)
		}
	}
	if currency == nil && state == 0 && seller.IsZero() {
		return nil, nil
	}
	return func(r *engine.PaymentRecord) bool {
		return (state == 0 || paymentStates[r.State] == state) && (currency == nil || r.Invoice.Currency == *currency) &&
			(seller.IsZero() || r.Invoice.Seller == seller)
	}, nil
}

// lister is what the requests of both lists have.
type lister interface {
	GetPageSize() uint32
	GetCursor() string
	GetSince() *timestamppb.Timestamp
	GetUntil() *timestamppb.Timestamp
}

func parsePage(msg lister) (Page, error) {
	page := Page{Cursor: msg.GetCursor(), Limit: int(msg.GetPageSize())}
	switch n := msg.GetPageSize(); {
	case n == 0:
		page.Limit = pageDefault
	case n > PageMax:
		return Page{}, invalid(api.ReasonPage, "page of %d is too large: at most %d", n, PageMax)
	}
	var err error
	if page.Since, err = parseTime("since", msg.GetSince()); err != nil {
		return Page{}, err
	}
	if page.Until, err = parseTime("until", msg.GetUntil()); err != nil {
		return Page{}, err
	}
	if !page.Since.IsZero() && !page.Until.IsZero() && !page.Since.Before(page.Until) {
		return Page{}, invalid(api.ReasonTime, "since %s is not before until %s: nothing can be between them",
			page.Since.UTC().Format(time.RFC3339), page.Until.UTC().Format(time.RFC3339))
	}
	return page, nil
}

// parseTime reads a point in time; absent is zero.
func parseTime(what string, m *timestamppb.Timestamp) (time.Time, error) {
	if m == nil {
		return time.Time{}, nil
	}
	if err := m.CheckValid(); err != nil {
		return time.Time{}, invalid(api.ReasonTime, "%s is not a point in time", what)
	}
	return m.AsTime(), nil
}

// parseOptionalCurrency reads a currency; absent is nil.
func parseOptionalCurrency(m *appv1.Currency) (*ledger.Currency, error) {
	if m == nil {
		return nil, nil
	}
	c, err := parseCurrency(m)
	return &c, err
}

// knownState refuses the number of a state that this version does not know.
func knownState[S ~int32](state S, names map[int32]string) error {
	if _, ok := names[int32(state)]; !ok {
		return invalid(api.ReasonState, "state %d is unknown", state)
	}
	return nil
}
