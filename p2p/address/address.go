// Package address reads and writes tickets: the text people exchange to say
// how a relay, an index server, a node or a friend is reached.
//
// A ticket is a multiaddr that ends in /p2p/ and a peer ID. The addresses in
// front of the peer ID say where to dial; the peer ID says who must answer, so
// a name or an address in a ticket needs no certificate and cannot be used to
// impersonate anybody. A node that only a relay can reach has the form
//
//	/dns4/relay.example.org/udp/4001/quic-v1/p2p/RELAY/p2p-circuit/p2p/NODE
//
// One peer usually has several tickets. Text may hold many, separated by white
// space, commas or line ends, with lines starting in # as comments, so a file
// of relays is a ticket text too. The same text on one line behind "offset:" is
// the URI form, for links and QR codes:
//
//	offset:/ip4/192.0.2.1/udp/4001/quic-v1/p2p/NODE,/ip4/192.0.2.1/tcp/4001/p2p/NODE
//
// The package is pure: it resolves no name and opens no connection.
package address

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

// uriScheme starts the URI form of a ticket text.
const uriScheme = "offset:"

// ErrNoPeerID is in the chain of errors about a multiaddr that says where but
// not who: it does not end in /p2p/ and a peer ID.
var ErrNoPeerID = errors.New("no peer ID at the end")

// Parse reads the peers named in a ticket text, in order of first appearance,
// each with all its distinct addresses. A ticket of a peer ID alone
// (/p2p/ID) gives a peer without addresses.
//
// Text without any ticket, over a bound, or with anything that is not a ticket
// is an error that quotes the offending part and says what was expected;
// nothing is returned then.
func Parse(text string) ([]peer.AddrInfo, error) {
	if len(text) > TextBytesMax {
		return nil, fmt.Errorf("tickets of %d bytes: at most %d are accepted", len(text), TextBytesMax)
	}
	fields, err := split(text)
	if err != nil {
		return nil, err
	}
	if len(fields) == 0 {
		return nil, errors.New("no ticket found: expected a multiaddr that ends in /p2p/ and a peer ID")
	}
	if len(fields) > TicketsMax {
		return nil, fmt.Errorf("%d tickets at once: at most %d are accepted", len(fields), TicketsMax)
	}
	var out []peer.AddrInfo
	at := make(map[peer.ID]int)
	for _, field := range fields {
		where, who, err := parseTicket(field)
		if err != nil {
			return nil, err
		}
		i, known := at[who]
		if !known {
			i = len(out)
			at[who] = i
			out = append(out, peer.AddrInfo{ID: who})
		}
		if where == nil || ma.Contains(out[i].Addrs, where) {
			continue
		}
		if len(out[i].Addrs) == AddrsPerPeerMax {
			return nil, fmt.Errorf("more than %d addresses for peer %s: leave some out", AddrsPerPeerMax, who)
		}
		out[i].Addrs = append(out[i].Addrs, where)
	}
	return out, nil
}

// ParseOne reads the one peer named in a ticket text. Text that names two
// different peers is an error that names both; otherwise it is as Parse.
func ParseOne(text string) (peer.AddrInfo, error) {
	all, err := Parse(text)
	if err != nil {
		return peer.AddrInfo{}, err
	}
	if len(all) > 1 {
		return peer.AddrInfo{}, fmt.Errorf("tickets of different peers (%s and %s) where one is expected: give the tickets of one peer only", all[0].ID, all[1].ID)
	}
	return all[0], nil
}

// split cuts a ticket text into its tickets, dropping comment lines.
func split(text string) ([]string, error) {
	var out []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, field := range strings.FieldsFunc(line, isSeparator) {
			field, isURI := cutScheme(field)
			if isURI && field == "" {
				return nil, fmt.Errorf("%q is empty: a multiaddr must follow the colon", uriScheme)
			}
			out = append(out, field)
		}
	}
	return out, nil
}

func isSeparator(r rune) bool {
	return r == ',' || unicode.IsSpace(r)
}

// cutScheme takes the URI scheme away, in any case (RFC 3986, 3.1).
func cutScheme(s string) (rest string, found bool) {
	if len(s) >= len(uriScheme) && strings.EqualFold(s[:len(uriScheme)], uriScheme) {
		return s[len(uriScheme):], true
	}
	return s, false
}

// parseTicket reads one multiaddr that ends in a peer ID. The address is nil
// when the ticket is a peer ID alone.
func parseTicket(field string) (ma.Multiaddr, peer.ID, error) {
	if len(field) > TicketBytesMax {
		return nil, "", fmt.Errorf("ticket %s… of %d bytes: at most %d are accepted", quote(field), len(field), TicketBytesMax)
	}
	if !strings.HasPrefix(field, "/") {
		hint := "a multiaddr starts with a slash, such as /ip4/192.0.2.1/udp/4001/quic-v1/p2p/PEER"
		if _, err := peer.Decode(field); err == nil {
			hint = "this is a peer ID alone: write /p2p/" + field + ", better with an address in front"
		}
		return nil, "", fmt.Errorf("malformed ticket %s: %s", quote(field), hint)
	}
	addr, err := ma.NewMultiaddr(field)
	if err != nil {
		if inner := errors.Unwrap(err); inner != nil {
			err = inner // Without another copy of the ticket.
		}
		return nil, "", fmt.Errorf("malformed ticket %s: %w: copy it again from who gave it to you", quote(field), err)
	}
	where, who := peer.SplitAddr(addr)
	if who == "" {
		return nil, "", fmt.Errorf("ticket %s: %w: append /p2p/ and the peer ID of who answers there", quote(field), ErrNoPeerID)
	}
	if err := checkPath(where); err != nil {
		return nil, "", fmt.Errorf("ticket %s: %w", quote(field), err)
	}
	return where, who, nil
}

// checkPath refuses addresses that could never be dialled: a peer ID that is
// not followed by a circuit, a circuit without a relay, circuits in circuits.
func checkPath(where ma.Multiaddr) error {
	circuits := 0
	for i, c := range where {
		switch c.Protocol().Code {
		case ma.P_P2P:
			if i+1 == len(where) || where[i+1].Protocol().Code != ma.P_CIRCUIT {
				return errors.New("two peer IDs in a row: a relay's peer ID is followed by /p2p-circuit")
			}
		case ma.P_CIRCUIT:
			circuits++
			if i == 0 || where[i-1].Protocol().Code != ma.P_P2P {
				return fmt.Errorf("/p2p-circuit without the relay's peer ID in front of it: %w", ErrNoPeerID)
			}
		}
	}
	switch {
	case circuits > 1:
		return errors.New("a relay behind a relay is not supported: name one /p2p-circuit")
	case circuits == 1 && where[len(where)-1].Protocol().Code != ma.P_CIRCUIT:
		return errors.New("something stands between /p2p-circuit and the peer ID")
	}
	return nil
}

// quote shows the beginning of what was typed.
func quote(s string) string {
	if len(s) > quotedBytesMax {
		s = s[:quotedBytesMax]
	}
	return fmt.Sprintf("%q", s)
}
