package apiserver

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
	"github.com/offset-p2p/offset/node/engine"
)

// peerIDStart is what the peer IDs of all Ed25519 keys begin with, so it tells
// none of them from another.
const peerIDStart = "12D3KooW"

// friends returns all friends, ordered by name.
func (s *Server) friends(ctx context.Context) ([]engine.FriendView, error) {
	views, err := s.backend.Friends(ctx)
	if err != nil {
		return nil, err
	}
	views = slices.Clone(views)
	slices.SortFunc(views, func(a, b engine.FriendView) int {
		return cmp.Or(cmp.Compare(a.Record.Name, b.Record.Name), slices.Compare(a.Record.Friend[:], b.Record.Friend[:]))
	})
	return views, nil
}

// friend finds the friend that a caller names.
func (s *Server) friend(ctx context.Context, ref string) (engine.FriendView, error) {
	views, err := s.friends(ctx)
	if err != nil {
		return engine.FriendView{}, err
	}
	return resolve(views, ref)
}

// resolve finds the friend whose name or peer ID is ref, or else the only one
// whose name or peer ID begins with it, or whose peer ID ends with it, as the
// short form in tables does.
func resolve(views []engine.FriendView, ref string) (engine.FriendView, error) {
	if ref == "" {
		return engine.FriendView{}, invalid(api.ReasonUnknownFriend, "no friend named: give a friend's name or peer ID")
	}
	var fits []engine.FriendView
	for _, v := range views {
		id := v.Record.Friend.String()
		if v.Record.Name == ref || id == ref {
			return v, nil
		}
		if strings.HasPrefix(v.Record.Name, ref) ||
			len(ref) >= len(peerIDStart)+prefixMin && strings.HasPrefix(id, ref) ||
			len(ref) >= prefixMin && strings.HasSuffix(id, ref) {
			fits = append(fits, v)
		}
	}
	switch len(fits) {
	case 1:
		return fits[0], nil
	case 0:
		return engine.FriendView{}, notFound(api.ReasonUnknownFriend,
			"no friend is called %.80q: see the list of friends for their names", ref)
	}
	names := make([]string, 0, namesShown)
	for _, v := range fits[:min(len(fits), namesShown)] {
		names = append(names, v.Record.Name)
	}
	return engine.FriendView{}, invalid(api.ReasonAmbiguous,
		"%.80q fits %d friends (%s): write more of the name", ref, len(fits), strings.Join(names, ", "))
}

// known says whether a currency can be used with any friend: exactly it, or
// only its name with other decimals, which is then returned.
func known(views []engine.FriendView, c ledger.Currency) (exact bool, other *ledger.Currency) {
	for _, v := range views {
		for _, have := range v.Currencies {
			if have.Currency == c {
				return true, nil
			}
			if have.Currency.Name == c.Name {
				other = &have.Currency
			}
		}
	}
	return false, other
}
