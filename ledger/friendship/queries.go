package friendship

import (
	"iter"

	"github.com/offset-p2p/offset/ledger"
)

// Friend returns the friend's identity.
func (f *Friendship) Friend() ledger.NodeID { return f.friend }

// Me returns which author this side is.
func (f *Friendship) Me() ledger.Author { return f.me }

// Ready reports whether entries may be signed: an epoch is open and consistent,
// the Hellos of the present stream agree, no proposal is out and no acceptance
// waits for its confirmation.
func (f *Friendship) Ready() bool {
	return f.link.up && f.link.reconciled && f.epoch != nil && f.evidence == nil && !f.lostData &&
		f.acceptance == nil && f.exch.proposal == nil
}

// Closed reports whether nothing of the open epoch can be collected any more:
// the friend broke it, this node lost data, or an acceptance that this side has
// signed waits for its confirmation. What is pending goes on in the next epoch,
// if that keeps it.
func (f *Friendship) Closed() bool { return f.evidence != nil || f.lostData || f.acceptance != nil }

// WindowOpen reports whether the next entry may hold operations. It is false
// while too many entries of mine wait for the friend's acknowledgement.
func (f *Friendship) WindowOpen() bool { return f.epoch != nil && f.epoch.windowOpen() }

// Opening returns the opening of the open epoch, with this side's signature
// zero, or nil. It must not be changed.
func (f *Friendship) Opening() *ledger.Opening {
	if f.epoch == nil {
		return nil
	}
	return f.epoch.opening
}

// Epoch returns the id of the open epoch; zero when there is none.
func (f *Friendship) Epoch() ledger.Hash {
	if f.epoch == nil {
		return ledger.Hash{}
	}
	return f.epoch.id
}

// Highest returns the highest number of an opening that this side has signed.
func (f *Friendship) Highest() uint64 { return f.highest }

// Evidence returns what made the ledger inconsistent, or nil.
func (f *Friendship) Evidence() *Evidence { return f.evidence }

// CurrencyView is here in one currency.
type CurrencyView struct {
	Currency ledger.Currency
	Active   bool // both sides have offered it with equal decimals

	Offered       bool          // this side has offered it in this epoch
	Limit         ledger.Amount // how much the friend may owe me
	FriendOffered bool
	FriendLimit   ledger.Amount // how much I may owe the friend
	// FriendDecimals is of the friend's offer; unequal to Currency.Decimals the
	// currency cannot become active, and both users should know.
	FriendDecimals uint8

	Balance   ledger.Balance // positive: the friend owes me
	FrozenOut ledger.Amount  // in my pending requests
	FrozenIn  ledger.Amount  // in the friend's
	Admitted  ledger.Amount  // the part of FrozenIn that fitted below the limit on arrival

	CanSend    ledger.Amount // what a request of mine could freeze now; 0 when not active
	CanReceive ledger.Amount // what the friend could freeze now and be admitted
}

// Currencies returns every currency of the opening or offered by either side,
// by name.
func (f *Friendship) Currencies() []CurrencyView {
	if f.epoch == nil {
		return nil
	}
	out := make([]CurrencyView, 0, len(f.epoch.accounts))
	for _, a := range f.epoch.accounts {
		if a.inOpening || a.offers[0].set || a.offers[1].set {
			out = append(out, f.view(a))
		}
	}
	return out
}

// Currency returns the view of one currency and whether either side has offered
// it, or the opening names it, with these decimals on this side.
func (f *Friendship) Currency(c ledger.Currency) (CurrencyView, bool) {
	a := f.account(c)
	if a == nil {
		return CurrencyView{}, false
	}
	return f.view(a), true
}

func (f *Friendship) view(a *account) CurrencyView {
	mine, friends := a.offers[f.me], a.offers[f.me.Other()]
	return CurrencyView{
		Currency: a.currency(f.me), Active: a.activeHere(),
		Offered: mine.set, Limit: mine.limit,
		FriendOffered: friends.set, FriendLimit: friends.limit, FriendDecimals: friends.decimals,
		Balance: a.balance(f.me), FrozenOut: a.frozen(f.me), FrozenIn: a.frozen(f.me.Other()), Admitted: a.admitted,
		CanSend: f.sendRoom(a), CanReceive: requestable(f.epoch.receivable(a)),
	}
}

func (f *Friendship) account(c ledger.Currency) *account {
	if f.epoch == nil {
		return nil
	}
	a := f.epoch.accounts.find(c.Name)
	if a == nil || a.currency(f.me) != c || !a.inOpening && !a.offers[0].set && !a.offers[1].set {
		return nil
	}
	return a
}

// Balance returns what the friend owes me; 0 in an unknown currency.
func (f *Friendship) Balance(c ledger.Currency) ledger.Balance {
	if a := f.account(c); a != nil {
		return a.balance(f.me)
	}
	return ledger.Balance{}
}

// CanSend returns the largest amount that a request of mine could freeze now:
// the friend's limit, plus what it owes me, less what I owe and what is frozen.
// It is 0 when the currency is not active or too much is pending. Limits are
// the receiver's policy: more than this is legal and will be cancelled.
func (f *Friendship) CanSend(c ledger.Currency) ledger.Amount {
	if a := f.account(c); a != nil {
		return f.sendRoom(a)
	}
	return ledger.Amount{}
}

// CanReceive returns the largest amount that a request of the friend could
// freeze now and be admitted.
func (f *Friendship) CanReceive(c ledger.Currency) ledger.Amount {
	if a := f.account(c); a != nil {
		return requestable(f.epoch.receivable(a))
	}
	return ledger.Amount{}
}

// AdmitIncoming answers whether one more request of this amount, not yet
// arrived, would be admitted: 0, or the reason of a refusal. For a request that
// has arrived the answer is Pending.Admitted.
func (f *Friendship) AdmitIncoming(c ledger.Currency, amount ledger.Amount) ledger.Reason {
	a := f.account(c)
	switch {
	case a == nil || !a.activeHere():
		return ledger.CurrencyClosed
	case f.epoch.receivable(a).Less(amount):
		return ledger.OverLimit
	default:
		return 0
	}
}

func (f *Friendship) sendRoom(a *account) ledger.Amount {
	// One request's place in the count is always needed, and its bytes at most
	// those of a full entry's share; the exact size is checked by Append.
	if count, bytes := f.epoch.room(f.me); !a.activeHere() || count == 0 || bytes < requestBytesMax {
		return ledger.Amount{}
	}
	return requestable(headroom(a.offers[f.me.Other()].limit, a.balance(f.me), a.frozen(f.me), true))
}

// requestBytesMax bounds the encoded size of one request: fixed fields, a path
// and a sealed part, each at its bound.
const requestBytesMax = 4 << 10

// requestable cuts a at the largest amount of one request, 2^AmountBits − 1.
func requestable(a ledger.Amount) ledger.Amount {
	return ledger.MinAmount(a, ledger.AmountFromParts(1<<(ledger.AmountBits-64)-1, 1<<64-1))
}

// Pending returns a request that is pending in here, or nil.
func (f *Friendship) Pending(author ledger.Author, ordinal uint64) *Pending {
	if f.epoch == nil || author > 1 {
		return nil
	}
	p := f.epoch.rows[author][ordinal]
	if p == nil || p.Resolved() {
		return nil
	}
	return p
}

// PendingByPartLock returns a pending request of author with this part lock, the
// oldest when there are several, or nil.
func (f *Friendship) PendingByPartLock(author ledger.Author, lock ledger.Lock) *Pending {
	if f.epoch == nil || author > 1 {
		return nil
	}
	return f.epoch.lists[author].locks[lock]
}

// AllPending iterates over author's requests that are pending in here, oldest
// first. The ledger must not be changed meanwhile.
func (f *Friendship) AllPending(author ledger.Author) iter.Seq[*Pending] {
	return func(yield func(*Pending) bool) {
		if f.epoch == nil || author > 1 {
			return
		}
		for p := f.epoch.lists[author].first; p != nil; p = p.next {
			if !yield(p) {
				return
			}
		}
	}
}

// PendingCount returns the number and the encoded bytes of author's requests
// that are pending in here; for mine the bounds are ledger.PendingMax and
// ledger.PendingBytesMax.
func (f *Friendship) PendingCount(author ledger.Author) (count, bytes int) {
	if f.epoch == nil || author > 1 {
		return 0, 0
	}
	l := &f.epoch.lists[author]
	return l.count, l.bytes
}

// NextOrdinal returns the ordinal that the next request of this side gets: the
// requests of one Append are numbered from here on, in order. 0: no epoch.
func (f *Friendship) NextOrdinal() uint64 {
	if f.epoch == nil {
		return 0
	}
	return f.epoch.next[f.me]
}
