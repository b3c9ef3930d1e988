package apiserver

import (
	"strings"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
)

// parsePeers reads the peers named by tickets, in order.
func (s *Server) parsePeers(tickets []string) ([]peer.AddrInfo, error) {
	peers, err := s.parseTickets(strings.Join(tickets, "\n"))
	if err != nil {
		return nil, invalid(api.ReasonTicket, "%v", err)
	}
	return peers, nil
}

// parseServers reads relays or index servers: each must say where to dial.
func (s *Server) parseServers(what string, tickets []string) ([]peer.AddrInfo, error) {
	if len(tickets) == 0 {
		return nil, nil
	}
	peers, err := s.parsePeers(tickets)
	if err != nil {
		return nil, err
	}
	for _, p := range peers {
		if len(p.Addrs) == 0 {
			return nil, invalid(api.ReasonTicket,
				"ticket of %s %s has no address: write its whole multiaddr, such as /dns4/example.org/udp/4001/quic-v1/p2p/%s", what, p.ID, p.ID)
		}
		if p.ID.String() == s.backend.Self().Node.String() {
			return nil, invalid(api.ReasonSelf, "%s %s is this node itself: name another one", what, p.ID)
		}
	}
	return peers, nil
}

// parseFriend reads the tickets of one friend. A friend without addresses is
// allowed: the other side may be the one that dials.
func (s *Server) parseFriend(tickets []string) (ledger.NodeID, []string, error) {
	peers, err := s.parsePeers(tickets)
	if err != nil {
		return ledger.NodeID{}, nil, err
	}
	if len(peers) != 1 {
		return ledger.NodeID{}, nil, invalid(api.ReasonTicket,
			"the tickets name %d peers: give those of one friend", len(peers))
	}
	id, err := ledger.ParseNodeID(peers[0].ID.String())
	if err != nil {
		return ledger.NodeID{}, nil, invalid(api.ReasonTicket, "ticket names a peer without an Ed25519 key: %v", err)
	}
	return id, format(peers), nil
}

// format renders peers as tickets, one for each address.
func format(peers []peer.AddrInfo) []string {
	var out []string
	for _, p := range peers {
		self := ma.StringCast("/p2p/" + p.ID.String())
		if len(p.Addrs) == 0 {
			out = append(out, self.String())
		}
		for _, a := range p.Addrs {
			out = append(out, a.Encapsulate(self).String())
		}
	}
	return out
}

// merge adds peers to a list: new ones at the end, new addresses to the peers
// that are there.
func merge(have, more []peer.AddrInfo) []peer.AddrInfo {
	out := append([]peer.AddrInfo(nil), have...)
	for _, m := range more {
		at := indexOf(out, m.ID)
		if at < 0 {
			out = append(out, m)
			continue
		}
		addrs := append([]ma.Multiaddr(nil), out[at].Addrs...)
		for _, a := range m.Addrs {
			if !ma.Contains(addrs, a) {
				addrs = append(addrs, a)
			}
		}
		out[at].Addrs = addrs
	}
	return out
}

func indexOf(peers []peer.AddrInfo, id peer.ID) int {
	for i, p := range peers {
		if p.ID == id {
			return i
		}
	}
	return -1
}
