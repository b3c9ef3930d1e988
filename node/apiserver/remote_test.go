package apiserver_test

import (
	"context"
	"testing"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
	"github.com/offset-p2p/offset/node/apiclient"
	"github.com/offset-p2p/offset/node/engine"
	"github.com/offset-p2p/offset/p2p/p2ptest"
	"github.com/offset-p2p/offset/p2p/rpc"
)

// serveOn answers on libp2p streams of a host, until stop.
func (f *fake) serveOn(t *testing.T, h host.Host) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	ln := rpc.ListenPeers(h, api.Protocol, f.srv.Allowed)
	go func() { done <- rpc.Serve(ctx, rpc.DefaultConfig(f.srv.Handler()), ln) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// list lets applications in by the names of their hosts.
func (f *fake) list(t *testing.T, permissions []string, apps ...peer.ID) {
	t.Helper()
	var records []engine.AppRecord
	for _, id := range apps {
		key, err := ledger.ParseNodeID(id.String())
		must(t, err)
		records = append(records, engine.AppRecord{Key: key, Name: id.String(), Permissions: permissions})
	}
	f.srv.SetApps(records)
}

// An application controls a node that only a relay can reach, with its own key;
// another key gets no answer at all.
func TestRemoteApplicationThroughRelay(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		relay := n.Relay()
		home := n.Hidden(relay.AddrInfo())
		phone, stranger := n.Hidden(relay.AddrInfo()), n.Hidden(relay.AddrInfo())
		f := newFake(t)
		f.list(t, []string{"read", "config"}, phone.ID())
		defer f.serveOn(t, home)()

		c, err := apiclient.Dial(t.Context(), apiclient.Options{Node: home.AddrInfo(), Host: phone})
		must(t, err)
		defer func() { _ = c.Close() }()
		info, err := c.Info(t.Context())
		must(t, err)
		if info.App != phone.ID().String() || info.Node != node(1) {
			t.Errorf("the node says %+v to %s", info, phone.ID())
		}
		events := read(t, c, apiclient.Position{}, func(ev apiclient.Event) bool {
			if ev.State != nil {
				_, err := c.AddFriend(t.Context(), "bob", ticket(2))
				must(t, err)
			}
			return ev.Friend != nil
		})
		if events[0].State == nil || events[1].Friend.Name != "bob" {
			t.Errorf("events over the relay are %+v", events)
		}
		_, err = c.Apps(t.Context())
		wantError(t, err, apiclient.Denied, api.ReasonPermission)

		// The relay is enough to find the node, its ticket need not name it.
		x, err := apiclient.Dial(t.Context(), apiclient.Options{
			Node: peer.AddrInfo{ID: home.ID()}, Relays: []peer.AddrInfo{relay.AddrInfo()}, Host: stranger,
		})
		must(t, err)
		defer func() { _ = x.Close() }()
		_, err = x.Info(t.Context())
		wantError(t, err, apiclient.Unreachable, "no_answer")
	})
}

func TestDialNobody(t *testing.T) {
	p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
		a, gone := n.Host(), n.Host()
		info := gone.AddrInfo()
		must(t, gone.Network().Close())
		_, err := apiclient.Dial(t.Context(), apiclient.Options{Node: info, Host: a})
		wantError(t, err, apiclient.Unreachable, "no_node")
	})
}
