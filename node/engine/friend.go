package engine

import (
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// friend is a friend with its ledger and what waits to be signed there.
type friend struct {
	id   ledger.NodeID
	rec  FriendRecord
	book *friendship.Friendship

	up   bool
	link LinkID // the present or the last one

	decisions   []*decision              // not signed yet, in order
	decided     map[uint64]*decision     // the same by ordinal of the incoming request
	withdrawals []ledger.Lock            // of own requests that are to be asked back
	queue       []*outgoing              // requests that are not in an entry yet
	queued      map[string]ledger.Amount // their sum by currency name
	queuedBytes int                      // their encoded size

	stakes    func(*friendship.Pending) bool // for its ledger
	transit   transit                        // what is forwarded to it
	held      map[uint64]*group              // its parts that wait at the seller, by ordinal
	questions int                            // OpenQuestions without an answer

	shown   map[ledger.Currency]Capacity // as last told
	touched bool
	changed bool
}

// decision is how an incoming request will be resolved, once the ledger may be
// signed.
type decision struct {
	MarkRecord
	ordinal uint64
	durable bool // the mark is on the disk
	// twin: an older pending request of the friend has the same part lock. Marks
	// are named by part lock, so this decision has none; after a restart the
	// request is found again without a forward or an interest of the seller.
	twin bool
}

// outgoing is a request that waits for a place in an entry. It is not durable.
type outgoing struct {
	request *ledger.Request
	since   time.Duration
	forward *forward // nil: a part of an own payment
}

func newFriend(r FriendRecord, book *friendship.Friendship) *friend {
	return &friend{
		id: r.Friend, rec: r, book: book,
		decided: make(map[uint64]*decision),
		queued:  make(map[string]ledger.Amount),
		held:    make(map[uint64]*group),
		shown:   make(map[ledger.Currency]Capacity),
	}
}

// setting returns what this node's user said of a currency, or nil.
func (f *friend) setting(c ledger.Currency) *CurrencySetting {
	for i := range f.rec.Currencies {
		if f.rec.Currencies[i].Currency == c {
			return &f.rec.Currencies[i]
		}
	}
	return nil
}

// settingNamed is setting by name alone: a friend has one currency of a name.
func (f *friend) settingNamed(name string) *CurrencySetting {
	for i := range f.rec.Currencies {
		if f.rec.Currencies[i].Currency.Name == name {
			return &f.rec.Currencies[i]
		}
	}
	return nil
}

// open reports whether the user lets new requests in the currency through.
func (f *friend) open(c ledger.Currency) bool {
	set := f.setting(c)
	return set != nil && !set.Closed
}

// rate is what this node charges on requests that come from the friend.
func (f *friend) rate(c ledger.Currency) ledger.Rate {
	if set := f.setting(c); set != nil {
		return set.Rate
	}
	return ledger.Rate{}
}

// canSend returns what one more request to the friend may freeze, after those
// that wait in the queue.
func (f *friend) canSend(c ledger.Currency) ledger.Amount {
	return f.book.CanSend(c).SubFloor(f.queued[c.Name])
}

// incoming returns the oldest pending request of the friend with a part lock that
// is not decided: what a new epoch keeps and this side has resolved in an epoch
// before, the ledger resolves again by itself.
func (f *friend) incoming(lock ledger.Lock) *friendship.Pending {
	friend := f.book.Me().Other()
	p := f.book.PendingByPartLock(friend, lock)
	if p == nil || !p.Again() {
		return p
	}
	for q := range f.book.AllPending(friend) {
		if q.Request.PartLock == lock && !q.Again() {
			return q
		}
	}
	return nil
}

// ours returns the oldest pending request to the friend with a part lock.
func (f *friend) ours(lock ledger.Lock) *friendship.Pending {
	return f.book.PendingByPartLock(f.book.Me(), lock)
}

// usable reports whether a request in the currency may be sent to the friend:
// both sides have offered it and this side's user has not closed it.
func (f *friend) usable(c ledger.Currency) bool {
	v, ok := f.book.Currency(c)
	return ok && v.Active && f.open(c)
}

// hasRoom reports whether one more request fits below the bounds of what may be
// pending, after those that wait.
func (f *friend) hasRoom() bool {
	count, bytes := f.book.PendingCount(f.book.Me())
	return count+len(f.queue) < ledger.PendingMax && bytes+f.queuedBytes+requestBytesMax <= ledger.PendingBytesMax
}
