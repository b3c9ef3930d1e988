package address

import (
	"fmt"
	"strings"

	"github.com/libp2p/go-libp2p/core/peer"
)

// Tickets lists the tickets of the peers, one for each address, in the order
// given. A peer without addresses gives /p2p/ and its ID.
func Tickets(peers ...peer.AddrInfo) []string {
	var out []string
	for _, p := range peers {
		tail := "/p2p/" + p.ID.String()
		if len(p.Addrs) == 0 {
			out = append(out, tail)
		}
		for _, a := range p.Addrs {
			text := a.String()
			if !strings.HasSuffix(text, tail) {
				text += tail
			}
			out = append(out, text)
		}
	}
	return out
}

// Format is the ticket text of the peers: one ticket per line, each line ended.
// Parse reads it back to the same peers and addresses.
func Format(peers ...peer.AddrInfo) string {
	var b strings.Builder
	for _, t := range Tickets(peers...) {
		fmt.Fprintln(&b, t)
	}
	return b.String()
}

// URI is the ticket text of the peers on one line behind "offset:", for links
// and QR codes. Parse reads it back.
func URI(peers ...peer.AddrInfo) string {
	return uriScheme + strings.Join(Tickets(peers...), ",")
}
