package main

import "time"

const (
	// callTimeout is how long a command waits for the node, unless --timeout
	// says otherwise.
	callTimeout = 30 * time.Second
	// payGrace is how much longer than its last attempt may begin a payment is
	// waited for: the hold of its parts and the way back.
	payGrace = 90 * time.Second

	// acceptWait is how long friends accept waits for the friend's next
	// proposal: some round trips. acceptPoll is how often it looks.
	acceptWait = 5 * time.Second
	acceptPoll = 200 * time.Millisecond

	// inputBytesMax bounds a file or standard input that is read as text: the
	// largest is the text of a statement whose two entries are full.
	inputBytesMax = 2 << 20

	// evidenceBytesMax bounds a file of evidence: two logs between checkpoints,
	// each some MiB, and as much pending.
	evidenceBytesMax = 64 << 20

	// historyDefault is how many lines of history are shown.
	historyDefault = 50
	// pageItems is how many items are fetched at once.
	pageItems = 200
	// invoiceLifeMax is the longest that an invoice can be paid: a node refuses
	// to make one for longer.
	invoiceLifeMax = 366 * 24 * time.Hour
)
