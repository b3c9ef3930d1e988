package friendship

import (
	"time"

	"github.com/offset-p2p/offset/ledger"
)

// LinkVersion is the version of the friend link that this package speaks; a
// Hello that does not name it ends the stream.
const LinkVersion uint16 = 1

// Bounds of this side's behaviour; what both sides must agree on is in package
// ledger.
const (
	// AckDelay is how long an acknowledgement that is owed may wait for an entry
	// with operations to carry it.
	AckDelay = time.Second
	// AckBatch is how many entries may wait for an acknowledgement: half a window,
	// so that the friend never stands still for want of one.
	AckBatch = ledger.EntryWindow / 2

	// ProposalTimeout is how long a proposal stands; its author signs nothing
	// meanwhile.
	ProposalTimeout = 10 * time.Second
	// ProposalEvery is the steady rate of proposals: one a minute.
	ProposalEvery = time.Minute
	// ProposalBurst is how many proposals may follow one another at once: one, and
	// three that answer an Accept, a Refuse or a new stream.
	ProposalBurst = 4
	// weighEvery and weighBurst bound how often terms that keep requests are read:
	// 8,192 kept ones are worth some milliseconds, and an honest friend proposes
	// ProposalBurst times at once and then once a minute.
	weighEvery = 10 * time.Second
	weighBurst = 2 * ProposalBurst

	// openingSignEvery and openingSignBurst allow ten signatures over openings a
	// second, so that honest numbers stay below any clock in milliseconds.
	openingSignEvery = 100 * time.Millisecond
	openingSignBurst = 10

	// ClockSlack is how far ahead of this node's clock a number may be.
	ClockSlack = 10 * time.Minute
	// NumberSlack is how far above the highest signed number one may be whatever
	// the clock says: the next of each parity.
	NumberSlack = 2

	// recentMax is how many hashes of the friend's newest entries are remembered
	// to recognise a repetition or a contradiction: one window.
	recentMax = ledger.EntryWindow

	// restHashes is how many of these hashes a friendship at rest keeps: an honest
	// friend repeats nothing that was acknowledged. restEntries is the room that it
	// keeps for entries of its own, and restRows is how many requests make it
	// worth to move them into a smaller map.
	restHashes  = 16
	restEntries = 2
	restRows    = 64

	// CheckpointEntries and CheckpointBytes are how many own entries, or bytes of
	// them, this side makes before the next Checkpoint: what a friendship keeps of
	// its history is a small multiple of it, and what a Checkpoint costs is little
	// beside what they cost.
	CheckpointEntries = 1024
	CheckpointBytes   = 4 << 20
	// silentFactor is how many times CheckpointEntries a friend's log may grow
	// without a Checkpoint of either side before this one makes one earlier. An
	// honest friend never lets it come to that.
	silentFactor = 4

	// scratchKept is how many bytes of the working buffer for hashes an idle
	// friendship keeps: the size of a usual request.
	scratchKept = 512

	// stagedKept is how many operations the working buffers of an idle friendship
	// have room for: a usual entry, within a few KiB.
	stagedKept = 32

	// BoundMax is how many currencies a user's decision may name: as many as terms
	// can have balances in.
	BoundMax = 2 * ledger.CurrenciesMax

	// supplyBytes is how many bytes of requests one Supply carries, with
	// supplyOverhead for the frame around each: well below a frame.
	supplyBytes    = ledger.EntryBytesMax
	supplyOverhead = 8

	// entryBytesMin is less than the fixed fields of every entry: epoch, author,
	// seq and hash of the one before.
	entryBytesMin = 64

	// WhyBytesMax bounds the explanation inside stored evidence, in bytes.
	WhyBytesMax = 256
)
