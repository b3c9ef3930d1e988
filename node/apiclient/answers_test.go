package apiclient

import (
	"context"
	"net/http"
	"testing"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/offset-p2p/offset/ledger"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
	"github.com/offset-p2p/offset/node/api/pb/offset/app/v1/appv1connect"
)

// lister is a node that answers lists and quotes as the test says, and keeps what
// it was asked.
type lister struct {
	appv1connect.UnimplementedNodeServiceHandler
	payments *appv1.ListPaymentsRequest
	invoices *appv1.ListInvoicesRequest
	accepted *appv1.AcceptTermsRequest
	quoted   *appv1.GetQuoteRequest
	quote    *appv1.GetQuoteResponse
	income   *appv1.Income
	pending  *appv1.PendingRequest
}

func (l *lister) ListPayments(_ context.Context, req *connect.Request[appv1.ListPaymentsRequest]) (*connect.Response[appv1.ListPaymentsResponse], error) {
	l.payments = req.Msg
	return connect.NewResponse(&appv1.ListPaymentsResponse{NextCursor: "more"}), nil
}

func (l *lister) ListInvoices(_ context.Context, req *connect.Request[appv1.ListInvoicesRequest]) (*connect.Response[appv1.ListInvoicesResponse], error) {
	l.invoices = req.Msg
	return connect.NewResponse(&appv1.ListInvoicesResponse{}), nil
}

func (l *lister) AcceptTerms(_ context.Context, req *connect.Request[appv1.AcceptTermsRequest]) (*connect.Response[appv1.AcceptTermsResponse], error) {
	l.accepted = req.Msg
	return connect.NewResponse(&appv1.AcceptTermsResponse{}), nil
}

func (l *lister) GetQuote(_ context.Context, req *connect.Request[appv1.GetQuoteRequest]) (*connect.Response[appv1.GetQuoteResponse], error) {
	l.quoted = req.Msg
	return connect.NewResponse(l.quote), nil
}

func (l *lister) ListIncome(context.Context, *connect.Request[appv1.ListIncomeRequest]) (*connect.Response[appv1.ListIncomeResponse], error) {
	return connect.NewResponse(&appv1.ListIncomeResponse{Income: []*appv1.Income{l.income}}), nil
}

func (l *lister) ListPending(context.Context, *connect.Request[appv1.ListPendingRequest]) (*connect.Response[appv1.ListPendingResponse], error) {
	return connect.NewResponse(&appv1.ListPendingResponse{Requests: []*appv1.PendingRequest{l.pending}}), nil
}

func (l *lister) client() *Client {
	_, handler := appv1connect.NewNodeServiceHandler(l)
	return newClient(&http.Client{Transport: direct{handler}})
}

// Every wish of a query goes over the wire, and none that was not said.
func TestQueriesAreSent(t *testing.T) {
	l := &lister{}
	c, ctx := l.client(), t.Context()
	eur := ledger.Currency{Name: "EUR", Decimals: 2}
	var seller ledger.NodeID
	if err := seller.UnmarshalText([]byte(somebody)); err != nil {
		t.Fatal(err)
	}
	q := Query{Cursor: "c", Size: 7, Currency: &eur, Since: time.Unix(5, 0), Until: time.Unix(9, 0)}
	page, next, err := c.Payments(ctx, PaymentQuery{Query: q, State: PaymentFailed, Seller: seller})
	if err != nil || page == nil || next != "more" {
		t.Fatalf("page %v, next %q, %v", page, next, err)
	}
	p := l.payments
	if p.GetCursor() != "c" || p.GetPageSize() != 7 || p.GetCurrency().GetName() != "EUR" || p.GetCurrency().GetDecimals() != 2 ||
		p.GetSince().GetSeconds() != 5 || p.GetUntil().GetSeconds() != 9 || p.GetState() != appv1.PaymentState_PAYMENT_STATE_FAILED || p.GetSeller() != somebody {
		t.Errorf("asked for %v", p)
	}
	if _, _, err := c.Payments(ctx, PaymentQuery{}); err != nil {
		t.Fatal(err)
	}
	if p = l.payments; p.Currency != nil || p.Since != nil || p.Until != nil || p.GetState() != 0 || p.GetSeller() != "" {
		t.Errorf("without a wish asked for %v", p)
	}
	for state, want := range map[InvoiceState]int32{"": 0, InvoiceOpen: 1, InvoicePaid: 2, InvoiceCancelled: 3, InvoiceExpired: 4, "gone": -1} {
		if _, _, err := c.Invoices(ctx, InvoiceQuery{State: state}); err != nil || int32(l.invoices.GetState()) != want {
			t.Errorf("state %q is asked for as %d, %v", state, l.invoices.GetState(), err)
		}
	}
	if err := c.AcceptTerms(ctx, "bob", []Cost{{Currency: eur, Amount: ledger.NewBalance(12)}}); err != nil || len(l.accepted.GetAtMost()) != 1 || l.accepted.GetAtMost()[0].GetAmount() != "12" {
		t.Errorf("accepted %v, %v", l.accepted, err)
	}
}

// The fee cap of a quote is sent only if there is one, and what is odd in an
// answer is found.
func TestQuotesAreChecked(t *testing.T) {
	good := func() *appv1.GetQuoteResponse {
		return &appv1.GetQuoteResponse{
			Fee: "5", MaxFee: "9", Largest: "0", Routes: []*appv1.QuoteRoute{{Route: []string{somebody}, Amount: "7", Share: "2"}},
		}
	}
	l := &lister{quote: good()}
	none := ledger.Amount{}
	for _, limit := range []*ledger.Amount{nil, &none} {
		q, err := l.client().Quote(t.Context(), "text", limit)
		if err != nil || q.Fee != ledger.NewAmount(5) || len(q.Routes) != 1 || (l.quoted.MaxFee == nil) != (limit == nil) {
			t.Fatalf("quote %+v for %v, %v", q, l.quoted, err)
		}
	}
	for name, damage := range map[string]func(*appv1.GetQuoteResponse){
		"fee":     func(q *appv1.GetQuoteResponse) { q.Fee = "-1" },
		"cap":     func(q *appv1.GetQuoteResponse) { q.MaxFee = "" },
		"largest": func(q *appv1.GetQuoteResponse) { q.Largest = "x" },
		"route":   func(q *appv1.GetQuoteResponse) { q.Routes[0].Route[0] = "bob" },
		"share":   func(q *appv1.GetQuoteResponse) { q.Routes[0].Share = "1.5" },
	} {
		l.quote = good()
		damage(l.quote)
		if _, err := l.client().Quote(t.Context(), "text", nil); ReasonOf(err) != "bad_answer" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A disagreement that cannot be understood is never shown as another one.
func TestDisagreementsAreChecked(t *testing.T) {
	eur := &appv1.Currency{Name: "EUR", Decimals: 2}
	good := func() *appv1.Friend {
		f := goodFriend()
		f.Fault = &appv1.Fault{Why: "totals", Seq: 3, Fork: true}
		f.Disagreement = &appv1.Disagreement{
			Mine:    &appv1.Terms{Number: 2, Balances: []*appv1.TermsBalance{{Currency: eur, Balance: "-5"}}, KeptOut: 1, KeptIn: 2},
			Costs:   []*appv1.Cost{{Currency: eur, Amount: "-7"}},
			Allowed: []*appv1.Cost{{Currency: eur, Amount: "7"}},
			Lost:    []*appv1.LostRequest{{PartLock: ledger.Lock{1}.String(), Currency: eur, Amount: "4"}},
		}
		return f
	}
	got, err := odd{friend: good()}.client().Friend(t.Context(), "bob")
	if err != nil {
		t.Fatal(err)
	}
	d := got.Disagreement
	if d.Theirs != nil || d.Mine.Balances[0].Balance != ledger.NewBalance(-5) || d.Mine.KeptOut != 1 || d.Mine.KeptIn != 2 ||
		d.Costs[0].Amount != ledger.NewBalance(-7) || d.Lost[0].Amount != ledger.NewAmount(4) || *got.Fault != (Fault{"totals", 3, true}) {
		t.Errorf("read %+v and %+v", d, got.Fault)
	}
	for name, damage := range map[string]func(*appv1.Disagreement){
		"balance":  func(d *appv1.Disagreement) { d.Mine.Balances[0].Balance = "+5" },
		"currency": func(d *appv1.Disagreement) { d.Mine.Balances[0].Currency = nil },
		"cost":     func(d *appv1.Disagreement) { d.Costs[0].Amount = "" },
		"bound":    func(d *appv1.Disagreement) { d.Allowed[0].Currency = &appv1.Currency{Name: "eur"} },
		"lost":     func(d *appv1.Disagreement) { d.Lost[0].Amount = "-4" },
		"lock":     func(d *appv1.Disagreement) { d.Lost[0].PartLock = "01" },
		"theirs":   func(d *appv1.Disagreement) { d.Theirs = &appv1.Terms{Balances: []*appv1.TermsBalance{{Currency: eur}}} },
	} {
		f := good()
		damage(f.Disagreement)
		if _, err := (odd{friend: f}).client().Friend(t.Context(), "bob"); ReasonOf(err) != "bad_answer" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestIncomeAndPendingAreChecked(t *testing.T) {
	eur := &appv1.Currency{Name: "EUR", Decimals: 2}
	l := &lister{
		income: &appv1.Income{NodeId: somebody, Currency: eur, Count: 1, Forwarded: "2", Earned: "3", Last: &timestamppb.Timestamp{Seconds: 4}},
		pending: &appv1.PendingRequest{
			PartLock: ledger.Lock{1}.String(), Currency: eur, Amount: "5", Hold: &durationpb.Duration{Seconds: 60}, Outgoing: true,
		},
	}
	income, err := l.client().Income(t.Context())
	if err != nil || income[0].Earned != ledger.NewAmount(3) || income[0].Last.Unix() != 4 {
		t.Errorf("income %+v, %v", income, err)
	}
	pending, err := l.client().Pending(t.Context(), "bob")
	if err != nil || pending[0].Hold != time.Minute || !pending[0].Outgoing || pending[0].Own {
		t.Errorf("pending %+v, %v", pending, err)
	}
	l.income.Earned, l.pending.Hold = "", &durationpb.Duration{Seconds: 1, Nanos: -1}
	if _, err := l.client().Income(t.Context()); ReasonOf(err) != "bad_answer" {
		t.Errorf("income without an amount is %v", err)
	}
	if _, err := l.client().Pending(t.Context(), "bob"); ReasonOf(err) != "bad_answer" {
		t.Errorf("a hold that is no duration is %v", err)
	}
}
