package gossip

import (
	"sync/atomic"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
)

// reason names what became of something; each has a counter.
type reason uint8

const (
	pagesAdmitted  reason = iota // pages from other servers, new and good
	pagesIgnored                 // known, stale or beyond a quota of the intake
	pagesFaulty                  // wrong whatever the time
	pagesOverQuota               // refused before validation: the link's pace
	pagesNoRoom                  // outbox was full
	batchesFaulty                // bytes that are no batch
	batchesVersion               // batches of another version
	batchesSent                  // batches of this server
	batchesUnsent                // pubsub did not take them
	batchesQueue                 // dropped by a full validation queue
	rpcsRefused                  // RPCs without mutual trust
	rpcsDropped                  // a peer's outbound queue was full
	streamsRefused               // streams without mutual trust
	linksCut                     // links cut after too many faults
	reasonCount
)

var reasonNames = [reasonCount]string{
	"pages_admitted", "pages_ignored", "pages_faulty", "pages_over_quota", "pages_no_room",
	"batches_faulty", "batches_version", "batches_sent", "batches_unsent", "batches_queue_full",
	"rpcs_refused", "rpcs_dropped", "streams_refused", "links_cut",
}

// counters counts by reason; safe for concurrent use.
type counters [reasonCount]atomic.Uint64

func (c *counters) add(r reason, n int) { c[r].Add(uint64(n)) }

// snapshot returns all counters by name.
func (c *counters) snapshot() map[string]uint64 {
	out := make(map[string]uint64, reasonCount)
	for i := range c {
		out[reasonNames[i]] = c[i].Load()
	}
	return out
}

// dropTracer counts what pubsub drops without a word.
type dropTracer struct{ count *counters }

var _ pubsub.RawTracer = dropTracer{}

// DropRPC implements pubsub.RawTracer.
func (t dropTracer) DropRPC(*pubsub.RPC, peer.ID) { t.count.add(rpcsDropped, 1) }

// RejectMessage implements pubsub.RawTracer. Only full queues are counted
// here, verdicts are counted where they are made.
func (t dropTracer) RejectMessage(_ *pubsub.Message, why string) {
	switch why {
	case pubsub.RejectValidationQueueFull, pubsub.RejectValidationThrottled:
		t.count.add(batchesQueue, 1)
	}
}

// The rest of pubsub.RawTracer is of no interest here.

func (dropTracer) OnNewOutboundStream(peer.ID, protocol.ID) {}
func (dropTracer) OnClosedOutboundStream(peer.ID)           {}
func (dropTracer) Join(string)                              {}
func (dropTracer) Leave(string)                             {}
func (dropTracer) Graft(peer.ID, string)                    {}
func (dropTracer) Prune(peer.ID, string)                    {}
func (dropTracer) ValidateMessage(*pubsub.Message)          {}
func (dropTracer) DeliverMessage(*pubsub.Message)           {}
func (dropTracer) DuplicateMessage(*pubsub.Message)         {}
func (dropTracer) ThrottlePeer(peer.ID)                     {}
func (dropTracer) RecvRPC(*pubsub.RPC)                      {}
func (dropTracer) SendRPC(*pubsub.RPC, peer.ID)             {}
func (dropTracer) UndeliverableMessage(*pubsub.Message)     {}
