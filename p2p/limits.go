package p2p

import "time"

const (
	// RelaysMax bounds the relays a host keeps reservations on. Two or three
	// make a node reachable; each costs a connection.
	RelaysMax = 16

	// circuitAddrsPerRelayMax bounds the addresses advertised for one relay:
	// both IP families and three transports make 6.
	circuitAddrsPerRelayMax = 8

	// listenAddrsMax bounds the listening and announced addresses.
	listenAddrsMax = 32

	// reserveTimeout bounds one attempt to connect to a relay and reserve.
	reserveTimeout = 15 * time.Second

	// retryMin and retryMax bound the pause before a relay is tried again; it
	// doubles after each failure and is jittered by up to retryJitter of it,
	// so that the nodes of a relay that restarts do not all come at once.
	retryMin    = 1 * time.Second
	retryMax    = 1 * time.Minute
	retryJitter = 0.5

	// refreshMax is the longest time between two reservations on a relay.
	// Half the remaining time is used when that is less (relays grant an
	// hour). A refresh is one small message; it finds out early that a relay
	// forgot us.
	refreshMax = 10 * time.Minute

	// refreshMin keeps a relay that grants absurdly short reservations from
	// being asked in a loop.
	refreshMin = 1 * time.Second

	// connGrace is how long a new connection is safe from being trimmed.
	connGrace = 30 * time.Second

	// rateGrace is how long the rate limiter remembers a quiet subnet.
	rateGrace = time.Minute
)

// relayTag protects relays that hold our reservation from being trimmed.
const relayTag = "offset-relay"

// Limits bound what the peers of a host may cost it. They are applied by
// libp2p's resource manager and connection manager. Start from NodeLimits,
// RelayLimits or IndexLimits. All numbers must be over 0.
type Limits struct {
	// ConnsLow and ConnsHigh are the connection manager's marks: over
	// ConnsHigh, connections that nobody protected are closed until
	// ConnsLow are left.
	ConnsLow, ConnsHigh int

	// Conns bounds all connections; over ConnsHigh, as trimming takes time.
	Conns int

	// ConnsPerPeer bounds the connections with one peer.
	ConnsPerPeer int

	// ConnsPerIP bounds the connections with one IPv4 address or IPv6 /56.
	// Users behind one carrier NAT share an address, and all circuits of a
	// relay count as the relay's. Loopback is exempt.
	ConnsPerIP int

	// ConnRatePerIP and ConnBurstPerIP bound new connections of such an
	// address: per second, and at once. Loopback is exempt.
	ConnRatePerIP  float64
	ConnBurstPerIP int

	// Streams bounds all streams.
	Streams int

	// StreamsPerPeer bounds the streams with one peer. Each circuit through
	// a relay is a stream with that relay.
	StreamsPerPeer int

	// StreamsPerProtocol bounds the streams of one protocol.
	StreamsPerProtocol int

	// StreamsPerProtocolPeer bounds the streams of one protocol with one
	// peer, circuits excepted.
	StreamsPerProtocolPeer int

	// MemoryBytes bounds the memory that libp2p accounts to streams and
	// connections (their buffers, and what handlers reserve).
	MemoryBytes int64
}

// NodeLimits are for a node with some hundred friends, who may all come through
// one relay.
func NodeLimits() Limits {
	return Limits{
		ConnsLow: 256, ConnsHigh: 384, Conns: 1024, ConnsPerPeer: 16,
		ConnsPerIP: 1024, ConnRatePerIP: 20, ConnBurstPerIP: 256,
		Streams: 8192, StreamsPerPeer: 1024, StreamsPerProtocol: 2048, StreamsPerProtocolPeer: 64,
		MemoryBytes: 256 << 20,
	}
}

// IndexLimits are for an index server with thousands of sessions, many of them
// behind shared addresses and relays.
func IndexLimits() Limits {
	return Limits{
		ConnsLow: 6144, ConnsHigh: 7168, Conns: 8192, ConnsPerPeer: 16,
		ConnsPerIP: 4096, ConnRatePerIP: 50, ConnBurstPerIP: 1024,
		Streams: 65536, StreamsPerPeer: 4096, StreamsPerProtocol: 32768, StreamsPerProtocolPeer: 256,
		MemoryBytes: 1 << 30,
	}
}

// RelayLimits are for a relay with thousands of reservations and circuits.
func RelayLimits() Limits {
	return Limits{
		ConnsLow: 6144, ConnsHigh: 7168, Conns: 8192, ConnsPerPeer: 16,
		ConnsPerIP: 512, ConnRatePerIP: 20, ConnBurstPerIP: 256,
		Streams: 65536, StreamsPerPeer: 4096, StreamsPerProtocol: 32768, StreamsPerProtocolPeer: 256,
		MemoryBytes: 1 << 30,
	}
}
