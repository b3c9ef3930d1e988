package ledger

import "time"

// Bounds of the protocol. Both sides must agree on them, so they change only
// with a protocol version. Each is checked when bytes are decoded.
const (
	// AmountBits bounds one request: amounts are below 2^96, which is 12 bytes
	// on the wire and leaves 2^24 full-size requests below CounterBits.
	AmountBits = 96
	// CounterBits bounds every cumulative counter and opening balance, so that
	// sums and differences of a few of them never leave 128 bits.
	CounterBits = 120

	// CurrencyNameMax is the longest currency name in bytes: enough for a
	// ticker and a place ("HOURS.BERLIN").
	CurrencyNameMax = 16
	// DecimalsMax is the largest number of decimals: 10^18 < 2^60, so one whole
	// unit still leaves 36 bits of AmountBits for its count.
	DecimalsMax = 18
	// CurrenciesMax is how many currencies one side may offer in one epoch.
	CurrenciesMax = 32

	// EntryOpsMax is the number of operations in one entry.
	EntryOpsMax = 1024
	// EntryBytesMax is the size of one entry's body in bytes.
	EntryBytesMax = 256 << 10
	// EntryWindow is how far entries with operations may run ahead of what the
	// newest entry they acknowledge has acknowledged (ledger.md 2.3).
	EntryWindow = 64
	// CheckpointGap is how many entries a side's Checkpoint is after its previous
	// one: recomputing 8,192 pending requests is worth half a millisecond, so a
	// friend can cause that once in 64 entries only.
	CheckpointGap = 64
	// PendingMax is the number of pending requests of one side.
	PendingMax = 4096
	// PendingBytesMax is the encoded size of one side's pending requests.
	PendingBytesMax = 4 << 20

	// PathNodesMax is the number of nodes on a route, payer and payee included.
	PathNodesMax = 20
	// MissingMax is how many requests one Refuse names as missing: their hashes
	// fill half a frame. More than that are asked for in the next round.
	MissingMax = 4096

	// SealedBytesMax bounds a sealed part, a reservation and a sealed commit.
	SealedBytesMax = 1 << 10
	// NoteBytesMax is the buyer's note inside a sealed part, in bytes of UTF-8.
	NoteBytesMax = 256
	// PartsMax is the number of parts of one payment.
	PartsMax = 16

	// DescriptionBytesMax is an invoice's description in bytes of UTF-8; it
	// keeps the text of an invoice within one QR code.
	DescriptionBytesMax = 640
	// InvoiceAddressesMax is how many seller addresses an invoice or a standing
	// code may carry.
	InvoiceAddressesMax = 8
	// AddressBytesMax is the text of one multiaddr.
	AddressBytesMax = 256
	// InvoiceHintsMax is how many receiving edges an invoice may name.
	InvoiceHintsMax = 4
	// InvoiceBytesMax is the size of an encoded invoice, signature included;
	// the fields above cannot exceed it together.
	InvoiceBytesMax = 4 << 10

	// OpeningBytesMax is the size of an encoded opening: terms that keep all
	// pending requests of both sides (8,192 of 41 bytes), balances, signatures.
	OpeningBytesMax = 340 << 10
	// StatementBytesMax is the size of an encoded statement of balance: an opening
	// and two entries with their signatures and lengths.
	StatementBytesMax = OpeningBytesMax + 2*EntryBytesMax + 256

	// AddressesMax is how many addresses a node announces to a friend.
	AddressesMax = 32
)

// Times of the protocol.
const (
	// HoldExpress is the hold of an express part: a payment that takes longer
	// than a minute has failed for the person who waits at the counter.
	HoldExpress = 60 * time.Second
	// HoldMax is the longest hold of any request: a return period of two weeks.
	HoldMax = 14 * 24 * time.Hour
)
