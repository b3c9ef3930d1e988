package apiserver_test

import (
	"errors"
	"testing"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/api"
	"github.com/offset-p2p/offset/node/apiclient"
	"github.com/offset-p2p/offset/node/engine"
)

var errEnough = errors.New("enough")

// read hands each event to what: it acts on it and says whether that is enough.
func read(t *testing.T, c *apiclient.Client, after apiclient.Position, what func(apiclient.Event) bool) []apiclient.Event {
	t.Helper()
	var all []apiclient.Event
	err := c.Events(t.Context(), after, func(ev apiclient.Event) error {
		all = append(all, ev)
		if what(ev) {
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) {
		t.Fatalf("events ended with %v after %d", err, len(all))
	}
	return all
}

func TestEventsStateFirstThenChanges(t *testing.T) {
	f, ctx := newFake(t), t.Context()
	c := f.local(t)
	_, err := c.AddFriend(ctx, "bob", ticket(2))
	must(t, err)
	must(t, c.AddRelays(ctx, ticket(20)))
	f.putPayment(payment(1, engine.Settled))

	events := read(t, c, apiclient.Position{}, func(ev apiclient.Event) bool {
		switch {
		case ev.State != nil:
			_, err := c.AddFriend(ctx, "carol", ticket(3))
			must(t, err)
			must(t, c.AddRelays(ctx, ticket(21)))
			_, err = c.CreateInvoice(ctx, apiclient.InvoiceRequest{Currency: eur, Amount: ledger.NewAmount(7)})
			must(t, err)
			f.step(payment(2, engine.Failed))
			must(t, c.RemoveFriend(ctx, "bob", false))
		case ev.Removed != nil:
			return true
		}
		return false
	})
	state := events[0].State
	if state == nil || len(state.Friends) != 1 || len(state.Payments) != 1 || len(state.Invoices) != 0 || len(state.Network.Relays) != 1 {
		t.Fatalf("the first event is %+v, want the state", events[0])
	}
	var carol, network, invoice, failed bool
	for i, ev := range events[1:] {
		if ev.Seq != events[i].Seq+1 || ev.Instance != events[0].Instance {
			t.Errorf("event %d has number %d of %s after %d", i+1, ev.Seq, ev.Instance, events[i].Seq)
		}
		carol = carol || ev.Friend != nil && ev.Friend.Name == "carol"
		network = network || ev.Network != nil && len(ev.Network.Relays) == 2
		invoice = invoice || ev.Invoice != nil && ev.Invoice.Amount == ledger.NewAmount(7)
		failed = failed || ev.Payment != nil && ev.Payment.State == apiclient.PaymentFailed
	}
	if !carol || !network || !invoice || !failed || *events[len(events)-1].Removed != node(2) {
		t.Errorf("changes are missing: carol %v, network %v, invoice %v, payment %v", carol, network, invoice, failed)
	}
}

func TestEventsResume(t *testing.T) {
	f := newFake(t)
	c := f.local(t)
	first := read(t, c, apiclient.Position{}, func(apiclient.Event) bool { return true })
	f.step(payment(1, engine.Sending))
	f.step(payment(1, engine.Settled))
	again := read(t, c, first[0].Position, func(ev apiclient.Event) bool {
		return ev.State != nil || ev.Payment.State == apiclient.PaymentSettled
	})
	if len(again) != 2 || again[0].State != nil || again[0].Seq != first[0].Seq+1 {
		t.Errorf("resumed with %d events, the first is %+v; want the two that were missed", len(again), again[0])
	}
	// Of another run of the node, or from its future: the state again.
	for _, bad := range []apiclient.Position{{Instance: "other", Seq: first[0].Seq}, {Instance: first[0].Instance, Seq: 1 << 40}} {
		got := read(t, c, bad, func(apiclient.Event) bool { return true })
		if got[0].State == nil {
			t.Errorf("from %+v on came %+v, want the state", bad, got[0])
		}
	}
}

// A reader that is slower than the ring gets the state again, and nothing it
// sees is older than what it saw before.
func TestEventsSlowReader(t *testing.T) {
	f := newFake(t)
	states, last := 0, uint64(0)
	events := read(t, f.local(t), apiclient.Position{}, func(ev apiclient.Event) bool {
		if ev.Seq < last {
			t.Errorf("event %d after %d", ev.Seq, last)
		}
		last = ev.Seq
		if ev.State == nil {
			return ev.Payment != nil
		}
		if states++; states == 1 {
			gone := node(99)
			for range 20_000 { // Never blocks.
				f.srv.Publish([]engine.Event{{Removed: &gone}})
			}
			f.step(payment(1, engine.Settled))
			return false
		}
		// What happened in between is in the state, or comes after it.
		return len(ev.State.Payments) == 1
	})
	if states < 2 && len(events) < 20_000 {
		t.Errorf("%d events with %d states: changes were lost without a new state", len(events), states)
	}
}

// Applications see what they may: without buyer no payments, without seller no
// invoices.
func TestEventsByPermission(t *testing.T) {
	f, ctx := newFake(t), t.Context()
	c := f.local(t)
	f.putPayment(payment(1, engine.Settled))
	_, err := c.CreateInvoice(ctx, apiclient.InvoiceRequest{Currency: eur, Amount: ledger.NewAmount(7)})
	must(t, err)
	for _, may := range [][]string{{"read"}, {"read", "seller"}, {"read", "buyer"}} {
		f.srv.SetApps([]engine.AppRecord{{Key: node(50), Name: "app", Permissions: may}})
		events := read(t, f.app(t, 50), apiclient.Position{}, func(ev apiclient.Event) bool {
			if ev.State == nil {
				return ev.Network != nil
			}
			f.step(payment(2, engine.Failed))
			_, err := c.CreateInvoice(ctx, apiclient.InvoiceRequest{Currency: eur, Amount: ledger.NewAmount(uint64(10 + len(f.invoices)))})
			must(t, err)
			f.srv.NetworkChanged()
			return false
		})
		seller, buyer := len(may) > 1 && may[1] == "seller", len(may) > 1 && may[1] == "buyer"
		var invoices, payments bool
		for _, ev := range events {
			invoices = invoices || ev.Invoice != nil || ev.State != nil && len(ev.State.Invoices) > 0
			payments = payments || ev.Payment != nil || ev.State != nil && len(ev.State.Payments) > 0
		}
		if invoices != seller || payments != buyer {
			t.Errorf("an application that may %v saw invoices: %v, payments: %v", may, invoices, payments)
		}
	}
}

func TestEventsEndWithThePermission(t *testing.T) {
	f := newFake(t)
	f.srv.SetApps([]engine.AppRecord{{Key: node(50), Permissions: []string{"read"}}})
	err := f.app(t, 50).Events(t.Context(), apiclient.Position{}, func(apiclient.Event) error {
		f.srv.SetApps(nil)
		f.srv.NetworkChanged()
		return nil
	})
	wantError(t, err, apiclient.Denied, api.ReasonPermission)
}

// One application that forgets its streams is refused more; others are not.
func TestStreamsAreBounded(t *testing.T) {
	f := newFake(t)
	f.srv.SetApps([]engine.AppRecord{{Key: node(50), Permissions: []string{"read"}}, {Key: node(51), Permissions: []string{"read"}}})
	greedy, modest := f.app(t, 50), f.app(t, 51)
	var open func(n int)
	open = func(n int) {
		err := greedy.Events(t.Context(), apiclient.Position{}, func(apiclient.Event) error {
			if n == 64 {
				wantError(t, greedy.Events(t.Context(), apiclient.Position{}, nil), apiclient.Exhausted, api.ReasonTooManyStreams)
				read(t, modest, apiclient.Position{}, func(apiclient.Event) bool { return true })
			} else {
				open(n + 1)
			}
			return errEnough
		})
		if !errors.Is(err, errEnough) {
			t.Errorf("stream %d ended with %v", n, err)
		}
	}
	open(1)
}
