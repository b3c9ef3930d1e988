package indexd

import (
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/offset-p2p/offset/ledger"
)

// Status is what an operator sees of a running server.
type Status struct {
	Peer     peer.ID           `json:"peer"`
	Addrs    []ma.Multiaddr    `json:"addrs"`
	Started  time.Time         `json:"started"`
	Clock    time.Time         `json:"clock"`
	Sessions int               `json:"sessions"`
	Trust    []TrustStatus     `json:"trust"`
	Pages    PagesStatus       `json:"pages"`
	Graph    []GraphStatus     `json:"graph"`
	Events   map[string]uint64 `json:"events"` // since the start, by event
}

// PagesStatus is the size of the set of pages; see pages.Stats.
type PagesStatus struct {
	Nodes      int `json:"nodes"`
	Pages      int `json:"pages"`
	Remembered int `json:"remembered"`
	Entries    int `json:"entries"`
	Currencies int `json:"currencies"`
}

// GraphStatus is the size of the graph of one currency; see graph.Stats.
type GraphStatus struct {
	Currency     ledger.Currency `json:"currency"`
	Nodes        int             `json:"nodes"`
	Declarations int             `json:"declarations"`
	Edges        int             `json:"edges"`
}

// TrustStatus is how things stand with another server: one that is listed
// here, or one that lists this server.
type TrustStatus struct {
	Peer peer.ID `json:"peer"`
	// State is ours, theirs, mutual or cut (gossip.TrustState).
	State     string `json:"state"`
	Connected bool   `json:"connected"`
	// ClockOffset is the peer's clock less ours and RTT the last round trip,
	// in milliseconds.
	ClockOffset int64 `json:"clock_offset_ms"`
	RTT         int64 `json:"rtt_ms"`
	// LastSync is the end of the last catch-up that went well, Synced how many
	// pages catch-up has brought.
	LastSync time.Time `json:"last_sync,omitzero"`
	Synced   uint64    `json:"synced"`
	// Error is what went wrong last; empty when the last try went well.
	Error string `json:"error,omitempty"`
}

// Status returns how the server stands now.
func (s *Server) Status() Status {
	out := Status{
		Peer:    s.host.ID(),
		Addrs:   s.host.Addrs(),
		Started: s.started,
		Clock:   s.cfg.Clock(),
		Trust:   []TrustStatus{},
		Pages:   PagesStatus(s.core.set.Stats()),
		Graph:   []GraphStatus{},
		Events:  s.tally.snapshot(),
	}
	for _, g := range s.core.graph.Stats() {
		out.Graph = append(out.Graph, GraphStatus(g))
	}
	for name, n := range s.federation.Counts() {
		out.Events["gossip_"+name] = n
	}
	s.mu.Lock()
	out.Sessions = len(s.sessions)
	s.mu.Unlock()
	for _, t := range s.federation.Trust().Peers() {
		line := TrustStatus{
			Peer:      t.Peer,
			State:     t.State.String(),
			Connected: s.host.Network().Connectedness(t.Peer) == network.Connected,
		}
		if m := s.member(t.Peer); m != nil {
			state := m.snapshot()
			line.ClockOffset, line.RTT = state.offset.Milliseconds(), state.rtt.Milliseconds()
			line.LastSync, line.Synced = state.lastSync, state.synced
			if state.err != nil {
				line.Error = state.err.Error()
			}
		}
		out.Trust = append(out.Trust, line)
	}
	return out
}
