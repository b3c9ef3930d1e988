package link

import (
	"slices"
	"strings"
	"testing"

	"github.com/libp2p/go-libp2p/core/host"
	libp2ppeer "github.com/libp2p/go-libp2p/core/peer"
	libp2precord "github.com/libp2p/go-libp2p/core/record"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/wire"
	"github.com/offset-p2p/offset/p2p/p2ptest"
)

// wideHost is a host with as many addresses as a test wants.
type wideHost struct {
	host.Host
	addrs []ma.Multiaddr
}

func (h wideHost) Addrs() []ma.Multiaddr { return h.addrs }

// Whatever addresses a node has, its Hello is one that friends accept.
func TestPeerRecordFits(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		us, peer := pair(t, n)
		us.stop()
		peer.stop()
		short := ma.StringCast("/ip4/192.0.2.1/tcp/1")
		label := strings.Repeat("a", 63)
		long := ma.StringCast("/dns4/" + strings.Join([]string{label, label, label, label[:60]}, ".") + "/tcp/1/p2p-circuit/dns4/" + label)
		for name, tc := range map[string]struct {
			addrs []ma.Multiaddr
			keeps func(n int) bool
		}{
			"none":      {nil, func(n int) bool { return n == 0 }},
			"few":       {[]ma.Multiaddr{short, long}, func(n int) bool { return n == 2 }},
			"too many":  {slices.Repeat([]ma.Multiaddr{short}, 100), func(n int) bool { return n == ledger.AddressesMax }},
			"too long":  {slices.Repeat([]ma.Multiaddr{long}, 32), func(n int) bool { return n > 20 && n < 32 }},
			"some long": {append(slices.Repeat([]ma.Multiaddr{long}, 31), short), func(n int) bool { return n > 20 && n < 32 }},
		} {
			record, err := peerRecord(wideHost{us.host, tc.addrs}, us.id)
			if err != nil {
				t.Fatal(err)
			}
			sent := wire.Encode(&ledger.Hello{Versions: []uint16{1}, State: ledger.Fresh, PeerRecord: record})
			if _, err := wire.Decode(sent); err != nil {
				t.Errorf("%s: the Hello is refused: %v", name, err)
			}
			if err := learn(peer.host, us.host.ID(), record); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			_, rec, err := libp2precord.ConsumeEnvelope(record, libp2ppeer.PeerRecordEnvelopeDomain)
			if err != nil {
				t.Fatal(err)
			}
			got := rec.(*libp2ppeer.PeerRecord).Addrs
			if !tc.keeps(len(got)) {
				t.Errorf("%s: %d of %d addresses are kept", name, len(got), len(tc.addrs))
			}
			if name == "some long" && !ma.Contains(got, short) {
				t.Error("the shortest was left out")
			}
		}
	})
}
