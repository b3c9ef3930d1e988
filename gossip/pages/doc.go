// Package pages is the replicated set of capacity pages: of every node, in
// every currency, the newest page of each number. Every index server keeps one
// and all of them mean to hold the same; the capacity graph is derived from it.
//
// # What stays
//
// Which pages a set holds depends on which pages it was given, not on their
// order (time and limits aside). Per node the highest epoch counts, pages of
// lower ones vanish. Per node and currency the newest page fixes the count of
// pages: pages with another count vanish, and everything that is not newer
// than the newest page with another count is stale, so that a count that
// shrinks and grows again brings no old page back. Per number the newest page
// counts. What was newest is remembered for Memory after the last page of a
// currency went, so that an old page with a long ttl cannot be replayed after
// a newer one with a short ttl ended.
//
// # Full
//
// A full set takes no new nodes, and no more pages or entries from those it
// knows; whoever is in stays in while it refreshes. To evict the oldest would
// be to let a crowd of inventions drive out the honest.
//
// # Time
//
// The set reads no clock: the caller gives the wall time with each call, and
// calls Expire at least once a second for pages to end on time. If the
// time.Time carries Go's monotonic reading, memory is measured by that.
package pages
