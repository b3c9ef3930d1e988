package p2p

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/peer"
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
