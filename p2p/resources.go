package p2p

import (
	"fmt"
	"net/netip"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/protocol"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/proto"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	"github.com/libp2p/go-libp2p/x/rate"
)

// ipv6Prefix is the prefix of IPv6 that is treated as one address: what one
// household gets.
const ipv6Prefix = 56

// resourceManager builds libp2p's resource manager for these limits. Services
// bundled with libp2p keep their own, tighter limits, save circuits: with those,
// circuit 65 of a peer fails whatever the relay itself allows. All circuits
// through one relay are streams of one protocol with one peer, at the relay and
// at a node with many friends alike, so for them only the limit per peer counts.
func resourceManager(l Limits) (network.ResourceManager, error) {
	scaling := rcmgr.DefaultLimits
	libp2p.SetDefaultServiceLimits(&scaling)

	all := rcmgr.ResourceLimits{
		Streams: rcmgr.LimitVal(l.Streams), StreamsInbound: rcmgr.LimitVal(l.Streams), StreamsOutbound: rcmgr.LimitVal(l.Streams),
		Conns: rcmgr.LimitVal(l.Conns), ConnsInbound: rcmgr.LimitVal(l.Conns), ConnsOutbound: rcmgr.LimitVal(l.Conns),
		FD: rcmgr.LimitVal(l.Conns), Memory: rcmgr.LimitVal64(l.MemoryBytes),
	}
	// Connections and streams whose peer or protocol is not known yet.
	transient := all
	transient.Memory = rcmgr.LimitVal64(l.MemoryBytes / 4)
	onePeer := streamLimits(l.StreamsPerPeer, l.MemoryBytes/4)
	onePeer.Conns = rcmgr.LimitVal(l.ConnsPerPeer)
	onePeer.ConnsInbound, onePeer.ConnsOutbound = onePeer.Conns, onePeer.Conns
	onePeer.FD = onePeer.Conns

	protocolAll := streamLimits(l.StreamsPerProtocol, l.MemoryBytes/2)
	protocolPeer := streamLimits(l.StreamsPerProtocolPeer, l.MemoryBytes/8)
	circuitPeer := streamLimits(l.StreamsPerPeer, l.MemoryBytes/4)
	limits := rcmgr.PartialLimitConfig{
		System: all, Transient: transient, PeerDefault: onePeer,
		ServiceDefault: protocolAll, ServicePeerDefault: protocolPeer,
		ProtocolDefault: protocolAll, ProtocolPeerDefault: protocolPeer,
		Service:     map[string]rcmgr.ResourceLimits{relay.ServiceName: protocolAll},
		ServicePeer: map[string]rcmgr.ResourceLimits{relay.ServiceName: circuitPeer},
		Protocol: map[protocol.ID]rcmgr.ResourceLimits{
			proto.ProtoIDv2Hop: protocolAll, proto.ProtoIDv2Stop: protocolAll,
		},
		ProtocolPeer: map[protocol.ID]rcmgr.ResourceLimits{
			proto.ProtoIDv2Hop: circuitPeer, proto.ProtoIDv2Stop: circuitPeer,
		},
	}
	mgr, err := rcmgr.NewResourceManager(
		rcmgr.NewFixedLimiter(limits.Build(scaling.AutoScale())),
		rcmgr.WithLimitPerSubnet(
			[]rcmgr.ConnLimitPerSubnet{{PrefixLength: 32, ConnCount: l.ConnsPerIP}},
			[]rcmgr.ConnLimitPerSubnet{{PrefixLength: ipv6Prefix, ConnCount: l.ConnsPerIP}},
		),
		rcmgr.WithConnRateLimiters(connRate(l)),
	)
	if err != nil {
		return nil, fmt.Errorf("building resource manager: %w", err)
	}
	return mgr, nil
}

func streamLimits(n int, memory int64) rcmgr.ResourceLimits {
	v := rcmgr.LimitVal(n)
	return rcmgr.ResourceLimits{Streams: v, StreamsInbound: v, StreamsOutbound: v, Memory: rcmgr.LimitVal64(memory)}
}

// connRate limits new connections per address, as ConnsPerIP limits standing
// ones.
func connRate(l Limits) *rate.Limiter {
	limit := rate.Limit{RPS: l.ConnRatePerIP, Burst: l.ConnBurstPerIP}
	return &rate.Limiter{
		NetworkPrefixLimits: []rate.PrefixLimit{
			{Prefix: netip.MustParsePrefix("127.0.0.0/8")},
			{Prefix: netip.MustParsePrefix("::1/128")},
		},
		SubnetRateLimiter: rate.SubnetLimiter{
			IPv4SubnetLimits: []rate.SubnetLimit{{PrefixLength: 32, Limit: limit}},
			IPv6SubnetLimits: []rate.SubnetLimit{{PrefixLength: ipv6Prefix, Limit: limit}},
			GracePeriod:      rateGrace,
		},
	}
}
