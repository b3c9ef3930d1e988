package apiserver

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/offset-p2p/offset/ledger"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
	"github.com/offset-p2p/offset/node/engine"
)

// timePB renders a time; the zero time is absent.
func timePB(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func currencyPB(c ledger.Currency) *appv1.Currency {
	return &appv1.Currency{Name: c.Name, Decimals: uint32(c.Decimals)}
}

func (s *Server) friendsPB(views []engine.FriendView) []*appv1.Friend {
	out := make([]*appv1.Friend, 0, len(views))
	for i := range views {
		out = append(out, s.friendPB(&views[i]))
	}
	return out
}

func (s *Server) friendPB(v *engine.FriendView) *appv1.Friend {
	link := s.backend.Link(v.Record.Friend)
	f := &appv1.Friend{
		NodeId: v.Record.Friend.String(), Name: v.Record.Name, Tickets: v.Record.Addresses,
		Enabled: !v.Record.Disabled, Added: timePB(v.Record.Added), Status: v.Status, Epoch: v.Epoch,
		Link: &appv1.Link{
			Connected: v.Connected, Ready: v.Ready,
			Relayed: v.Connected && link.Relayed, Address: link.Address,
		},
		Disagreement: s.disagreementPB(v), Fault: faultPB(v.Evidence), Quota: quotaPB(v.Record.Quota),
	}
	currencies := slices.SortedFunc(slices.Values(v.Currencies), func(a, b engine.CurrencyView) int {
		return cmp.Or(cmp.Compare(a.Currency.Name, b.Currency.Name), cmp.Compare(a.Currency.Decimals, b.Currency.Decimals))
	})
	for _, c := range currencies {
		f.Currencies = append(f.Currencies, &appv1.FriendCurrency{
			Currency: currencyPB(c.Currency), Active: c.Active, Open: !c.Closed,
			Limit: c.Limit.String(), Granted: c.Granted.String(), Balance: c.Balance.String(),
			FrozenOut: c.FrozenOut.String(), FrozenIn: c.FrozenIn.String(),
			Rate: &appv1.Rate{Mul: c.Rate.Mul, Add: strconv.FormatUint(c.Rate.Add, 10)},
		})
	}
	return f
}

// The numbers of the wire are those of the engine, but neither relies on it.
var invoiceStates = map[engine.InvoiceState]appv1.InvoiceState{
	engine.InvoiceOpen:      appv1.InvoiceState_INVOICE_STATE_OPEN,
	engine.InvoicePaid:      appv1.InvoiceState_INVOICE_STATE_PAID,
	engine.InvoiceCancelled: appv1.InvoiceState_INVOICE_STATE_CANCELLED,
	engine.InvoiceExpired:   appv1.InvoiceState_INVOICE_STATE_EXPIRED,
}

var paymentStates = map[engine.PaymentState]appv1.PaymentState{
	engine.Planning: appv1.PaymentState_PAYMENT_STATE_PLANNING,
	engine.Sending:  appv1.PaymentState_PAYMENT_STATE_SENDING,
	engine.Settled:  appv1.PaymentState_PAYMENT_STATE_SETTLED,
	engine.Failed:   appv1.PaymentState_PAYMENT_STATE_FAILED,
}

func (s *Server) invoicesPB(records []engine.InvoiceRecord) []*appv1.Invoice {
	out := make([]*appv1.Invoice, 0, len(records))
	for i := range records {
		out = append(out, s.invoicePB(&records[i]))
	}
	return out
}

// invoiceState is the state of an invoice as it is shown: one whose time is over
// has expired, also before the engine has noticed.
func (s *Server) invoiceState(r *engine.InvoiceRecord) appv1.InvoiceState {
	if r.State == engine.InvoiceOpen && r.Invoice.ExpiredAt(s.now()) {
		return appv1.InvoiceState_INVOICE_STATE_EXPIRED
	}
	return invoiceStates[r.State]
}

func (s *Server) invoicePB(r *engine.InvoiceRecord) *appv1.Invoice {
	return &appv1.Invoice{
		Id: r.Invoice.ID.String(), Text: r.Invoice.Text(), Currency: currencyPB(r.Invoice.Currency),
		Amount: r.Invoice.Amount.String(), Description: r.Invoice.Description,
		Created: timePB(time.Unix(r.Invoice.Created, 0)), Expires: timePB(time.Unix(r.Invoice.Expires, 0)),
		State: s.invoiceState(r), PaidAt: timePB(r.PaidAt), Paid: r.Paid.String(), Note: r.Note,
	}
}

func paymentsPB(records []engine.PaymentRecord) []*appv1.Payment {
	out := make([]*appv1.Payment, 0, len(records))
	for i := range records {
		out = append(out, paymentPB(&records[i]))
	}
	return out
}

func paymentPB(r *engine.PaymentRecord) *appv1.Payment {
	p := &appv1.Payment{
		Id: r.ID.String(), Invoice: r.Invoice.Text(), InvoiceId: r.Invoice.ID.String(), Seller: r.Invoice.Seller.String(),
		Currency: currencyPB(r.Invoice.Currency), Amount: r.Invoice.Amount.String(), Description: r.Invoice.Description,
		State: paymentStates[r.State], MaxFee: r.MaxFee.String(), Note: r.Note,
		Created: timePB(r.Created), Finished: timePB(r.Finished), Attempts: uint32(max(r.Attempts, 0)),
		Fee: r.Fee.String(), Failure: r.Failure, FailureText: r.Text, Largest: r.Largest.String(),
	}
	for i := range r.Parts {
		p.Parts = append(p.Parts, partPB(&r.Parts[i]))
	}
	if receipt := r.Receipt(); receipt != nil {
		p.Receipt = receipt.Text()
	}
	return p
}

func partPB(r *engine.PartRecord) *appv1.Part {
	part := &appv1.Part{
		PartLock: r.PartLock.String(), Route: []string{r.Friend.String()},
		Amount: r.Amount.String(), Share: r.Share.String(), State: appv1.PartState_PART_STATE_PENDING,
	}
	for _, hop := range r.Path.Hops {
		part.Route = append(part.Route, hop.Node.String())
	}
	switch {
	case r.Lost:
		part.State = appv1.PartState_PART_STATE_LOST
	case r.Collected:
		part.State = appv1.PartState_PART_STATE_COLLECTED
	case r.Cancelled != 0:
		part.State = appv1.PartState_PART_STATE_CANCELLED
		part.Reason, part.Reporter = r.Cancelled.String(), r.Reporter.String()
	}
	return part
}
