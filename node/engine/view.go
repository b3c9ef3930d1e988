package engine

import (
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// CurrencyView is one currency of a friendship as its user sees it.
type CurrencyView struct {
	Currency ledger.Currency
	Active   bool // both sides have offered it
	Closed   bool // closed by this node's user
	// Limit is what the friend may owe me; Granted what I may owe it.
	Limit, Granted ledger.Amount
	Balance        ledger.Balance // positive: the friend owes me
	// FrozenOut is the sum of my pending requests to the friend, FrozenIn of its
	// to me.
	FrozenOut, FrozenIn ledger.Amount
	Rate                ledger.Rate
}

// FriendView is a friend as its user sees it.
type FriendView struct {
	Record     FriendRecord
	Connected  bool // a link is up
	Ready      bool // both Hellos agree: requests can be sent
	Status     string
	Epoch      uint64
	Currencies []CurrencyView
	// Disagreement is what the user has to decide about the ledger; nil: nothing.
	Disagreement *friendship.Disagreement
	// Evidence is what the friend signed against the rules in the open epoch; nil:
	// nothing.
	Evidence *friendship.Evidence
}

// PendingView is a request that freezes credit with a friend.
type PendingView struct {
	PartLock  ledger.Lock
	Currency  ledger.Currency
	Amount    ledger.Amount
	Hold      time.Duration // as it promised; only the seller's node ends it
	Outgoing  bool          // to the friend: the friend resolves it
	Own       bool          // outgoing: a part of an own payment; incoming: for an own invoice
	Withdrawn bool          // its buyer has asked for it back
}
