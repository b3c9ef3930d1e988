package wire

import "github.com/offset-p2p/offset/ledger"

// Bounds of frames, in bytes where nothing else is said.
const (
	// FrameBytesMax is the size of one encoded frame: an entry of 256 KiB, or
	// terms that keep all pending requests of both sides (8,192 of 41 bytes), and
	// the envelope around it.
	FrameBytesMax = ledger.EntryBytesMax + 96<<10

	// VersionsMax is how many protocol versions a Hello may name.
	VersionsMax = 16
	// PeerRecordBytesMax bounds the signed peer record in a Hello: every address
	// that a node may announce, and its signature.
	PeerRecordBytesMax = ledger.AddressesMax*ledger.AddressBytesMax + 1<<10
	// RequestsMax is how many whole requests one Supply may carry: a request
	// encodes to at least 100 bytes, so more cannot fit.
	RequestsMax = FrameBytesMax / 100
)
