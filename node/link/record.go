package link

import (
	"errors"
	"fmt"
	"slices"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	"github.com/libp2p/go-libp2p/core/record"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/wire"
	"github.com/offset-p2p/offset/p2p/identity"
)

// peerRecord returns the host's addresses of now, signed: as many as a friend
// takes, by their number and by the bytes of the record. The longest are left
// out first, so that most stay.
func peerRecord(h host.Host, id *identity.Identity) ([]byte, error) {
	addrs := slices.Clone(h.Addrs())
	addrs = addrs[:min(len(addrs), ledger.AddressesMax)]
	for {
		out, err := sealRecord(h.ID(), addrs, id)
		if err != nil || len(out) <= wire.PeerRecordBytesMax {
			return out, err
		}
		longest := 0
		for i, a := range addrs {
			if len(a.Bytes()) > len(addrs[longest].Bytes()) {
				longest = i
			}
		}
		addrs = slices.Delete(addrs, longest, longest+1)
	}
}

func sealRecord(self peer.ID, addrs []ma.Multiaddr, id *identity.Identity) ([]byte, error) {
	rec := peer.PeerRecordFromAddrInfo(peer.AddrInfo{ID: self, Addrs: addrs})
	envelope, err := record.Seal(rec, id.PrivKey())
	if err != nil {
		return nil, fmt.Errorf("signing peer record: %w", err)
	}
	out, err := envelope.Marshal()
	if err != nil {
		return nil, fmt.Errorf("encoding peer record: %w", err)
	}
	return out, nil
}

// learn takes the addresses of a friend from its signed peer record. Newer
// records replace older ones, so a friend that moves is found again. An empty
// record is none; anything wrong with another is the friend's fault.
func learn(h host.Host, friend peer.ID, bytes []byte) error {
	if len(bytes) == 0 {
		return nil
	}
	envelope, rec, err := record.ConsumeEnvelope(bytes, peer.PeerRecordEnvelopeDomain)
	if err != nil {
		return fmt.Errorf("reading peer record: %w", err)
	}
	said, ok := rec.(*peer.PeerRecord)
	switch {
	case !ok || said.PeerID != friend || !friend.MatchesPublicKey(envelope.PublicKey):
		return errors.New("peer record is not the friend's")
	case len(said.Addrs) > ledger.AddressesMax:
		return fmt.Errorf("peer record with %d addresses, at most %d are allowed", len(said.Addrs), ledger.AddressesMax)
	}
	book, ok := peerstore.GetCertifiedAddrBook(h.Peerstore())
	if !ok {
		h.Peerstore().AddAddrs(friend, said.Addrs, peerstore.PermanentAddrTTL)
		return nil
	}
	if _, err := book.ConsumePeerRecord(envelope, peerstore.PermanentAddrTTL); err != nil {
		return fmt.Errorf("storing peer record: %w", err)
	}
	return nil
}
