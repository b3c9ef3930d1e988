package address

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	"pgregory.net/rapid"
)

const (
	alice   = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"
	bob     = "12D3KooWERCG2qBquypULZKxxWAaZYJLv5tsu7u7j9qLJuD4ZJFs"
	direct  = "/ip4/192.0.2.1/udp/4001/quic-v1"
	named   = "/dns4/relay.example.org/tcp/4002/ws"
	circuit = named + "/p2p/" + bob + "/p2p-circuit"
)

// flat makes peers comparable: peer ID, then its addresses.
func flat(peers []peer.AddrInfo) [][]string {
	var out [][]string
	for _, p := range peers {
		row := []string{p.ID.String()}
		for _, a := range p.Addrs {
			row = append(row, a.String())
		}
		out = append(out, row)
	}
	return out
}

func TestParse(t *testing.T) {
	a, b := direct+"/p2p/"+alice, named+"/p2p/"+bob
	for _, tc := range []struct {
		name, text string
		want       [][]string
	}{
		{"direct", a, [][]string{{alice, direct}}},
		{"through a relay", circuit + "/p2p/" + alice, [][]string{{alice, circuit}}},
		{"ID alone", "/p2p/" + alice, [][]string{{alice}}},
		{"ipv6", "/ip6/2001:db8::1/udp/1/quic-v1/p2p/" + bob, [][]string{{bob, "/ip6/2001:db8::1/udp/1/quic-v1"}}},
		{"white space around", "\n\t " + a + " \r\n", [][]string{{alice, direct}}},
		{"two addresses of one", a + " " + circuit + "/p2p/" + alice, [][]string{{alice, direct, circuit}}},
		{"the same twice", a + "," + a, [][]string{{alice, direct}}},
		{"two peers, commas", b + "," + a, [][]string{{bob, named}, {alice, direct}}},
		{"mixed order", a + "\n" + b + "\n" + circuit + "/p2p/" + alice, [][]string{{alice, direct, circuit}, {bob, named}}},
		{"ID alone, then where", "/p2p/" + alice + "\n" + a, [][]string{{alice, direct}}},
		{"comments and empty lines", "# relays\n\n" + a + "\n  # " + b + "\n,\n" + b + "\n", [][]string{{alice, direct}, {bob, named}}},
		{"URI", "offset:" + a, [][]string{{alice, direct}}},
		{"URI of several", "offset:" + a + "," + b, [][]string{{alice, direct}, {bob, named}}},
		{"URI in capitals", "OFFSET:" + a, [][]string{{alice, direct}}},
		{"URI among tickets", a + "\noffset:" + b, [][]string{{alice, direct}, {bob, named}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := Parse(tc.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, flat(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"nothing", "", "no ticket found"},
		{"white space", " \n\t,, ", "no ticket found"},
		{"only a comment", "# " + direct + "/p2p/" + alice, "no ticket found"},
		{"empty URI", "offset:", "is empty"},
		{"another URI", "https://example.org", "malformed ticket"},
		{"a host", "relay.example.org:4001", "a multiaddr starts with a slash"},
		{"a peer ID", alice, "write /p2p/" + alice},
		{"no peer ID", direct, "no peer ID at the end"},
		{"no peer ID behind the circuit", circuit, "no peer ID at the end"},
		{"unknown protocol", "/ip4/192.0.2.1/udp/4001/carrier-pigeon/p2p/" + alice, "malformed ticket"},
		{"bad address", "/ip4/192.0.2.256/udp/4001/p2p/" + alice, "192.0.2.256: copy it again"},
		{"bad peer ID", direct + "/p2p/12D3KooW", "malformed ticket"},
		{"cut peer ID", direct + "/p2p/" + alice[:len(alice)-1], "malformed ticket"},
		{"nothing behind p2p", direct + "/p2p/", "malformed ticket"},
		{"circuit without relay", direct + "/p2p-circuit/p2p/" + alice, "no peer ID at the end"},
		{"circuit first", "/p2p-circuit/p2p/" + alice, "no peer ID at the end"},
		{"two circuits", circuit + "/p2p/" + alice + "/p2p-circuit/p2p/" + alice, "a relay behind a relay"},
		{"two peer IDs", direct + "/p2p/" + bob + "/p2p/" + alice, "two peer IDs in a row"},
		{"behind the circuit", circuit + "/ip4/192.0.2.1/p2p/" + alice, "something stands between"},
		{"one good, one bad", direct + "/p2p/" + alice + " nonsense", `"nonsense"`},
		{"long ticket", "/dns4/" + strings.Repeat("a", TicketBytesMax) + "/p2p/" + alice, "at most 1024"},
		{"long text", strings.Repeat(" ", TextBytesMax+1), "at most 65536"},
		{"many tickets", strings.Repeat("/p2p/"+alice+"\n", TicketsMax+1), "at most 256"},
		{"many addresses", manyAddrs(AddrsPerPeerMax + 1), "more than 64 addresses"},
		{"not UTF-8", "/ip4/\xff\xfe/p2p/" + alice, "malformed ticket"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := Parse(tc.text)
			if err == nil || got != nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, %v; want an error with %q", got, err, tc.want)
			}
			if err != nil && len(err.Error()) > 500 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
		})
	}
}

func manyAddrs(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "/ip4/192.0.2.1/udp/%d/quic-v1/p2p/%s\n", 1000+i, alice)
	}
	return b.String()
}

func TestBoundsAreReached(t *testing.T) {
	got, err := Parse(manyAddrs(AddrsPerPeerMax))
	if err != nil || len(got[0].Addrs) != AddrsPerPeerMax {
		t.Errorf("%d addresses: %v", AddrsPerPeerMax, err)
	}
	if _, err := Parse(strings.Repeat("/p2p/"+alice+"\n", TicketsMax)); err != nil {
		t.Errorf("%d tickets: %v", TicketsMax, err)
	}
}

func TestNoPeerIDIsASentinel(t *testing.T) {
	if _, err := ParseOne(direct); !errors.Is(err, ErrNoPeerID) {
		t.Errorf("error %v", err)
	}
	if _, err := ParseOne("nonsense"); errors.Is(err, ErrNoPeerID) {
		t.Error("nonsense counts as a missing peer ID")
	}
}

func TestParseOne(t *testing.T) {
	got, err := ParseOne(direct + "/p2p/" + alice + "\n" + circuit + "/p2p/" + alice)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]string{{alice, direct, circuit}}, flat([]peer.AddrInfo{got})); diff != "" {
		t.Error(diff)
	}
	_, err = ParseOne(direct + "/p2p/" + alice + "\n" + named + "/p2p/" + bob)
	if err == nil || !strings.Contains(err.Error(), alice) || !strings.Contains(err.Error(), bob) {
		t.Errorf("two peers: %v", err)
	}
}

// drawPeers draws up to four different peers with up to five addresses.
func drawPeers(t *rapid.T) []peer.AddrInfo {
	addr := rapid.Custom(func(t *rapid.T) string {
		host := rapid.SampledFrom([]string{"/ip4/192.0.2.7", "/ip6/2001:db8::7", "/dns4/a.example", "/dnsaddr/b.example", "/ip4/127.0.0.1"}).Draw(t, "host")
		transport := rapid.SampledFrom([]string{"/udp/%d/quic-v1", "/tcp/%d", "/tcp/%d/ws", "/tcp/%d/tls/ws"}).Draw(t, "transport")
		relay := rapid.SampledFrom([]string{"", "", "/p2p/" + bob + "/p2p-circuit"}).Draw(t, "relay")
		return host + fmt.Sprintf(transport, rapid.IntRange(1, 65535).Draw(t, "port")) + relay
	})
	var out []peer.AddrInfo
	for i := range rapid.IntRange(1, 4).Draw(t, "peers") {
		p := peer.AddrInfo{ID: testPeer(byte(i))}
		for _, a := range rapid.SliceOfNDistinct(addr, 0, 5, rapid.ID[string]).Draw(t, "addrs") {
			p.Addrs = append(p.Addrs, ma.StringCast(a))
		}
		out = append(out, p)
	}
	return out
}

// testPeer is a peer ID made from a number.
func testPeer(n byte) peer.ID {
	raw := [32]byte{n}
	pub, err := crypto.UnmarshalEd25519PublicKey(raw[:])
	if err != nil {
		panic(err)
	}
	id, err := peer.IDFromPublicKey(pub)
	if err != nil {
		panic(err)
	}
	return id
}

func TestFormatAndURIParseBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawPeers(t)
		for _, text := range []string{Format(want...), URI(want...), strings.ToUpper("offset:") + strings.Join(Tickets(want...), " ")} {
			got, err := Parse(text)
			if err != nil {
				t.Fatalf("%v in\n%s", err, text)
			}
			if diff := cmp.Diff(flat(want), flat(got)); diff != "" {
				t.Fatal(diff)
			}
		}
		if uri := URI(want...); strings.ContainsAny(uri, " \n\t#?\"<>") {
			t.Fatalf("%q cannot stand in a link", uri)
		}
	})
}

func TestFormat(t *testing.T) {
	id, err := peer.Decode(alice)
	if err != nil {
		t.Fatal(err)
	}
	who := peer.AddrInfo{ID: id, Addrs: []ma.Multiaddr{
		ma.StringCast(direct),
		ma.StringCast(circuit),
		ma.StringCast(named + "/p2p/" + alice), // Some callers keep the ID in the address.
	}}
	want := direct + "/p2p/" + alice + "\n" + circuit + "/p2p/" + alice + "\n" + named + "/p2p/" + alice + "\n"
	if diff := cmp.Diff(want, Format(who)); diff != "" {
		t.Error(diff)
	}
	if got := Format(); got != "" {
		t.Errorf("nobody formats as %q", got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(direct + "/p2p/" + alice)
	f.Add(circuit + "/p2p/" + alice + "," + direct + "/p2p/" + bob)
	f.Add("offset:/p2p/" + alice)
	f.Add("# comment\n" + direct)
	f.Add("/p2p-circuit/p2p/" + alice)
	f.Fuzz(func(t *testing.T, text string) {
		peers, err := Parse(text)
		if err != nil {
			if peers != nil {
				t.Fatal("peers beside an error")
			}
			return
		}
		if len(peers) == 0 || len(peers) > TicketsMax {
			t.Fatalf("%d peers", len(peers))
		}
		again, err := Parse(Format(peers...))
		if err != nil {
			t.Fatalf("what was formatted does not parse: %v", err)
		}
		if diff := cmp.Diff(flat(peers), flat(again)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func ExampleParse() {
	peers, err := Parse("offset:" + direct + "/p2p/" + alice + "," + circuit + "/p2p/" + alice)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(peers[0].ID)
	for _, a := range peers[0].Addrs {
		fmt.Println(a)
	}
	// Output:
	// 12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN
	// /ip4/192.0.2.1/udp/4001/quic-v1
	// /dns4/relay.example.org/tcp/4002/ws/p2p/12D3KooWERCG2qBquypULZKxxWAaZYJLv5tsu7u7j9qLJuD4ZJFs/p2p-circuit
}

func ExampleParseOne() {
	_, err := ParseOne(direct)
	fmt.Println(err)
	// Output: ticket "/ip4/192.0.2.1/udp/4001/quic-v1": no peer ID at the end: append /p2p/ and the peer ID of who answers there
}
