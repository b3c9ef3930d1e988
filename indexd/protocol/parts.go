package protocol

import (
	"google.golang.org/protobuf/proto"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/indexd/pb"
	"github.com/offset-p2p/offset/ledger"
)

// amountBytes is the length of an amount on the wire.
const amountBytes = ledger.AmountBits / 8

// unmarshal reads a message whose frame was bounded by limit.
func unmarshal(data []byte, m proto.Message, limit int) error {
	if len(data) > limit {
		return fault("%d bytes, at most %d are allowed", len(data), limit)
	}
	if proto.Unmarshal(data, m) != nil {
		return fault("does not decode")
	}
	return nil
}

func encodePages(pages []capacity.SignedPage) []*pb.Page {
	out := make([]*pb.Page, len(pages))
	for i, p := range pages {
		out[i] = &pb.Page{Body: p.Body, Signature: p.Signature[:]}
	}
	return out
}

// decodePages reads 1 to limit pages. What is in the bodies is left to
// capacity.Verify.
func decodePages(in []*pb.Page, limit int) (Pages, error) {
	if len(in) == 0 || len(in) > limit {
		return nil, fault("%d pages, 1 to %d are allowed", len(in), limit)
	}
	out := make(Pages, len(in))
	for i, p := range in {
		if len(p.GetBody()) == 0 || len(p.GetBody()) > capacity.BodyBytesMax {
			return nil, fault("page of %d bytes", len(p.GetBody()))
		}
		if len(p.GetSignature()) != len(out[i].Signature) {
			return nil, fault("signature of %d bytes", len(p.GetSignature()))
		}
		out[i].Body = p.GetBody()
		copy(out[i].Signature[:], p.GetSignature())
	}
	return out, nil
}

func encodeAmount(a ledger.Amount) []byte {
	var e ledger.Encoder
	e.Amount(a)
	return e.Bytes()
}

// decodeAmount reads an amount below 2^ledger.AmountBits.
func decodeAmount(b []byte) (ledger.Amount, error) {
	if len(b) != amountBytes {
		return ledger.Amount{}, fault("amount of %d bytes", len(b))
	}
	return ledger.NewDecoder(b).Amount(), nil
}

// decodeNode reads a node ID.
func decodeNode(b []byte) (ledger.NodeID, error) {
	if len(b) != len(ledger.NodeID{}) {
		return ledger.NodeID{}, fault("node ID of %d bytes", len(b))
	}
	id := ledger.NodeID(b)
	if id.IsZero() {
		return ledger.NodeID{}, fault("node ID of zeros")
	}
	return id, nil
}

func decodeCurrency(c *pb.Currency) (ledger.Currency, error) {
	if c.GetDecimals() > ledger.DecimalsMax {
		return ledger.Currency{}, fault("currency of %d decimals", c.GetDecimals())
	}
	out := ledger.Currency{Name: c.GetName(), Decimals: uint8(c.GetDecimals())}
	if out.Validate() != nil {
		return ledger.Currency{}, fault("currency out of bounds")
	}
	return out, nil
}
