package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

func (s *step) addFriend(a AddFriend) *CommandError {
	switch {
	case a.Friend.IsZero():
		return refuse(Invalid, "friend_missing", "no peer ID is given: ask your friend for its ticket (`stctrl info`)")
	case a.Friend == s.self:
		return refuse(Invalid, "friend_is_self", "%v is this node itself: add the peer ID of your friend", a.Friend)
	case s.friends[a.Friend] != nil:
		return refuse(Exists, "friend_exists", "%v is a friend already, named %q", a.Friend, s.friends[a.Friend].rec.Name)
	case len(s.order) >= FriendsMax:
		return refuse(Exhausted, "too_many_friends", "the node has %d friends, more are not possible", FriendsMax)
	}
	if err := s.nameFree(a.Friend, a.Name); err != nil {
		return err
	}
	if err := addressesFit(a.Addresses); err != nil {
		return err
	}
	book, err := friendship.New(s.self, a.Friend, friendship.Stored{Highest: s.tombstone(a.Friend)})
	if err != nil {
		panic("engine: a new friendship is damaged: " + err.Error())
	}
	if s.settings.Recovering != nil {
		book.StopSigning(friendship.Env{}) // no link is up: it has no effects
	}
	f := newFriend(FriendRecord{
		Friend: a.Friend, Name: a.Name, Addresses: slices.Clone(a.Addresses), Added: s.now.Wall,
	}, book)
	s.Engine.addFriend(f)
	s.touchAll() // one more from whom strangers may come
	s.recorded(f)
	if n := book.Highest(); n > 0 {
		s.write(PutLedger{f.id, friendship.PutHighest{Number: n}})
	}
	return nil
}

// recorded stores a friend's settings and tells everybody.
func (s *step) recorded(f *friend) {
	s.configured(PutFriend{f.rec.clone()})
	s.change(f)
}

// tombstone returns the highest number that this node has signed for a friend
// that it removed.
func (e *Engine) tombstone(id ledger.NodeID) uint64 {
	for _, t := range e.settings.Tombstones {
		if t.Friend == id {
			return t.Highest
		}
	}
	return 0
}

func (s *step) nameFree(id ledger.NodeID, name string) *CommandError {
	if err := named("friend", name); err != nil {
		return err
	}
	for _, f := range s.order {
		if f.rec.Name == name && f.id != id {
			return refuse(Exists, "name_taken", "another friend is named %q already: choose another name", name)
		}
	}
	return nil
}

func addressesFit(list []string) *CommandError {
	if len(list) > ledger.AddressesMax {
		return refuse(Invalid, "too_many_addresses", "%d addresses are too many: at most %d are used", len(list), ledger.AddressesMax)
	}
	for _, a := range list {
		if a == "" || len(a) > TicketBytesMax {
			return refuse(Invalid, "address_invalid", "an address is empty or longer than %d bytes", TicketBytesMax)
		}
	}
	return nil
}

func (s *step) editFriend(a EditFriend) *CommandError {
	f, err := s.known(a.Friend)
	if err != nil {
		return err
	}
	if a.Name != nil {
		if err := s.nameFree(f.id, *a.Name); err != nil {
			return err
		}
	}
	if err := addressesFit(a.Addresses); err != nil {
		return err
	}
	if a.Name != nil {
		f.rec.Name = *a.Name
	}
	if a.Addresses != nil {
		f.rec.Addresses = slices.Clone(a.Addresses)
	}
	if a.Enabled != nil {
		f.rec.Disabled = !*a.Enabled
		s.retryWaiting()
	}
	s.recorded(f)
	return nil
}

func (s *step) setQuota(a SetQuota) *CommandError {
	f, err := s.known(a.Friend)
	if err != nil {
		return err
	}
	if a.Percent < 0 || a.Percent > 100 {
		return refuse(Invalid, "quota_out_of_range", "a quota of %d percent is not possible: give 1 to 100, or 0 for the usual %d",
			a.Percent, QuotaShortOfOne)
	}
	f.rec.Quota = uint8(a.Percent)
	s.touchAll() // what strangers may use of the others
	s.recorded(f)
	return nil
}

// touchAll is for what changes the edges to all friends.
func (s *step) touchAll() {
	for _, f := range s.order {
		s.touch(f)
	}
}

func (s *step) removeFriend(a RemoveFriend) *CommandError {
	f, err := s.known(a.Friend)
	if err != nil {
		return err
	}
	if what := f.atStake(); what != "" && !a.MayLose {
		return refuse(Precondition, "friend_may_lose", "removing %q may lose %s: settle first, or remove it with the flag for that", f.rec.Name, what)
	}
	if len(s.settings.Tombstones) >= TombstonesMax && s.tombstone(f.id) == 0 && f.book.Highest() > 0 {
		return refuse(Exhausted, "too_many_tombstones", "the node remembers %d removed friends, more are not possible: disable this one", TombstonesMax)
	}
	s.bury(f)
	s.unsell(f)
	s.Engine.dropFriend(f)
	s.dropHeld(f)
	for _, o := range f.queue {
		s.unmade(f, o, ledger.FriendOffline)
	}
	s.lostBeyond(f, true)
	s.partsRemoved(f)
	s.touchAll()
	s.unshow(f)
	s.write(DeleteFriend{f.id})
	s.fx.Reconfigured = true
	s.event(Event{Removed: &f.id})
	return nil
}

// unsell takes back what sales have counted and f's ledger will never show: parts
// that were decided to be collected and are in no entry yet. A sale of which
// nothing else was taken is open again: its key has not left the node.
func (s *step) unsell(f *friend) {
	for _, d := range f.decisions {
		p := f.book.Pending(f.book.Me().Other(), d.ordinal)
		if d.Key == nil || p == nil || !forSeller(p.Request) {
			continue
		}
		for _, v := range s.sortedSales() {
			if v.rec.Invoice.Lock != p.Request.Lock || v.rec.State != InvoicePaid {
				continue
			}
			if v.rec.Paid = v.rec.Paid.SubFloor(p.Request.Amount); v.rec.Paid.IsZero() {
				v.rec = InvoiceRecord{Invoice: v.rec.Invoice, Key: v.rec.Key, State: InvoiceOpen}
			}
			s.soldChanged(v)
			s.invoiceDue(v)
		}
	}
}

// bury keeps the highest number that this node has signed with f, as far as it
// knows.
func (s *step) bury(f *friend) {
	highest := f.book.Highest()
	if r := s.settings.Recovering; r != nil && r.Friend == f.id {
		highest = max(highest, r.Number)
	}
	if highest == 0 {
		return
	}
	rest := slices.DeleteFunc(slices.Clone(s.settings.Tombstones), func(t Tombstone) bool { return t.Friend == f.id })
	s.settings.Tombstones = append(rest, Tombstone{f.id, highest})
	s.write(PutSettings{s.settings})
}

// unshow ends the link and the edges of a friend that is gone, which the end of
// the step must not look at any more.
func (s *step) unshow(f *friend) {
	if f.up {
		s.fx.Drops = append(s.fx.Drops, Drop{f.id, f.link, "friend removed"})
	}
	s.alarms.clear(friendKey(f.id))
	for i := range f.rec.Currencies {
		s.showCapacity(f, Capacity{Friend: f.id, Currency: f.rec.Currencies[i].Currency})
	}
	s.touched = slices.DeleteFunc(s.touched, func(o *friend) bool { return o == f })
}

// atStake says what removing f may lose, for people; empty: nothing.
func (f *friend) atStake() string {
	var what []string
	for _, c := range f.book.Currencies() {
		if c.Balance.Sign() > 0 {
			what = append(what, fmt.Sprintf("%s that it owes you", c.Currency.Format(c.Balance.Magnitude())))
		}
		if c.Balance.Sign() < 0 {
			what = append(what, fmt.Sprintf("the record of %s that you owe it", c.Currency.Format(c.Balance.Magnitude())))
		}
		if !c.FrozenOut.IsZero() {
			what = append(what, fmt.Sprintf("%s of your pending requests", c.Currency.Format(c.FrozenOut)))
		}
		if !c.FrozenIn.IsZero() {
			what = append(what, fmt.Sprintf("%s of its pending requests", c.Currency.Format(c.FrozenIn)))
		}
	}
	return strings.Join(what, ", ")
}

// partsRemoved ends own parts that were sent to a friend that is removed.
func (s *step) partsRemoved(f *friend) {
	for _, p := range s.sortedPayments() {
		s.lose(p, f.id, func(*PartRecord) bool { return true }, "friend_removed",
			"the friend that had a part of it was removed, so its outcome is unknown: the seller may have been paid. "+
				"Ask the seller; this node pays the invoice no second time")
	}
}
