package frame

import "time"

const (
	// prefixBytes is the length of the length in front of a message.
	prefixBytes = 4

	// MessageBytesCeiling bounds what any protocol may declare as its
	// largest message, in bytes: a stream's window in libp2p is 16 MiB, and
	// nothing of ours needs more.
	MessageBytesCeiling = 16 << 20

	// chunkBytes is how far the reader allocates ahead of the bytes that
	// have arrived.
	chunkBytes = 16 << 10

	// keptBufferBytes is the largest buffer kept between messages in each
	// direction, so that one long message does not hold its memory for the
	// stream's life: a node has thousands of streams that are idle.
	keptBufferBytes = 16 << 10

	// DefaultFirstMessage is how long a peer has for its first message. A
	// relayed stream over a slow mobile link needs about two seconds.
	DefaultFirstMessage = 10 * time.Second

	// DefaultPerPeer bounds the simultaneous handlers of one peer.
	DefaultPerPeer = 8

	// DefaultTotal bounds the simultaneous handlers of one protocol.
	DefaultTotal = 1024
)
