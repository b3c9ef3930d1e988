package node

import (
	"time"

	"github.com/offset-p2p/offset/node/engine"
	"github.com/offset-p2p/offset/node/link"
)

// Links for as many friends as the engine takes; a constant below 0 does not
// compile.
const _ = uint(link.FriendsMax - engine.FriendsMax)

const (
	// inputsQueue is how many inputs may wait for the engine; sources wait
	// when it is full.
	inputsQueue = 1024
	// inputsBytes bounds what friends sent and the engine has not taken yet: a
	// thousand long entries would be a quarter of a gibibyte.
	inputsBytes = 16 << 20
	// stepInputsMax is how many inputs one step takes: enough to share a sync
	// among all that is ready, few enough to keep a step in milliseconds.
	stepInputsMax = 512
	// pauseMax is the most that two steps of a busy node are apart, and
	// pauseEach how much of it each input adds by which the usual step is over
	// pauseFrom: a payment that is alone meets single inputs and never waits,
	// among many it waits about as long as it would for a processor, and a step
	// carries ten times as much for the same sync and signatures.
	pauseMax  = 3 * time.Millisecond
	pauseEach = time.Millisecond
	pauseFrom = 2
	// planners is how many questions about routes are answered at once; each
	// waits for an index server most of its time.
	planners = 8
	// openers is how many questions about sealed parts are answered at once:
	// opening is all computation, and one core has to be left for payments.
	openers = 1
	// planTimeout is how long one plan may take: asking as many index servers
	// in turn as a node has, with room for the queue of a session.
	planTimeout = 10 * time.Second
	// scanMax is how many records are looked at for one page of a list of which
	// only some are wanted: a tenth of a second, after which the caller gets a
	// short page and asks for the next.
	scanMax = 10_000
	// invoiceAddressesMax is how many of the node's own addresses an invoice
	// carries: more would not fit one QR code.
	invoiceAddressesMax = 2
)
