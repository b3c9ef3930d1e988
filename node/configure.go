package node

import (
	"slices"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/offset-p2p/offset/node/engine"
	"github.com/offset-p2p/offset/node/link"
	"github.com/offset-p2p/offset/p2p/address"
)

// setting is one list of the settings as a part of the node took it over last.
type setting[T any] struct {
	have  []T
	taken bool // have is what the part works with
}

// change applies next unless the part works with it already, and reports
// whether it did. What is refused is tried again at the next change. Next must
// not change any more.
func (s *setting[T]) change(next []T, equal func(a, b T) bool, apply func([]T) error) (changed bool, err error) {
	if s.taken && slices.EqualFunc(s.have, next, equal) {
		return false, nil
	}
	err = apply(next)
	s.have, s.taken = next, err == nil
	return true, err
}

// settings are those of the node that other parts than the engine work with.
// They belong to the engine's goroutine.
type settings struct {
	friends         setting[link.Friend]
	relays, servers setting[string]
	apps            setting[engine.AppRecord]
}

func sameFriend(a, b link.Friend) bool {
	return a.ID == b.ID && slices.Equal(a.Addresses, b.Addresses)
}

func sameText(a, b string) bool { return a == b }

func sameApp(a, b engine.AppRecord) bool {
	return a.Key == b.Key && a.Name == b.Name && slices.Equal(a.Permissions, b.Permissions)
}

// configure implements outlet. It runs after each change of any setting, with
// the engine waiting, so what is as it was is left alone.
func (n *node) configure(c engine.Config) {
	friends := make([]link.Friend, len(c.Friends))
	for i, f := range c.Friends {
		friends[i] = link.Friend{ID: f.Friend, Addresses: f.Addresses}
	}
	if _, err := n.settings.friends.change(friends, sameFriend, n.links.SetFriends); err != nil {
		n.log.Error("friends not taken over by the links", "err", err)
	}
	relays, err := n.settings.relays.change(c.Settings.Relays, sameText, func(tickets []string) error {
		return n.host.SetRelays(n.peers(tickets))
	})
	if err != nil {
		n.log.Error("relays not taken over by the host", "err", err)
	}
	servers, err := n.settings.servers.change(c.Settings.IndexServers, sameText, func(tickets []string) error {
		return n.market.SetServers(n.peers(tickets))
	})
	if err != nil {
		n.log.Error("index servers not taken over by the market", "err", err)
	}
	_, _ = n.settings.apps.change(c.Apps, sameApp, func(apps []engine.AppRecord) error {
		n.apps.SetApps(apps)
		return nil
	})
	if relays || servers {
		n.apps.NetworkChanged()
	}
}

// peers reads tickets, those of one peer together. Tickets were checked when
// their user gave them: one that is not readable any more is left out.
func (n *node) peers(tickets []string) []peer.AddrInfo {
	var out []peer.AddrInfo
	at := make(map[peer.ID]int)
	for _, t := range tickets {
		list, err := address.Parse(t)
		if err != nil {
			n.log.Error("stored ticket is not readable", "err", err)
			continue
		}
		for _, p := range list {
			if i, ok := at[p.ID]; ok {
				out[i].Addrs = append(out[i].Addrs, p.Addrs...)
				continue
			}
			at[p.ID] = len(out)
			out = append(out, p)
		}
	}
	return out
}
