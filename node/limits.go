package node

import (
	"time"

	"github.com/offset-p2p/offset/node/engine"
)

const (
	// inputsQueue is how many inputs may wait for the engine; sources wait
	// when it is full.
	inputsQueue = 1024
	// stepInputsMax is how many inputs one step takes: enough to share a sync
	// among all that is ready, few enough to keep a step in milliseconds.
	stepInputsMax = 512
	// workers is how many questions of the engine are answered at once; each
	// waits for an index server most of its time.
	workers = 8
	// questionsMax is how many questions may wait: one for each payment under
	// way and one for each friend after a restart, the most the engine asks.
	questionsMax = engine.PaymentsMax + engine.FriendsMax
	// planTimeout is how long index servers may take for one question.
	planTimeout = 10 * time.Second
	// invoiceAddressesMax is how many of the node's own addresses an invoice
	// carries: more would not fit one QR code.
	invoiceAddressesMax = 2
)
