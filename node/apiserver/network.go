package apiserver

import (
	"context"
	"slices"

	"connectrpc.com/connect"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/offset-p2p/offset/node/api"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
	"github.com/offset-p2p/offset/node/engine"
)

// serverList is one of the two lists of servers in the settings: the one of
// relays and the one of index servers are changed in the same ways.
type serverList struct {
	what    string // for people
	unknown string // reason
	most    int
	of      func(engine.Settings) []string
	set     func([]string) engine.Action
}

var relayList = serverList{
	what: "relay", unknown: api.ReasonUnknownRelay, most: relaysMax,
	of:  func(s engine.Settings) []string { return s.Relays },
	set: func(t []string) engine.Action { return engine.SetRelays{Tickets: t} },
}

var indexList = serverList{
	what: "index server", unknown: api.ReasonUnknownServer, most: indexServersMax,
	of:  func(s engine.Settings) []string { return s.IndexServers },
	set: func(t []string) engine.Action { return engine.SetIndexServers{Tickets: t} },
}

// configured returns a list as it is set now.
func (s *service) configured(ctx context.Context, l serverList) ([]peer.AddrInfo, error) {
	cfg, err := s.backend.Config(ctx)
	if err != nil {
		return nil, err
	}
	tickets := l.of(cfg.Settings)
	if len(tickets) == 0 {
		return nil, nil
	}
	return s.parsePeers(tickets)
}

// change replaces a list by what edit makes of it.
func (s *service) change(ctx context.Context, l serverList, edit func([]peer.AddrInfo) ([]peer.AddrInfo, error)) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	have, err := s.configured(ctx, l)
	if err != nil {
		return err
	}
	next, err := edit(have)
	if err != nil {
		return err
	}
	if len(next) > l.most {
		return refuse(connect.CodeResourceExhausted, api.ReasonTooManyServers,
			"%d %ss, at most %d are kept: remove some first", len(next), l.what, l.most)
	}
	if _, err := s.backend.Do(ctx, l.set(format(next))); err != nil {
		return err
	}
	s.NetworkChanged()
	return nil
}

// add adds servers to a list.
func (s *service) add(ctx context.Context, l serverList, tickets []string) error {
	more, err := s.parseServers(l.what, tickets)
	if err != nil {
		return err
	}
	if len(more) == 0 {
		return invalid(api.ReasonTicket, "no %s given: write its ticket", l.what)
	}
	return s.change(ctx, l, func(have []peer.AddrInfo) ([]peer.AddrInfo, error) { return merge(have, more), nil })
}

// replace sets a whole list.
func (s *service) replace(ctx context.Context, l serverList, tickets []string) error {
	next, err := s.parseServers(l.what, tickets)
	if err != nil {
		return err
	}
	return s.change(ctx, l, func([]peer.AddrInfo) ([]peer.AddrInfo, error) { return next, nil })
}

// remove takes the server that ref names, by peer ID or ticket, from a list.
func (s *service) remove(ctx context.Context, l serverList, ref string) error {
	id, err := peer.Decode(ref)
	if err != nil {
		peers, err := s.parsePeers([]string{ref})
		if err != nil || len(peers) != 1 {
			return invalid(api.ReasonTicket, "%.80q is neither the peer ID nor the ticket of a %s", ref, l.what)
		}
		id = peers[0].ID
	}
	return s.change(ctx, l, func(have []peer.AddrInfo) ([]peer.AddrInfo, error) {
		at := indexOf(have, id)
		if at < 0 {
			return nil, notFound(l.unknown, "%s is no %s of this node: see the list", id, l.what)
		}
		return slices.Delete(slices.Clone(have), at, at+1), nil
	})
}

// relays returns the configured relays with their state.
func (s *service) relays(ctx context.Context) ([]*appv1.Relay, error) {
	peers, err := s.configured(ctx, relayList)
	if err != nil {
		return nil, err
	}
	states := make(map[string]RelayStatus)
	for _, st := range s.backend.Relays() {
		states[st.Relay] = st
	}
	var out []*appv1.Relay
	for _, p := range peers {
		st := states[p.ID.String()]
		out = append(out, &appv1.Relay{
			PeerId: p.ID.String(), Tickets: format([]peer.AddrInfo{p}),
			Reserved: st.Reserved, Expires: timePB(st.Expires), Error: st.Error,
		})
	}
	return out, nil
}

// indexServers returns the configured index servers with their state.
func (s *service) indexServers(ctx context.Context) ([]*appv1.IndexServer, error) {
	peers, err := s.configured(ctx, indexList)
	if err != nil {
		return nil, err
	}
	states := make(map[string]IndexStatus)
	for _, st := range s.backend.IndexServers() {
		states[st.Server] = st
	}
	var out []*appv1.IndexServer
	for _, p := range peers {
		st := states[p.ID.String()]
		out = append(out, &appv1.IndexServer{
			PeerId: p.ID.String(), Tickets: format([]peer.AddrInfo{p}), Connected: st.Connected, Error: st.Error,
		})
	}
	return out, nil
}

// network returns both lists.
func (s *service) network(ctx context.Context) (*appv1.Network, error) {
	relays, err := s.relays(ctx)
	if err != nil {
		return nil, err
	}
	servers, err := s.indexServers(ctx)
	if err != nil {
		return nil, err
	}
	return &appv1.Network{Relays: relays, IndexServers: servers}, nil
}
