package engine

import (
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// Effects is what a step asks of the shell, in this order: commit Writes in
// one atomic synced batch; only then everything else.
type Effects struct {
	Writes    []Write
	Frames    []Outgoing
	Questions []Question
	Replies   []Reply
	Events    []Event
	// Capacities are the edges that changed, whole; one with zero amounts is
	// gone.
	Capacities []Capacity
	Drops      []Drop
	// Reconfigured says that friends, relays, index servers or applications
	// changed: read Engine.Config.
	Reconfigured bool
	// Wake is when the next Tick is due, on the monotonic clock; zero: none.
	Wake time.Duration
}

// Outgoing is a frame for a friend. Frames that carry this node's signature
// come without it: the shell signs before sending.
type Outgoing struct {
	Friend ledger.NodeID
	Link   LinkID
	Frame  ledger.Frame
}

// Drop asks the shell to end a link.
type Drop struct {
	Friend ledger.NodeID
	Link   LinkID
	Why    string // for the log
}

// Question is a *PlanQuestion or an *OpenQuestion; each is answered by a later
// input. After a restart open questions are asked again.
type Question interface{ question() }

// PlanQuestion asks for routes and sealed parts; answered by Planned.
type PlanQuestion struct {
	Payment  ledger.PaymentID
	Attempt  int // 1, 2, …
	Invoice  *ledger.Invoice
	Amount   ledger.Amount // to be planned now, at the seller
	Total    ledger.Amount // of the payment
	MaxFee   ledger.Amount // for this plan
	Note     string
	MaxParts int
	// FirstHops are this node's own edges that can be used now.
	FirstHops []Capacity
	// Exclude are edges that failed in this payment.
	Exclude []Edge
}

// Edge is a directed friendship.
type Edge struct{ From, To ledger.NodeID }

// OpenQuestion asks to open sealed parts again, after a restart; answered by
// PartsOpened.
type OpenQuestion struct {
	Friend   ledger.NodeID
	Requests []*ledger.Request
}

func (*PlanQuestion) question() {}
func (*OpenQuestion) question() {}

// Reply answers a Command.
type Reply struct {
	ID    uint64
	Value any           // as the Action's comment says
	Err   *CommandError // nil when it was done
}

// Capacity is what a request to or from a friend could freeze now.
type Capacity struct {
	Friend     ledger.NodeID
	Currency   ledger.Currency
	CanSend    ledger.Amount
	CanReceive ledger.Amount
	// Transit is what a stranger's short request may use, at most CanSend.
	Transit ledger.Amount
	// Rate is what this node charges on requests that come from Friend.
	Rate ledger.Rate
}

// Event is a change that applications hear of, numbered from 1 since the start
// of the process. Exactly one of the pointers is set.
type Event struct {
	Seq     uint64
	Wall    time.Time
	Friend  *FriendView
	Invoice *InvoiceRecord
	Payment *PaymentRecord
	// Removed is a friend that is gone.
	Removed *ledger.NodeID
}

// Write is one change of the durable state: PutFriend, DeleteFriend,
// PutLedger, PutForward, DeleteForward, PutMark, DeleteMark, PutIncome,
// PutInvoice, PutPayment, PutSettings, PutApp or DeleteApp (as PutAppRecord and
// DeleteAppRecord). A later write of a batch wins over an earlier one of the
// same key.
type Write interface{ write() }

// PutFriend stores a friend's settings.
type PutFriend struct{ Record FriendRecord }

// DeleteFriend removes a friend with everything under it, its ledger too.
type DeleteFriend struct{ Friend ledger.NodeID }

// PutLedger stores a change of the ledger with a friend.
type PutLedger struct {
	Friend ledger.NodeID
	Write  friendship.Write
}

// PutForward stores a forward; DeleteForward removes it, by part lock.
type PutForward struct{ Record ForwardRecord }

// DeleteForward removes a forward that is resolved on both sides.
type DeleteForward struct{ PartLock ledger.Lock }

// PutMark stores a decision on an incoming request that is not signed yet.
type PutMark struct{ Record MarkRecord }

// DeleteMark removes a decision once it stands in an entry of that batch.
type DeleteMark struct {
	Friend   ledger.NodeID
	PartLock ledger.Lock
}

// PutIncome stores what forwarding for a friend has brought.
type PutIncome struct{ Record IncomeRecord }

// PutInvoice stores an invoice of this node.
type PutInvoice struct{ Record InvoiceRecord }

// PutPayment stores a payment of this node.
type PutPayment struct{ Record PaymentRecord }

// PutSettings stores the node's settings.
type PutSettings struct{ Record Settings }

// PutAppRecord stores an application.
type PutAppRecord struct{ Record AppRecord }

// DeleteAppRecord removes an application.
type DeleteAppRecord struct{ Key ledger.NodeID }

func (PutFriend) write()       {}
func (DeleteFriend) write()    {}
func (PutLedger) write()       {}
func (PutForward) write()      {}
func (DeleteForward) write()   {}
func (PutMark) write()         {}
func (DeleteMark) write()      {}
func (PutIncome) write()       {}
func (PutInvoice) write()      {}
func (PutPayment) write()      {}
func (PutSettings) write()     {}
func (PutAppRecord) write()    {}
func (DeleteAppRecord) write() {}
