package fault

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/offset-p2p/offset/integration/harness"
	"github.com/offset-p2p/offset/integration/harness/harnesstest"
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
	"github.com/offset-p2p/offset/node/apiclient"
)

// An application that calls over the relay with a key of its own may do what
// the node's owner permits and nothing else, from the moment that he says so
// until the moment that he takes it back.
func TestApplicationMayDoWhatItsOwnerSays(t *testing.T) {
	lab := startLab(t, 1)
	node := lab.Nodes[0]
	owner := controlOf(lab, node)
	app := control{program: lab.Program("stctrl")}
	keyFile := filepath.Join(harnesstest.Dir(t), "till.key")
	peer := app.must(t, "ident", "new", keyFile)
	app.flags = []string{"--node", lab.TicketOf(node), "--key", keyFile}
	seller := controlOf(lab, lab.Nodes[1])
	invoice := seller.must(t, "sell", "create", "1.00", "EUR")
	writes := [][]string{
		{"sell", "create", "1.00", "EUR"},
		{"buy", "pay", invoice},
		{"credit", "set", "bob", "EUR", "7"},
		{"friends", "remove", "bob", "--may-lose"},
		{"apps", "add", "me", peer, "--permissions", "admin"},
	}

	nobody := control{program: app.program, flags: []string{"--node", lab.Ticket.Relay + "/p2p-circuit/p2p/" + somePeer, "--key", keyFile}}
	if got := nobody.refused(t, "info"); got.Exit != exitUnreachable || !strings.Contains(got.Text, "is it running, and is its ticket still right?") {
		t.Errorf("calling nobody: exit code %d: %s", got.Exit, got.Text)
	}

	before := steady(t, lab)
	for _, args := range append(writes, []string{"info"}) {
		got := app.refused(t, args...)
		if !strings.Contains(got.Text, "is this application's key listed there?") || !strings.Contains(got.Text, "stctrl apps add") {
			t.Errorf("an application that is not listed hears of %q: %s", args, got.Text)
		}
	}
	mustBeUnchanged(t, lab, before)

	owner.must(t, "apps", "add", "till", peer, "--permissions", "read")
	before = steady(t, lab)
	info, _ := app.value(t, "info").(map[string]any)
	if info["node"] != node.ID.String() || info["app"] != peer {
		t.Errorf("info says %v to an application that may read", info)
	}
	for _, args := range writes {
		got := app.refused(t, args...)
		if got.Exit != exitRefused || got.Reason != api.ReasonPermission {
			t.Errorf("%q with the permission to read: exit code %d, reason %q: %s", args, got.Exit, got.Reason, got.Text)
		}
	}
	mustBeUnchanged(t, lab, before)

	owner.must(t, "apps", "add", "till", peer, "--permissions", "read,buyer")
	app.must(t, "buy", "pay", invoice)
	owner.must(t, "apps", "remove", "till")
	if got := app.refused(t, "info"); !strings.Contains(got.Text, "is this application's key listed there?") {
		t.Errorf("an application that was removed hears: %s", got.Text)
	}
	mustSettle(t, lab, 1)
}

// What stctrl finds out by itself the node refuses as well: not every
// application is so careful.
func TestNodeChecksWhatApplicationsSend(t *testing.T) {
	lab := startLab(t, 1)
	alice := lab.Nodes[0].Client
	eur := harness.DefaultCredit().Currency
	before := steady(t, lab)
	for name, do := range map[string]func() error{
		"invoice over 0": func() error {
			_, err := alice.CreateInvoice(t.Context(), apiclient.InvoiceRequest{Currency: eur})
			return err
		},
		"invoice over 2^96": func() error {
			_, err := alice.CreateInvoice(t.Context(), apiclient.InvoiceRequest{Currency: eur, Amount: ledger.AmountFromParts(1<<32, 0)})
			return err
		},
		"invoice over 2^128 - 1": func() error {
			_, err := alice.CreateInvoice(t.Context(), apiclient.InvoiceRequest{Currency: eur, Amount: ledger.AmountFromParts(1<<64-1, 1<<64-1)})
			return err
		},
		"invoice of a currency that cannot be": func() error {
			_, err := alice.CreateInvoice(t.Context(), apiclient.InvoiceRequest{Currency: ledger.Currency{Name: "eur", Decimals: 99}, Amount: ledger.NewAmount(1)})
			return err
		},
		"limit of 2^96": func() error {
			return alice.SetCredit(t.Context(), "bob", eur, ledger.AmountFromParts(1<<32, 0))
		},
		"limit in other decimals": func() error {
			return alice.SetCredit(t.Context(), "bob", ledger.Currency{Name: eur.Name, Decimals: 7}, ledger.NewAmount(1))
		},
		"payment of noise": func() error {
			_, err := alice.Pay(t.Context(), apiclient.PayRequest{Invoice: "offset:i1qqqqqqqq"}, nil)
			return err
		},
		"friend without a name": func() error {
			_, err := alice.AddFriend(t.Context(), "", lab.Ticket.Relay+"/p2p-circuit/p2p/"+somePeer)
			return err
		},
		"friend at a ticket without a peer ID": func() error {
			_, err := alice.AddFriend(t.Context(), "eve", "/ip4/127.0.0.1/udp/4001/quic-v1")
			return err
		},
		"itself as a friend": func() error {
			_, err := alice.AddFriend(t.Context(), "me", lab.TicketOf(lab.Nodes[0]))
			return err
		},
		"relay without a peer ID": func() error {
			return alice.AddRelays(t.Context(), "/ip4/127.0.0.1/udp/4001/quic-v1")
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := do()
			fault, ok := err.(*apiclient.Error)
			if !ok || fault.Code != apiclient.Invalid || fault.Reason == "" || fault.Text == "" {
				t.Errorf("the node says %#v, want an error of code %v", err, apiclient.Invalid)
			}
		})
	}
	mustBeUnchanged(t, lab, before)
}
