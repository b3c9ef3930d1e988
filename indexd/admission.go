package indexd

import (
	"net/netip"
	"sync"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	manet "github.com/multiformats/go-multiaddr/net"
	"golang.org/x/time/rate"
)

// Prefixes within which addresses count as one place.
const (
	prefixIPv4 = 24
	prefixIPv6 = 48
)

// admission says who may have a session, and at what pace a node may report
// and ask. It is safe for concurrent use.
type admission struct {
	perPrefix int
	queries   int // per second and node

	mu       sync.Mutex // guards the fields below
	prefixes map[netip.Prefix]int
	quotas   map[peer.ID]*quota
}

// quota is the pace of one node; it outlives sessions.
type quota struct {
	pages   *rate.Limiter
	queries *rate.Limiter
	users   int // sessions that hold it
}

func newAdmission(cfg ServerConfig) *admission {
	return &admission{
		perPrefix: cfg.SessionsPerPrefix,
		queries:   cfg.QueriesPerSecond,
		prefixes:  make(map[netip.Prefix]int),
		quotas:    make(map[peer.ID]*quota),
	}
}

// enter takes a place for a session on this connection; false when there is
// none. leave gives it back.
func (a *admission) enter(c network.Conn) (q *quota, leave func(), ok bool) {
	prefix, counted := prefixOf(c)
	id := c.RemotePeer()
	a.mu.Lock()
	defer a.mu.Unlock()
	if counted && a.prefixes[prefix] >= a.perPrefix {
		return nil, nil, false
	}
	q = a.quota(id)
	if q == nil {
		return nil, nil, false
	}
	q.users++
	if counted {
		a.prefixes[prefix]++
	}
	return q, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		q.users--
		if !counted {
			return
		}
		if a.prefixes[prefix]--; a.prefixes[prefix] == 0 {
			delete(a.prefixes, prefix)
		}
	}, true
}

// quota returns the pace of a node, nil when too many are remembered; the
// caller holds mu.
func (a *admission) quota(id peer.ID) *quota {
	if q, ok := a.quotas[id]; ok {
		return q
	}
	if len(a.quotas) >= quotasMax {
		a.forget()
	}
	if len(a.quotas) >= quotasMax {
		return nil
	}
	q := &quota{
		pages:   rate.NewLimiter(pagesPerSecond, pagesBurst),
		queries: rate.NewLimiter(rate.Limit(a.queries), a.queriesBurst()),
	}
	a.quotas[id] = q
	return q
}

func (a *admission) queriesBurst() int { return a.queries * queriesBurstSeconds }

// forget drops paces that are as good as new and that nobody uses; the caller
// holds mu.
func (a *admission) forget() {
	for id, q := range a.quotas {
		if q.users == 0 && q.pages.Tokens() >= pagesBurst && q.queries.Tokens() >= float64(a.queriesBurst()) {
			delete(a.quotas, id)
		}
	}
}

// prefixOf returns the place from which a connection comes: for a relayed one
// the relay's. Loopback is exempt, it is this machine.
func prefixOf(c network.Conn) (netip.Prefix, bool) {
	ip, err := manet.ToIP(c.RemoteMultiaddr())
	if err != nil {
		return netip.Prefix{}, false // a DNS name: only what we dialled ourselves
	}
	addr, ok := netip.AddrFromSlice(ip)
	if !ok {
		return netip.Prefix{}, false
	}
	addr = addr.Unmap()
	if addr.IsLoopback() {
		return netip.Prefix{}, false
	}
	bits := prefixIPv6
	if addr.Is4() {
		bits = prefixIPv4
	}
	return netip.PrefixFrom(addr, bits).Masked(), true
}
