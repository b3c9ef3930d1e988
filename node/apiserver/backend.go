package apiserver

import (
	"context"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// Backend is the node as this package needs it. All methods are called
// concurrently. Errors that are not *engine.CommandError, and not the context's,
// count as the node's own trouble.
type Backend interface {
	Machine
	Network
	Archive
}

// Machine is the engine, behind the goroutine that owns it.
type Machine interface {
	// Do runs one command and returns its Reply.Value once it is durable, or
	// a *engine.CommandError when the engine refused it and nothing changed.
	// For engine.Pay it sets Previous itself. A command whose context ends may
	// or may not be done.
	Do(ctx context.Context, action engine.Action) (any, error)
	// Friends returns all friends, in any order.
	Friends(ctx context.Context) ([]engine.FriendView, error)
	// Pending returns the requests that are pending with a friend, those to it
	// first, the oldest first.
	Pending(ctx context.Context, friend ledger.NodeID) ([]engine.PendingView, error)
	// Income returns what forwarding has earned, in any order.
	Income(ctx context.Context) ([]engine.IncomeRecord, error)
	// Config returns the settings and applications.
	Config(ctx context.Context) (engine.Config, error)
	// Quote plans a payment of a verified invoice with these fees at most, and
	// sends nothing. Either parts or a failure is returned, or the
	// *engine.CommandError that paying would give at this time.
	Quote(ctx context.Context, invoice *ledger.Invoice, maxFee ledger.Amount) (Quote, error)
}

// Quote is how an invoice could be paid now, or why it cannot be.
type Quote struct {
	Parts   []QuotePart
	Failure *engine.PlanFailure // nil: Parts are there
}

// QuotePart is one route of a Quote.
type QuotePart struct {
	Route  []ledger.NodeID // after this node, the seller last
	Amount ledger.Amount   // on the first hop, fees included
	Share  ledger.Amount   // at the seller
}

// Network is where the node stands among others. The methods return what is
// known without waiting.
type Network interface {
	// Self returns the node's name, version and tickets.
	Self() Self
	// Link returns the connection with a friend.
	Link(friend ledger.NodeID) LinkStatus
	// Relays reports on the configured relays, by ticket's peer ID. Relays
	// that it leaves out are shown as not reserved.
	Relays() []RelayStatus
	// IndexServers reports on the configured index servers. Servers that it
	// leaves out are shown as not connected.
	IndexServers() []IndexStatus
}

// Archive is what is stored, and what is made with the node's secrets.
type Archive interface {
	// MakeInvoice draws an id and makes a signed invoice of this node with the
	// key of its lock. It stores nothing.
	MakeInvoice(ctx context.Context, spec InvoiceSpec) (*ledger.Invoice, ledger.Key, error)
	// Statement returns the text of the newest statement of the balances with a
	// friend that both have signed, or a *engine.CommandError of code
	// Precondition when there is none.
	Statement(ctx context.Context, friend ledger.NodeID) (string, error)
	// Evidence returns an encoded friendship.Proof of what a friend signed
	// against the rules, or a *engine.CommandError of code Precondition when
	// there is nothing of that kind.
	Evidence(ctx context.Context, friend ledger.NodeID) ([]byte, error)
	// Invoice returns a stored invoice; nil when there is none.
	Invoice(ctx context.Context, id ledger.InvoiceID) (*engine.InvoiceRecord, error)
	// Invoices returns a page of those stored invoices that keep accepts, all
	// for nil, and the cursor of the next page, "" with the last one. Those made
	// last come first. A cursor that was never returned is a
	// *engine.CommandError of code Invalid.
	Invoices(ctx context.Context, page Page, keep func(*engine.InvoiceRecord) bool) ([]engine.InvoiceRecord, string, error)
	// Payment returns a stored payment; nil when there is none.
	Payment(ctx context.Context, id ledger.PaymentID) (*engine.PaymentRecord, error)
	// Payments returns a page of the stored payments, as Invoices does.
	Payments(ctx context.Context, page Page, keep func(*engine.PaymentRecord) bool) ([]engine.PaymentRecord, string, error)
}

// Page says which part of a list is wanted.
type Page struct {
	Cursor string // came with the page before; "" at first
	// Limit is the most items of the page, 1 to PageMax. A page may have fewer,
	// even none, and not be the last: only so many are looked at for one.
	Limit int
	// Since and Until bound when what is listed was made: from Since on and
	// before Until; zero: no bound.
	Since, Until time.Time
}

// Self is what a node says of itself.
type Self struct {
	Node    ledger.NodeID
	Version string
	Tickets []string // how others reach it now
}

// LinkStatus is the connection that carries a friend's link.
type LinkStatus struct {
	Connected bool
	Relayed   bool   // runs through a relay
	Address   string // multiaddr of the remote end; empty unless Connected
}

// RelayStatus is the state of one relay.
type RelayStatus struct {
	Relay    string // peer ID
	Reserved bool
	Expires  time.Time // of the reservation; zero: none
	Error    string    // why there is none; empty while Reserved
}

// IndexStatus is the state of one index server.
type IndexStatus struct {
	Server    string // peer ID
	Connected bool
	Error     string // why not; empty while Connected
}

// InvoiceSpec is what the user says of a new invoice; checked by the Server.
type InvoiceSpec struct {
	Currency    ledger.Currency
	Amount      ledger.Amount
	Description string
	Created     time.Time
	Expires     time.Time
}
