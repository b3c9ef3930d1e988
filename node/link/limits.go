package link

import (
	"time"

	"github.com/offset-p2p/offset/ledger"
)

// ProtocolID is the protocol of the friend link with its version.
const ProtocolID = "/offset/friend/1"

const (
	// pingAfter is the silence after which the lower of two peer IDs pings, and
	// pingAfterHigher the other one: it hears the lower one's pings first, so
	// an idle link carries one ping and one pong every two seconds, about 15
	// bytes a second each way.
	pingAfter       = 2 * time.Second
	pingAfterHigher = 2500 * time.Millisecond

	// deadAfter is the silence after which a friend is gone: two pings may be
	// lost, and the planner must not count on it any longer.
	deadAfter = 5 * time.Second

	// helloTimeout bounds the wait for a friend's Hello on a dialled stream.
	helloTimeout = 10 * time.Second

	// writeTimeout bounds one write of at most writeBytes beyond one frame.
	writeTimeout = 30 * time.Second

	// writeBytes is how many bytes of small frames share one write.
	writeBytes = 64 << 10

	// dialTimeout bounds dialling a friend by all its addresses, relayed ones
	// included, and opening the stream.
	dialTimeout = 15 * time.Second

	// backoffMin and backoffMax bound the pause between attempts to dial a
	// friend; it doubles with each failure, and is jittered by half, so that
	// the friends of a relay that restarts do not all come at once.
	backoffMin = time.Second
	backoffMax = 5 * time.Minute

	// steadyAfter is how long a link must have lasted for the next pause to
	// start from backoffMin again: else a friend that drops every stream at
	// once would be dialled every second for ever.
	steadyAfter = 30 * time.Second

	// dialSpread is the jitter of an attempt that is made at once, so that two
	// friends who learn of each other at the same moment seldom cross.
	dialSpread = 250 * time.Millisecond

	// queueFrames and queueBytes bound what waits to be sent on one link. A
	// friend that comes back is owed at most a window of full entries.
	queueFrames = 1024
	queueBytes  = ledger.EntryWindow*ledger.EntryBytesMax + 4<<20

	// streamsPerPeer bounds the streams of one friend that are served at once:
	// the one in use, the one that replaces it, and some that are half open.
	streamsPerPeer = 4

	// FriendsMax is how many friends a Manager takes.
	FriendsMax = 10_000

	// streamsTotal bounds the streams of all friends that are served at once:
	// one for each friend, and for one in four another that replaces it.
	streamsTotal = FriendsMax + FriendsMax/4

	// streamReserve is the memory in bytes that libp2p sets aside for a stream:
	// what one keeps between messages. That of long entries, which are there for
	// moments, is bounded by what a friend's credit lets it send.
	streamReserve = 16 << 10

	// comeBackEvery and comeBackBurst bound how often a friend may open a
	// stream: after each it may be owed a window of entries. The burst lets it
	// restart some times in a row, and cross our dials, without waiting.
	comeBackEvery = time.Second
	comeBackBurst = 8
)
