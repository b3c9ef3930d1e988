package apiserver_test

import (
	"testing"

	"github.com/offset-p2p/offset/node/api"
	"github.com/offset-p2p/offset/node/apiclient"
)

func TestRelays(t *testing.T) {
	f, ctx := newFake(t), t.Context()
	c := f.local(t)
	tcp := "/ip4/192.0.2.1/tcp/4001/p2p/" + node(20).String()
	must(t, c.AddRelays(ctx, ticket(20)))
	must(t, c.AddRelays(ctx, ticket(20)+"\n"+tcp, ticket(21))) // One address is known.
	relays, err := c.Relays(ctx)
	must(t, err)
	if len(relays) != 2 || len(relays[0].Tickets) != 2 || relays[0].Tickets[1] != tcp || len(relays[1].Tickets) != 1 {
		t.Fatalf("relays are %+v", relays)
	}
	if !relays[0].Reserved || relays[0].Expires.IsZero() || relays[1].Reserved || !relays[1].Expires.IsZero() {
		t.Errorf("states of relays are %+v, want the first reserved", relays)
	}
	must(t, c.RemoveRelay(ctx, node(20).String()))
	must(t, c.RemoveRelay(ctx, ticket(21)))
	relays, err = c.Relays(ctx)
	must(t, err)
	if len(relays) != 0 {
		t.Errorf("relays are left: %+v", relays)
	}
	must(t, c.SetRelays(ctx, ticket(22), ticket(23)))
	must(t, c.SetRelays(ctx, ticket(24)))
	if got := f.engine.Config().Settings.Relays; len(got) != 1 || got[0] != ticket(24) {
		t.Errorf("relays are set to %q", got)
	}
}

func TestBadRelays(t *testing.T) {
	f, ctx := newFake(t), t.Context()
	c := f.local(t)
	must(t, c.AddRelays(ctx, ticket(20)))
	for _, bad := range [][]string{
		{},
		{""},
		{"/ip4/192.0.2.1/udp/4001/quic-v1"},
		{"/ip4/192.0.2.1/udp/99999/quic-v1/p2p/" + node(21).String()},
		{"/p2p/" + node(21).String()},
		{ticket(21), "nonsense"},
	} {
		wantError(t, c.AddRelays(ctx, bad...), apiclient.Invalid, api.ReasonTicket)
	}
	wantError(t, c.AddRelays(ctx, ticket(1)), apiclient.Invalid, api.ReasonSelf)
	wantError(t, c.SetRelays(ctx, ticket(21), "nonsense"), apiclient.Invalid, api.ReasonTicket)
	wantError(t, c.RemoveRelay(ctx, node(21).String()), apiclient.NotFound, api.ReasonUnknownRelay)
	wantError(t, c.RemoveRelay(ctx, "nonsense"), apiclient.Invalid, api.ReasonTicket)
	var many []string
	for seed := byte(100); seed < 117; seed++ {
		many = append(many, ticket(seed))
	}
	wantError(t, c.SetRelays(ctx, many...), apiclient.Exhausted, api.ReasonTooManyServers)
	must(t, c.SetRelays(ctx, many[:16]...))
	must(t, c.SetRelays(ctx, ticket(20)))
	if got := f.engine.Config().Settings.Relays; len(got) != 1 || got[0] != ticket(20) {
		t.Errorf("refused calls changed the relays to %q", got)
	}
}

func TestIndexServers(t *testing.T) {
	f, ctx := newFake(t), t.Context()
	c := f.local(t)
	must(t, c.AddIndexServers(ctx, ticket(30), ticket(31)))
	servers, err := c.IndexServers(ctx)
	must(t, err)
	if len(servers) != 2 || servers[0].Error != "no answer" || servers[1].Error != "" || servers[0].Connected {
		t.Errorf("index servers are %+v", servers)
	}
	must(t, c.RemoveIndexServer(ctx, node(30).String()))
	wantError(t, c.RemoveIndexServer(ctx, node(30).String()), apiclient.NotFound, api.ReasonUnknownServer)
	wantError(t, c.AddIndexServers(ctx, ticket(1)), apiclient.Invalid, api.ReasonSelf)
	must(t, c.SetIndexServers(ctx))
	if got := f.engine.Config().Settings.IndexServers; len(got) != 0 {
		t.Errorf("index servers are left: %q", got)
	}
}
