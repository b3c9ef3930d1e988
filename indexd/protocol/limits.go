package protocol

import "time"

// Protocols.
const (
	// IndexID is the protocol of sessions between a node and an index server.
	IndexID = "/offset/index/1"
	// TrustID is the protocol of the trust handshake between servers.
	TrustID = "/offset/trust/1"
	// SyncID is the protocol of catch-up between servers.
	SyncID = "/offset/sync/1"

	// Version is the version of all messages here.
	Version = 1
)

// Sizes of frames in bytes. A server reserves one for each open stream.
const (
	// IndexFrameBytes bounds a frame of a session: a dozen full pages. Four
	// thousand sessions reserve 256 MiB.
	IndexFrameBytes = 64 << 10
	// TrustFrameBytes bounds a frame of the trust handshake.
	TrustFrameBytes = 64
	// SyncFrameBytes bounds a frame of catch-up: the digests of every range.
	SyncFrameBytes = 1 << 20
)

// Bounds of lists.
const (
	// PagesPerFrame is how many pages one frame of a session carries: with
	// the largest pages it stays below IndexFrameBytes.
	PagesPerFrame = 12
	// PlansMax is how many plans an answer may have: a cheap route, a split,
	// and an alternative. With route.RoutesMax full routes each they stay below
	// IndexFrameBytes.
	PlansMax = 3
	// QueriesInFlight is how many queries of a session may be unanswered.
	QueriesInFlight = 4

	// SyncNamesMax is how many names of pages one frame carries: 256 KiB.
	SyncNamesMax = 8192
	// SyncPagesBytes is how many bytes of pages one frame carries, so that
	// with their lengths they stay below SyncFrameBytes.
	SyncPagesBytes = 768 << 10
	// SyncPagesMax is how many pages one frame carries; an empty page has
	// about 150 bytes.
	SyncPagesMax = 8192
)

// Times of a session.
const (
	// BeatEvery is how often a node sends a Beat.
	BeatEvery = 5 * time.Second
	// SilenceMax is the silence after which either side ends a session: three
	// beats, of which two may be lost.
	SilenceMax = 15 * time.Second
	// QueryTimeout is how long a node waits for the answer of one server; a
	// search takes milliseconds, a relayed stream over a mobile link a second.
	// It is short because somebody waits to pay.
	QueryTimeout = 2 * time.Second
)

// Times between servers.
const (
	// ClockWarn is the difference of clocks at which servers warn their
	// operators, ClockMax the one at which they do not federate: pages would
	// be stale or from the future.
	ClockWarn = 20 * time.Second
	ClockMax  = 90 * time.Second
)
