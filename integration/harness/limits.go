package harness

import "time"

const (
	// startTimeout is how long a process may take until it serves: a cold
	// start on a busy 2-core machine takes under two seconds.
	startTimeout = 30 * time.Second
	// stopTimeout is how long a process may take to end after SIGTERM before
	// it is killed.
	stopTimeout = 10 * time.Second
	// pollEvery is the pause between two looks at something that is awaited.
	pollEvery = 50 * time.Millisecond
	// readyTimeout is how long a network may take until every friendship can
	// carry requests: relay reservations, dialling, openings, offers.
	readyTimeout = 60 * time.Second
	// labQueries is how many routes a node of a lab may ask for per second:
	// a load generator asks for all its payments from one node.
	labQueries = "100000"
	// logTailBytes is how much of a log is shown when its process ends early.
	logTailBytes = 2 << 10
)

// HopsMax is the longest chain a lab can build: 20 nodes, the longest route.
const HopsMax = 19
