package p2p

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/client"
	ma "github.com/multiformats/go-multiaddr"
)

// RelayStatus is what is known about one configured relay.
type RelayStatus struct {
	// Relay is the relay with its configured addresses.
	Relay peer.AddrInfo

	// Reserved is true while the relay holds a reservation for this host.
	Reserved bool

	// Expires is when that reservation would end if it were not refreshed.
	Expires time.Time

	// LimitDuration and LimitBytes are what the relay allows one circuit;
	// 0 is unlimited.
	LimitDuration time.Duration
	LimitBytes    uint64

	// Err is why the last attempt failed; nil while Reserved.
	Err error
}

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

// update changes the state of a relay and announces new circuits.
func (k *keeper) update(st *relayState, change func()) {
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

// SetRelays replaces the list of relays while the host runs; the error is as
// Config.Validate's and then nothing has changed. Relays that stay keep their
// reservation. One that leaves is no longer advertised nor refreshed; circuits
// through it go on until they end by themselves.
func (h *Host) SetRelays(relays []peer.AddrInfo) error {
	if err := validateRelays(relays, h.ID()); err != nil {
		return err
	}
	h.relays.set(relays)
	h.announceCircuits()
	return nil
}

// Relays reports on every configured relay, in the order configured.
func (h *Host) Relays() []RelayStatus {
	k := h.relays
	k.mu.Lock()
	defer k.mu.Unlock()
	out := make([]RelayStatus, 0, len(k.order))
	for _, id := range k.order {
		st := k.relays[id].status
		st.Relay.Addrs = slices.Clone(st.Relay.Addrs)
		out = append(out, st)
	}
	return out
}

// WaitRelay returns nil as soon as at least one relay holds a reservation, or
// when no relay is configured; and the error of ctx, with the reason of the
// last failed attempt, when that ends first. Run must be running.
func (h *Host) WaitRelay(ctx context.Context) error {
	for {
		h.relays.mu.Lock()
		changed := h.relays.changed
		h.relays.mu.Unlock()
		all := h.Relays()
		var last error
		for _, r := range all {
			if r.Reserved {
				return nil
			}
			if r.Err != nil {
				last = r.Err
			}
		}
		if len(all) == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			if last != nil {
				return fmt.Errorf("waiting for a relay: %w (last attempt: %w)", ctx.Err(), last)
			}
			return fmt.Errorf("waiting for a relay: %w", ctx.Err())
		}
	}
}

// announceCircuits tells the host at once that its addresses may have changed;
// by itself it looks every few seconds.
func (h *Host) announceCircuits() {
	if err := h.addrs.Emit(event.EvtAutoRelayAddrsUpdated{RelayAddrs: h.relays.circuits()}); err != nil {
		h.log.Warn("announcing circuit addresses", "err", err)
	}
}

// Run keeps a reservation on every configured relay until ctx ends, and then
// returns nil when all its goroutines have ended. It may be called once at a
// time. It does not close the host.
func (h *Host) Run(ctx context.Context) error {
	note := &network.NotifyBundle{DisconnectedF: h.relays.disconnected}
	h.Network().Notify(note)
	defer h.Network().StopNotify(note)

	workers := make(map[*relayState]context.CancelFunc)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer func() {
		for _, cancel := range workers {
			cancel()
		}
	}()
	for {
		wanted := h.relays.states()
		for st, cancel := range workers {
			if !wanted[st] {
				cancel()
				delete(workers, st)
			}
		}
		for st := range wanted {
			if workers[st] == nil {
				workerCtx, cancel := context.WithCancel(ctx)
				workers[st] = cancel
				wg.Go(func() { h.keepRelay(workerCtx, st) })
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-h.relays.wake:
		}
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

// keepRelay reserves, waits until it is time to do so again, and starts over.
func (h *Host) keepRelay(ctx context.Context, st *relayState) {
	relay := st.status.Relay // Set once, before this goroutine.
	h.Protect(relay.ID, relayTag)
	defer h.Unprotect(relay.ID, relayTag)
	pause := retryMin
	for ctx.Err() == nil {
		// Forget losses from before this attempt: it notices them itself.
		select {
		case <-st.lost:
		default:
		}
		rsvp, err := h.reserve(ctx, relay)
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			h.log.Info("no reservation on relay", "relay", relay.ID, "retry", pause, "err", err)
			h.relays.update(st, func() { st.status = RelayStatus{Relay: relay, Err: err}; st.circuits = nil })
			sleep(ctx, jitter(pause))
			pause = min(2*pause, retryMax)
			continue
		}
		pause = retryMin
		h.relays.update(st, func() { st.reserved(relay, rsvp) })
		h.log.Debug("reservation on relay", "relay", relay.ID, "expires", rsvp.Expiration)
		h.awaitRefresh(ctx, st, rsvp)
	}
	h.relays.update(st, func() { st.status = RelayStatus{Relay: relay}; st.circuits = nil })
}

// awaitRefresh returns when a reservation should be made again: it gets old, or
// a connection with the relay ended. Relays drop the reservation of a peer that
// has disconnected, and of several connections each side may see another end
// first, so any end counts.
func (h *Host) awaitRefresh(ctx context.Context, st *relayState, rsvp *client.Reservation) {
	wait := min(time.Until(rsvp.Expiration)/2, refreshMax)
	timer := time.NewTimer(max(wait, refreshMin))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-st.lost:
	}
}

// reserve does one attempt. The relay is dialled directly, never through
// another relay, and whatever libp2p's own back-off says.
func (h *Host) reserve(ctx context.Context, relay peer.AddrInfo) (*client.Reservation, error) {
	ctx, cancel := context.WithTimeout(ctx, reserveTimeout)
	defer cancel()
	h.Learn(relay)
	if err := h.Connect(network.WithForceDirectDial(ctx, relayTag), relay); err != nil {
		return nil, fmt.Errorf("connecting to relay %s: %w", relay.ID, err)
	}
	rsvp, err := client.Reserve(ctx, h.Host, relay)
	if err != nil {
		return nil, fmt.Errorf("reserving on relay %s: %w", relay.ID, err)
	}
	return rsvp, nil
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

// jitter spreads a pause evenly over ±retryJitter/2 of it.
func jitter(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (1 + retryJitter*(rand.Float64()-0.5)))
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
