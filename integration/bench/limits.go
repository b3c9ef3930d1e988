package bench

import "time"

const (
	// ConcurrencyMax bounds the payments under way at once: the streams of one
	// application that a node serves.
	ConcurrencyMax = 512
	// DurationMax bounds a run: the credit of the chain is for so long.
	DurationMax = time.Hour

	// warmUp is how long the load runs before anything is measured: links,
	// caches and the heap of the processes settle in it.
	warmUp = 2 * time.Second
	// graphTimeout is how long capacities may take to reach the index servers.
	graphTimeout = 30 * time.Second
	// referenceTime is how long each reference rate is measured.
	referenceTime = 500 * time.Millisecond
	// syncBytes is what is written before each reference sync: about what a
	// node commits for one payment.
	syncBytes = 4 << 10

	// amount is what each payment pays, and limit what friends let each other
	// owe: enough for DurationMax at any rate that a machine reaches.
	amount = 100
	limit  = 1 << 50

	// metricsTimeout bounds one look at a node's counters.
	metricsTimeout = 10 * time.Second
	// metricsBytesMax bounds the counters of a node.
	metricsBytesMax = 4 << 20
)
