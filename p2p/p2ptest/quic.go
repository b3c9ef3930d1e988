package p2ptest

import (
	"net"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/p2p/transport/quicreuse"
	"github.com/marcopolo/simnet"
	"github.com/quic-go/quic-go"
	"go.uber.org/fx"
)

// fixedSource answers that packets leave from the host's only address.
type fixedSource struct{ ip net.IP }

func (s fixedSource) PreferredSourceIPForDestination(*net.UDPAddr) (net.IP, error) { return s.ip, nil }

// dialPortFirst is the first port of endpoints that only dial.
const dialPortFirst = 40000

// quicOn is libp2p's QUIC over endpoints of the simulated network. Unlike the
// option of simlibp2p it gives hosts that listen nowhere an endpoint too.
func quicOn(n *Net, ip net.IP) libp2p.Option {
	dialPort := dialPortFirst
	listen := func(_ string, addr *net.UDPAddr) (net.PacketConn, error) {
		n.mu.Lock()
		defer n.mu.Unlock()
		at := &net.UDPAddr{IP: ip, Port: addr.Port}
		if at.Port == 0 {
			dialPort++
			at.Port = dialPort
		}
		link := simnet.LinkSettings{BitsPerSecond: linkBitsPerSecond}
		return n.sim.NewEndpoint(at, simnet.NodeBiDiLinkSettings{Downlink: link, Uplink: link}), nil
	}
	construct := func(life fx.Lifecycle, reset quic.StatelessResetKey, token quic.TokenGeneratorKey, opts ...quicreuse.Option) (*quicreuse.ConnManager, error) {
		m, err := quicreuse.NewConnManager(reset, token, opts...)
		if err != nil {
			return nil, err
		}
		life.Append(fx.StopHook(m.Close))
		return m, nil
	}
	return libp2p.QUICReuse(construct,
		quicreuse.OverrideSourceIPSelector(func() (quicreuse.SourceIPSelector, error) { return fixedSource{ip}, nil }),
		quicreuse.OverrideListenUDP(listen),
	)
}
