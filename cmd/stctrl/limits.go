package main

import "time"

const (
	// callTimeout is how long a command waits for the node, unless --timeout
	// says otherwise.
	callTimeout = 30 * time.Second
	// payGrace is how much longer than its last attempt may begin a payment is
	// waited for: the hold of its parts and the way back.
	payGrace = 90 * time.Second

	// inputBytesMax bounds a file or standard input that is read as text: the
	// largest is the text of a statement whose two entries are full.
	inputBytesMax = 2 << 20

	// historyDefault is how many lines of history are shown.
	historyDefault = 50
	// pageItems is how many items are fetched at once.
	pageItems = 200
	// invoiceLifeMax is the longest that an invoice can be paid: a node refuses
	// to make one for longer.
	invoiceLifeMax = 366 * 24 * time.Hour
)
