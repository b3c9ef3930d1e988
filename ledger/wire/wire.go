// Package wire gives the frames of the friend link their bytes: protobuf
// messages that carry the signed bytes of package ledger unchanged.
//
// Decode checks every bound and every fixed size, so a frame that decodes can be
// handed to a friendship as it is. A frame of a kind that this version does not
// know gives ErrUnknownFrame, which a link ignores: newer nodes may say more.
// Framing on the stream (the length in front) is the link's.
package wire

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/wire/pb"
)

// ErrUnknownFrame reports a frame of a kind from a newer version; ignore it.
var ErrUnknownFrame = errors.New("unknown kind of frame")

// ErrFrame reports bytes that are not a frame, or one out of its bounds: the
// peer's fault, the stream is to be dropped.
var ErrFrame = errors.New("frame is malformed")

// Encode returns the bytes of a frame, without a length in front. A frame over
// the bounds of Decode, or nil, is a programmer error and panics.
func Encode(f ledger.Frame) []byte {
	m := &pb.Frame{}
	switch f := f.(type) {
	case *ledger.Hello:
		m.Kind = &pb.Frame_Hello{Hello: encodeHello(f)}
	case *ledger.SignedEntry:
		m.Kind = &pb.Frame_Entry{Entry: &pb.SignedEntry{Body: f.Body, Signature: f.Signature[:]}}
	case *ledger.Opened:
		m.Kind = &pb.Frame_Opened{Opened: &pb.Opened{Opening: f.Opening.Encode()}}
	case *ledger.Propose:
		m.Kind = &pb.Frame_Propose{Propose: &pb.Propose{Terms: f.Terms.Encode()}}
	case *ledger.Supply:
		m.Kind = &pb.Frame_Supply{Supply: encodeSupply(f)}
	case *ledger.Accept:
		m.Kind = &pb.Frame_Accept{Accept: &pb.Accept{
			Terms: f.Terms[:], Nonce: f.Nonce[:], Highest: f.Highest, Epoch: f.Epoch[:], Signature: f.Signature[:],
		}}
	case *ledger.Confirm:
		m.Kind = &pb.Frame_Confirm{Confirm: &pb.Confirm{Epoch: f.Epoch[:], Signature: f.Signature[:]}}
	case *ledger.Refuse:
		m.Kind = &pb.Frame_Refuse{Refuse: encodeRefuse(f)}
	case *ledger.Ping:
		m.Kind = &pb.Frame_Ping{Ping: &pb.Ping{Nonce: f.Nonce}}
	case *ledger.Pong:
		m.Kind = &pb.Frame_Pong{Pong: &pb.Pong{Nonce: f.Nonce}}
	default:
		panic(fmt.Sprintf("wire: frame of type %T", f))
	}
	b, err := proto.Marshal(m)
	if err != nil || len(b) > FrameBytesMax {
		panic(fmt.Sprintf("wire: frame %T of %d bytes: %v", f, len(b), err))
	}
	return b
}

// Decode reads a frame. The error wraps ErrFrame or ErrUnknownFrame. Entries
// are not looked into: friendship.Verify does that. The frame does not alias b.
func Decode(b []byte) (ledger.Frame, error) {
	if len(b) > FrameBytesMax {
		return nil, fmt.Errorf("%d bytes are over the bound: %w", len(b), ErrFrame)
	}
	m := &pb.Frame{}
	if err := proto.Unmarshal(b, m); err != nil {
		return nil, fmt.Errorf("reading frame: %w: %w", ErrFrame, err)
	}
	var c checker
	f := c.frame(m)
	if c.err != nil {
		return nil, c.err
	}
	return f, nil
}

// checker turns messages into frames; its first fault sticks.
type checker struct{ err error }

func (c *checker) fail(why string) {
	if c.err == nil {
		c.err = fmt.Errorf("%s: %w", why, ErrFrame)
	}
}

func (c *checker) frame(m *pb.Frame) ledger.Frame {
	switch k := m.GetKind().(type) {
	case *pb.Frame_Hello:
		return c.hello(k.Hello)
	case *pb.Frame_Entry:
		return c.entry(k.Entry)
	case *pb.Frame_Opened:
		return c.opened(k.Opened)
	case *pb.Frame_Supply:
		return c.supply(k.Supply)
	case *pb.Frame_Propose:
		return c.propose(k.Propose)
	case *pb.Frame_Accept:
		f := &ledger.Accept{Highest: k.Accept.GetHighest()}
		c.fixed(f.Terms[:], k.Accept.GetTerms())
		c.fixed(f.Nonce[:], k.Accept.GetNonce())
		c.fixed(f.Epoch[:], k.Accept.GetEpoch())
		c.fixed(f.Signature[:], k.Accept.GetSignature())
		return f
	case *pb.Frame_Confirm:
		f := &ledger.Confirm{}
		c.fixed(f.Epoch[:], k.Confirm.GetEpoch())
		c.fixed(f.Signature[:], k.Confirm.GetSignature())
		return f
	case *pb.Frame_Refuse:
		return c.refuse(k.Refuse)
	case *pb.Frame_Ping:
		return &ledger.Ping{Nonce: k.Ping.GetNonce()}
	case *pb.Frame_Pong:
		return &ledger.Pong{Nonce: k.Pong.GetNonce()}
	default:
		c.err = ErrUnknownFrame
		return nil
	}
}

// fixed copies a field of fixed size.
func (c *checker) fixed(dst, src []byte) {
	if len(src) != len(dst) {
		c.fail("field has the wrong size")
		return
	}
	copy(dst, src)
}

// byte reads an enumeration: 1 to 255.
func (c *checker) byte(v uint32) uint8 {
	if v == 0 || v > 255 {
		c.fail("number of an enumeration is out of bounds")
		return 0
	}
	return uint8(v)
}
