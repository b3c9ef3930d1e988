package gossip

import (
	"time"

	"github.com/offset-p2p/offset/gossip/capacity"
)

const (
	// ProtocolID is the only protocol on which federation gossip is spoken;
	// the public mesh protocols are not offered.
	ProtocolID = "/offset/gossip/1"

	// topicPrefix stands before the shard's decimal number; there is a topic
	// for each of capacity.Shards.
	topicPrefix = "/offset/capacity/1/"

	// TrustedMax is the longest list of trusted servers. Every one costs a
	// connection and a share of every batch.
	TrustedMax = 64
	// AdmirersMax is how many servers that list this one without being
	// listed here are remembered for the operator.
	AdmirersMax = 256
	// StrikesMax is how many context-free faults cut a link. One may be a bit
	// flipped in memory, three are a program at fault.
	StrikesMax = 3

	// BatchBytesMax is the largest batch in bytes, as agreed between servers.
	BatchBytesMax = 64 << 10
	// BatchPagesMax is the number of pages in one batch; small pages have
	// about 200 bytes.
	BatchPagesMax = 512
	// pageOverheadBytes is what each page costs in a batch beyond its body:
	// the signature (64 and 2), two tags and two lengths.
	pageOverheadBytes = 74
	// batchHeadBytes is what a batch costs without any page: its version.
	batchHeadBytes = 2
	// rpcBytesMax is the largest RPC: a few batches, or one and control.
	rpcBytesMax = 512 << 10
	// rpcControlBytesMax bounds subscriptions and mesh control in an RPC: the
	// 64 topics and some thousand message ids.
	rpcControlBytesMax = 128 << 10
	// rpcBatchesMax is how many batches one RPC may carry.
	rpcBatchesMax = 64
	// subscriptionsMax is how many subscriptions one RPC may name: joining
	// and leaving every topic.
	subscriptionsMax = 2 * capacity.Shards

	// outboundQueue is how many RPCs wait for one peer; pubsub's 32 drop
	// silently under load.
	outboundQueue = 1024
	// validateQueue is how many batches wait for validation; same reason.
	validateQueue = 1024

	// meshDegree, meshLow and meshHigh shape the mesh of trusted servers: in
	// a line every neighbour is grafted, in a full mesh of many a few are.
	meshDegree, meshLow, meshHigh = 4, 3, 8
	// meshOutbound is the least number of mesh links that this server dialled
	// itself; pubsub wants it below half of the degree.
	meshOutbound = 1

	// announceEvery is how often peers with mutual trust are named to pubsub
	// again: the other side may hear a moment later that trust is mutual and
	// reset the first stream, and pubsub does not always try again by itself.
	announceEvery = time.Second
)
