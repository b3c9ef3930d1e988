package apiclient

import (
	"context"
	"time"

	"connectrpc.com/connect"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
)

// Info is who a node is.
type Info struct {
	Node        ledger.NodeID    `json:"node"`
	Version     string           `json:"version"`
	Tickets     []string         `json:"tickets"`       // how others reach it now
	Permissions []api.Permission `json:"permissions"`   // of the caller
	App         string           `json:"app,omitempty"` // the caller's peer ID; empty for the local user
}

// Friend is a friend as the node's user sees it.
type Friend struct {
	Node       ledger.NodeID    `json:"node"`
	Name       string           `json:"name"`
	Tickets    []string         `json:"tickets"`
	Enabled    bool             `json:"enabled"`
	Added      time.Time        `json:"added"`
	Link       Link             `json:"link"`
	Status     string           `json:"status"` // of the ledger, in words
	Epoch      uint64           `json:"epoch"`  // 0: not opened yet
	Currencies []FriendCurrency `json:"currencies"`
	// Disagreement is nil while both sides agree about the ledger.
	Disagreement *Disagreement `json:"disagreement,omitempty"`
	// Fault is nil unless the friend signed something against the rules.
	Fault *Fault `json:"fault,omitempty"`
	// Quota is how much of what another friendship can carry short requests from
	// the friend may freeze in it, in percent.
	Quota int `json:"quota"`
}

// Currency returns the friendship's state in a currency; false when neither
// side has offered it.
func (f Friend) Currency(c ledger.Currency) (FriendCurrency, bool) {
	for _, fc := range f.Currencies {
		if fc.Currency == c {
			return fc, true
		}
	}
	return FriendCurrency{}, false
}

// Link is the connection with a friend.
type Link struct {
	Connected bool   `json:"connected"` // a stream is open
	Ready     bool   `json:"ready"`     // requests can be sent
	Relayed   bool   `json:"relayed"`   // through a relay
	Address   string `json:"address,omitempty"`
}

// FriendCurrency is one currency of a friendship. Amounts are in smallest
// units.
type FriendCurrency struct {
	Currency  ledger.Currency `json:"currency"`
	Active    bool            `json:"active"`  // both sides have offered it
	Open      bool            `json:"open"`    // this node's user lets new requests through
	Limit     ledger.Amount   `json:"limit"`   // the most the friend may owe me
	Granted   ledger.Amount   `json:"granted"` // the most I may owe the friend
	Balance   ledger.Balance  `json:"balance"` // positive: the friend owes me
	FrozenOut ledger.Amount   `json:"frozen_out"`
	FrozenIn  ledger.Amount   `json:"frozen_in"`
	Rate      ledger.Rate     `json:"rate"` // what I charge on requests from the friend
}

// Info asks who the node is.
func (c *Client) Info(ctx context.Context) (Info, error) {
	res, err := c.rpc.Info(ctx, connect.NewRequest(&appv1.InfoRequest{}))
	if err != nil {
		return Info{}, c.fail(err)
	}
	var d decoder
	info := Info{
		Node: d.node(res.Msg.GetNodeId()), Version: res.Msg.GetVersion(),
		Tickets: list(res.Msg.GetTickets()), App: res.Msg.GetAppId(),
	}
	for _, p := range res.Msg.GetPermissions() {
		info.Permissions = append(info.Permissions, api.Permission(p))
	}
	return info, d.err
}

// Friends lists all friends, ordered by name.
func (c *Client) Friends(ctx context.Context) ([]Friend, error) {
	res, err := c.rpc.ListFriends(ctx, connect.NewRequest(&appv1.ListFriendsRequest{}))
	if err != nil {
		return nil, c.fail(err)
	}
	return convert(res.Msg.GetFriends(), (*decoder).friend)
}

// Friend shows one friend. In all calls, friend is a peer ID, the name its user
// gave it, or a beginning of either that fits no other friend.
func (c *Client) Friend(ctx context.Context, friend string) (Friend, error) {
	res, err := c.rpc.GetFriend(ctx, connect.NewRequest(&appv1.GetFriendRequest{Friend: friend}))
	if err != nil {
		return Friend{}, c.fail(err)
	}
	return one(res.Msg.GetFriend(), (*decoder).friend)
}

// Statement exports a statement of the balances with a friend that both have
// signed, "offset:b1…": package friendship verifies it. It is refused with
// Precondition while there is nothing that both have signed.
func (c *Client) Statement(ctx context.Context, friend string) (string, error) {
	res, err := c.rpc.GetStatement(ctx, connect.NewRequest(&appv1.GetStatementRequest{Friend: friend}))
	if err != nil {
		return "", c.fail(err)
	}
	return res.Msg.GetText(), nil
}

// AddFriend adds a friend by its tickets and returns its name in the network.
func (c *Client) AddFriend(ctx context.Context, name string, tickets ...string) (ledger.NodeID, error) {
	res, err := c.rpc.AddFriend(ctx, connect.NewRequest(&appv1.AddFriendRequest{Name: name, Tickets: tickets}))
	if err != nil {
		return ledger.NodeID{}, c.fail(err)
	}
	return one(res.Msg.GetNodeId(), (*decoder).node)
}

// RenameFriend gives a friend another name.
func (c *Client) RenameFriend(ctx context.Context, friend, name string) error {
	return c.edit(ctx, &appv1.EditFriendRequest{Friend: friend, Name: &name})
}

// EnableFriend lets new requests through to and from a friend, or stops them.
func (c *Client) EnableFriend(ctx context.Context, friend string, enabled bool) error {
	return c.edit(ctx, &appv1.EditFriendRequest{Friend: friend, Enabled: &enabled})
}

// SetFriendTickets replaces the tickets of a friend; at least one.
func (c *Client) SetFriendTickets(ctx context.Context, friend string, tickets ...string) error {
	return c.edit(ctx, &appv1.EditFriendRequest{Friend: friend, Tickets: tickets})
}

func (c *Client) edit(ctx context.Context, req *appv1.EditFriendRequest) error {
	_, err := c.rpc.EditFriend(ctx, connect.NewRequest(req))
	return c.fail(err)
}

// RemoveFriend forgets a friend and the ledger with it. While there is
// something to lose it is refused with Precondition, unless mayLose is set.
func (c *Client) RemoveFriend(ctx context.Context, friend string, mayLose bool) error {
	_, err := c.rpc.RemoveFriend(ctx, connect.NewRequest(&appv1.RemoveFriendRequest{Friend: friend, MayLose: mayLose}))
	return c.fail(err)
}

// SetCredit offers a currency to a friend and says how much it may owe.
func (c *Client) SetCredit(ctx context.Context, friend string, currency ledger.Currency, limit ledger.Amount) error {
	_, err := c.rpc.SetCredit(ctx, connect.NewRequest(&appv1.SetCreditRequest{
		Friend: friend, Currency: currencyPB(currency), Limit: limit.String(),
	}))
	return c.fail(err)
}

// SetRate says what this node charges on requests that come from a friend.
func (c *Client) SetRate(ctx context.Context, friend string, currency ledger.Currency, rate ledger.Rate) error {
	_, err := c.rpc.SetRate(ctx, connect.NewRequest(&appv1.SetRateRequest{
		Friend: friend, Currency: currencyPB(currency), Rate: ratePB(rate),
	}))
	return c.fail(err)
}

// SetOpen opens or closes a currency with a friend for new requests.
func (c *Client) SetOpen(ctx context.Context, friend string, currency ledger.Currency, open bool) error {
	_, err := c.rpc.SetOpen(ctx, connect.NewRequest(&appv1.SetOpenRequest{
		Friend: friend, Currency: currencyPB(currency), Open: open,
	}))
	return c.fail(err)
}

// SetQuota says how much of what any other friendship can carry the short
// requests from a friend may freeze in it, in percent; 0 is the default.
func (c *Client) SetQuota(ctx context.Context, friend string, percent int) error {
	_, err := c.rpc.SetQuota(ctx, connect.NewRequest(&appv1.SetQuotaRequest{Friend: friend, Percent: pageSize(percent)}))
	return c.fail(err)
}
