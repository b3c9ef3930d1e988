package capacity

import "time"

// Bounds of a page. Servers must agree on them, so they change only with the
// version.
const (
	// Version is the only version of a page's bytes that this program knows.
	Version = 1
	// EntriesMax is the number of friends on one page: some 5 KiB, so that a
	// change of one friendship stays a small message.
	EntriesMax = 64
	// CountMax is the number of pages of one node in one currency: 65,536
	// friends, more than any node of the largest credit networks known.
	CountMax = 1024
	// EpochMax bounds epochs, so that the next one always exists.
	EpochMax = 1<<63 - 1
	// IssuedMax bounds the time of issue in milliseconds (the year 287,396):
	// sums with a ttl cannot overflow and every language has such integers.
	IssuedMax = 1<<53 - 1
	// BodyBytesMax is the size of a page's body: head and full entries.
	BodyBytesMax = headBytesMax + EntriesMax*entryBytes

	headBytesMax = 1 + 32 + 8 + 8 + 1 + 16 + 1 + 2 + 2 + 8 + 2 + 1
	entryBytes   = 32 + 12 + 12 + 12 + 4 + 8
)

// Times of a page.
const (
	// TTLMin is the shortest life of a page: three refreshes of two minutes.
	TTLMin = 6 * time.Minute
	// TTLMax is the longest life of a page. What remembers pages against
	// replay must remember longer than TTLMax + FutureMax.
	TTLMax = 15 * time.Minute
	// FutureMax is how far ahead of a server's clock a page may be issued.
	FutureMax = 2 * time.Minute
	// RefreshParts: a page is issued again after ttl / RefreshParts, so that
	// two refreshes may be lost.
	RefreshParts = 3
)

// Grid of published amounts.
const (
	// RoundBits is the default number of significant bits of a published
	// amount: steps of 17 % to 50 %.
	RoundBits = 2
	// RoundBitsExact keeps amounts as they are.
	RoundBitsExact = 128
)

// Shards is the number of parts into which servers split currencies for
// gossip and catch-up: room to split the load among machines one day.
const Shards = 64
