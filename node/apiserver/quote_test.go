package apiserver_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
	"github.com/offset-p2p/offset/node/apiclient"
	"github.com/offset-p2p/offset/node/apiserver"
	"github.com/offset-p2p/offset/node/engine"
	"github.com/offset-p2p/offset/p2p/rpc"
)

// shared makes EUR a currency that the node shares with bob.
func shared(t *testing.T, f *fake) *apiclient.Client {
	t.Helper()
	c := f.local(t)
	_, err := c.AddFriend(t.Context(), "bob", ticket(2))
	must(t, err)
	must(t, c.SetCredit(t.Context(), "bob", eur, ledger.NewAmount(1)))
	return c
}

func TestQuote(t *testing.T) {
	f, ctx := newFake(t), t.Context()
	c := shared(t, f)
	v, _ := signedInvoice(9, invoiceSpec(1000, now.Add(time.Hour)))
	f.quote = apiserver.Quote{Parts: []apiserver.QuotePart{
		{Route: []ledger.NodeID{node(2), node(9)}, Amount: ledger.NewAmount(604), Share: ledger.NewAmount(600)},
		{Route: []ledger.NodeID{node(9)}, Amount: ledger.NewAmount(403), Share: ledger.NewAmount(400)},
	}}
	got, err := c.Quote(ctx, v.Text(), nil)
	must(t, err)
	want := apiclient.Quote{
		Fee: ledger.NewAmount(7), MaxFee: ledger.NewAmount(19), Routes: []apiclient.QuoteRoute{
			{Route: []ledger.NodeID{node(2), node(9)}, Amount: ledger.NewAmount(604), Share: ledger.NewAmount(600)},
			{Route: []ledger.NodeID{node(9)}, Amount: ledger.NewAmount(403), Share: ledger.NewAmount(400)},
		},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(ledger.Amount{})); diff != "" || f.maxFee != want.MaxFee {
		t.Errorf("quote with fees up to %v:\n%s", f.maxFee, diff)
	}

	// Why not is an answer, no error.
	f.quote = apiserver.Quote{Failure: &engine.PlanFailure{Reason: "fee_cap", Text: "too dear", Largest: ledger.NewAmount(5)}}
	none := ledger.Amount{}
	got, err = c.Quote(ctx, v.Text(), &none)
	must(t, err)
	if got.Failure != "fee_cap" || got.FailureText != "too dear" || got.Largest != ledger.NewAmount(5) || len(got.Routes) != 0 || !f.maxFee.IsZero() {
		t.Errorf("an invoice that cannot be paid is quoted as %+v", got)
	}
	f.trouble = errors.New("disk")
	_, err = c.Quote(ctx, v.Text(), nil)
	wantError(t, err, apiclient.Broken, api.ReasonInternal)
}

// What paying would refuse at once, a quote refuses with the same reason.
func TestBadQuotes(t *testing.T) {
	f, ctx := newFake(t), t.Context()
	c := shared(t, f)
	spec := invoiceSpec(1000, now.Add(time.Hour))
	text := func(seed byte, change func(*apiserver.InvoiceSpec)) string {
		s := spec
		change(&s)
		v, _ := signedInvoice(seed, s)
		return v.Text()
	}
	for reason, invoice := range map[string]string{
		api.ReasonInvoice:    "offset:i1nonsense",
		"own_invoice":        text(1, func(*apiserver.InvoiceSpec) {}),
		api.ReasonAmountZero: text(9, func(s *apiserver.InvoiceSpec) { s.Amount = ledger.Amount{} }),
		"invoice_expired":    text(9, func(s *apiserver.InvoiceSpec) { s.Created, s.Expires = now.Add(-time.Hour), now.Add(-time.Minute) }),
		api.ReasonDecimals:   text(9, func(s *apiserver.InvoiceSpec) { s.Currency.Decimals = 3 }),
		"currency_unknown":   text(9, func(s *apiserver.InvoiceSpec) { s.Currency.Name = "USD" }),
	} {
		_, err := c.Quote(ctx, invoice, nil)
		if apiclient.ReasonOf(err) != reason {
			t.Errorf("reason is %v, want %s", err, reason)
		}
	}
	over := ledger.AmountFromParts(1<<32, 0)
	_, err := c.Quote(ctx, text(9, func(*apiserver.InvoiceSpec) {}), &over)
	wantError(t, err, apiclient.Invalid, api.ReasonAmountRange)
}

// Quotes have a permission of their own.
func TestQuoteNeedsRoutes(t *testing.T) {
	f := newFake(t)
	shared(t, f)
	f.quote = apiserver.Quote{Parts: []apiserver.QuotePart{{Route: []ledger.NodeID{node(9)}}}}
	v, _ := signedInvoice(9, invoiceSpec(1000, now.Add(time.Hour)))
	for perm, want := range map[api.Permission]string{api.PermRoutes: "", api.PermBuyer: api.ReasonPermission, api.PermRead: api.ReasonPermission} {
		f.srv.SetApps([]engine.AppRecord{{Key: node(40), Name: "app", Permissions: []string{string(perm)}}})
		c := dial(t, f.serve(t, &rpc.Caller{Peer: ident(40).PeerID()}))
		if _, err := c.Quote(t.Context(), v.Text(), nil); apiclient.ReasonOf(err) != want {
			t.Errorf("with permission %s a quote is refused with %v, want %q", perm, err, want)
		}
	}
}
