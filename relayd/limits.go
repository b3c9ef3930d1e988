package relayd

import (
	"time"

	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
)

const (
	// reservationsMax is how many nodes a relay takes. Each is an idle
	// connection of 50 to 80 KiB.
	reservationsMax = 4096

	// reservationsPerIPMax is how many of them may share an address: a
	// carrier NAT hides many users behind one.
	reservationsPerIPMax = 256

	// reservationsPerASNMax is how many may share an IPv6 network operator.
	reservationsPerASNMax = 2048

	// reservationTTL is how long a reservation lasts. Nodes renew it in
	// time, and it ends with the connection anyway.
	reservationTTL = time.Hour

	// circuitsPerPeerMax bounds the circuits of one peer, counted at both
	// ends: about the friends of a well-known node.
	circuitsPerPeerMax = 1024

	// bufferBytes is the buffer of each direction of a circuit; libp2p's
	// default of 2 KiB halves the throughput.
	bufferBytes = 64 << 10

	// httpHeaderTimeout bounds how long the metrics endpoint waits for the
	// header of a request.
	httpHeaderTimeout = 5 * time.Second

	// httpShutdownTimeout bounds how long a running scrape may delay the end.
	httpShutdownTimeout = 2 * time.Second
)

// DefaultResources are the relay's limits on reservations and circuits.
// Circuits have no limit of time or data: a friend link stays.
func DefaultResources() relay.Resources {
	res := relay.DefaultResources() // Fields that later versions add.
	res.Limit = nil
	res.ReservationTTL = reservationTTL
	res.MaxReservations = reservationsMax
	res.MaxCircuits = circuitsPerPeerMax
	res.BufferSize = bufferBytes
	res.MaxReservationsPerIP = reservationsPerIPMax
	res.MaxReservationsPerASN = reservationsPerASNMax
	return res
}
