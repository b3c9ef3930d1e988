package ledger

import (
	"bytes"
	"fmt"

	"github.com/mr-tron/base58"
)

// NodeID is a node's identity: its raw Ed25519 public key. Its text is the
// node's libp2p peer ID. The zero value names no node.
type NodeID [32]byte

// peerIDPrefix precedes the raw key in a libp2p Ed25519 peer ID: an identity
// multihash (0x00) of 36 bytes that hold the protobuf PublicKey{Type: Ed25519,
// Data: 32 bytes} (libp2p peer-ids spec).
var peerIDPrefix = []byte{0x00, 0x24, 0x08, 0x01, 0x12, 0x20}

// IsZero reports whether n names no node.
func (n NodeID) IsZero() bool { return n == NodeID{} }

// Less orders nodes by their raw keys; the lower of two friends is author 0.
func (n NodeID) Less(m NodeID) bool { return bytes.Compare(n[:], m[:]) < 0 }

// String returns the libp2p peer ID in base58, "12D3Koo…".
func (n NodeID) String() string {
	return base58.Encode(append(bytes.Clone(peerIDPrefix), n[:]...))
}

// Short returns the last eight characters of the peer ID, for tables.
func (n NodeID) Short() string {
	s := n.String()
	return s[len(s)-8:]
}

// ParseNodeID reads a libp2p peer ID of an Ed25519 key in base58.
func ParseNodeID(s string) (NodeID, error) {
	const textMax = 64 // a peer ID of an Ed25519 key has 52 characters
	if len(s) > textMax {
		return NodeID{}, fmt.Errorf("peer ID %.20q… is too long", s)
	}
	b, err := base58.Decode(s)
	if err != nil {
		return NodeID{}, fmt.Errorf("peer ID %q is not base58: %w", s, err)
	}
	raw, ok := bytes.CutPrefix(b, peerIDPrefix)
	if !ok || len(raw) != len(NodeID{}) {
		return NodeID{}, fmt.Errorf("peer ID %q is not one of an Ed25519 key (12D3Koo…)", s)
	}
	return NodeID(raw), nil
}

// MarshalText implements encoding.TextMarshaler with String.
func (n NodeID) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler with ParseNodeID.
func (n *NodeID) UnmarshalText(b []byte) error {
	v, err := ParseNodeID(string(b))
	if err != nil {
		return err
	}
	*n = v
	return nil
}
