package protocol

import (
	"google.golang.org/protobuf/proto"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/indexd/pb"
)

// TrustHello is what both servers say in the handshake.
type TrustHello struct {
	// ListsYou: the operator of the sender lists the receiver.
	ListsYou bool
	// Clock is the sender's wall clock in milliseconds since 1970 UTC.
	Clock uint64
}

// Encode returns the bytes of the message.
func (h TrustHello) Encode() ([]byte, error) {
	return proto.Marshal(&pb.TrustHello{Version: Version, ListsYou: h.ListsYou, Clock: h.Clock})
}

// DecodeTrustHello reads the message of the handshake.
func DecodeTrustHello(data []byte) (TrustHello, error) {
	var m pb.TrustHello
	if err := unmarshal(data, &m, TrustFrameBytes); err != nil {
		return TrustHello{}, err
	}
	if m.GetVersion() != Version {
		return TrustHello{}, ErrVersion
	}
	if m.GetClock() > capacity.IssuedMax {
		return TrustHello{}, fault("clock out of range")
	}
	return TrustHello{ListsYou: m.GetListsYou(), Clock: m.GetClock()}, nil
}
