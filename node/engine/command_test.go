package engine_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

var sameAmount = cmp.Comparer(func(a, b ledger.Amount) bool { return a == b })

// TestRefusedCommands: each with a code and a reason for programs and a text for
// people, and nothing is changed.
func TestRefusedCommands(t *testing.T) {
	w := newWallet(t, 1000, "friend", "other")
	friend, other := w.puppets[0], w.puppets[1]
	_, stranger := keyOf("stranger")
	long := strings.Repeat("x", engine.NameBytesMax+1)
	empty, taken := "", "other"
	usd, eur3 := ledger.Currency{Name: "USD", Decimals: 2}, ledger.Currency{Name: "EUR", Decimals: 3}
	huge := ledger.AmountFromParts(1<<32, 0)
	mine, key := (&node{w: &world{epoch: w.wall()}, key: w.rig.key, id: w.rig.id}).invoice(5, time.Hour)
	edit := func(f func(v *ledger.Invoice)) *ledger.Invoice {
		v := *mine
		f(&v)
		return &v
	}
	pay := func(f func(p *engine.Pay)) engine.Pay {
		p := w.order()
		v := *w.invoice
		p.Invoice = &v
		f(&p)
		return p
	}
	app := engine.AppRecord{Key: stranger, Name: "shop", Permissions: []string{"read"}}
	w.must(engine.PutApp{App: app})
	many := make([]string, 40)
	for i := range many {
		many[i] = strings.Repeat("a", i+1)
	}

	tests := []struct {
		do     engine.Action
		code   engine.Code
		reason string
	}{
		{engine.AddFriend{Name: "x"}, engine.Invalid, "friend_missing"},
		{engine.AddFriend{Friend: w.rig.id, Name: "me"}, engine.Invalid, "friend_is_self"},
		{engine.AddFriend{Friend: friend.id, Name: "again"}, engine.Exists, "friend_exists"},
		{engine.AddFriend{Friend: stranger, Name: " "}, engine.Invalid, "name_empty"},
		{engine.AddFriend{Friend: stranger, Name: long}, engine.Invalid, "name_too_long"},
		{engine.AddFriend{Friend: stranger, Name: "a\x1bb"}, engine.Invalid, "name_unprintable"},
		{engine.AddFriend{Friend: stranger, Name: "\xff"}, engine.Invalid, "name_unprintable"},
		{engine.AddFriend{Friend: stranger, Name: "friend"}, engine.Exists, "name_taken"},
		{engine.AddFriend{Friend: stranger, Name: "x", Addresses: many}, engine.Invalid, "too_many_addresses"},
		{engine.AddFriend{Friend: stranger, Name: "x", Addresses: []string{""}}, engine.Invalid, "address_invalid"},
		{engine.EditFriend{Friend: stranger}, engine.NotFound, "unknown_friend"},
		{engine.EditFriend{Friend: friend.id, Name: &empty}, engine.Invalid, "name_empty"},
		{engine.EditFriend{Friend: friend.id, Name: &taken}, engine.Exists, "name_taken"},
		{engine.EditFriend{Friend: friend.id, Addresses: many}, engine.Invalid, "too_many_addresses"},
		{engine.RemoveFriend{Friend: stranger}, engine.NotFound, "unknown_friend"},
		{engine.SetCredit{Friend: stranger, Currency: eur}, engine.NotFound, "unknown_friend"},
		{engine.SetCredit{Friend: friend.id, Currency: ledger.Currency{Name: "eur"}}, engine.Invalid, "currency_invalid"},
		{engine.SetCredit{Friend: friend.id, Currency: eur, Limit: huge}, engine.Invalid, "amount_out_of_range"},
		{engine.SetCredit{Friend: friend.id, Currency: eur3}, engine.Invalid, "currency_decimals"},
		{engine.SetRate{Friend: stranger, Currency: eur}, engine.NotFound, "unknown_friend"},
		{engine.SetRate{Friend: friend.id, Currency: usd}, engine.NotFound, "unknown_currency"},
		{engine.SetOpen{Friend: friend.id, Currency: eur3}, engine.NotFound, "unknown_currency"},
		{engine.SetRelays{Tickets: []string{"a", "a"}}, engine.Invalid, "ticket_twice"},
		{engine.SetRelays{Tickets: []string{""}}, engine.Invalid, "ticket_invalid"},
		{engine.SetIndexServers{Tickets: many}, engine.Exhausted, "too_many_tickets"},
		{engine.PutApp{App: engine.AppRecord{Name: "x"}}, engine.Invalid, "app_key_missing"},
		{engine.PutApp{App: engine.AppRecord{Key: stranger, Name: long}}, engine.Invalid, "name_too_long"},
		{engine.PutApp{App: engine.AppRecord{Key: friend.id, Name: "shop"}}, engine.Exists, "name_taken"},
		{engine.PutApp{App: engine.AppRecord{Key: stranger, Name: "x", Permissions: many}}, engine.Invalid, "too_many_permissions"},
		{engine.RemoveApp{Key: friend.id}, engine.NotFound, "unknown_app"},
		{engine.CreateInvoice{}, engine.Invalid, "invoice_missing"},
		{engine.CreateInvoice{Invoice: edit(func(v *ledger.Invoice) { v.Amount = huge }), Key: key}, engine.Invalid, "invoice_invalid"},
		{engine.CreateInvoice{Invoice: mine}, engine.Invalid, "invoice_foreign"},
		{engine.CreateInvoice{Invoice: edit(func(v *ledger.Invoice) { v.Seller = stranger }), Key: key}, engine.Invalid, "invoice_foreign"},
		{engine.CreateInvoice{Invoice: edit(func(v *ledger.Invoice) { v.Amount = amount(0) }), Key: key}, engine.Invalid, "amount_zero"},
		{engine.CreateInvoice{Invoice: edit(func(v *ledger.Invoice) { v.Reserved = 1 }), Key: key}, engine.Invalid, "reserved_unsupported"},
		{engine.CreateInvoice{Invoice: edit(func(v *ledger.Invoice) { v.Created, v.Expires = 1, 2 }), Key: key}, engine.Invalid, "invoice_expired"},
		{engine.CancelInvoice{}, engine.NotFound, "unknown_invoice"},
		{engine.Pay{}, engine.Invalid, "invoice_missing"},
		{pay(func(p *engine.Pay) { p.Payment = ledger.PaymentID{} }), engine.Invalid, "payment_id_missing"},
		{pay(func(p *engine.Pay) { p.Invoice.Amount = huge }), engine.Invalid, "invoice_invalid"},
		{pay(func(p *engine.Pay) { p.Invoice.Amount = amount(0) }), engine.Invalid, "amount_zero"},
		{pay(func(p *engine.Pay) { p.Invoice.Reserved = 5 }), engine.Invalid, "reserved_unsupported"},
		{pay(func(p *engine.Pay) { p.Invoice.Seller = w.rig.id }), engine.Invalid, "own_invoice"},
		{pay(func(p *engine.Pay) { p.MaxFee = huge }), engine.Invalid, "amount_out_of_range"},
		{pay(func(p *engine.Pay) { p.Timeout = -1 }), engine.Invalid, "timeout_out_of_range"},
		{pay(func(p *engine.Pay) { p.Timeout = engine.TimeoutMax + 1 }), engine.Invalid, "timeout_out_of_range"},
		{pay(func(p *engine.Pay) { p.Note = strings.Repeat("n", ledger.NoteBytesMax+1) }), engine.Invalid, "note_invalid"},
		{pay(func(p *engine.Pay) { p.Invoice.Created, p.Invoice.Expires = 1, 2 }), engine.Precondition, "invoice_expired"},
		{pay(func(p *engine.Pay) { p.Invoice.Currency = usd }), engine.Invalid, "currency_unknown"},
		{pay(func(p *engine.Pay) { p.Invoice.Currency = eur3 }), engine.Invalid, "currency_decimals"},
	}
	before, caps := w.eng.Config(), w.eng.Capacities()
	for _, tc := range tests {
		replies := len(w.replies)
		w.step(engine.Command{ID: 9, Do: tc.do})
		if len(w.replies) != replies+1 || w.replies[replies].ID != 9 {
			t.Fatalf("%T: %d replies", tc.do, len(w.replies)-replies)
		}
		err := w.replies[replies].Err
		switch {
		case err == nil:
			t.Errorf("%T was not refused, want %s", tc.do, tc.reason)
		case err.Reason != tc.reason || err.Code != tc.code || len(err.Error()) < 10:
			t.Errorf("%T: %d %s %q, want %d %s", tc.do, err.Code, err.Reason, err.Text, tc.code, tc.reason)
		}
		if len(w.last.Writes)+len(w.last.Frames)+len(w.last.Events)+len(w.last.Questions) > 0 || w.last.Reconfigured {
			t.Errorf("refused %s has effects", tc.reason)
		}
	}
	if d := cmp.Diff(before, w.eng.Config(), sameAmount); d != "" {
		t.Errorf("refused commands changed the settings:\n%s", d)
	}
	if d := cmp.Diff(caps, w.eng.Capacities(), sameAmount); d != "" {
		t.Errorf("refused commands changed capacities:\n%s", d)
	}
	w.must(engine.SetOpen{Friend: friend.id, Currency: eur})
	w.must(engine.SetOpen{Friend: other.id, Currency: eur})
	if _, err := w.do(w.order()); err == nil || err.Reason != "currency_inactive" {
		t.Errorf("a closed currency: %v", err)
	}
}

// TestSettingsOutliveRestart: what was said is on the disk, and Config says it.
func TestSettingsOutliveRestart(t *testing.T) {
	r := newRig(t, "friend")
	friend := r.puppets[0]
	name, off := "Fritz", false
	rate := ledger.Rate{Mul: 5, Add: 6}
	for _, a := range []engine.Action{
		engine.EditFriend{Friend: friend.id, Name: &name, Addresses: []string{"/ip4/1.2.3.4"}, Enabled: &off},
		engine.SetRate{Friend: friend.id, Currency: eur, Rate: rate},
		engine.SetOpen{Friend: friend.id, Currency: eur},
		engine.SetRelays{Tickets: []string{"relay"}},
		engine.SetIndexServers{Tickets: []string{"one", "two"}},
		engine.PutApp{App: engine.AppRecord{Key: friend.id, Name: "shop", Permissions: []string{"read"}}},
		engine.PutApp{App: engine.AppRecord{Key: r.id, Name: "gone"}},
		engine.RemoveApp{Key: r.id},
	} {
		r.must(a)
		if !r.last.Reconfigured {
			t.Errorf("%T does not tell the shell", a)
		}
	}
	before := r.eng.Config()
	f := before.Friends[0]
	if f.Name != name || !f.Disabled || f.Addresses[0] != "/ip4/1.2.3.4" || f.Added.IsZero() ||
		f.Currencies[0] != (engine.CurrencySetting{Currency: eur, Limit: amount(10_000), Rate: rate, Closed: true}) {
		t.Errorf("friend: %+v", f)
	}
	if len(before.Apps) != 1 || len(before.Settings.IndexServers) != 2 || before.Settings.Relays[0] != "relay" {
		t.Errorf("config: %+v", before)
	}
	r.restart()
	if d := cmp.Diff(before, r.eng.Config(), sameAmount); d != "" {
		t.Errorf("after the restart:\n%s", d)
	}
	if r.eng.Self() != r.id {
		t.Error("another self")
	}
}

// TestCapacitiesFollow: what the market is told follows link, settings, limits
// and use, and is gone when the edge cannot be used.
func TestCapacitiesFollow(t *testing.T) {
	r := newRig(t, "friend", "other")
	friend, other := r.puppets[0], r.puppets[1]
	yes, no := true, false
	told := func(want engine.Capacity) {
		t.Helper()
		want.Friend, want.Currency = friend.id, eur
		for _, c := range r.last.Capacities {
			if c.Friend == friend.id {
				if c != want {
					t.Errorf("told %+v, want %+v", c, want)
				}
				return
			}
		}
		t.Errorf("nothing was told, want %+v", want)
	}
	full := engine.Capacity{CanSend: amount(10_000), CanReceive: amount(10_000), Transit: amount(5_000)}
	r.must(engine.SetOpen{Friend: friend.id, Currency: eur, Open: false})
	told(engine.Capacity{})
	r.must(engine.SetOpen{Friend: friend.id, Currency: eur, Open: true})
	told(full)
	r.must(engine.EditFriend{Friend: friend.id, Enabled: &no})
	told(engine.Capacity{})
	if len(r.eng.Capacities()) != 1 {
		t.Error("a disabled friend has a capacity")
	}
	r.must(engine.EditFriend{Friend: friend.id, Enabled: &yes})
	told(full)
	r.must(engine.SetRate{Friend: friend.id, Currency: eur, Rate: ledger.Rate{Add: 3}})
	full.Rate.Add = 3
	told(full)
	r.step(engine.Tick{})
	if len(r.last.Capacities) != 0 {
		t.Error("told again without a change")
	}
	friend.hangUp()
	if len(r.eng.Capacities()) != 1 {
		t.Error("a friend that is away has a capacity")
	}
	friend.connect()
	req, k := friend.request(400, hop(other, 300))
	friend.say(req)
	if c := r.capacity(friend); c.CanReceive != amount(9_600) || c.CanSend != amount(10_000) {
		t.Errorf("pending: %+v", c)
	}
	if c := r.capacity(other); c.CanSend != amount(9_700) {
		t.Errorf("pending: %+v", c)
	}
	other.say(&ledger.Collect{Ordinal: 1, Key: k.lock, PartKey: k.part})
	if c := r.capacity(friend); c.CanReceive != amount(9_600) || c.CanSend != amount(10_400) {
		t.Errorf("collected: %+v", c)
	}
	r.must(engine.SetCredit{Friend: friend.id, Currency: eur, Limit: amount(100)}) // below the balance
	if c := r.capacity(friend); !c.CanReceive.IsZero() || c.CanSend != amount(10_400) {
		t.Errorf("lowered: %+v", c)
	}
	v, _ := r.eng.Friend(friend.id)
	if c := v.Currencies[0]; c.Limit != amount(100) || c.Granted != amount(10_000) || c.Balance != ledger.NewBalance(400) || !c.Active {
		t.Errorf("view: %+v", c)
	}
}

// TestDecimalsConflict is shown to the user.
func TestDecimalsConflict(t *testing.T) {
	r := newRig(t)
	p := r.puppet("friend")
	r.must(engine.AddFriend{Friend: p.id, Name: "friend"})
	r.must(engine.SetCredit{Friend: p.id, Currency: eur, Limit: amount(100)})
	p.connect()
	p.say(&ledger.Credit{Currency: ledger.Currency{Name: "EUR", Decimals: 4}, Limit: amount(5)})
	v, _ := r.eng.Friend(p.id)
	if !strings.Contains(v.Status, "2 decimals here and 4 at the friend's") || v.Currencies[0].Active || !v.Ready {
		t.Errorf("%+v", v)
	}
	if _, ok := r.eng.Friend(r.id); ok {
		t.Error("a stranger has a view")
	}
}

// TestRemoveFriend says what may be lost, and forgets all but the tombstone.
func TestRemoveFriend(t *testing.T) {
	w := newWallet(t, 1000, "up", "down", "seller")
	up, down, seller := w.puppets[0], w.puppets[1], w.puppets[2]
	req, k := up.request(100, hop(down, 90))
	up.say(req)
	w.pay()
	part, _ := w.planned(1, 1000, 1000, down, hop(seller, 1000))
	w.step(answer(w.question(), part))

	_, err := w.do(engine.RemoveFriend{Friend: down.id})
	if err == nil || err.Reason != "friend_may_lose" || !strings.Contains(err.Text, "10.90 EUR of your pending requests") {
		t.Fatalf("refusal: %v", err)
	}
	highest := down.book.Highest()
	w.must(engine.RemoveFriend{Friend: down.id, MayLose: true})
	up.wantCancel(ledger.FriendOffline, w.rig.id)
	w.wantUnknown()
	if len(down.drops) != 1 || len(w.disk.forwards) != 0 || !w.last.Reconfigured && len(w.eng.Config().Friends) != 2 {
		t.Error("the friend is still there")
	}
	if got := w.eng.Config().Settings.Tombstones; len(got) != 1 || got[0] != (engine.Tombstone{Friend: down.id, Highest: highest}) {
		t.Errorf("tombstones: %+v, highest %d", got, highest)
	}
	removed := false
	for _, ev := range w.events {
		removed = removed || ev.Removed != nil && *ev.Removed == down.id
	}
	if !removed {
		t.Error("applications were not told")
	}
	down.up = false
	w.step(down.input(&ledger.Ping{}), engine.LinkUp{Friend: down.id, Link: 999})

	// Removed with its own requests pending: what went on for them goes on.
	req, k = up.request(100, hop(seller, 90))
	up.say(req)
	if _, err := w.do(engine.RemoveFriend{Friend: up.id}); err == nil || !strings.Contains(err.Text, "1.00 EUR of its pending requests") {
		t.Fatalf("refusal: %v", err)
	}
	w.must(engine.RemoveFriend{Friend: up.id, MayLose: true})
	seller.say(&ledger.Collect{Ordinal: seller.got[0].Ordinal, Key: k.lock, PartKey: k.part})
	if len(w.disk.forwards) != 0 {
		t.Error("the forward stays on the disk")
	}
	if _, err := w.do(engine.RemoveFriend{Friend: seller.id}); err == nil || !strings.Contains(err.Text, "0.90 EUR that you owe it") {
		t.Errorf("refusal: %v", err)
	}

	// Added again: numbers go on above the tombstone.
	w.must(engine.AddFriend{Friend: down.id, Name: "down"})
	if got := w.disk.ledgers[down.id].Highest; got != highest {
		t.Errorf("highest is %d after adding again, want %d", got, highest)
	}
	w.must(engine.SetCredit{Friend: down.id, Currency: eur, Limit: amount(1)})
	down.connect()
	w.restart()
	if w.disk.ledgers[down.id].Highest < highest {
		t.Error("the number fell")
	}
}

// TestQueuedForwardGoesWithItsFriend: a request that waits for a place in an
// entry must not leave when the one that it forwards is gone.
func TestQueuedForwardGoesWithItsFriend(t *testing.T) {
	r := newRig(t, "up", "down")
	up, down := r.puppets[0], r.puppets[1]
	down.fill()
	req, _ := up.request(100, hop(down, 90))
	up.say(req)
	if len(r.disk.forwards) != 0 {
		t.Fatal("the window is open")
	}
	r.must(engine.RemoveFriend{Friend: up.id, MayLose: true})
	down.hear()
	if f, _ := r.eng.Friend(down.id); !f.Ready {
		t.Fatal("down is not ready")
	}
	r.pass(5 * time.Second)
	if len(down.got) != 0 || len(r.disk.forwards) != 0 {
		t.Error("the request left without cover")
	}
}

func TestLinks(t *testing.T) {
	r := newRig(t, "friend")
	p := r.puppets[0]
	_, stranger := keyOf("stranger")
	r.stepOnce(engine.LinkUp{Friend: stranger, Link: 50})
	if len(r.last.Drops) != 1 || r.last.Drops[0].Link != 50 {
		t.Errorf("a stranger's link: %+v", r.last.Drops)
	}
	r.stepOnce(engine.LinkDown{Friend: p.id, Link: p.link - 1}, engine.LinkUp{Friend: p.id, Link: p.link})
	if v, _ := r.eng.Friend(p.id); !v.Connected || !v.Ready || v.Status != "ready" {
		t.Errorf("an older link's end ended the newer: %+v", v)
	}
	p.hangUp()
	if v, _ := r.eng.Friend(p.id); v.Connected || v.Ready || v.Status != "not connected" {
		t.Errorf("after hanging up: %+v", v)
	}
}

func TestStates(t *testing.T) {
	type both struct {
		I engine.InvoiceState
		P engine.PaymentState
	}
	for i := range uint8(4) {
		in := both{engine.InvoiceState(i + 1), engine.PaymentState(i + 1)}
		b, err := json.Marshal(in)
		if err != nil || strings.Contains(string(b), "invalid") {
			t.Errorf("%s: %v", b, err)
		}
		var out both
		if err := json.Unmarshal(b, &out); err != nil || out != in {
			t.Errorf("%s becomes %v: %v", b, out, err)
		}
	}
	if engine.Settled.String() != "settled" || engine.InvoicePaid.String() != "paid" || engine.PaymentState(0).String() != "invalid" || engine.InvoiceState(9).String() != "invalid" {
		t.Error("wrong words")
	}
	var p engine.PaymentState
	if p.UnmarshalText([]byte("invalid")) == nil || p.UnmarshalText(nil) == nil {
		t.Error("reads a word that is none")
	}
}
