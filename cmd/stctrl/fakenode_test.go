package main

import (
	"context"
	"net/http"
	"slices"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/offset-p2p/offset/ledger"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
	"github.com/offset-p2p/offset/node/api/pb/offset/app/v1/appv1connect"
	"github.com/offset-p2p/offset/p2p/identity"
	"github.com/offset-p2p/offset/p2p/rpc"
)

// fakeNode answers like a node whose only friend is bob: what it is told it
// forgets. The note of a payment decides what becomes of it.
type fakeNode struct {
	appv1connect.UnimplementedNodeServiceHandler
	noBuyer, noSeller bool // the caller lacks that permission
}

// serveFakeNode answers on a unix socket until stop.
func serveFakeNode(node appv1connect.NodeServiceHandler, socket string) (stop func(), err error) {
	ln, err := rpc.ListenUnix(socket)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle(appv1connect.NewNodeServiceHandler(node))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- rpc.Serve(ctx, rpc.DefaultConfig(mux), ln) }()
	return func() { cancel(); <-done }, nil
}

func nodeID(seed byte) string { return identity.FromSeed([32]byte{seed}).PeerID().String() }

func refusal(code connect.Code, reason, text string) error {
	err := connect.NewError(code, errorText(text))
	d, _ := connect.NewErrorDetail(&appv1.Reason{Reason: reason})
	err.AddDetail(d)
	return err
}

type errorText string

func (e errorText) Error() string { return string(e) }

func (fakeNode) Info(context.Context, *connect.Request[appv1.InfoRequest]) (*connect.Response[appv1.InfoResponse], error) {
	return connect.NewResponse(&appv1.InfoResponse{
		NodeId: nodeID(3), Version: "v0.0.1", Permissions: []string{"read", "buyer"},
		Tickets: []string{"/ip4/192.0.2.1/udp/4001/quic-v1/p2p/" + nodeID(3)},
	}), nil
}

var eurPB = &appv1.Currency{Name: "EUR", Decimals: 2}

func bob() *appv1.Friend {
	return &appv1.Friend{
		NodeId: nodeID(4), Name: "bob", Enabled: true, Status: "consistent", Epoch: 1,
		Link: &appv1.Link{Connected: true, Ready: true, Relayed: true, Address: "/ip4/192.0.2.9/udp/1/quic-v1"},
		Currencies: []*appv1.FriendCurrency{{
			Currency: eurPB, Active: true, Open: true, Limit: "10000", Granted: "5000", Balance: "-1250",
			FrozenOut: "1", FrozenIn: "0", Rate: &appv1.Rate{Mul: 42949673, Add: "5"},
		}},
	}
}

func (fakeNode) ListFriends(context.Context, *connect.Request[appv1.ListFriendsRequest]) (*connect.Response[appv1.ListFriendsResponse], error) {
	return connect.NewResponse(&appv1.ListFriendsResponse{Friends: []*appv1.Friend{bob()}}), nil
}

func (fakeNode) GetFriend(_ context.Context, req *connect.Request[appv1.GetFriendRequest]) (*connect.Response[appv1.GetFriendResponse], error) {
	if req.Msg.GetFriend() != "bob" {
		return nil, refusal(connect.CodeNotFound, "unknown_friend", "no friend is called that")
	}
	return connect.NewResponse(&appv1.GetFriendResponse{Friend: bob()}), nil
}

func (fakeNode) GetStatement(_ context.Context, req *connect.Request[appv1.GetStatementRequest]) (*connect.Response[appv1.GetStatementResponse], error) {
	if req.Msg.GetFriend() != "bob" {
		return nil, refusal(connect.CodeFailedPrecondition, "no_statement", "nothing is signed by both sides yet")
	}
	return connect.NewResponse(&appv1.GetStatementResponse{Text: testStatement(1, 300).Text()}), nil
}

func (fakeNode) RemoveFriend(_ context.Context, req *connect.Request[appv1.RemoveFriendRequest]) (*connect.Response[appv1.RemoveFriendResponse], error) {
	if !req.Msg.GetMayLose() {
		return nil, refusal(connect.CodeFailedPrecondition, "may_lose", "12.50 EUR may be lost")
	}
	return connect.NewResponse(&appv1.RemoveFriendResponse{}), nil
}

// SetRate refuses any rate but the one of the script, so that the script sees
// what arrives.
func (fakeNode) SetRate(_ context.Context, req *connect.Request[appv1.SetRateRequest]) (*connect.Response[appv1.SetRateResponse], error) {
	if r := req.Msg.GetRate(); r.GetMul() != 42949673 || r.GetAdd() != "5" {
		return nil, refusal(connect.CodeInvalidArgument, "bad_rate", "not the rate of the script: "+r.String())
	}
	return connect.NewResponse(&appv1.SetRateResponse{}), nil
}

func (fakeNode) CreateInvoice(_ context.Context, req *connect.Request[appv1.CreateInvoiceRequest]) (*connect.Response[appv1.CreateInvoiceResponse], error) {
	return connect.NewResponse(&appv1.CreateInvoiceResponse{Invoice: &appv1.Invoice{
		Id: ledger.InvoiceID{7}.String(), Text: "offset:i1fake", Currency: req.Msg.GetCurrency(), Amount: req.Msg.GetAmount(),
		Description: req.Msg.GetDescription(), State: appv1.InvoiceState_INVOICE_STATE_OPEN, Paid: "0",
		Created: &timestamppb.Timestamp{Seconds: 1_700_000_000}, Expires: &timestamppb.Timestamp{Seconds: 1_700_003_600},
	}}), nil
}

func (n fakeNode) ListInvoices(_ context.Context, req *connect.Request[appv1.ListInvoicesRequest]) (*connect.Response[appv1.ListInvoicesResponse], error) {
	if n.noSeller {
		return nil, refusal(connect.CodePermissionDenied, "permission", "application lacks permission \"seller\"")
	}
	// The first was made long before it was paid.
	return connect.NewResponse(&appv1.ListInvoicesResponse{Invoices: slices.DeleteFunc([]*appv1.Invoice{{
		Id: ledger.InvoiceID{8}.String(), Currency: eurPB, Amount: "300", Paid: "301", State: appv1.InvoiceState_INVOICE_STATE_PAID,
		Created: at(1_690_000_000), PaidAt: at(1_700_000_300), Note: "evil \x1b[31m note", Description: "=cmd|' /C calc'!A0",
	}, {
		Id: ledger.InvoiceID{9}.String(), Currency: eurPB, Amount: "400", Paid: "0", State: appv1.InvoiceState_INVOICE_STATE_OPEN,
		Created: at(1_689_000_000),
	}}, func(v *appv1.Invoice) bool {
		m := req.Msg
		return m.GetState() != 0 && m.GetState() != v.GetState() || m.GetCurrency() != nil && m.GetCurrency().GetName() != "EUR" || outside(m, v.GetCreated())
	})}), nil
}

func at(unix int64) *timestamppb.Timestamp { return &timestamppb.Timestamp{Seconds: unix} }

// outside reports whether a time is not one that a request asks for.
func outside(m interface {
	GetSince() *timestamppb.Timestamp
	GetUntil() *timestamppb.Timestamp
}, t *timestamppb.Timestamp,
) bool {
	return m.GetSince() != nil && t.AsTime().Before(m.GetSince().AsTime()) || m.GetUntil() != nil && !t.AsTime().Before(m.GetUntil().AsTime())
}

func (n fakeNode) ListPayments(_ context.Context, req *connect.Request[appv1.ListPaymentsRequest]) (*connect.Response[appv1.ListPaymentsResponse], error) {
	if n.noBuyer {
		return nil, refusal(connect.CodePermissionDenied, "permission", "application lacks permission \"buyer\"")
	}
	// Two pages of one payment each, unless it is not asked for.
	p, next := fakePayment(appv1.PaymentState_PAYMENT_STATE_SETTLED), "more"
	p.Created, p.Fee, p.Description = at(1_700_000_200), "5", "two \"large\" pizzas;  and\tdrinks"
	if req.Msg.GetCursor() != "" {
		p, next = fakePayment(appv1.PaymentState_PAYMENT_STATE_FAILED), ""
		p.Created, p.Failure = at(1_700_000_100), "no_route"
	}
	out := &appv1.ListPaymentsResponse{NextCursor: next}
	m := req.Msg
	if (m.GetState() == 0 || m.GetState() == p.GetState()) && (m.GetSeller() == "" || m.GetSeller() == p.GetSeller()) &&
		(m.GetCurrency() == nil || m.GetCurrency().GetName() == "EUR") && !outside(m, p.GetCreated()) {
		out.Payments = append(out.Payments, p)
	}
	return connect.NewResponse(out), nil
}

// GetQuote knows no way for more than the invoice of the scripts with a fee of
// less than five cents.
func (fakeNode) GetQuote(_ context.Context, req *connect.Request[appv1.GetQuoteRequest]) (*connect.Response[appv1.GetQuoteResponse], error) {
	if req.Msg.MaxFee == nil {
		return connect.NewResponse(&appv1.GetQuoteResponse{
			Fee: "5", MaxFee: "22", Largest: "0",
			Routes: []*appv1.QuoteRoute{{Route: []string{nodeID(4), nodeID(1)}, Amount: "1255", Share: "1250"}},
		}), nil
	}
	return connect.NewResponse(&appv1.GetQuoteResponse{
		Fee: "0", MaxFee: req.Msg.GetMaxFee(), Largest: "1000", Failure: "fee_cap", FailureText: "every route costs more than the fee allowed",
	}), nil
}

func fakePayment(state appv1.PaymentState) *appv1.Payment {
	return &appv1.Payment{
		Id: ledger.PaymentID{5}.String(), InvoiceId: ledger.InvoiceID{7}.String(), Seller: nodeID(1),
		Currency: eurPB, Amount: "1250", State: state, MaxFee: "22", Fee: "0", Largest: "0",
		Parts: []*appv1.Part{{
			PartLock: ledger.Lock{6}.String(), Route: []string{nodeID(4), nodeID(1)}, Amount: "1255", Share: "1250",
			State: appv1.PartState_PART_STATE_PENDING,
		}},
	}
}

func (fakeNode) GetPayment(_ context.Context, req *connect.Request[appv1.GetPaymentRequest]) (*connect.Response[appv1.GetPaymentResponse], error) {
	if req.Msg.GetPayment() != (ledger.PaymentID{5}).String() {
		return nil, refusal(connect.CodeNotFound, "unknown_payment", "no such payment")
	}
	p := fakePayment(appv1.PaymentState_PAYMENT_STATE_FAILED)
	p.Failure, p.FailureText = "no_route", "no chain of friends leads there"
	p.Parts[0].State, p.Parts[0].Reason, p.Parts[0].Reporter = appv1.PartState_PART_STATE_CANCELLED, "over_limit", nodeID(4)
	return connect.NewResponse(&appv1.GetPaymentResponse{Payment: p}), nil
}

// AddRelays and AddFriend accept what has as many tickets as the script gives.
func (fakeNode) AddRelays(_ context.Context, req *connect.Request[appv1.AddRelaysRequest]) (*connect.Response[appv1.AddRelaysResponse], error) {
	if len(req.Msg.GetTickets()) != 3 {
		return nil, refusal(connect.CodeInvalidArgument, "ticket_invalid", "not the three tickets of the script")
	}
	return connect.NewResponse(&appv1.AddRelaysResponse{}), nil
}

func (fakeNode) AddFriend(_ context.Context, req *connect.Request[appv1.AddFriendRequest]) (*connect.Response[appv1.AddFriendResponse], error) {
	if req.Msg.GetName() == "bob" {
		return nil, refusal(connect.CodeAlreadyExists, "name_taken", "another friend is named bob")
	}
	return connect.NewResponse(&appv1.AddFriendResponse{NodeId: nodeID(5)}), nil
}

func (fakeNode) Pay(_ context.Context, req *connect.Request[appv1.PayRequest], stream *connect.ServerStream[appv1.PayResponse]) error {
	if req.Msg.GetNote() == "refuse" {
		return refusal(connect.CodeFailedPrecondition, "expired", "the invoice expired")
	}
	final := fakePayment(appv1.PaymentState_PAYMENT_STATE_SETTLED)
	final.Fee, final.Receipt = "5", "offset:r1fake"
	if req.Msg.GetNote() == "fail" {
		final = fakePayment(appv1.PaymentState_PAYMENT_STATE_FAILED)
		final.Failure, final.FailureText, final.Largest = "no_route", "no chain of friends leads there", "700"
	}
	for _, p := range []*appv1.Payment{
		fakePayment(appv1.PaymentState_PAYMENT_STATE_PLANNING), fakePayment(appv1.PaymentState_PAYMENT_STATE_SENDING), final,
	} {
		if err := stream.Send(&appv1.PayResponse{Payment: p}); err != nil {
			return err
		}
	}
	return nil
}

func (n fakeNode) GetInvoice(ctx context.Context, _ *connect.Request[appv1.GetInvoiceRequest]) (*connect.Response[appv1.GetInvoiceResponse], error) {
	list, err := n.ListInvoices(ctx, connect.NewRequest(&appv1.ListInvoicesRequest{}))
	if err != nil {
		return nil, err
	}
	return connect.NewResponse(&appv1.GetInvoiceResponse{Invoice: list.Msg.GetInvoices()[0]}), nil
}

func (fakeNode) ListApps(context.Context, *connect.Request[appv1.ListAppsRequest]) (*connect.Response[appv1.ListAppsResponse], error) {
	return nil, refusal(connect.CodePermissionDenied, "permission", "application lacks permission \"admin\"")
}
