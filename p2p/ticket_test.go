package p2p_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/offset-p2p/offset/p2p"
	"github.com/offset-p2p/offset/p2p/address"
	"github.com/offset-p2p/offset/p2p/identity"
)

func TestTicketFileIsATicket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ticket")
	id := identity.FromSeed([32]byte{1})
	who, err := address.ParseOne("/ip4/192.0.2.1/udp/4002/quic-v1/p2p/" + id.PeerID().String())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time it replaces
		if err := p2p.WriteTicket(path, who); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := address.ParseOne(string(text)); err != nil || got.ID != who.ID || len(got.Addrs) != 1 {
		t.Errorf("the file says %q: %v, %v", text, got, err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".ticket-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}
