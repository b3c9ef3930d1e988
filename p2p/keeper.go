package p2p

import (
	"errors"
	"slices"
	"sync"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/client"
	ma "github.com/multiformats/go-multiaddr"
)

// errRelayLost is the state of a relay between the end of the connection and the
// outcome of the next attempt.
var errRelayLost = errors.New("the connection with the relay ended")

// keeper holds the list of relays and their state. The work is done by
// Host.Run and its goroutines.
type keeper struct {
	h *Host

	mu      sync.Mutex // guards all below
	order   []peer.ID  // as configured
	relays  map[peer.ID]*relayState
	changed chan struct{} // closed and replaced at every change of state
	wake    chan struct{} // capacity 1: the list has changed
}

// relayState is one configured relay.
type relayState struct {
	status RelayStatus
	// circuits are the addresses to advertise while reserved.
	circuits []ma.Multiaddr
	// lost hears that a connection with the relay ended; capacity 1.
	lost chan struct{}
}

func newKeeper(h *Host, relays []peer.AddrInfo) *keeper {
	k := &keeper{
		h:       h,
		relays:  make(map[peer.ID]*relayState),
		changed: make(chan struct{}),
		wake:    make(chan struct{}, 1),
	}
	k.set(relays)
	return k
}

// set replaces the list. A relay whose addresses are unchanged keeps its state.
func (k *keeper) set(relays []peer.AddrInfo) {
	k.mu.Lock()
	defer k.mu.Unlock()
	next := make(map[peer.ID]*relayState, len(relays))
	k.order = k.order[:0]
	for _, r := range relays {
		k.order = append(k.order, r.ID)
		if old, ok := k.relays[r.ID]; ok && slices.EqualFunc(old.status.Relay.Addrs, r.Addrs, ma.Multiaddr.Equal) {
			next[r.ID] = old
			continue
		}
		r.Addrs = slices.Clone(r.Addrs)
		next[r.ID] = &relayState{status: RelayStatus{Relay: r}, lost: make(chan struct{}, 1)}
	}
	k.relays = next
	k.signal()
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// signal tells waiters that something changed; mu is held.
func (k *keeper) signal() {
	close(k.changed)
	k.changed = make(chan struct{})
}

// update changes the states of relays and announces new circuits.
func (k *keeper) update(change func()) {
	k.mu.Lock()
	change()
	k.signal()
	k.mu.Unlock()
	k.h.announceCircuits()
}

// circuits are the addresses under which relays accept connections for us.
func (k *keeper) circuits() []ma.Multiaddr {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []ma.Multiaddr
	for _, id := range k.order {
		if st := k.relays[id]; st.status.Reserved {
			out = append(out, st.circuits...)
		}
	}
	return out
}

// disconnected is told of every connection that ends.
func (k *keeper) disconnected(_ network.Network, c network.Conn) {
	k.mu.Lock()
	st := k.relays[c.RemotePeer()]
	k.mu.Unlock()
	if st == nil || Relayed(c) {
		return
	}
	select {
	case st.lost <- struct{}{}:
	default:
	}
}

func (k *keeper) states() map[*relayState]bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := make(map[*relayState]bool, len(k.relays))
	for _, st := range k.relays {
		out[st] = true
	}
	return out
}

// reserved notes a reservation; the keeper's mu is held.
func (st *relayState) reserved(relay peer.AddrInfo, rsvp *client.Reservation) {
	st.status = RelayStatus{
		Relay: relay, Reserved: true, Expires: rsvp.Expiration,
		LimitDuration: rsvp.LimitDuration, LimitBytes: rsvp.LimitData,
	}
	st.circuits = circuitAddrs(relay, rsvp.Addrs)
}

// circuitAddrs are the addresses of us on a relay: through the addresses its
// ticket names, whatever network they are in, and then those it vouches for.
func circuitAddrs(relay peer.AddrInfo, vouched []ma.Multiaddr) []ma.Multiaddr {
	tail := ma.StringCast("/p2p/" + relay.ID.String() + "/p2p-circuit")
	var out []ma.Multiaddr
	for _, a := range slices.Concat(relay.Addrs, vouched) {
		where, _ := peer.SplitAddr(a)
		if where == nil || isCircuit(where) {
			continue
		}
		full := where.Encapsulate(tail)
		if !ma.Contains(out, full) && len(out) < circuitAddrsPerRelayMax {
			out = append(out, full)
		}
	}
	return out
}
