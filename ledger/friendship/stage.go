package friendship

import (
	"github.com/offset-p2p/offset/ledger"
)

// Faults that more than one place must know.
const (
	whySecondReserve  = "second reserve of one request"
	whySecondWithdraw = "second withdraw of one request"
	whySecondCommit   = "second commit of one request"
	whyWindow         = "operations beyond the window"
	whyTooSoon        = "checkpoint too soon after the one before it"
)

// staged remembers what an operation changed, so that it can be undone when a
// later one of the same entry is illegal, and finished without a second look-up.
type staged struct {
	op   ledger.Op
	acct *account
	row  *Pending
	old  offer // of a Credit
}

// stage checks the operations of one entry of author, one after the other, on
// the author's replica (here for mine, there for the friend's), and applies
// them to that replica and to the rows. On the first illegal one everything is
// undone and the reason returned; "" means that all are legal.
func (e *epoch) stage(author ledger.Author, ops []ledger.Op) (illegal string) {
	e.staged = e.staged[:0]
	for i, op := range ops {
		s, why := e.stageOne(author, op)
		if why == "" && op.Kind() == ledger.KindCheckpoint && i != len(ops)-1 {
			why = "checkpoint that is not the last operation of its entry"
		}
		if why != "" {
			e.unstage(author)
			return why
		}
		if s.op != nil {
			e.staged = append(e.staged, s)
		}
	}
	return ""
}

func (e *epoch) stageOne(author ledger.Author, op ledger.Op) (staged, string) {
	s := staged{op: op}
	var why string
	switch o := op.(type) {
	case *ledger.Credit:
		why = e.stageCredit(author, o, &s)
	case *ledger.Request:
		why = e.stageRequest(author, o, &s)
	case *ledger.Collect:
		if s.row, why = e.resolvable(author, o.Ordinal); why == "" {
			if o.Key.Lock() != s.row.Request.Lock || o.PartKey.Lock() != s.row.Request.PartLock {
				return s, "collect with a key that does not open its lock"
			}
			e.stageResolve(author, &s, o, nil)
		}
	case *ledger.Cancel:
		if s.row, why = e.resolvable(author, o.Ordinal); why == "" {
			e.stageResolve(author, &s, nil, o)
		}
	case *ledger.Reserve:
		if s.row, why = e.resolvable(author, o.Ordinal); why == "" {
			if s.row.Reservation != nil {
				return s, whySecondReserve
			}
			s.row.Reservation = nonNil(o.Reservation)
		}
	case *ledger.Withdraw:
		if s.row, why = e.ownPending(author, o.Ordinal); why != "" && e.beside {
			return staged{}, "" // resolved by the other side, at or below the cut
		} else if why == "" {
			if s.row.Withdrawn {
				return s, whySecondWithdraw
			}
			s.row.Withdrawn = true
		}
	case *ledger.Commit:
		if s.row, why = e.ownPending(author, o.Ordinal); why != "" && e.beside {
			return staged{}, "" // as above
		} else if why == "" {
			if s.row.Commit != nil {
				return s, whySecondCommit
			}
			s.row.Commit = nonNil(o.Sealed)
		}
	case *ledger.Checkpoint:
		why = e.stageCheckpoint(author, o)
	default:
		why = "operation that this version does not know"
	}
	return s, why
}

// nonNil keeps "said, but empty" apart from "not said".
func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func (e *epoch) stageCredit(author ledger.Author, o *ledger.Credit, s *staged) string {
	if o.Currency.Validate() != nil || !o.Limit.IsLimit() {
		return "credit out of bounds"
	}
	a := e.accounts.find(o.Currency.Name)
	switch {
	case a != nil && a.offers[author].set && a.offers[author].decimals != o.Currency.Decimals,
		a != nil && a.inOpening && a.decimals != o.Currency.Decimals:
		return "credit changes the decimals of a currency"
	case (a == nil || !a.offers[author].set) && e.offered[author] == ledger.CurrenciesMax:
		return "credit in too many currencies"
	}
	if a == nil {
		a = e.accounts.ensure(o.Currency.Name)
	}
	s.acct, s.old = a, a.offers[author]
	if !s.old.set {
		e.offered[author]++
	}
	a.offers[author] = offer{set: true, decimals: o.Currency.Decimals, limit: o.Limit}
	return ""
}

func (e *epoch) stageRequest(author ledger.Author, o *ledger.Request, s *staged) string {
	a := e.accounts.find(o.Currency.Name)
	if a == nil || !e.active(a, author) || a.offers[author].decimals != o.Currency.Decimals {
		return "request in a currency that is not active"
	}
	if !o.Amount.IsRequestable() {
		return "request of an amount out of bounds"
	}
	size := o.EncodedLen()
	if count, bytes := e.room(author); count == 0 || bytes < size {
		return "too many pending requests"
	}
	c := e.counters(a, author)
	sum, err := c[author].Requested.Add(o.Amount)
	if err != nil || !sum.IsCounter() {
		return "counter over its bound"
	}
	c[author].Requested = sum
	row := &Pending{Author: author, Ordinal: e.next[author], Request: o, acct: a, size: size, hash: e.hash(o)}
	e.next[author]++
	e.rows[author][row.Ordinal] = row
	e.countStaged(author, 1, size)
	s.acct, s.row = a, row
	return ""
}

// hash returns the hash of a request, which is made once: when it arrives.
func (e *epoch) hash(o *ledger.Request) ledger.Hash { return o.HashWith(&e.scratch) }

// room returns how many more requests, and bytes of them, author may have
// pending in its view.
func (e *epoch) room(author ledger.Author) (count, bytes int) {
	if author == e.me {
		l := &e.lists[author]
		return ledger.PendingMax - l.count, ledger.PendingBytesMax - l.bytes
	}
	return ledger.PendingMax - len(e.rows[author]), ledger.PendingBytesMax - e.thereBytes
}

func (e *epoch) countStaged(author ledger.Author, n, bytes int) {
	if author == e.me {
		e.lists[author].count += n
		e.lists[author].bytes += bytes
	} else {
		e.thereBytes += bytes
	}
}

// resolvable returns the request of the other side that author names, if it is
// pending in author's view. A request of mine is in the friend's view from the
// acknowledgement of the entry that made it.
func (e *epoch) resolvable(author ledger.Author, ordinal uint64) (*Pending, string) {
	row := e.rows[author.Other()][ordinal]
	if row == nil || row.Resolved() || (author != e.me && row.made > e.acked.Seq) {
		return nil, "operation on a request that is not pending"
	}
	return row, ""
}

// ownPending returns author's own request if it is pending in author's view,
// mine until the friend resolves them, the friend's until it has seen that I
// did, which is while they are in rows.
func (e *epoch) ownPending(author ledger.Author, ordinal uint64) (*Pending, string) {
	row := e.rows[author][ordinal]
	if row == nil || author == e.me && row.Resolved() {
		return nil, "operation on a request that is not pending"
	}
	return row, ""
}

func (e *epoch) stageResolve(author ledger.Author, s *staged, collect *ledger.Collect, cancel *ledger.Cancel) {
	s.acct = s.row.acct
	s.row.Collect, s.row.Cancel = collect, cancel
	c := &e.counters(s.acct, author)[author.Other()]
	if collect != nil {
		c.Collected = add(c.Collected, s.row.Request.Amount)
	} else {
		c.Cancelled = add(c.Cancelled, s.row.Request.Amount)
	}
}

// unstage undoes what is staged, newest first.
func (e *epoch) unstage(author ledger.Author) {
	for i := len(e.staged) - 1; i >= 0; i-- {
		s := &e.staged[i]
		switch s.op.(type) {
		case *ledger.Credit:
			if s.acct.offers[author] = s.old; !s.old.set {
				e.offered[author]--
			}
		case *ledger.Request:
			c := &e.counters(s.acct, author)[author]
			c.Requested = sub(c.Requested, s.row.Request.Amount)
			delete(e.rows[author], s.row.Ordinal)
			e.next[author]--
			e.countStaged(author, -1, -s.row.size)
		case *ledger.Collect:
			c := &e.counters(s.acct, author)[author.Other()]
			c.Collected = sub(c.Collected, s.row.Request.Amount)
			s.row.Collect = nil
		case *ledger.Cancel:
			c := &e.counters(s.acct, author)[author.Other()]
			c.Cancelled = sub(c.Cancelled, s.row.Request.Amount)
			s.row.Cancel = nil
		case *ledger.Reserve:
			s.row.Reservation = nil
		case *ledger.Withdraw:
			s.row.Withdrawn = false
		case *ledger.Commit:
			s.row.Commit = nil
		}
	}
	e.dropStaged()
}

// dropStaged forgets the entry at hand. A large buffer is given back: most
// friendships are idle most of the time.
func (e *epoch) dropStaged() {
	if cap(e.scratch) > scratchKept {
		e.scratch = nil
	}
	if cap(e.staged) > stagedKept {
		e.staged = nil
		return
	}
	clear(e.staged)
	e.staged = e.staged[:0]
}
