package fault

import (
	"strings"
	"testing"
	"time"

	"github.com/offset-p2p/offset/integration/harness"
	"github.com/offset-p2p/offset/ledger"
)

// somePeer is a peer ID that is nobody's.
const somePeer = "12D3KooWGJNnsrCCBS52g3pBPwfdhTZY9jFYAGh2oVEH5CVMLEoQ"

// Amounts beside the range: 2^96 and 2^128 of the smallest unit.
const (
	twoTo96  = "79228162514264337593543950336"
	twoTo128 = "340282366920938463463374607431768211456"
)

// badInput is something a person writes that cannot be right.
type badInput struct {
	name   string
	args   []string
	reason string   // for programs
	says   []string // what is wrong, and what to do next
}

// Exit codes of stctrl, from its help.
const (
	exitBadInput    = 2
	exitRefused     = 3
	exitUnreachable = 5
)

// What cannot be right is refused with a text that says what to do next, and
// nothing is changed at any node.
func TestBadInputChangesNothing(t *testing.T) {
	lab := startLab(t, 1)
	mustSettle(t, lab, 1) // So that there is something that could change.
	alice, bob := controlOf(lab, lab.Nodes[0]), controlOf(lab, lab.Nodes[1])
	good := bob.must(t, "sell", "create", "1.00", "EUR")
	expired := expiredInvoice(t, bob)
	cases := append(badInvoices(t, good, expired, lab), badAmounts()...)
	cases = append(cases, badNames()...)
	before := steady(t, lab)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := alice.refused(t, c.args...)
			if got.Exit != exitBadInput && got.Exit != exitRefused {
				t.Errorf("exit code %d, want %d or %d", got.Exit, exitBadInput, exitRefused)
			}
			if got.Reason != c.reason {
				t.Errorf("reason %q, want %q", got.Reason, c.reason)
			}
			for _, want := range c.says {
				if text := got.Text + "\n" + got.Hint; !strings.Contains(text, want) {
					t.Errorf("the text %q does not say %q", text, want)
				}
			}
		})
	}
	mustBeUnchanged(t, lab, before)
	// The good invoice is still good.
	alice.must(t, "buy", "pay", good)
}

// expiredInvoice makes an invoice and waits until it cannot be paid any more.
func expiredInvoice(t *testing.T, seller control) string {
	t.Helper()
	text := seller.must(t, "sell", "create", "1.00", "EUR", "--expires", "1s")
	v, err := ledger.ParseInvoice(text)
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(commandTimeout)
	for {
		shown, _ := seller.value(t, "sell", "show", text).(map[string]any)
		if shown["state"] == "expired" && v.ExpiredAt(time.Now()) {
			return text
		}
		if time.Now().After(deadline) {
			t.Fatalf("an invoice for one second is still %v", shown["state"])
		}
		time.Sleep(pollEvery)
	}
}

func badInvoices(t *testing.T, good, expired string, lab *harness.Lab) []badInput {
	t.Helper()
	pay := func(invoice string) []string { return []string{"buy", "pay", invoice} }
	gold := strangersInvoice(t, ledger.Currency{Name: "GOLD", Decimals: 3})
	cents := strangersInvoice(t, ledger.Currency{Name: "EUR", Decimals: 3})
	return []badInput{
		{"invoice, first character changed", pay(changed(good, 0)), "bad_input", []string{"no invoice", "must begin with"}},
		{"invoice, character in the middle changed", pay(changed(good, len(good)/2)), "bad_input", []string{"a character was changed", "copy it again"}},
		{"invoice, last character changed", pay(changed(good, -1)), "bad_input", []string{"invoice", "copy it again"}},
		{"invoice, half of it", pay(good[:len(good)/2]), "bad_input", []string{"invoice", "copy it again"}},
		{"expired invoice", pay(expired), "invoice_expired", []string{"expired", "ask the seller for a new one"}},
		{"invoice of another currency", pay(gold), "currency_unknown", []string{"GOLD", "stctrl credit"}},
		{"invoice of other decimals", pay(cents), "currency_decimals", []string{"3 decimals", "with 2", "stctrl credit list"}},
	}
}

func badAmounts() []badInput {
	sell := func(amount, currency string) []string { return []string{"sell", "create", "--", amount, currency} }
	limit := func(amount, currency string) []string {
		return []string{"credit", "set", "--", "bob", currency, amount}
	}
	return []badInput{
		{"sell 0", sell("0", "EUR"), "bad_input", []string{"amount is 0", "write how much"}},
		{"sell 0.00", sell("0.00", "EUR"), "bad_input", []string{"amount is 0", "write how much"}},
		{"sell a negative amount", sell("-5", "EUR"), "bad_input", []string{"negative", "without a sign"}},
		{"sell 2^96", sell(twoTo96, "JPY/0"), "bad_input", []string{"must be below 2^96"}},
		{"sell 2^128", sell(twoTo128, "JPY/0"), "bad_input", []string{"must be below 2^96"}},
		{"sell too many decimals", sell("1.234", "EUR"), "bad_input", []string{"3 decimals, but EUR has 2", "write one like"}},
		// 0 is a limit that is right: it takes credit back.
		{"limit negative", limit("-1", "EUR"), "bad_input", []string{"negative", "without a sign"}},
		{"limit 2^96", limit(twoTo96, "JPY/0"), "bad_input", []string{"must be below 2^96"}},
		{"limit 2^128", limit(twoTo128, "JPY/0"), "bad_input", []string{"must be below 2^96"}},
		{"limit in other decimals", limit("1", "EUR/3"), "currency_decimals", []string{"decimals", "stctrl credit list"}},
	}
}

func badNames() []badInput {
	return []badInput{
		{"unknown friend", []string{"credit", "set", "nobody", "EUR", "1"}, "unknown_friend", []string{"nobody", "stctrl friends list"}},
		{"unknown friend removed", []string{"friends", "remove", "nobody", "--may-lose"}, "unknown_friend", []string{"nobody", "stctrl friends list"}},
		{"friend without a ticket", []string{"friends", "add", "eve", "not-a-ticket"}, "bad_input", []string{"not-a-ticket", "starts with a slash, such as"}},
		{"friend at a malformed multiaddr", []string{"friends", "add", "eve", "/ip4/300.0.2.1/udp/1/quic-v1/p2p/" + somePeer}, "bad_input", []string{"300.0.2.1", "copy it again"}},
		{"relay at a malformed multiaddr", []string{"relays", "add", "/ip4/127.0.0.1/nonsense/1/p2p/" + somePeer}, "bad_input", []string{"nonsense", "copy it again"}},
		{"relay without a peer ID", []string{"relays", "add", "/ip4/127.0.0.1/udp/4001/quic-v1"}, "bad_input", []string{"no peer ID", "append /p2p/"}},
		{"index server without a peer ID", []string{"index", "add", "/ip4/127.0.0.1/udp/4001/quic-v1"}, "bad_input", []string{"no peer ID", "append /p2p/"}},
		{"relay that is not there", []string{"relays", "remove", somePeer}, "unknown_relay", []string{"stctrl relays list"}},
	}
}
