package fault

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/offset-p2p/offset/gossip"
	"github.com/offset-p2p/offset/indexd/protocol"
	"github.com/offset-p2p/offset/integration/harness"
	"github.com/offset-p2p/offset/p2p"
	"github.com/offset-p2p/offset/p2p/frame"
)

// A server that is trusted gets past every gate of the federation. When it
// sends noise there, at most one stream of gossip stays open (that protocol has
// no deadline: one stream is kept for as long as the trust), and when it goes on
// in the catch-up it is cut off. The other servers do not notice.
func TestTrustedServerSendsNoise(t *testing.T) {
	lab := startLab(t, 1)
	server := ticket(t, lab.Ticket.Index[0])
	hosts, _ := newAttackers(t, 1, server)
	traitor := hosts[0]
	trust(t, lab, traitor.ID())
	connectAll(t, hosts, server)
	sayHello(t, traitor, server.ID)
	awaitTrust(t, lab, traitor.ID(), "mutual")

	var wg sync.WaitGroup
	defer wg.Wait()
	gossiped, synced := new(tally), new(tally)
	for i := range traitorStreams {
		wg.Go(func() {
			attack(t.Context(), traitor, target{peer: server.ID, protocol: gossip.ProtocolID}, malices[i%len(malices)], gossiped)
		})
	}
	await(t, "all streams of gossip but one to be closed", func() bool { return gossiped.count() >= traitorStreams-1 })
	awaitTrust(t, lab, traitor.ID(), "mutual") // Noise may be an accident on the way.

	frames := malice{"a message of noise", malices[1].bytes}
	for range traitorStreams {
		attack(t.Context(), traitor, target{peer: server.ID, protocol: protocol.SyncID}, frames, synced)
		if traitor.Network().Connectedness(server.ID) != network.Connected {
			break
		}
	}
	awaitTrust(t, lab, traitor.ID(), "cut")
	await(t, "the traitor to be disconnected", func() bool {
		return traitor.Network().Connectedness(server.ID) != network.Connected
	})
	wg.Wait()
	for _, sum := range []*tally{gossiped, synced} {
		if len(sum.hung) > 0 {
			t.Errorf("%d streams were not closed, such as %s", len(sum.hung), sum.hung[0])
		}
	}
	mustSettle(t, lab, 2) // The payer asks this server, the payee's edges come from the other.
}

// trust puts one more server on the list of the first index server.
func trust(t *testing.T, lab *harness.Lab, id peer.ID) {
	t.Helper()
	path := filepath.Join(lab.Index[0].Dir, "trusted")
	list := lab.Ticket.Index[1] + "\n/ip4/127.0.0.1/udp/1/quic-v1/p2p/" + id.String() + "\n"
	if err := os.WriteFile(path+".new", []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	awaitTrust(t, lab, id, "ours")
}

// sayHello says that the attacker lists the server.
func sayHello(t *testing.T, h *p2p.Host, to peer.ID) {
	t.Helper()
	hello, err := protocol.TrustHello{ListsYou: true, Clock: uint64(time.Now().UnixMilli())}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), openTimeout)
	defer cancel()
	if _, err := frame.Exchange(ctx, h, to, frame.NewProtocol(protocol.TrustID, protocol.TrustFrameBytes), hello); err != nil {
		t.Fatal(err)
	}
}

// awaitTrust waits until the first index server says this state of a server.
func awaitTrust(t *testing.T, lab *harness.Lab, id peer.ID, want string) {
	t.Helper()
	await(t, "trust to be "+want, func() bool {
		r := run(t, lab.Program("stindex"), "status", "--dir", lab.Index[0].Dir, "--json")
		var status struct {
			Trust []struct {
				Peer  peer.ID `json:"peer"`
				State string  `json:"state"`
			} `json:"trust"`
		}
		if err := json.Unmarshal([]byte(r.out), &status); err != nil {
			t.Fatalf("the status of an index server is %q: %v", r.out, err)
		}
		for _, line := range status.Trust {
			if line.Peer == id {
				return line.State == want
			}
		}
		return false
	})
}

// await polls until ok.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(commandTimeout)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v for %s", commandTimeout, what)
		}
		time.Sleep(pollEvery)
	}
}
