package apiserver_test

import (
	"slices"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
	appv1 "github.com/offset-p2p/offset/node/api/pb/offset/app/v1"
	"github.com/offset-p2p/offset/node/api/pb/offset/app/v1/appv1connect"
	"github.com/offset-p2p/offset/node/apiclient"
	"github.com/offset-p2p/offset/node/apiserver"
	"github.com/offset-p2p/offset/node/engine"
	"github.com/offset-p2p/offset/p2p/rpc"
)

var usd = ledger.Currency{Name: "USD", Decimals: 2}

// listed puts four invoices and four payments of two currencies and sellers into
// a node.
func listed(t *testing.T) *fake {
	t.Helper()
	f := newFake(t)
	for i, c := range []ledger.Currency{eur, usd, eur, usd} {
		spec := invoiceSpec(uint64(i+1), now.Add(time.Hour))
		spec.Currency = c
		v, key := signedInvoice(1, spec)
		r := engine.InvoiceRecord{Invoice: v, Key: key, State: engine.InvoiceOpen}
		if i == 3 {
			r.State, r.PaidAt = engine.InvoicePaid, now
		}
		if i == 0 { // its time is over, which the engine has not noticed
			v.Expires = now.Add(-time.Second).Unix()
		}
		f.invoices = append(f.invoices, r)
		bought, _ := signedInvoice(byte(2+i/2), spec)
		f.payments = append(f.payments, engine.PaymentRecord{
			ID: ledger.PaymentID{byte(i + 1)}, Invoice: bought, State: []engine.PaymentState{engine.Settled, engine.Failed}[i%2], Created: now,
		})
	}
	return f
}

func TestListsAreFiltered(t *testing.T) {
	f, ctx := listed(t), t.Context()
	c := f.local(t)
	for _, tc := range []struct {
		q    apiclient.InvoiceQuery
		want []uint64
	}{
		{apiclient.InvoiceQuery{}, []uint64{4, 3, 2, 1}},
		{apiclient.InvoiceQuery{State: apiclient.InvoiceOpen}, []uint64{3, 2}},
		{apiclient.InvoiceQuery{State: apiclient.InvoiceExpired}, []uint64{1}},
		{apiclient.InvoiceQuery{State: apiclient.InvoiceCancelled}, nil},
		{apiclient.InvoiceQuery{Query: apiclient.Query{Currency: &usd}}, []uint64{4, 2}},
		{apiclient.InvoiceQuery{Query: apiclient.Query{Currency: &usd}, State: apiclient.InvoicePaid}, []uint64{4}},
	} {
		list, _, err := c.Invoices(ctx, tc.q)
		must(t, err)
		var got []uint64
		for _, v := range list {
			n, _ := v.Amount.Uint64()
			got = append(got, n)
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%+v lists %v, want %v", tc.q, got, tc.want)
		}
	}
	for _, tc := range []struct {
		q    apiclient.PaymentQuery
		want []byte
	}{
		{apiclient.PaymentQuery{}, []byte{4, 3, 2, 1}},
		{apiclient.PaymentQuery{State: apiclient.PaymentFailed}, []byte{4, 2}},
		{apiclient.PaymentQuery{Seller: node(3)}, []byte{4, 3}},
		{apiclient.PaymentQuery{Seller: node(2), State: apiclient.PaymentSettled}, []byte{1}},
		{apiclient.PaymentQuery{Query: apiclient.Query{Currency: &eur}}, []byte{3, 1}},
		{apiclient.PaymentQuery{Seller: node(9)}, nil},
	} {
		list, _, err := c.Payments(ctx, tc.q)
		must(t, err)
		var got []byte
		for _, p := range list {
			got = append(got, p.ID[0])
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%+v lists %v, want %v", tc.q, got, tc.want)
		}
	}
}

// Size, cursor and times reach the archive as they are.
func TestPagesAreAskedFor(t *testing.T) {
	f, ctx := listed(t), t.Context()
	c := f.local(t)
	since, until := now.Add(-time.Hour), now.Add(time.Hour)
	_, next, err := c.Payments(ctx, apiclient.PaymentQuery{Query: apiclient.Query{Size: 3, Since: since, Until: until}})
	must(t, err)
	want := apiserver.Page{Limit: 3, Since: since, Until: until}
	if f.asked != want || next == "" {
		t.Errorf("asked for %+v, next %q; want %+v", f.asked, next, want)
	}
	_, next, err = c.Payments(ctx, apiclient.PaymentQuery{Query: apiclient.Query{Size: 3, Cursor: next}})
	must(t, err)
	if f.asked.Cursor == "" || next != "" {
		t.Errorf("the second page is asked for with %+v, next %q", f.asked, next)
	}
	_, _, err = c.Invoices(ctx, apiclient.InvoiceQuery{})
	must(t, err)
	if f.asked != (apiserver.Page{Limit: 50}) {
		t.Errorf("without any wish asked for %+v", f.asked)
	}
}

func TestBadLists(t *testing.T) {
	f, ctx := listed(t), t.Context()
	c := f.local(t)
	over := apiclient.Query{Size: 501}
	backwards := apiclient.Query{Since: now, Until: now}
	lower := apiclient.Query{Currency: &ledger.Currency{Name: "eur"}}
	for q, reason := range map[apiclient.Query]string{
		over: api.ReasonPage, backwards: api.ReasonTime, lower: api.ReasonCurrency, {Cursor: "beyond"}: api.ReasonCursor,
	} {
		_, _, err := c.Invoices(ctx, apiclient.InvoiceQuery{Query: q})
		wantError(t, err, apiclient.Invalid, reason)
		_, _, err = c.Payments(ctx, apiclient.PaymentQuery{Query: q})
		wantError(t, err, apiclient.Invalid, reason)
	}
	_, _, err := c.Invoices(ctx, apiclient.InvoiceQuery{State: "settled"})
	wantError(t, err, apiclient.Invalid, api.ReasonState)
	_, _, err = c.Payments(ctx, apiclient.PaymentQuery{State: "paid"})
	wantError(t, err, apiclient.Invalid, api.ReasonState)

	raw := appv1connect.NewNodeServiceClient(rpc.UnixClient(f.serve(t, nil)), rpc.BaseURL)
	_, err = raw.ListPayments(ctx, connect.NewRequest(&appv1.ListPaymentsRequest{Seller: "bob"}))
	if apiclient.ReasonOf(err) != api.ReasonID {
		t.Errorf("a seller that is no peer ID is %v", err)
	}
}
