package p2ptest

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
)

// key names a simulated host; it is a p2p.Key.
type key struct {
	priv crypto.PrivKey
	id   peer.ID
}

func (k key) PrivKey() crypto.PrivKey { return k.priv }
func (k key) PeerID() peer.ID         { return k.id }

// newKey makes the key of host number n, the same in every run.
func newKey(t testing.TB, n int) key {
	t.Helper()
	var seed [32]byte
	binary.BigEndian.PutUint64(seed[:], uint64(n))
	priv, _, err := crypto.GenerateEd25519Key(bytes.NewReader(seed[:]))
	if err != nil {
		t.Fatalf("making key of simulated host %d: %v", n, err)
	}
	id, err := peer.IDFromPrivateKey(priv)
	if err != nil {
		t.Fatalf("naming simulated host %d: %v", n, err)
	}
	return key{priv, id}
}
