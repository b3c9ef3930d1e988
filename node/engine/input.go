package engine

import (
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// Now is what a step knows of the world outside: the time and fresh randomness.
type Now struct {
	// Wall is the clock that people see; it may jump.
	Wall time.Time
	// Mono never falls while the process lives, starts above zero, and means
	// nothing after a restart.
	Mono time.Duration
	// Seed is 32 fresh random bytes of this step, from which the nonces of
	// openings are derived.
	Seed [32]byte
}

// LinkID names one stream of the friend link within this process. A higher
// number is a newer stream.
type LinkID uint64

// Input is something that happened: one of the types of this file, or a
// Command.
type Input interface{ input() }

// LinkUp says that an authenticated stream to a friend is open. It replaces
// any other link of that friend.
type LinkUp struct {
	Friend     ledger.NodeID
	Link       LinkID
	PeerRecord []byte // this node's signed peer record, for Hello
}

// LinkDown says that a link has ended. One that was replaced is ignored.
type LinkDown struct {
	Friend ledger.NodeID
	Link   LinkID
}

// FrameArrived carries any frame but an entry, ping or pong.
type FrameArrived struct {
	Friend ledger.NodeID
	Link   LinkID
	Frame  ledger.Frame
}

// EntryArrived carries an entry whose signature was checked, with the sealed
// parts that are addressed to this node already opened, by part lock. A part
// that does not open is absent.
type EntryArrived struct {
	Friend ledger.NodeID
	Link   LinkID
	Entry  friendship.VerifiedEntry
	Parts  map[ledger.Lock]*ledger.Part
}

// Planned answers a PlanQuestion: either parts, ready to send, or why there
// are none.
type Planned struct {
	Payment ledger.PaymentID
	Attempt int // of the question
	Parts   []PlannedPart
	Failure *PlanFailure // nil when Parts is not empty
}

// PlannedPart is one route of a payment, sealed for the seller.
type PlannedPart struct {
	Friend   ledger.NodeID // the first hop
	Amount   ledger.Amount // frozen on the first hop: share plus all fees
	Share    ledger.Amount // what reaches the seller
	Path     ledger.Path   // what the first hop is told
	PartLock ledger.Lock
	Sealed   []byte
}

// PlanFailure says why no route was found.
type PlanFailure struct {
	// Reason is machine-readable: no_route, capacity_near_source,
	// capacity_near_destination, fee_cap, no_index_server.
	Reason string
	// Text tells a person what to do.
	Text string
	// Largest is the largest amount that would find a route, if known.
	Largest ledger.Amount
}

// PartsOpened answers an OpenQuestion: the parts that opened, by part lock.
type PartsOpened struct {
	Friend ledger.NodeID
	Parts  map[ledger.Lock]*ledger.Part
}

// Tick says that time has passed; the shell sends one when Effects.Wake comes.
type Tick struct{}

func (LinkUp) input()       {}
func (LinkDown) input()     {}
func (FrameArrived) input() {}
func (EntryArrived) input() {}
func (Planned) input()      {}
func (PartsOpened) input()  {}
func (Tick) input()         {}
func (Command) input()      {}
