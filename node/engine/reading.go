package engine

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// The methods of this file read between two steps, on the goroutine that owns
// the engine. What they return is the caller's and does not change later.

// Config returns the settings that other parts of the node act on.
func (e *Engine) Config() Config {
	c := Config{Settings: e.settings}
	c.Settings.Relays = slices.Clone(c.Settings.Relays)
	c.Settings.IndexServers = slices.Clone(c.Settings.IndexServers)
	c.Settings.Tombstones = slices.Clone(c.Settings.Tombstones)
	for _, a := range e.apps {
		a.Permissions = slices.Clone(a.Permissions)
		c.Apps = append(c.Apps, a)
	}
	slices.SortFunc(c.Apps, func(a, b AppRecord) int { return bytes.Compare(a.Key[:], b.Key[:]) })
	for _, f := range e.order {
		c.Friends = append(c.Friends, f.rec.clone())
	}
	return c
}

// Friends returns all friends, by name.
func (e *Engine) Friends() []FriendView {
	out := make([]FriendView, 0, len(e.order))
	for _, f := range e.order {
		out = append(out, e.view(f))
	}
	slices.SortStableFunc(out, func(a, b FriendView) int { return strings.Compare(a.Record.Name, b.Record.Name) })
	return out
}

// Friend returns one friend and whether there is such a friend.
func (e *Engine) Friend(id ledger.NodeID) (FriendView, bool) {
	f := e.friends[id]
	if f == nil {
		return FriendView{}, false
	}
	return e.view(f), true
}

// PendingOf returns all requests that are pending with a friend, those to it
// first and each direction from the oldest on; nil when there is no such friend.
func (e *Engine) PendingOf(id ledger.NodeID) []PendingView {
	f := e.friends[id]
	if f == nil {
		return nil
	}
	var out []PendingView
	me := f.book.Me()
	for _, author := range []ledger.Author{me, me.Other()} {
		for p := range f.book.AllPending(author) {
			r := p.Request
			v := PendingView{
				PartLock: r.PartLock, Currency: r.Currency, Amount: r.Amount, Hold: time.Duration(r.Hold) * time.Second,
				Outgoing: author == me, Withdrawn: p.Withdrawn,
			}
			if v.Own = forSeller(r); v.Outgoing {
				v.Own = e.parts[r.PartLock] != nil
			}
			out = append(out, v)
		}
	}
	return out
}

// Invoices returns the invoices that are open or have not expired, by creation;
// of those that are paid or cancelled the newest DoneInvoicesMax.
func (e *Engine) Invoices() []InvoiceRecord {
	out := make([]InvoiceRecord, 0, len(e.invoices))
	for _, v := range e.sortedSales() {
		if v.lapsed == 0 {
			out = append(out, v.rec)
		}
	}
	slices.SortStableFunc(out, func(a, b InvoiceRecord) int {
		return int(min(max(a.Invoice.Created-b.Invoice.Created, -1), 1))
	})
	return out
}

// Payments returns the payments that have not ended, by creation.
func (e *Engine) Payments() []PaymentRecord {
	out := make([]PaymentRecord, 0, len(e.payments))
	for _, p := range e.sortedPayments() {
		out = append(out, p.rec.clone())
	}
	slices.SortStableFunc(out, func(a, b PaymentRecord) int { return a.Created.Compare(b.Created) })
	return out
}

func (r *FriendRecord) clone() FriendRecord {
	c := *r
	c.Addresses, c.Currencies = slices.Clone(r.Addresses), slices.Clone(r.Currencies)
	return c
}

// showFriend tells a friend that changed.
func (s *step) showFriend(f *friend) {
	if f.changed {
		f.changed = false
		v := s.view(f)
		s.event(Event{Friend: &v})
	}
}

// view is what the user sees of f: the currencies of the settings and those that
// the ledger knows besides.
func (e *Engine) view(f *friend) FriendView {
	st := f.book.Status()
	v := FriendView{
		Record: f.rec.clone(), Connected: f.up, Ready: st.Ready, Epoch: st.Number,
		Disagreement: e.disagreement(f), Evidence: f.book.Evidence(),
	}
	for _, c := range f.book.Currencies() {
		v.Currencies = append(v.Currencies, currencyView(c, f.setting(c.Currency)))
	}
	for i := range f.rec.Currencies {
		set := &f.rec.Currencies[i]
		if _, known := f.book.Currency(set.Currency); !known {
			v.Currencies = append(v.Currencies, currencyView(friendship.CurrencyView{Currency: set.Currency}, set))
		}
	}
	slices.SortFunc(v.Currencies, func(a, b CurrencyView) int {
		return strings.Compare(a.Currency.String(), b.Currency.String())
	})
	if e.settings.Recovering != nil {
		st.Blocked = e.recoveringText() // says more than the ledger, which may not know why
	}
	v.Status = f.status(st)
	return v
}

func currencyView(c friendship.CurrencyView, set *CurrencySetting) CurrencyView {
	v := CurrencyView{
		Currency: c.Currency, Active: c.Active, Limit: c.Limit, Granted: c.FriendLimit, Balance: c.Balance,
		FrozenOut: c.FrozenOut, FrozenIn: c.FrozenIn,
	}
	if set != nil {
		v.Limit, v.Rate, v.Closed = set.Limit, set.Rate, set.Closed
	}
	return v
}

// status says to a person how things stand with f, what is wrong first.
func (f *friend) status(st friendship.Status) string {
	var notes []string
	if st.Blocked != "" {
		notes = append(notes, st.Blocked)
	}
	if st.ClockAhead {
		notes = append(notes, "one of the two nodes' clocks is wrong: check the time here and there")
	}
	if f.rec.Disabled {
		notes = append(notes, "disabled: no new requests")
	}
	for _, c := range f.book.Currencies() {
		if set := f.settingNamed(c.Currency.Name); c.FriendOffered && set != nil && set.Currency.Decimals != c.FriendDecimals {
			notes = append(notes, fmt.Sprintf("%s cannot be used: it has %d decimals here and %d at the friend's",
				set.Currency.Name, set.Currency.Decimals, c.FriendDecimals))
		}
	}
	if len(notes) == 0 {
		return "ready"
	}
	return strings.Join(notes, "; ")
}
