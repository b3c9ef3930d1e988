package engine

import (
	"time"

	"github.com/offset-p2p/offset/ledger"
)

// Bounds of one node. They are policy, not protocol: two nodes need not agree
// on them.
const (
	// FriendsMax is how many friends a node may have; each costs a few KiB.
	FriendsMax = 10_000
	// NameBytesMax is the name of a friend or an application, in bytes of UTF-8:
	// it fits a column of a table.
	NameBytesMax = 64
	// TicketsMax is how many relays, and how many index servers, a node uses.
	TicketsMax = 32
	// TicketBytesMax is the text of one ticket: a multiaddr with a peer ID.
	TicketBytesMax = 1024
	// AppsMax is how many applications a node trusts.
	AppsMax = 256
	// PermissionsMax bounds the permissions of one application.
	PermissionsMax = 32
	// InvoicesMax is how many invoices may wait for their payment at once; each
	// costs about 1 KiB until it is paid or expires, and when it expires unpaid
	// lapsedKept longer while there is room.
	InvoicesMax = 100_000
	// DoneInvoicesMax is how many invoices that are paid or cancelled stay in
	// memory until they expire, the newest ones. It only takes them to tell a
	// second payer that the invoice is paid already, instead of not known.
	DoneInvoicesMax = 1024
	// PaymentsMax is how many payments may be under way at once.
	PaymentsMax = 10_000
	// TombstonesMax is how many removed friends a node remembers the highest
	// number of, so that it never signs one again.
	TombstonesMax = 10_000

	// AttemptsMax is how many plans one payment may ask for: each failure excludes
	// an edge, and after a few the user is better told than kept waiting.
	AttemptsMax = 8
	// GroupsMax is how many payments of one invoice may have parts waiting at the
	// seller at once; honest second payers are few.
	GroupsMax = 16
	// requestBytesMax is more than one request can have in bytes: its fixed fields,
	// a path and a sealed part, each at its bound.
	requestBytesMax = 4 << 10
	// recentMax is how many ended payments stay in memory: a repeated Pay may have
	// been loaded from the disk just before the payment ended.
	recentMax = 256
)

// Quotas against freezing (ledger.md 3.6), in percent of what one outgoing
// friendship can carry: its amount, its slots and its bytes.
const (
	// QuotaShortOfOne is for the short requests of one incoming friend, unless the
	// user has set another: half, so that two friends are needed to fill it.
	QuotaShortOfOne = 50
	// QuotaLongOfOne is for the long requests of one incoming friend: what is
	// frozen for days must leave room for what takes a second.
	QuotaLongOfOne = 20
	// QuotaLongOfAll is for the long requests of all friends.
	QuotaLongOfAll = 50
	// QuotaForwarded is for everything that is forwarded: the rest is the user's
	// own, whatever strangers do.
	QuotaForwarded = 80
)

// Times of one node.
const (
	// RequestWait is how long a request may wait for a place in an entry. It is
	// not durable before, so after this time it counts as never made (ledger.md
	// 2.4).
	RequestWait = 2 * time.Second
	// QuotaShort is the longest hold of a short request, and how long one may be
	// pending before it counts as long: an express payment takes no longer.
	QuotaShort = ledger.HoldExpress
	// DefaultTimeout is the time for new attempts of a payment that names none.
	DefaultTimeout = 30 * time.Second
	// TimeoutMax is the longest time for new attempts that a payment may name.
	TimeoutMax = time.Hour
	// wallRecheck is the longest sleep before a time of the wall clock is looked at
	// again: the wall clock may be set while the monotonic one runs on. What
	// arrives meanwhile is judged by the wall clock anyway.
	wallRecheck = 10 * time.Minute
	// lapsedKept is how long an expired invoice stays in memory, on the monotonic
	// clock: a wall clock that is wrong for less ends no invoice. A restart finds
	// those that a longer error has ended.
	lapsedKept = 24 * time.Hour
)
