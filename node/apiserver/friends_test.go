package apiserver_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
	"github.com/offset-p2p/offset/node/apiclient"
	"github.com/offset-p2p/offset/node/engine"
)

func TestFriends(t *testing.T) {
	f, ctx := newFake(t), t.Context()
	c := f.local(t)
	id, err := c.AddFriend(ctx, "bob", ticket(2), "/ip4/192.0.2.2/tcp/4001/p2p/"+node(2).String())
	must(t, err)
	if id != node(2) {
		t.Errorf("bob is %v, want %v", id, node(2))
	}
	_, err = c.AddFriend(ctx, "alice", "/p2p/"+node(3).String()) // She dials.
	must(t, err)
	friends, err := c.Friends(ctx)
	must(t, err)
	if len(friends) != 2 || friends[0].Name != "alice" || friends[1].Name != "bob" {
		t.Fatalf("friends are %+v, want alice and bob", friends)
	}
	bob := friends[1]
	if !bob.Enabled || len(bob.Tickets) != 2 || !bob.Added.Equal(now) || bob.Currencies == nil {
		t.Errorf("bob is %+v", bob)
	}

	must(t, c.RenameFriend(ctx, "bob", "robert"))
	must(t, c.EnableFriend(ctx, "robert", false))
	must(t, c.SetFriendTickets(ctx, "robert", ticket(2)))
	robert, err := c.Friend(ctx, node(2).String())
	must(t, err)
	if robert.Name != "robert" || robert.Enabled || len(robert.Tickets) != 1 {
		t.Errorf("robert is %+v", robert)
	}
	must(t, c.RemoveFriend(ctx, "robert", false))
	_, err = c.Friend(ctx, "robert")
	wantError(t, err, apiclient.NotFound, api.ReasonUnknownFriend)
}

func TestGetStatement(t *testing.T) {
	f, ctx := newFake(t), t.Context()
	c := f.local(t)
	for seed, name := range map[byte]string{2: "bob", 3: "alice"} {
		_, err := c.AddFriend(ctx, name, ticket(seed))
		must(t, err)
	}
	text, err := c.Statement(ctx, "bob")
	must(t, err)
	if text != "offset:b1bob" {
		t.Errorf("statement is %q", text)
	}
	_, err = c.Statement(ctx, "alice")
	wantError(t, err, apiclient.Precondition, api.ReasonNoStatement)
	_, err = c.Statement(ctx, "carol")
	wantError(t, err, apiclient.NotFound, api.ReasonUnknownFriend)
}

func TestBadFriends(t *testing.T) {
	f, ctx := newFake(t), t.Context()
	c := f.local(t)
	_, err := c.AddFriend(ctx, "bob", ticket(2))
	must(t, err)
	before := f.engine.Friends()
	rsa := "/ip4/192.0.2.1/tcp/1/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N"
	for _, tc := range []struct {
		name    string
		tickets []string
		code    apiclient.Code
		reason  string
	}{
		{"new", nil, apiclient.Invalid, api.ReasonTicket},
		{"new", []string{"nonsense"}, apiclient.Invalid, api.ReasonTicket},
		{"new", []string{"/ip4/192.0.2.1/tcp/1"}, apiclient.Invalid, api.ReasonTicket},
		{"new", []string{"/ip4/999.0.2.1/tcp/1/p2p/" + node(3).String()}, apiclient.Invalid, api.ReasonTicket},
		{"new", []string{ticket(3), ticket(4)}, apiclient.Invalid, api.ReasonTicket},
		{"new", []string{rsa}, apiclient.Invalid, api.ReasonTicket},
		{"new", []string{ticket(1)}, apiclient.Invalid, "friend_is_self"},
		{"new", []string{ticket(2)}, apiclient.Exists, "friend_exists"},
		{"bob", []string{ticket(3)}, apiclient.Exists, "name_taken"},
		{"", []string{ticket(3)}, apiclient.Invalid, "name_empty"},
		{strings.Repeat("x", 65), []string{ticket(3)}, apiclient.Invalid, "name_too_long"},
		{" bob", []string{ticket(3)}, apiclient.Invalid, api.ReasonName},
		{"b\x1bob", []string{ticket(3)}, apiclient.Invalid, api.ReasonName},
		{"b\u202eob", []string{ticket(3)}, apiclient.Invalid, api.ReasonName},
		{node(2).String(), []string{ticket(3)}, apiclient.Invalid, api.ReasonName},
	} {
		_, err := c.AddFriend(ctx, tc.name, tc.tickets...)
		wantError(t, err, tc.code, tc.reason)
	}
	wantError(t, c.RenameFriend(ctx, "bob", "bob "), apiclient.Invalid, api.ReasonName)
	wantError(t, c.SetFriendTickets(ctx, "bob"), apiclient.Invalid, api.ReasonNothingToChange)
	wantError(t, c.SetFriendTickets(ctx, "bob", ticket(3)), apiclient.Invalid, api.ReasonTicket)
	wantError(t, c.RemoveFriend(ctx, "carol", true), apiclient.NotFound, api.ReasonUnknownFriend)
	if diff := cmp.Diff(before, f.engine.Friends(), cmp.AllowUnexported(ledger.Amount{}, ledger.Balance{})); diff != "" {
		t.Errorf("refused calls changed the friends:\n%s", diff)
	}
}

// A friend is named by name, peer ID, a beginning of either, or the end that
// tables show.
func TestNamingFriends(t *testing.T) {
	f, ctx := newFake(t), t.Context()
	c := f.local(t)
	for seed, name := range map[byte]string{2: "bob", 3: "bobby", 4: "carol"} {
		_, err := c.AddFriend(ctx, name, ticket(seed))
		must(t, err)
	}
	id := node(4).String()
	for ref, want := range map[string]string{
		"bob": "bob", "bobb": "bobby", "c": "carol", id: "carol", id[:14]: "carol", node(4).Short(): "carol",
	} {
		got, err := c.Friend(ctx, ref)
		must(t, err)
		if got.Name != want {
			t.Errorf("%q is %s, want %s", ref, got.Name, want)
		}
	}
	for ref, want := range map[string]apiclient.Code{
		"bo": apiclient.Invalid, "": apiclient.Invalid, "12D3KooW": apiclient.NotFound, id[:9]: apiclient.NotFound,
		id[len(id)-3:]: apiclient.NotFound, "dave": apiclient.NotFound, "Bob": apiclient.NotFound,
	} {
		_, err := c.Friend(ctx, ref)
		reason := api.ReasonUnknownFriend
		if ref == "bo" {
			reason = api.ReasonAmbiguous
		}
		wantError(t, err, want, reason)
	}
}

func TestCredit(t *testing.T) {
	f, ctx := newFake(t), t.Context()
	c := f.local(t)
	_, err := c.AddFriend(ctx, "bob", ticket(2))
	must(t, err)
	must(t, c.SetCredit(ctx, "bob", eur, ledger.NewAmount(10000)))
	rate := ledger.Rate{Mul: 42949673, Add: 1<<64 - 1}
	must(t, c.SetRate(ctx, "bob", eur, rate))
	must(t, c.SetOpen(ctx, "bob", eur, false))
	bob, err := c.Friend(ctx, "bob")
	must(t, err)
	got, ok := bob.Currency(eur)
	if !ok || got.Limit != ledger.NewAmount(10000) || got.Rate != rate || got.Open || got.Active {
		t.Errorf("bob's currency is %+v", got)
	}
	if _, ok := bob.Currency(ledger.Currency{Name: "EUR", Decimals: 3}); ok {
		t.Error("bob has EUR of other decimals too")
	}

	over := ledger.AmountFromParts(1<<32, 0) // 2^96
	wantError(t, c.SetCredit(ctx, "bob", eur, over), apiclient.Invalid, api.ReasonAmountRange)
	wantError(t, c.SetCredit(ctx, "carol", eur, over), apiclient.Invalid, api.ReasonAmountRange)
	wantError(t, c.SetCredit(ctx, "carol", eur, ledger.Amount{}), apiclient.NotFound, api.ReasonUnknownFriend)
	wantError(t, c.SetCredit(ctx, "bob", ledger.Currency{Name: "EUR", Decimals: 3}, ledger.Amount{}), apiclient.Invalid, api.ReasonDecimals)
	wantError(t, c.SetCredit(ctx, "bob", ledger.Currency{Name: "eur"}, ledger.Amount{}), apiclient.Invalid, api.ReasonCurrency)
	wantError(t, c.SetCredit(ctx, "bob", ledger.Currency{Name: "EUR", Decimals: 19}, ledger.Amount{}), apiclient.Invalid, api.ReasonCurrency)
	usd := ledger.Currency{Name: "USD", Decimals: 2}
	wantError(t, c.SetRate(ctx, "bob", usd, rate), apiclient.NotFound, "unknown_currency")
	wantError(t, c.SetOpen(ctx, "bob", usd, true), apiclient.NotFound, "unknown_currency")
	after, err := c.Friend(ctx, "bob")
	must(t, err)
	if diff := cmp.Diff(bob, after, cmp.AllowUnexported(ledger.Amount{}, ledger.Balance{})); diff != "" {
		t.Errorf("refused calls changed bob:\n%s", diff)
	}
}

// What a friend's link is comes from the engine, over which path from the
// network.
func TestFriendLink(t *testing.T) {
	f := newFake(t)
	f.extra = []engine.FriendView{
		{Record: engine.FriendRecord{Friend: node(2), Name: "bob"}, Connected: true, Ready: true, Status: "consistent", Epoch: 3},
		{Record: engine.FriendRecord{Friend: node(3), Name: "carol", Disabled: true}},
	}
	friends, err := f.local(t).Friends(t.Context())
	must(t, err)
	want := apiclient.Link{Connected: true, Ready: true, Relayed: true, Address: "/ip4/192.0.2.7/udp/1/quic-v1"}
	if friends[0].Link != want || friends[0].Epoch != 3 || friends[0].Status != "consistent" {
		t.Errorf("bob is %+v, want link %+v", friends[0], want)
	}
	if friends[1].Link != (apiclient.Link{}) || friends[1].Enabled {
		t.Errorf("carol is %+v, want disabled and without link", friends[1])
	}
}
