package sim

import "time"

// Times of the simulated world. They are of the order of the Internet's, with
// enough spread that everything overtakes everything.
const (
	stepDelayMax   = time.Millisecond        // from the first input until the node's loop takes it
	commitMin      = 500 * time.Microsecond  // of a synced batch
	commitSpread   = 4 * time.Millisecond    // added to it at random
	latencyMin     = 2 * time.Millisecond    // of a frame
	latencySpread  = 60 * time.Millisecond   // of a link, added to it
	jitter         = 5 * time.Millisecond    // of one frame, added to it
	planDelay      = 20 * time.Millisecond   // at most, of an answer of the index
	noticeMax      = 800 * time.Millisecond  // until a side sees that its link is gone
	dialMin        = 20 * time.Millisecond   // from there to the next attempt
	dialSpread     = 400 * time.Millisecond  // added to it
	downSpread     = 1500 * time.Millisecond // of a process that died, at most
	cutSpread      = 4 * time.Second         // of a link that broke, at most
	disableSpread  = 5 * time.Second         // of a friend that was disabled, at most
	skewMax        = 5 * time.Minute         // of a wall clock
	settleIn       = 15 * time.Second        // for the ledgers to open before people pay
	payEvery       = 800 * time.Millisecond  // between two payments of one node, on average
	paymentTimeout = 20 * time.Second        // for new attempts
	restSpan       = 20 * time.Minute        // after the last fault, at most, until all must have ended
	slowSpread     = 100 * time.Second       // of a villain that answers late, at most
	attackEvery    = 400 * time.Millisecond  // between two attacks of one villain, on average
	patienceEvery  = 10 * time.Second        // between two looks at what villains hold
	restLook       = 20 * time.Second        // between two looks whether it has
)

// Sizes of the simulated world.
const (
	friendsPerNode = 4    // on average
	limitMin       = 500  // that a friend may owe, in smallest units
	limitSpread    = 4500 // added to it
	invoiceKept    = 64   // newest invoices that a second buyer may pay
	endedKept      = 200  // newest ended payments that a node's disk keeps whole
	stepsMax       = 400  // million events, a guard against a world that never rests
	pastKept       = 512  // newest resolved requests of a side that an opening may bring back
	patience       = 12   // requests that a villain may hold before its friend removes it
	replayed       = 32   // newest frames of a link that a villain may say again
	richest        = 4    // people among whom the richest buys and the poorest sells
	villainShare   = 6    // nodes to one villain
	leftShown      = 12   // of what did not end
	traceLen       = 80   // events before a violation that its trace shows
)

// faultEvery is how many payments there are to one fault of a kind.
const faultEvery = 25

// networkEvery is the time between two faults that strike the whole network.
const networkEvery = 20 * time.Second

// Bounds of the simulated index.
const (
	partsTried   = 4  // parts of one plan
	routesTried  = 6  // routes looked at for one part
	smallestPart = 5  // in smallest units
	sealedBytes  = 64 // of a sealed part; the true size would only cost memory
)
