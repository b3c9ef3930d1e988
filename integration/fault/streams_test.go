package fault

import (
	"fmt"
	"testing"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/offset-p2p/offset/gossip"
	"github.com/offset-p2p/offset/indexd/protocol"
	"github.com/offset-p2p/offset/integration/harness"
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
	"github.com/offset-p2p/offset/node/apiclient"
	"github.com/offset-p2p/offset/node/link"
	"github.com/offset-p2p/offset/p2p"
	"github.com/offset-p2p/offset/p2p/address"
)

// Thousands of streams with noise, impossible lengths or nothing at all, to
// every protocol of a node (through the relay, there is no other way) and of an
// index server, by strangers and by the node's own friends and applications:
// each is closed in time, memory stays flat, and payments settle through the
// attacked processes as before.
func TestMaliciousStreamsAreClosed(t *testing.T) {
	lab := startLab(t, 2)
	mustSettle(t, lab, 2)
	mediator := lab.Nodes[1]
	node, server := ticket(t, lab.TicketOf(mediator)), ticket(t, lab.Ticket.Index[0])
	targets := []target{
		{"a node, friend link", node.ID, link.ProtocolID, true},
		{"a node, application interface", node.ID, api.Protocol, true},
		{"a node, no protocol", node.ID, "", true},
		{"an index server, sessions", server.ID, protocol.IndexID, true},
		{"an index server, trust", server.ID, protocol.TrustID, true},
		{"an index server, catch-up", server.ID, protocol.SyncID, false},
		{"an index server, gossip", server.ID, gossip.ProtocolID, false},
		{"an index server, no protocol", server.ID, "", true},
	}
	watched := weigh(t, mediator.Process, lab.Index[0], lab.Relay)
	hosts, closeAll := newAttackers(t, attackers, node, server)
	befriendSome(t, lab, mediator, hosts[:insiders])
	connectAll(t, hosts, node, server)
	for i, got := range attackAll(t, hosts, targets) {
		t.Run(targets[i].name, func(t *testing.T) { judge(t, targets[i], got) })
	}
	closeAll()
	watched.check(t)
	for _, h := range hosts[:insiders] {
		if err := mediator.Client.RemoveFriend(t.Context(), h.ID().String(), true); err != nil {
			t.Fatal(err)
		}
	}
	mustSettle(t, lab, 3)
}

func ticket(t *testing.T, text string) peer.AddrInfo {
	t.Helper()
	info, err := address.ParseOne(text)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// befriendSome makes hosts friends and applications of a node, which lets them
// past the first gate.
func befriendSome(t *testing.T, lab *harness.Lab, n *harness.Node, hosts []*p2p.Host) {
	t.Helper()
	for i, h := range hosts {
		name := fmt.Sprintf("insider%d", i)
		if _, err := n.Client.AddFriend(t.Context(), name, lab.Ticket.Relay+"/p2p-circuit/p2p/"+h.ID().String()); err != nil {
			t.Fatal(err)
		}
		id, err := ledger.ParseNodeID(h.ID().String())
		if err != nil {
			t.Fatal(err)
		}
		app := apiclient.App{Peer: id, Name: name, Permissions: []api.Permission{api.PermRead}}
		if err := n.Client.AddApp(t.Context(), app); err != nil {
			t.Fatal(err)
		}
	}
}

func judge(t *testing.T, to target, got *tally) {
	t.Helper()
	t.Logf("the longest stream lasted %v; %d were not opened, %d were answered", got.longest, got.unopened, got.answered)
	if len(got.hung) > 0 {
		t.Errorf("%d of %d streams were not closed within %v, such as %s", len(got.hung), streamsPerProtocol, firstMessage+slack, got.hung[0])
	}
	if got.unopened > streamsPerProtocol/10 {
		t.Errorf("%d of %d streams were not even opened: the attack did not happen", got.unopened, streamsPerProtocol)
	}
	if to.patient && got.longest < firstMessage/2 {
		t.Errorf("no stream lasted longer than %v: nobody got as far as to be waited for", got.longest)
	}
}
