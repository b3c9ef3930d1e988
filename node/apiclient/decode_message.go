package apiclient

import (
	"fmt"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
)

func (d *decoder) friend(m *appv1.Friend) Friend {
	return Friend{
		Node: d.node(m.GetNodeId()), Name: m.GetName(), Tickets: list(m.GetTickets()), Enabled: m.GetEnabled(),
		Added: d.time(m.GetAdded()), Status: m.GetStatus(), Epoch: m.GetEpoch(),
		Link: Link{
			Connected: m.GetLink().GetConnected(), Ready: m.GetLink().GetReady(),
			Relayed: m.GetLink().GetRelayed(), Address: m.GetLink().GetAddress(),
		},
		Currencies:   all(d, m.GetCurrencies(), (*decoder).friendCurrency),
		Disagreement: d.disagreement(m.GetDisagreement()), Fault: d.fault(m.GetFault()), Quota: int(m.GetQuota()),
	}
}

func (d *decoder) friendCurrency(m *appv1.FriendCurrency) FriendCurrency {
	return FriendCurrency{
		Currency: d.currency(m.GetCurrency()), Active: m.GetActive(), Open: m.GetOpen(),
		Limit: d.amount(m.GetLimit()), Granted: d.amount(m.GetGranted()), Balance: d.balance(m.GetBalance()),
		FrozenOut: d.amount(m.GetFrozenOut()), FrozenIn: d.amount(m.GetFrozenIn()), Rate: d.rate(m.GetRate()),
	}
}

func (d *decoder) relay(m *appv1.Relay) Relay {
	return Relay{
		Peer: d.peer(m.GetPeerId()), Tickets: list(m.GetTickets()), Reserved: m.GetReserved(),
		Expires: d.time(m.GetExpires()), Error: m.GetError(),
	}
}

func (d *decoder) indexServer(m *appv1.IndexServer) IndexServer {
	return IndexServer{
		Peer: d.peer(m.GetPeerId()), Tickets: list(m.GetTickets()), Connected: m.GetConnected(), Error: m.GetError(),
	}
}

func (d *decoder) network(m *appv1.Network) Network {
	return Network{
		Relays:       all(d, m.GetRelays(), (*decoder).relay),
		IndexServers: all(d, m.GetIndexServers(), (*decoder).indexServer),
	}
}

func (d *decoder) app(m *appv1.App) App {
	app := App{Peer: d.node(m.GetPeerId()), Name: m.GetName(), Permissions: []api.Permission{}}
	for _, p := range m.GetPermissions() {
		app.Permissions = append(app.Permissions, api.Permission(p))
	}
	return app
}

var invoiceStates = map[appv1.InvoiceState]InvoiceState{
	appv1.InvoiceState_INVOICE_STATE_OPEN:      InvoiceOpen,
	appv1.InvoiceState_INVOICE_STATE_PAID:      InvoicePaid,
	appv1.InvoiceState_INVOICE_STATE_CANCELLED: InvoiceCancelled,
	appv1.InvoiceState_INVOICE_STATE_EXPIRED:   InvoiceExpired,
}

var paymentStates = map[appv1.PaymentState]PaymentState{
	appv1.PaymentState_PAYMENT_STATE_PLANNING: PaymentPlanning,
	appv1.PaymentState_PAYMENT_STATE_SENDING:  PaymentSending,
	appv1.PaymentState_PAYMENT_STATE_SETTLED:  PaymentSettled,
	appv1.PaymentState_PAYMENT_STATE_FAILED:   PaymentFailed,
}

var partStates = map[appv1.PartState]PartState{
	appv1.PartState_PART_STATE_PENDING:   PartPending,
	appv1.PartState_PART_STATE_COLLECTED: PartCollected,
	appv1.PartState_PART_STATE_CANCELLED: PartCancelled,
	appv1.PartState_PART_STATE_LOST:      PartLost,
}

// state looks a number of the wire up; one that is unknown is an error.
func state[M interface {
	comparable
	fmt.Stringer
}, T any](d *decoder, names map[M]T, m M) T {
	t, ok := names[m]
	if !ok {
		d.fail(fmt.Errorf("state %v is unknown", m))
	}
	return t
}

func (d *decoder) invoice(m *appv1.Invoice) Invoice {
	return Invoice{
		ID: d.invoiceID(m.GetId()), Text: m.GetText(), Currency: d.currency(m.GetCurrency()),
		Amount: d.amount(m.GetAmount()), Description: m.GetDescription(),
		Created: d.time(m.GetCreated()), Expires: d.time(m.GetExpires()),
		State: state(d, invoiceStates, m.GetState()), PaidAt: d.time(m.GetPaidAt()),
		Paid: d.amount(m.GetPaid()), Note: m.GetNote(),
	}
}

func (d *decoder) part(m *appv1.Part) Part {
	return Part{
		PartLock: d.lock(m.GetPartLock()), Route: all(d, m.GetRoute(), (*decoder).node),
		Amount: d.amount(m.GetAmount()), Share: d.amount(m.GetShare()),
		State: state(d, partStates, m.GetState()), Reason: m.GetReason(), Reporter: m.GetReporter(),
	}
}

func (d *decoder) payment(m *appv1.Payment) Payment {
	return Payment{
		ID: d.paymentID(m.GetId()), Invoice: m.GetInvoice(), InvoiceID: d.invoiceID(m.GetInvoiceId()),
		Seller: d.node(m.GetSeller()), Currency: d.currency(m.GetCurrency()), Amount: d.amount(m.GetAmount()),
		Description: m.GetDescription(), State: state(d, paymentStates, m.GetState()),
		MaxFee: d.amount(m.GetMaxFee()), Note: m.GetNote(),
		Created: d.time(m.GetCreated()), Finished: d.time(m.GetFinished()), Attempts: int(m.GetAttempts()),
		Parts: all(d, m.GetParts(), (*decoder).part), Fee: d.amount(m.GetFee()), Receipt: m.GetReceipt(),
		Failure: m.GetFailure(), FailureText: m.GetFailureText(), Largest: d.amount(m.GetLargest()),
	}
}

func (d *decoder) event(m *appv1.EventsResponse) Event {
	ev := Event{Position: Position{Instance: m.GetInstance(), Seq: m.GetSeq()}, Time: d.time(m.GetTime())}
	switch what := m.GetWhat().(type) {
	case *appv1.EventsResponse_State:
		ev.State = &State{
			Friends:  all(d, what.State.GetFriends(), (*decoder).friend),
			Invoices: all(d, what.State.GetInvoices(), (*decoder).invoice),
			Payments: all(d, what.State.GetPayments(), (*decoder).payment),
			Network:  d.network(what.State.GetNetwork()),
		}
	case *appv1.EventsResponse_Friend:
		ev.Friend = ptr(d.friend(what.Friend))
	case *appv1.EventsResponse_FriendRemoved:
		ev.Removed = ptr[ledger.NodeID](d.node(what.FriendRemoved))
	case *appv1.EventsResponse_Invoice:
		ev.Invoice = ptr(d.invoice(what.Invoice))
	case *appv1.EventsResponse_Payment:
		ev.Payment = ptr(d.payment(what.Payment))
	case *appv1.EventsResponse_Network:
		ev.Network = ptr(d.network(what.Network))
	}
	return ev
}

func ptr[T any](v T) *T { return &v }
