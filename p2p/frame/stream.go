package frame

import (
	"context"
	"fmt"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
)

// Stream is a libp2p stream that carries messages. One goroutine may read
// while another writes; each direction is for one goroutine at a time. The
// deadlines, Conn, CloseWrite, Close and Reset of the libp2p stream may be
// used from anywhere.
type Stream struct {
	raw network.Stream
	r   *Reader
	w   *Writer
}

// NewStream lets messages of at most limit bytes travel on a libp2p stream. The
// caller keeps the duty to close or reset it.
func NewStream(s network.Stream, limit int) *Stream {
	return &Stream{raw: s, r: NewReader(s, limit), w: NewWriter(s, limit)}
}

// Read returns the next message; see Reader.Read.
func (s *Stream) Read() ([]byte, error) { return s.r.Read() }

// Write sends messages in one go; see Writer.Write. It blocks while the peer
// does not read, until the write deadline or a Reset.
func (s *Stream) Write(msgs ...[]byte) error { return s.w.Write(msgs...) }

// Peer is the authenticated peer at the other end.
func (s *Stream) Peer() peer.ID { return s.raw.Conn().RemotePeer() }

// Raw is the libp2p stream, for deadlines, CloseWrite, Close, Reset and Conn.
// Bytes must not be read or written there while messages travel.
func (s *Stream) Raw() network.Stream { return s.raw }

// Reset ends both directions at once and tells the peer so; blocked reads and
// writes return an error.
func (s *Stream) Reset() { _ = s.raw.Reset() }

// Close ends the stream after what was written; the peer reads io.EOF.
func (s *Stream) Close() error { return s.raw.Close() }

// Dial opens a stream of this protocol to a peer whose addresses are in the
// host's peerstore; connections through a relay are welcome. ctx bounds the
// dialling and the negotiation, not the stream's life.
func Dial(ctx context.Context, h host.Host, to peer.ID, id protocol.ID, limit int) (*Stream, error) {
	// Without this, NewStream over a limited relay connection waits for a
	// direct one until the context ends.
	ctx = network.WithAllowLimitedConn(ctx, string(id))
	s, err := h.NewStream(ctx, to, id)
	if err != nil {
		return nil, fmt.Errorf("opening %s to %s: %w", id, to, err)
	}
	return NewStream(s, limit), nil
}

// Exchange does one request and answer of a one-shot protocol: it dials, sends
// the request, reads one answer of at most p.MessageBytes and closes. The answer
// is the caller's. When ctx ends first, the stream is reset and the error is
// that of ctx.
func Exchange(ctx context.Context, h host.Host, to peer.ID, p Protocol, request []byte) ([]byte, error) {
	id := p.ID
	s, err := Dial(ctx, h, to, id, p.MessageBytes)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, s.Reset)
	defer stop()
	answer, err := exchange(s, request)
	if err != nil {
		s.Reset()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, fmt.Errorf("asking %s on %s: %w", to, id, err)
	}
	return answer, s.Close()
}

func exchange(s *Stream, request []byte) ([]byte, error) {
	if err := s.Write(request); err != nil {
		return nil, err
	}
	if err := s.raw.CloseWrite(); err != nil {
		return nil, err
	}
	return s.Read()
}
