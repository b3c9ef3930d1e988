package engine

import (
	"fmt"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// Command is what an application or the node's own shell asks for. The answer
// comes as a Reply with the same ID, after the step's writes are durable.
type Command struct {
	ID uint64
	Do Action
}

// Action is one of the commands below. Each returns, in Reply.Value, what its
// comment says.
type Action interface{ action() }

// AddFriend adds a friend; the ledger with it opens once both have added each
// other and are connected.
type AddFriend struct {
	Friend    ledger.NodeID
	Name      string   // for this node's user only, unique among friends
	Addresses []string // multiaddrs ending in /p2p/<friend>
}

// EditFriend changes what is not nil.
type EditFriend struct {
	Friend    ledger.NodeID
	Name      *string
	Addresses []string // nil: unchanged
	Enabled   *bool
}

// RemoveFriend forgets a friend and its ledger. It is refused while a balance
// is not zero or requests are pending, unless MayLose is set: what is then
// lost was shown to the user by the refusal.
type RemoveFriend struct {
	Friend  ledger.NodeID
	MayLose bool
}

// SetCredit offers a currency to a friend and says how much it may owe.
type SetCredit struct {
	Friend   ledger.NodeID
	Currency ledger.Currency
	Limit    ledger.Amount
}

// SetRate sets what this node charges on requests that come from the friend.
type SetRate struct {
	Friend   ledger.NodeID
	Currency ledger.Currency
	Rate     ledger.Rate
}

// SetQuota sets how much of what each other friendship can carry short requests
// of the friend may freeze, 1 to 100 percent; 0: the usual share again. Together
// all that is forwarded stays within QuotaForwarded.
type SetQuota struct {
	Friend  ledger.NodeID
	Percent int
}

// SetOpen opens or closes a currency with a friend for new requests.
type SetOpen struct {
	Friend   ledger.NodeID
	Currency ledger.Currency
	Open     bool
}

// AcceptTerms stores what the friend's terms for a new epoch may cost this node,
// per currency, when the two disagree (FriendView.Disagreement): terms that cost at
// most that, and nothing in a currency that Bound does not name, are accepted when
// the friend proposes them. The decision ends when an epoch opens.
type AcceptTerms struct {
	Friend   ledger.NodeID
	Bound    []friendship.Cost // amounts of 0 or more, each currency once
	Withdraw bool              // takes a stored decision back instead
}

// WriteOff stops waiting for one request that was sent to a friend and may be
// pending for ever: an incoming one that was forwarded is cancelled, a part of an
// own payment is lost (PaymentRecord.IsUnknown). The friend may still collect, so
// it is refused, with the amount, unless MayLose is set. The credit stays frozen
// until the friend resolves the request or a new epoch does not keep it.
type WriteOff struct {
	Friend   ledger.NodeID
	PartLock ledger.Lock
	MayLose  bool
}

// SetRelays replaces the relay tickets of the node.
type SetRelays struct{ Tickets []string }

// SetIndexServers replaces the index server tickets of the node.
type SetIndexServers struct{ Tickets []string }

// PutApp adds or changes an application.
type PutApp struct{ App AppRecord }

// RemoveApp takes an application's permissions away.
type RemoveApp struct{ Key ledger.NodeID }

// CreateInvoice stores a signed invoice of this node with the key of its lock.
type CreateInvoice struct {
	Invoice *ledger.Invoice
	Key     ledger.Key
}

// CancelInvoice stops an unpaid invoice from being collected.
type CancelInvoice struct{ ID ledger.InvoiceID }

// Pay pays an invoice over as many attempts as its limits allow. Reply.Value
// is the PaymentRecord as it stands after the step; later changes come as
// events. Repeating it with the same payment id, or for an invoice with a
// payment under way or settled, returns that payment and sends nothing.
type Pay struct {
	Payment ledger.PaymentID
	Invoice *ledger.Invoice // verified
	MaxFee  ledger.Amount
	Timeout time.Duration // after which no new attempt is made
	Note    string        // to the seller, at most ledger.NoteBytesMax
	// Previous is the newest stored payment of the same invoice or with the
	// same payment id, loaded by the shell; nil when there is none.
	Previous *PaymentRecord
}

func (AddFriend) action()       {}
func (EditFriend) action()      {}
func (RemoveFriend) action()    {}
func (SetCredit) action()       {}
func (SetRate) action()         {}
func (SetQuota) action()        {}
func (SetOpen) action()         {}
func (AcceptTerms) action()     {}
func (WriteOff) action()        {}
func (SetRelays) action()       {}
func (SetIndexServers) action() {}
func (PutApp) action()          {}
func (RemoveApp) action()       {}
func (CreateInvoice) action()   {}
func (CancelInvoice) action()   {}
func (Pay) action()             {}
func (Withdraw) action()        {}

// Withdraw gives up a payment that is under way: no new part is sent, and those
// that are out are asked back. It has failed when all of them are; what the seller
// has taken before settles it all the same.
type Withdraw struct{ Payment ledger.PaymentID }

// Code classifies a refused command, for programs.
type Code uint8

// The codes of a CommandError. 0 is invalid.
const (
	// Invalid: the arguments can never be right.
	Invalid Code = iota + 1
	// NotFound: what the command names does not exist.
	NotFound
	// Exists: what the command makes is there already.
	Exists
	// Precondition: right now it is not possible; the text says what to do.
	Precondition
	// Exhausted: a limit is reached.
	Exhausted
)

// CommandError refuses a command: nothing was changed. Reason is for programs,
// Text for people and says what to do next.
type CommandError struct {
	Code   Code
	Reason string // lower_case, stable
	Text   string
}

// Error returns Text.
func (e *CommandError) Error() string { return e.Text }

func refuse(code Code, reason, format string, args ...any) *CommandError {
	return &CommandError{Code: code, Reason: reason, Text: fmt.Sprintf(format, args...)}
}
