package apiserver_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
	"github.com/offset-p2p/offset/node/api/pb/offset/app/v1/appv1connect"
	"github.com/offset-p2p/offset/node/apiclient"
	"github.com/offset-p2p/offset/node/engine"
	"github.com/offset-p2p/offset/p2p/rpc"
)

func TestInvoices(t *testing.T) {
	f, ctx := newFake(t), t.Context()
	c := f.local(t)
	inv, err := c.CreateInvoice(ctx, apiclient.InvoiceRequest{
		Currency: eur, Amount: ledger.NewAmount(1250), Description: "two pizzas", ExpiresIn: 10 * time.Minute,
	})
	must(t, err)
	read, err := ledger.ParseInvoice(inv.Text)
	must(t, err)
	if read.Seller != node(1) || read.Amount != inv.Amount || read.ID != inv.ID || inv.State != apiclient.InvoiceOpen ||
		!inv.Expires.Equal(now.Add(10*time.Minute)) || inv.Description != "two pizzas" {
		t.Errorf("invoice is %+v, its text says %+v", inv, read)
	}
	for _, ref := range []string{inv.ID.String(), inv.Text, strings.ToUpper(inv.Text), " " + inv.Text + "\n"} {
		if got, err := c.Invoice(ctx, ref); err != nil || got.ID != inv.ID {
			t.Errorf("Invoice(%.30q) = %+v, %v", ref, got, err)
		}
	}
	must(t, c.CancelInvoice(ctx, inv.Text))
	got, err := c.Invoice(ctx, inv.ID.String())
	must(t, err)
	if got.State != apiclient.InvoiceCancelled {
		t.Errorf("cancelled invoice is %s", got.State)
	}
	wantError(t, c.CancelInvoice(ctx, inv.Text), apiclient.Precondition, "invoice_cancelled")
}

func TestInvoicesShownAsExpired(t *testing.T) {
	f := newFake(t)
	v, _ := signedInvoice(1, invoiceSpec(7, now.Add(-time.Minute)))
	f.putInvoice(engine.InvoiceRecord{Invoice: v, State: engine.InvoiceOpen})
	paid, _ := signedInvoice(1, invoiceSpec(8, now.Add(-time.Minute)))
	f.putInvoice(engine.InvoiceRecord{Invoice: paid, State: engine.InvoicePaid, PaidAt: now, Paid: ledger.NewAmount(9), Note: "hi"})
	page, next, err := f.local(t).Invoices(t.Context(), apiclient.InvoiceQuery{})
	must(t, err)
	if next != "" || len(page) != 2 || page[0].State != apiclient.InvoicePaid || page[1].State != apiclient.InvoiceExpired {
		t.Fatalf("invoices are %+v", page)
	}
	if page[0].Paid != ledger.NewAmount(9) || !page[0].PaidAt.Equal(now) || page[0].Note != "hi" {
		t.Errorf("paid invoice is %+v", page[0])
	}
}

func TestBadInvoices(t *testing.T) {
	f, ctx := newFake(t), t.Context()
	f.extra = []engine.FriendView{{Record: engine.FriendRecord{Friend: node(2), Name: "bob"}, Currencies: []engine.CurrencyView{{Currency: eur}}}}
	c := f.local(t)
	one := ledger.NewAmount(1)
	for _, tc := range []struct {
		req    apiclient.InvoiceRequest
		code   apiclient.Code
		reason string
	}{
		{apiclient.InvoiceRequest{Currency: eur}, apiclient.Invalid, api.ReasonAmountZero},
		{apiclient.InvoiceRequest{Currency: eur, Amount: ledger.AmountFromParts(1<<32, 0)}, apiclient.Invalid, api.ReasonAmountRange},
		{apiclient.InvoiceRequest{Currency: ledger.Currency{Name: ""}, Amount: one}, apiclient.Invalid, api.ReasonCurrency},
		{apiclient.InvoiceRequest{Currency: ledger.Currency{Name: "EUR", Decimals: 3}, Amount: one}, apiclient.Precondition, api.ReasonDecimals},
		{apiclient.InvoiceRequest{Currency: eur, Amount: one, ExpiresIn: -time.Second}, apiclient.Invalid, api.ReasonTime},
		{apiclient.InvoiceRequest{Currency: eur, Amount: one, ExpiresIn: 999 * 24 * time.Hour}, apiclient.Invalid, api.ReasonTime},
		{apiclient.InvoiceRequest{Currency: eur, Amount: one, Description: strings.Repeat("x", 641)}, apiclient.Invalid, api.ReasonText},
	} {
		_, err := c.CreateInvoice(ctx, tc.req)
		wantError(t, err, tc.code, tc.reason)
	}
	if len(f.invoices) != 0 {
		t.Errorf("refused calls made %d invoices", len(f.invoices))
	}
	_, err := c.Invoice(ctx, "nonsense")
	wantError(t, err, apiclient.Invalid, api.ReasonID)
	_, err = c.Invoice(ctx, "offset:i1nonsense")
	wantError(t, err, apiclient.Invalid, api.ReasonInvoice)
	_, err = c.Invoice(ctx, ledger.InvoiceID{1}.String())
	wantError(t, err, apiclient.NotFound, api.ReasonUnknownInvoice)
	_, _, err = c.Invoices(ctx, apiclient.InvoiceQuery{Query: apiclient.Query{Size: 501}})
	wantError(t, err, apiclient.Invalid, api.ReasonPage)
	_, _, err = c.Invoices(ctx, apiclient.InvoiceQuery{Query: apiclient.Query{Cursor: "beyond", Size: 10}})
	wantError(t, err, apiclient.Invalid, "bad_cursor")
}

// Amounts that apiclient cannot even express come as text from other clients.
func TestBadAmountTexts(t *testing.T) {
	f := newFake(t)
	handler := f.srv.Handler()
	client := appv1connect.NewNodeServiceClient(&http.Client{Transport: direct{handler}}, rpc.BaseURL)
	for text, reason := range map[string]string{
		"":                              api.ReasonAmount,
		"0":                             api.ReasonAmountZero,
		"00":                            api.ReasonAmount,
		"-5":                            api.ReasonAmount,
		"1.5":                           api.ReasonAmount,
		"1e3":                           api.ReasonAmount,
		" 1":                            api.ReasonAmount,
		"0x10":                          api.ReasonAmount,
		"79228162514264337593543950336": api.ReasonAmountRange, // 2^96
		"340282366920938463463374607431768211456": api.ReasonAmount, // 2^128
		strings.Repeat("9", 1000):                 api.ReasonAmount,
	} {
		_, err := client.CreateInvoice(t.Context(), connect.NewRequest(&appv1.CreateInvoiceRequest{
			Currency: &appv1.Currency{Name: "EUR", Decimals: 2}, Amount: text,
		}))
		if got := apiclient.ReasonOf(err); got != reason || connect.CodeOf(err) != connect.CodeInvalidArgument {
			t.Errorf("amount %.40q: %v with reason %q, want %q", text, err, got, reason)
		}
		if err != nil && len(err.Error()) > 300 {
			t.Errorf("amount %.40q: the error has %d bytes", text, len(err.Error()))
		}
	}
	for _, add := range []string{"", "-1", "18446744073709551616", "x"} {
		_, err := client.SetRate(t.Context(), connect.NewRequest(&appv1.SetRateRequest{
			Friend: "bob", Currency: &appv1.Currency{Name: "EUR"}, Rate: &appv1.Rate{Add: add},
		}))
		if got := apiclient.ReasonOf(err); got != api.ReasonRate {
			t.Errorf("rate with add %q: %v", add, err)
		}
	}
	_, err := client.SetCredit(t.Context(), connect.NewRequest(&appv1.SetCreditRequest{Friend: "bob", Limit: "1"}))
	if got := apiclient.ReasonOf(err); got != api.ReasonCurrency {
		t.Errorf("a missing currency: %v", err)
	}
}

// direct hands requests to a handler as the local user's, without a socket.
type direct struct{ handler http.Handler }

func (d direct) RoundTrip(req *http.Request) (*http.Response, error) {
	return roundTrip(d.handler, req.WithContext(rpc.WithCaller(context.WithoutCancel(req.Context()), rpc.Caller{Local: true})))
}
