package frame

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// Handler serves one stream after its first message was read. The message is
// valid until the next Read. ctx ends when the stream's Lifetime is over or the
// server closes. Returning nil closes the stream, an error resets it; the
// stream must not be used after the return.
type Handler func(ctx context.Context, s *Stream, first []byte) error

// Protocol describes a protocol and the bounds under which it is served. Start
// from NewProtocol.
type Protocol struct {
	// ID is the protocol's name with its version, such as
	// /offset/friend/1.
	ID protocol.ID

	// MessageBytes bounds every message in both directions, in bytes; 1 to
	// MessageBytesCeiling.
	MessageBytes int

	// ReserveBytes is how much memory libp2p's resource manager sets aside
	// for each stream that is served; at most MessageBytes. 0 means
	// MessageBytes, so that every stream may hold its largest message at
	// once; less suits many long-lived streams whose long messages are rare:
	// between messages they keep little.
	ReserveBytes int

	// FirstMessage is how long the peer has until its first message is
	// here; over 0.
	FirstMessage time.Duration

	// Lifetime bounds the whole exchange, counted from the start of the
	// stream, at least FirstMessage. 0 means long-lived: after the first
	// message no deadline is set.
	Lifetime time.Duration

	// PerPeer bounds the simultaneous handlers of one peer; over 0.
	PerPeer int

	// Total bounds the simultaneous handlers; over 0.
	Total int

	// Allow says who is served. Streams of others are reset before
	// anything is read. nil serves everybody. It is called concurrently.
	Allow func(peer.ID) bool

	// Log receives debug records about peers at fault and errors about
	// panics; nil logs nothing.
	Log *slog.Logger
}

// NewProtocol is a long-lived protocol with the package's default bounds, open
// to everybody.
func NewProtocol(id protocol.ID, messageBytes int) Protocol {
	return Protocol{
		ID:           id,
		MessageBytes: messageBytes,
		FirstMessage: DefaultFirstMessage,
		PerPeer:      DefaultPerPeer,
		Total:        DefaultTotal,
	}
}

// Validate says what is wrong with a Protocol.
func (p Protocol) Validate() error {
	switch {
	case p.ID == "":
		return errors.New("protocol without ID")
	case p.MessageBytes < 1 || p.MessageBytes > MessageBytesCeiling:
		return fmt.Errorf("%s: MessageBytes %d is outside 1..%d", p.ID, p.MessageBytes, MessageBytesCeiling)
	case p.ReserveBytes < 0 || p.ReserveBytes > p.MessageBytes:
		return fmt.Errorf("%s: ReserveBytes %d is outside 0..MessageBytes", p.ID, p.ReserveBytes)
	case p.FirstMessage <= 0:
		return fmt.Errorf("%s: FirstMessage must be over 0", p.ID)
	case p.Lifetime != 0 && p.Lifetime < p.FirstMessage:
		return fmt.Errorf("%s: Lifetime %v is under FirstMessage %v", p.ID, p.Lifetime, p.FirstMessage)
	case p.PerPeer < 1 || p.Total < 1:
		return fmt.Errorf("%s: PerPeer and Total must be over 0", p.ID)
	}
	return nil
}
