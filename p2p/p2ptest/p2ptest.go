// Package p2ptest runs hosts of package p2p on a simulated network in virtual
// time: hours of timeouts, reconnects and relay expiry pass in a second, and
// no socket is opened.
//
//	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
//		relay := n.Relay()
//		alice := n.Hidden(relay.AddrInfo())
//		bob := n.Hidden(relay.AddrInfo())
//		alice.Learn(bob.AddrInfo())
//		time.Sleep(time.Hour) // virtual
//	})
//
// Inside, the rules of testing/synctest hold: no real socket, no waiting for
// anything outside, every goroutine ended at the end. Hosts made by a Net are
// closed by it. Programs that build their own host, such as relayd, take the
// Options of Net.Config.
package p2ptest

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	"github.com/marcopolo/simnet"

	"github.com/offset-p2p/offset/p2p"
)

const (
	// linkBitsPerSecond is the bandwidth of every host, each way.
	linkBitsPerSecond = 100_000_000

	// latency is the one-way delay between any two hosts.
	latency = 5 * time.Millisecond

	// port is where listening hosts listen.
	port = 4001

	// readyTimeout bounds how long Hidden and Connect wait, in virtual time.
	readyTimeout = time.Minute
)

// Net is a simulated network. Its methods are for the goroutine of the test.
type Net struct {
	t     testing.TB
	sim   *simnet.Simnet
	count int
	hosts []*p2p.Host
	stop  []func()

	mu sync.Mutex // guards NewEndpoint of sim, which does not lock itself
}

// Run calls fn inside a synctest bubble with an empty network, and closes all
// its hosts afterwards.
func Run(t *testing.T, fn func(t *testing.T, n *Net)) {
	t.Helper()
	if raceEnabled {
		// The race detector reports synctest itself otherwise (golang/go#78156).
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	}
	synctest.Test(t, func(t *testing.T) {
		n := &Net{t: t, sim: &simnet.Simnet{LatencyFunc: simnet.StaticLatency(latency)}}
		n.sim.Start()
		defer n.close()
		fn(t, n)
	})
}

func (n *Net) close() {
	for i := len(n.stop) - 1; i >= 0; i-- {
		n.stop[i]()
	}
	n.sim.Close()
	synctest.Wait()
}

// Config is the configuration of the next host: a key made from its number and
// a place on the network. With listen false the host listens nowhere, as behind
// a NAT. The caller may change it (a test that signs sets an identity of its
// own) and hands it to Start, or makes, runs and closes the host itself.
func (n *Net) Config(listen bool) p2p.Config {
	n.count++
	cfg := p2p.DefaultConfig()
	cfg.Identity = newKey(n.t, n.count)
	ip := simnet.IntToPublicIPv4(n.count)
	if listen {
		cfg.Listen = []string{fmt.Sprintf("/ip4/%s/udp/%d/quic-v1", ip, port)}
	}
	cfg.Options = n.options(ip)
	return cfg
}

// Host starts a host that listens and can be dialled by all.
func (n *Net) Host() *p2p.Host { return n.Start(n.Config(true)) }

// Start makes a host of a Config of this network, which may have been changed,
// runs it, and closes it at the end of the test.
func (n *Net) Start(cfg p2p.Config) *p2p.Host {
	n.t.Helper()
	h, err := p2p.New(cfg)
	if err != nil {
		n.t.Fatalf("starting simulated host: %v", err)
	}
	n.run(h)
	n.hosts = append(n.hosts, h)
	return h
}

func (n *Net) run(h *p2p.Host) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	n.stop = append(n.stop, func() {
		cancel()
		if err := <-done; err != nil {
			n.t.Errorf("running simulated host: %v", err)
		}
		if err := h.Close(); err != nil {
			n.t.Errorf("closing simulated host: %v", err)
		}
	})
}

// Hidden starts a host that listens nowhere and is reached only through these
// relays. It returns when at least one of them holds its reservation.
func (n *Net) Hidden(relays ...peer.AddrInfo) *p2p.Host {
	n.t.Helper()
	cfg := n.Config(false)
	cfg.Relays = relays
	h := n.Start(cfg)
	ctx, cancel := context.WithTimeout(context.Background(), readyTimeout)
	defer cancel()
	if err := h.WaitRelay(ctx); err != nil {
		n.t.Fatalf("starting hidden host: %v", err)
	}
	return h
}

// Relay starts a listening host that serves as a relay without limits.
func (n *Net) Relay() *p2p.Host {
	res := relay.DefaultResources()
	res.Limit = nil
	res.MaxCircuits = 1024
	return n.RelayWith(res)
}

// RelayWith starts a listening host that serves as a relay with these
// resources.
func (n *Net) RelayWith(res relay.Resources) *p2p.Host {
	n.t.Helper()
	cfg := n.Config(true)
	cfg.Limits = p2p.RelayLimits()
	h := n.Start(cfg)
	r, err := relay.New(h, relay.WithResources(res))
	if err != nil {
		n.t.Fatalf("starting simulated relay: %v", err)
	}
	n.stop = append(n.stop, func() { _ = r.Close() })
	return h
}

// New starts count listening hosts, all connected with each other.
func (n *Net) New(count int) []*p2p.Host {
	n.t.Helper()
	var out []*p2p.Host
	for range count {
		h := n.Host()
		for _, other := range out {
			n.Connect(h, other)
		}
		out = append(out, h)
	}
	return out
}

// Connect connects two hosts, in whatever way the second can be reached.
func (n *Net) Connect(from, to host.Host) {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), readyTimeout)
	defer cancel()
	if err := from.Connect(ctx, peer.AddrInfo{ID: to.ID(), Addrs: to.Addrs()}); err != nil {
		n.t.Fatalf("connecting simulated hosts: %v", err)
	}
}

// options put a host's QUIC on the simulated network.
func (n *Net) options(ip net.IP) []libp2p.Option {
	return []libp2p.Option{
		quicOn(n, ip),
		// Observed addresses wait for real time inside a bubble.
		libp2p.DisableIdentifyAddressDiscovery(),
	}
}
