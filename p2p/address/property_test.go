package address

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/libp2p/go-libp2p/core/peer"
	"pgregory.net/rapid"
)

// However tickets are separated, commented and prefixed, the same peers come
// out.
func TestLayoutDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawPeers(t)
		separator := rapid.SampledFrom([]string{" ", "\n", "\r\n", ",", ", ", "\t", "\n# a comment, with /p2p/ in it\n", "\n\n", ",\n"})
		prefix := rapid.SampledFrom([]string{"", "", "offset:", "Offset:"})
		var b strings.Builder
		b.WriteString(rapid.SampledFrom([]string{"", "\n", "# head\n", "  "}).Draw(t, "start"))
		for _, ticket := range Tickets(want...) {
			b.WriteString(prefix.Draw(t, "prefix"))
			b.WriteString(ticket)
			b.WriteString(separator.Draw(t, "separator"))
		}
		got, err := Parse(b.String())
		if err != nil {
			t.Fatalf("%v in\n%s", err, b.String())
		}
		if diff := cmp.Diff(flat(want), flat(got)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// A ticket with one byte changed, lost or added is refused with a short error,
// or is another ticket; it is never read as what it was before, save where case
// or form of the address does not matter, nor does it panic.
func TestDamagedTickets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := direct + "/p2p/" + alice
		at := rapid.IntRange(0, len(whole)-1).Draw(t, "at")
		letter := rapid.Byte().Draw(t, "byte")
		damaged := rapid.SampledFrom([]string{
			whole[:at] + string(rune(letter)) + whole[at+1:],
			whole[:at] + whole[at+1:],
			whole[:at] + string(rune(letter)) + whole[at:],
			whole[:at],
		}).Draw(t, "damaged")
		got, err := Parse(damaged)
		if err != nil {
			if len(err.Error()) > 500 {
				t.Fatalf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		same := strings.TrimFunc(damaged, isSeparator) == whole || letter == '0' // A port of 04001 is 4001.
		for _, ticket := range Tickets(got...) {
			if ticket == whole && !same {
				t.Fatalf("%q reads as the undamaged ticket", damaged)
			}
		}
	})
}

// ParseOne agrees with Parse wherever that finds one peer.
func TestParseOneAgreesWithParse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		peers := drawPeers(t)
		one, err := ParseOne(Format(peers...))
		if len(peers) > 1 {
			if err == nil {
				t.Fatalf("%d peers read as one", len(peers))
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(flat(peers), flat([]peer.AddrInfo{one})); diff != "" {
			t.Fatal(diff)
		}
	})
}
