package engine

import (
	"slices"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// The records are the durable form of the engine's state, beside the ledgers.
// The store encodes them by their field names: a field may be added, never
// renamed or given another meaning, without a migration.

// CurrencySetting is what this node's user said of a currency with a friend.
type CurrencySetting struct {
	Currency ledger.Currency `json:"currency"`
	Limit    ledger.Amount   `json:"limit"`
	Rate     ledger.Rate     `json:"rate"`
	Closed   bool            `json:"closed,omitempty"`
}

// FriendRecord is what this node's user said of a friend.
type FriendRecord struct {
	Friend    ledger.NodeID `json:"friend"`
	Name      string        `json:"name"`
	Addresses []string      `json:"addresses"`
	Disabled  bool          `json:"disabled,omitempty"`
	Added     time.Time     `json:"added"`
	// Quota is how much of what another friendship can carry short requests of this
	// friend may freeze, in percent (ledger.md 3.6); 0: QuotaShortOfOne.
	Quota      uint8             `json:"quota,omitempty"`
	Currencies []CurrencySetting `json:"currencies"`
}

// Settings are the node's own.
type Settings struct {
	Relays       []string `json:"relays"`
	IndexServers []string `json:"index_servers"`
	// Tombstones keep, of friends that were removed, the highest number of an
	// opening that this node has signed (ledger.md 2.6).
	Tombstones []Tombstone `json:"tombstones,omitempty"`
	// Recovering is the proof that this node lost data; nil: there is none. While
	// it stands the node signs nothing, with any friend.
	Recovering *Recovery `json:"recovering,omitempty"`
}

// Recovery says which friend proved that this node lost data, and by what. It
// does not change once it is stored.
type Recovery struct {
	Friend ledger.NodeID `json:"friend"`
	Name   string        `json:"name"`   // of the friend, then
	Number uint64        `json:"number"` // of the opening that this node signed and does not have
	Since  time.Time     `json:"since"`
}

// Tombstone is what stays of a removed friend, so that this node never signs a
// number of an opening twice.
type Tombstone struct {
	Friend  ledger.NodeID `json:"friend"`
	Highest uint64        `json:"highest"`
}

// AppRecord is a trusted application: its key and what it may do. The names of
// the permissions are node/api's.
type AppRecord struct {
	Key         ledger.NodeID `json:"key"`
	Name        string        `json:"name"`
	Permissions []string      `json:"permissions"`
}

// ForwardRecord links an incoming request to the outgoing one that forwarding
// it made, by part lock.
type ForwardRecord struct {
	PartLock ledger.Lock     `json:"part_lock"`
	From     ledger.NodeID   `json:"from"`
	To       ledger.NodeID   `json:"to"`
	Currency ledger.Currency `json:"currency"`
	In       ledger.Amount   `json:"in"`
	Out      ledger.Amount   `json:"out"`
}

// IncomeRecord is what forwarding requests of a friend has brought since the
// beginning, in one currency.
type IncomeRecord struct {
	From      ledger.NodeID   `json:"from"` // the friend whose requests they were, at its rate
	Currency  ledger.Currency `json:"currency"`
	Count     uint64          `json:"count"`     // of forwards that were collected
	Forwarded ledger.Amount   `json:"forwarded"` // sent on, fees not included
	Earned    ledger.Amount   `json:"earned"`    // received above that
	Last      time.Time       `json:"last"`
}

// MarkRecord is a decision on the pending request that Friend sent with that
// part lock: collect when both keys are set, else cancel.
type MarkRecord struct {
	Friend   ledger.NodeID `json:"friend"`
	PartLock ledger.Lock   `json:"part_lock"`
	Key      *ledger.Key   `json:"key,omitempty"`
	PartKey  *ledger.Key   `json:"part_key,omitempty"`
	Reason   ledger.Reason `json:"reason,omitempty"`
	Reporter ledger.NodeID `json:"reporter"`
}

// InvoiceState is how far an invoice is. 0 is invalid.
type InvoiceState uint8

// The states of an invoice.
const (
	InvoiceOpen InvoiceState = iota + 1
	InvoicePaid
	InvoiceCancelled
	InvoiceExpired
)

// InvoiceRecord is an invoice of this node.
type InvoiceRecord struct {
	Invoice *ledger.Invoice  `json:"invoice"`
	Key     ledger.Key       `json:"key"`
	State   InvoiceState     `json:"state"`
	PaidAt  time.Time        `json:"paid_at"`
	Payment ledger.PaymentID `json:"payment"` // the one that was collected
	Paid    ledger.Amount    `json:"paid"`    // received, leftover fees included
	Note    string           `json:"note,omitempty"`
}

// PaymentState is how far a payment is. 0 is invalid.
type PaymentState uint8

// The states of a payment; only Settled and Failed are final.
const (
	// Planning: waits for routes.
	Planning PaymentState = iota + 1
	// Sending: parts are out.
	Sending
	// Settled: the receipt is here.
	Settled
	// Failed: every part is cancelled by a signed entry, or was never in one; or a
	// part is lost (IsUnknown).
	Failed
)

// PartRecord is one part of a payment.
type PartRecord struct {
	PartLock ledger.Lock   `json:"part_lock"`
	Friend   ledger.NodeID `json:"friend"` // the first hop
	Amount   ledger.Amount `json:"amount"` // on the first hop, fees included
	Share    ledger.Amount `json:"share"`
	Path     ledger.Path   `json:"path"`
	// Collected, Cancelled or Lost ends the part.
	Collected bool          `json:"collected,omitempty"`
	Cancelled ledger.Reason `json:"cancelled,omitempty"`
	Reporter  ledger.NodeID `json:"reporter"`
	// Lost: the user removed the friend that had it, or wrote it off. Nothing says
	// that the seller was not paid.
	Lost bool `json:"lost,omitempty"`
}

// PaymentRecord is a payment that this node makes.
type PaymentRecord struct {
	ID       ledger.PaymentID `json:"id"`
	Invoice  *ledger.Invoice  `json:"invoice"`
	State    PaymentState     `json:"state"`
	MaxFee   ledger.Amount    `json:"max_fee"`
	Note     string           `json:"note,omitempty"`
	Created  time.Time        `json:"created"`
	Deadline time.Time        `json:"deadline"` // no new attempt after it
	Finished time.Time        `json:"finished"`
	Attempts int              `json:"attempts"`
	Parts    []PartRecord     `json:"parts"`
	Exclude  []Edge           `json:"exclude,omitempty"`
	Fee      ledger.Amount    `json:"fee"`           // of the collected parts
	Key      *ledger.Key      `json:"key,omitempty"` // of the invoice's lock: with the invoice, the receipt
	// Failure is a machine-readable reason, Text says it to a person.
	Failure string        `json:"failure,omitempty"`
	Text    string        `json:"text,omitempty"`
	Largest ledger.Amount `json:"largest"` // payable instead, if known
}

// IsEnded reports whether nothing more can happen to the payment: it is final
// and each of its parts was collected, cancelled or lost.
func (p *PaymentRecord) IsEnded() bool {
	if !p.State.IsFinal() {
		return false
	}
	for i := range p.Parts {
		if !p.Parts[i].ended() {
			return false
		}
	}
	return true
}

// IsUnknown reports whether the payment failed without proof that it did: a part
// was lost with its friend, and the seller may have been paid.
func (p *PaymentRecord) IsUnknown() bool {
	return p.State == Failed && slices.ContainsFunc(p.Parts, func(part PartRecord) bool { return part.Lost })
}

// ended reports whether nothing more can happen to the part.
func (p *PartRecord) ended() bool { return p.Collected || p.Cancelled != 0 || p.Lost }

// Receipt returns the receipt of a settled payment, or nil.
func (p *PaymentRecord) Receipt() *ledger.Receipt {
	if p.Key == nil {
		return nil
	}
	return &ledger.Receipt{Invoice: p.Invoice, Key: *p.Key}
}

// Stored is what the disk gives back at the start: everything but the history.
// History is payments that are Failed, or Settled with every part ended
// (PaymentRecord.IsEnded), and invoices that are not open: but those whose time is
// not over though they are expired, and the newest DoneInvoicesMax that are paid
// or cancelled and whose time is not over, to tell later payers so.
type Stored struct {
	Settings Settings
	Apps     []AppRecord
	Friends  []StoredFriend
	Forwards []ForwardRecord
	Marks    []MarkRecord
	Income   []IncomeRecord
	Invoices []InvoiceRecord
	Payments []PaymentRecord
}

// StoredFriend is a friend with its ledger.
type StoredFriend struct {
	Record FriendRecord
	Ledger friendship.Stored
}

// Config is what the shell's other parts need to know of the settings.
type Config struct {
	Settings Settings
	Apps     []AppRecord
	Friends  []FriendRecord
}
