package apiserver_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
	"github.com/offset-p2p/offset/node/apiclient"
	"github.com/offset-p2p/offset/node/engine"
)

// payment is the payment of an invoice of 12.50 EUR of the node with seed 9.
func payment(id byte, state engine.PaymentState) engine.PaymentRecord {
	v, key := signedInvoice(9, invoiceSpec(1250, now.Add(time.Hour)))
	r := engine.PaymentRecord{
		ID: ledger.PaymentID{id}, Invoice: v, State: state, MaxFee: ledger.NewAmount(22), Created: now, Attempts: 1,
	}
	switch state {
	case engine.Settled:
		r.Key, r.Fee, r.Finished = &key, ledger.NewAmount(5), now.Add(time.Second)
		r.Parts = []engine.PartRecord{{
			PartLock: ledger.Lock{1}, Friend: node(2), Amount: ledger.NewAmount(1255), Share: ledger.NewAmount(1250),
			Path: ledger.NewPath(ledger.Hop{Node: node(9), Amount: ledger.NewAmount(1250)}), Collected: true,
		}}
	case engine.Failed:
		r.Failure, r.Text, r.Largest = "no_route", "no chain of friends leads there", ledger.NewAmount(700)
		r.Parts = []engine.PartRecord{{PartLock: ledger.Lock{1}, Friend: node(2), Cancelled: ledger.OverLimit, Reporter: node(3)}}
	}
	return r
}

// step publishes the next state of a payment as a node does: stored first.
func (f *fake) step(r engine.PaymentRecord) {
	f.putPayment(r)
	f.srv.Publish([]engine.Event{{Wall: now, Payment: &r}})
}

// paying makes the fake answer Pay by the states of one payment: the first as
// the reply, the others as events when the client has seen the one before.
func paying(f *fake, states ...engine.PaymentState) (progress func(apiclient.Payment)) {
	next := 0
	f.pay = func(p engine.Pay) (any, error) {
		next++
		return payment(1, states[0]), nil
	}
	return func(apiclient.Payment) {
		if next < len(states) {
			f.step(payment(1, states[next]))
			next++
		}
	}
}

func TestPayStreamsUntilTheEnd(t *testing.T) {
	for _, end := range []engine.PaymentState{engine.Settled, engine.Failed} {
		f := newFake(t)
		publish := paying(f, engine.Planning, engine.Sending, end)
		invoice := payment(1, engine.Planning).Invoice.Text()
		var seen []apiclient.PaymentState
		got, err := f.local(t).Pay(t.Context(), apiclient.PayRequest{Invoice: invoice}, func(p apiclient.Payment) {
			seen = append(seen, p.State)
			publish(p)
		})
		must(t, err)
		want := []apiclient.PaymentState{"planning", "sending", "settled"}
		if end == engine.Failed {
			want[2] = "failed"
		}
		if !slices.Equal(seen, want) || got.State != want[2] {
			t.Errorf("the payment was seen as %v and ended as %v, want %v", seen, got.State, want)
		}
	}
}

func TestPaymentsAreShownWhole(t *testing.T) {
	f := newFake(t)
	f.putPayment(payment(1, engine.Settled))
	f.putPayment(payment(2, engine.Failed))
	c := f.local(t)
	settled, err := c.Payment(t.Context(), ledger.PaymentID{1})
	must(t, err)
	receipt, err := ledger.ParseReceipt(settled.Receipt)
	must(t, err)
	if receipt.Invoice.Amount != settled.Amount || settled.Fee != ledger.NewAmount(5) || settled.Seller != node(9) || settled.Finished.IsZero() {
		t.Errorf("settled payment is %+v", settled)
	}
	part := settled.Parts[0]
	if part.State != apiclient.PartCollected || !slices.Equal(part.Route, []ledger.NodeID{node(2), node(9)}) || part.Reporter != "" {
		t.Errorf("its part is %+v", part)
	}
	failed, err := c.Payment(t.Context(), ledger.PaymentID{2})
	must(t, err)
	if failed.Receipt != "" || failed.Failure != "no_route" || failed.Largest != ledger.NewAmount(700) || !failed.Final() {
		t.Errorf("failed payment is %+v", failed)
	}
	part = failed.Parts[0]
	if part.State != apiclient.PartCancelled || part.Reason != "over_limit" || part.Reporter != node(3).String() {
		t.Errorf("its part is %+v", part)
	}
	_, err = c.Payment(t.Context(), ledger.PaymentID{3})
	wantError(t, err, apiclient.NotFound, api.ReasonUnknownPayment)
	_, err = c.Payment(t.Context(), ledger.PaymentID{})
	wantError(t, err, apiclient.Invalid, api.ReasonID)
}

// A payment that is over already, because the call repeats an earlier one, is
// answered at once.
func TestPayOfAnEndedPayment(t *testing.T) {
	f := newFake(t)
	record := payment(1, engine.Settled)
	f.pay = func(engine.Pay) (any, error) { return &record, nil }
	calls := 0
	got, err := f.local(t).Pay(t.Context(), apiclient.PayRequest{Invoice: record.Invoice.Text()}, func(apiclient.Payment) { calls++ })
	must(t, err)
	if got.Receipt == "" || calls != 1 {
		t.Errorf("got %+v after %d messages", got, calls)
	}
}

// More events than the ring holds pass while the client is slow: the end of
// the payment is read from the archive.
func TestPaySlowerThanTheRing(t *testing.T) {
	f := newFake(t)
	f.pay = func(engine.Pay) (any, error) {
		f.mu.Unlock() // Do holds it.
		defer f.mu.Lock()
		f.step(payment(1, engine.Settled))
		gone := node(99)
		for range 5000 {
			f.srv.Publish([]engine.Event{{Removed: &gone}})
		}
		return payment(1, engine.Planning), nil
	}
	got, err := f.local(t).Pay(t.Context(), apiclient.PayRequest{Invoice: payment(1, engine.Planning).Invoice.Text()}, nil)
	must(t, err)
	if got.State != apiclient.PaymentSettled {
		t.Errorf("payment is %s", got.State)
	}
}

func TestPayPassesWhatWasAsked(t *testing.T) {
	f := newFake(t)
	var asked []engine.Pay
	f.pay = func(p engine.Pay) (any, error) {
		asked = append(asked, p)
		return payment(1, engine.Settled), nil
	}
	c, invoice := f.local(t), payment(1, engine.Planning).Invoice
	fee := ledger.NewAmount(3)
	_, err := c.Pay(t.Context(), apiclient.PayRequest{
		Invoice: invoice.Text(), MaxFee: &fee, Timeout: time.Minute, Note: "table 7", Payment: ledger.PaymentID{7},
	}, nil)
	must(t, err)
	_, err = c.Pay(t.Context(), apiclient.PayRequest{Invoice: invoice.Text()}, nil)
	must(t, err)
	p, d := asked[0], asked[1]
	if p.Payment != (ledger.PaymentID{7}) || p.MaxFee != fee || p.Timeout != time.Minute || p.Note != "table 7" || p.Invoice.Hash() != invoice.Hash() {
		t.Errorf("asked for %+v", p)
	}
	// One percent of 12.50 and ten cents; half a minute; an id of its own.
	if d.MaxFee != ledger.NewAmount(22) || d.Timeout != 30*time.Second || d.Payment == (ledger.PaymentID{}) || d.Note != "" {
		t.Errorf("asked for %+v by default", d)
	}
}

func TestBadPay(t *testing.T) {
	f := newFake(t)
	c, good := f.local(t), payment(1, engine.Planning).Invoice
	damaged := []byte(good.Text())
	damaged[40] ^= 1
	over := ledger.AmountFromParts(1<<32, 0)
	own, _ := signedInvoice(1, invoiceSpec(7, now.Add(time.Hour)))
	expired, _ := signedInvoice(9, invoiceSpec(7, now))
	for _, tc := range []struct {
		req    apiclient.PayRequest
		code   apiclient.Code
		reason string
	}{
		{apiclient.PayRequest{}, apiclient.Invalid, api.ReasonInvoice},
		{apiclient.PayRequest{Invoice: string(damaged)}, apiclient.Invalid, api.ReasonInvoice},
		{apiclient.PayRequest{Invoice: good.Text(), MaxFee: &over}, apiclient.Invalid, api.ReasonAmountRange},
		{apiclient.PayRequest{Invoice: good.Text(), Timeout: time.Millisecond}, apiclient.Invalid, api.ReasonTime},
		{apiclient.PayRequest{Invoice: good.Text(), Timeout: 2 * time.Hour}, apiclient.Invalid, api.ReasonTime},
		// The rest the engine knows.
		{apiclient.PayRequest{Invoice: good.Text(), Note: strings.Repeat("x", 257)}, apiclient.Invalid, "note_invalid"},
		{apiclient.PayRequest{Invoice: own.Text()}, apiclient.Invalid, "own_invoice"},
		{apiclient.PayRequest{Invoice: expired.Text()}, apiclient.Precondition, "invoice_expired"},
		{apiclient.PayRequest{Invoice: good.Text()}, apiclient.Invalid, "currency_unknown"},
	} {
		_, err := c.Pay(t.Context(), tc.req, nil)
		wantError(t, err, tc.code, tc.reason)
	}
}

// The caller goes away; the stream ends, the payment does not.
func TestPayGivenUp(t *testing.T) {
	f := newFake(t)
	publish := paying(f, engine.Planning, engine.Sending)
	ctx, cancel := context.WithCancel(t.Context())
	got, err := f.local(t).Pay(ctx, apiclient.PayRequest{Invoice: payment(1, engine.Planning).Invoice.Text()}, func(p apiclient.Payment) {
		publish(p)
		if p.State == apiclient.PaymentSending {
			cancel()
		}
	})
	wantError(t, err, apiclient.Timeout, api.ReasonTimeout)
	if got.State != apiclient.PaymentSending || got.ID != (ledger.PaymentID{1}) {
		t.Errorf("the last that was heard is %+v", got)
	}
}

// A permission that is taken away ends streams that are open.
func TestPayEndsWithThePermission(t *testing.T) {
	f := newFake(t)
	f.srv.SetApps([]engine.AppRecord{{Key: node(50), Permissions: []string{"buyer"}}})
	f.pay = func(engine.Pay) (any, error) { return payment(1, engine.Planning), nil }
	_, err := f.app(t, 50).Pay(t.Context(), apiclient.PayRequest{Invoice: payment(1, engine.Planning).Invoice.Text()}, func(apiclient.Payment) {
		f.srv.SetApps(nil)
		f.step(payment(1, engine.Sending))
	})
	wantError(t, err, apiclient.Denied, api.ReasonPermission)
}

func TestHistoryInPages(t *testing.T) {
	f := newFake(t)
	for id := byte(1); id <= 5; id++ {
		f.putPayment(payment(id, engine.Settled))
	}
	c := f.local(t)
	var ids []byte
	for cursor, pages := "", 0; pages == 0 || cursor != ""; pages++ {
		page, next, err := c.Payments(t.Context(), apiclient.PaymentQuery{Query: apiclient.Query{Cursor: cursor, Size: 2}})
		must(t, err)
		for _, p := range page {
			ids = append(ids, p.ID[0])
		}
		if cursor = next; pages > 5 {
			t.Fatal("the pages do not end")
		}
	}
	if !slices.Equal(ids, []byte{5, 4, 3, 2, 1}) {
		t.Errorf("payments %v in pages, want the newest first, each once", ids)
	}
}

func TestPayOfABackendThatLosesThePayment(t *testing.T) {
	f := newFake(t)
	f.pay = func(engine.Pay) (any, error) { return "nonsense", nil }
	c, invoice := f.local(t), payment(1, engine.Planning).Invoice.Text()
	_, err := c.Pay(t.Context(), apiclient.PayRequest{Invoice: invoice}, nil)
	wantError(t, err, apiclient.Broken, api.ReasonInternal)
	f.pay = func(engine.Pay) (any, error) { return nil, errors.New("full disk") }
	_, err = c.Pay(t.Context(), apiclient.PayRequest{Invoice: invoice}, nil)
	wantError(t, err, apiclient.Broken, api.ReasonInternal)
}
