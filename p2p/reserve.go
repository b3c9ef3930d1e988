package p2p

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/client"
)

// Run keeps a reservation on every configured relay until ctx ends, and then
// returns nil when all its goroutines have ended. It may be called once at a
// time. It does not close the host.
func (h *Host) Run(ctx context.Context) error {
	note := &network.NotifyBundle{DisconnectedF: h.relays.disconnected}
	h.Network().Notify(note)
	defer h.Network().StopNotify(note)

	workers := make(map[*relayState]worker)
	defer func() {
		for _, w := range workers {
			w.cancel()
		}
		for _, w := range workers {
			<-w.done
		}
	}()
	for {
		wanted := h.relays.states()
		for st, w := range workers {
			if !wanted[st] {
				w.cancel()
				<-w.done // Before a successor for the same relay starts.
				delete(workers, st)
			}
		}
		for st := range wanted {
			if _, ok := workers[st]; !ok {
				workers[st] = h.startKeeping(ctx, st)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-h.relays.wake:
		}
	}
}

// worker is the goroutine that keeps one relay.
type worker struct {
	cancel context.CancelFunc
	done   chan struct{} // closed when it has ended
}

func (h *Host) startKeeping(ctx context.Context, st *relayState) worker {
	ctx, cancel := context.WithCancel(ctx)
	w := worker{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(w.done)
		h.keepRelay(ctx, st)
	}()
	return w
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
			h.relays.update(func() { st.status = RelayStatus{Relay: relay, Err: err}; st.circuits = nil })
			sleep(ctx, jitter(pause))
			pause = min(2*pause, retryMax)
			continue
		}
		pause = retryMin
		h.relays.update(func() { st.reserved(relay, rsvp) })
		h.log.Debug("reservation on relay", "relay", relay.ID, "expires", rsvp.Expiration)
		h.awaitRefresh(ctx, st, rsvp)
		if h.Network().Connectedness(relay.ID) == network.NotConnected {
			h.relays.update(func() { st.status = RelayStatus{Relay: relay, Err: errRelayLost}; st.circuits = nil })
		}
	}
	h.relays.update(func() { st.status = RelayStatus{Relay: relay}; st.circuits = nil })
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
	rsvp, err := client.Reserve(ctx, impatientHost{h.Host}, relay)
	if err != nil {
		return nil, fmt.Errorf("reserving on relay %s: %w", relay.ID, err)
	}
	return rsvp, nil
}

// impatientHost opens streams that end with the context they were opened with.
// client.Reserve waits for the answer of a relay for a minute whatever its
// context says.
type impatientHost struct{ host.Host }

// NewStream opens a stream that is reset when ctx ends, unless it has been
// closed by then.
func (h impatientHost) NewStream(ctx context.Context, to peer.ID, ids ...protocol.ID) (network.Stream, error) {
	s, err := h.Host.NewStream(ctx, to, ids...)
	if err != nil {
		return nil, err
	}
	return impatientStream{s, context.AfterFunc(ctx, func() { _ = s.Reset() })}, nil
}

type impatientStream struct {
	network.Stream
	stop func() bool
}

// Close closes the stream and forgets the context.
func (s impatientStream) Close() error {
	s.stop()
	return s.Stream.Close()
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
