package apiserver

import "time"

const (
	// PageMax bounds the items of one page: some 2 MiB of the largest
	// payments, which a client reads in one message.
	PageMax = 500
	// pageDefault is the page of a caller who does not say.
	pageDefault = 50

	// ringEvents is how many events are kept for readers that fall behind or
	// come back: a few seconds of a busy node. A reader that misses more gets
	// the whole state again.
	ringEvents = 4096
	// batchEvents is how many events a reader copies at once.
	batchEvents = 256
	// streamsPerCaller bounds the open streams (events and payments) of one
	// caller, and streamsMax those of all, so that an application that forgets
	// to close its streams harms nobody.
	streamsPerCaller = 64
	streamsMax       = 1024
	// stateItems bounds the invoices, and the payments, in a State.
	stateItems = 100

	// requestBytesMax bounds a request: the longest is a file of tickets,
	// 64 KiB, and JSON escapes may double it.
	requestBytesMax = 256 << 10

	// compressBytesMin is the length of an answer in bytes from which on it is
	// compressed for callers who take that: lists are worth it, a payment costs
	// ten times as much to compress as to send.
	compressBytesMin = 16 << 10

	// prefixMin is how many characters of a peer ID name a friend at least,
	// from its end; from its beginning they come after the eight that all
	// Ed25519 peer IDs share.
	prefixMin = 4
	// namesShown is how many names a text about an ambiguous one lists.
	namesShown = 5
	// relaysMax is p2p.RelaysMax: more could not be kept.
	relaysMax = 16
	// indexServersMax bounds the index servers; a node talks to all of them.
	indexServersMax = 16

	// expiresDefault and expiresMax bound how long an invoice can be paid.
	expiresDefault = time.Hour
	expiresMax     = 366 * 24 * time.Hour

	// payTimeoutDefault is how long new attempts are made: the patience of a
	// person at a counter. payTimeoutMax bounds it.
	payTimeoutDefault = 30 * time.Second
	payTimeoutMax     = time.Hour
	// A fee cap that the caller leaves out is feeCapAdd units plus the amount
	// divided by feeCapDivisor: 1 %.
	feeCapAdd     = 10
	feeCapDivisor = 100
)
