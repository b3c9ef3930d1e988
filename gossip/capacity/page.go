package capacity

import (
	"time"

	"github.com/offset-p2p/offset/ledger"
)

// Entry is what a node says of one friend in one currency. Amounts are below
// 2^ledger.AmountBits and rounded down as the node likes.
type Entry struct {
	Friend ledger.NodeID
	// CanSend is what a request of the node to the friend could freeze now.
	CanSend ledger.Amount
	// CanReceive is what a request of the friend to the node could freeze now.
	CanReceive ledger.Amount
	// Transit, at most CanSend, is what a stranger's request to the friend
	// may use now (the quotas of ledger.md 3.6).
	Transit ledger.Amount
	// Rate is what the node charges for requests that come from the friend.
	Rate ledger.Rate
}

// Page is a node's word about up to EntriesMax of its friends in one currency.
// The zero value is not a page; Validate says what is one.
type Page struct {
	Node  ledger.NodeID
	Epoch uint64 // 1 to EpochMax; rises with each start of the node
	Seq   uint64 // from 1; rises with each page of the epoch, whatever its currency
	// Currency is what the amounts are counted in.
	Currency ledger.Currency
	Number   uint16 // which page this is, from 0; below Count
	Count    uint16 // the node's pages in this currency: a power of two, at most CountMax
	Issued   uint64 // milliseconds since 1970 UTC, at most IssuedMax
	// TTL is the page's life from Issued: whole seconds, TTLMin to TTLMax.
	TTL     time.Duration
	Entries []Entry // at most EntriesMax, rising strictly by Friend
}

// IssuedAt returns the time of issue.
func (p Page) IssuedAt() time.Time { return time.UnixMilli(int64(p.Issued)) }

// Expires returns the moment after which the page counts no more.
func (p Page) Expires() time.Time { return p.IssuedAt().Add(p.TTL) }

// Millis returns t as a page's Issued: milliseconds since 1970 UTC, 0 before.
func Millis(t time.Time) uint64 { return uint64(max(t.UnixMilli(), 0)) }

// Validate reports, as a *FaultError, the first bound that p breaks.
func (p Page) Validate() error {
	if err := p.validateHead(); err != nil {
		return err
	}
	if len(p.Entries) > EntriesMax {
		return fault("more than %d entries", EntriesMax)
	}
	for i, e := range p.Entries {
		if i > 0 && !p.Entries[i-1].Friend.Less(e.Friend) {
			return fault("entry %d does not follow its predecessor", i)
		}
		if err := p.validateEntry(e); err != nil {
			return err
		}
	}
	return nil
}

func (p Page) validateHead() error {
	switch {
	case p.Node.IsZero():
		return fault("no node")
	case p.Epoch == 0 || p.Epoch > EpochMax:
		return fault("epoch %d out of range", p.Epoch)
	case p.Seq == 0:
		return fault("sequence number 0")
	case p.Currency.Validate() != nil:
		return fault("currency out of bounds")
	case !validCount(int(p.Count)):
		return fault("%d pages: not a power of two up to %d", p.Count, CountMax)
	case p.Number >= p.Count:
		return fault("page %d of %d", p.Number, p.Count)
	case p.Issued > IssuedMax:
		return fault("time of issue out of range")
	case p.TTL < TTLMin || p.TTL > TTLMax || p.TTL%time.Second != 0:
		return fault("ttl %v out of range", p.TTL)
	}
	return nil
}

func (p Page) validateEntry(e Entry) error {
	switch {
	case e.Friend.IsZero():
		return fault("entry without a friend")
	case e.Friend == p.Node:
		return fault("the node is its own friend")
	case PlaceOf(e.Friend, int(p.Count)) != int(p.Number):
		return fault("friend stands on another page")
	case !e.CanSend.IsLimit() || !e.CanReceive.IsLimit():
		return fault("amount of 2^%d or more", ledger.AmountBits)
	case e.CanSend.Less(e.Transit):
		return fault("transit above can_send")
	}
	return nil
}

// Same reports whether p and q say the same of the same friends: a refresh
// without news. Order and time do not count.
func (p Page) Same(q Page) bool {
	if p.Node != q.Node || p.Currency != q.Currency || p.Number != q.Number ||
		p.Count != q.Count || len(p.Entries) != len(q.Entries) {
		return false
	}
	for i := range p.Entries {
		if p.Entries[i] != q.Entries[i] {
			return false
		}
	}
	return true
}
