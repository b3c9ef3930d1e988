package friendship

import "github.com/offset-p2p/offset/ledger"

// commitMine finishes the staged operations of my entry seq: here has them,
// there will when the friend acknowledges seq.
func (e *epoch) commitMine(seq uint64) {
	for i := range e.staged {
		s := &e.staged[i]
		switch s.op.(type) {
		case *ledger.Credit:
			e.deltas.push(delta{seq: seq, acct: s.acct, credit: s.acct.offers[e.me]})
		case *ledger.Request:
			s.row.made = seq
			e.lists[e.me].add(s.row)
			e.deltas.push(delta{seq: seq, acct: s.acct, row: s.row})
		case *ledger.Collect, *ledger.Cancel:
			e.unlink(s.row)
			e.deltas.push(delta{seq: seq, acct: s.acct, row: s.row})
		case *ledger.Reserve, *ledger.Withdraw:
			s.row.said = seq
		case *ledger.Commit:
			s.row.committed = seq
		}
	}
	e.dropStaged()
}

// unlink takes a resolved request out of here's pending list.
func (e *epoch) unlink(row *Pending) {
	l := &e.lists[row.Author]
	l.remove(row)
	l.count--
	l.bytes -= row.size
	if row.Admitted {
		row.acct.admitted = sub(row.acct.admitted, row.Request.Amount)
	}
}

// commitTheirs applies the staged operations of the friend's legal entry seq to
// here and reports what happened. While the disk is replayed nothing is
// reported and every request counts as admitted.
func (e *epoch) commitTheirs(seq uint64, changes []Change, replay bool) []Change {
	for i := range e.staged {
		s := &e.staged[i]
		if c := e.commitTheir(s, seq, replay); c != nil && !replay {
			changes = append(changes, c)
		}
	}
	e.dropStaged()
	return changes
}

func (e *epoch) commitTheir(s *staged, seq uint64, replay bool) Change {
	row, friend := s.row, e.me.Other()
	switch o := s.op.(type) {
	case *ledger.Credit:
		return CreditChanged{Currency: o.Currency, Limit: o.Limit, Active: s.acct.activeHere()}
	case *ledger.Request:
		row.Admitted = replay || !e.receivable(s.acct).Less(o.Amount)
		if row.Admitted {
			s.acct.admitted = add(s.acct.admitted, o.Amount)
		}
		c := &s.acct.here[friend]
		c.Requested = add(c.Requested, o.Amount)
		l := &e.lists[friend]
		l.add(row)
		l.count++
		l.bytes += row.size
		return RequestArrived{row}
	case *ledger.Collect:
		c := &s.acct.here[e.me]
		c.Collected = add(c.Collected, row.Request.Amount)
		e.unlink(row)
		e.ended(seq, row)
		return RequestCollected{row}
	case *ledger.Cancel:
		c := &s.acct.here[e.me]
		c.Cancelled = add(c.Cancelled, row.Request.Amount)
		e.unlink(row)
		e.ended(seq, row)
		return RequestCancelled{row}
	case *ledger.Reserve:
		return Reserved{row}
	case *ledger.Withdraw:
		if !row.Resolved() { // else I resolved it meanwhile: no effect
			return WithdrawAsked{row}
		}
	case *ledger.Commit:
		if !row.Resolved() {
			return CommitArrived{row}
		}
	}
	return nil
}

// receivable returns how much more the friend may owe me in here: my limit,
// less what it owes and what admitted requests would make it owe.
func (e *epoch) receivable(a *account) ledger.Amount {
	if !a.activeHere() {
		return ledger.Amount{}
	}
	return headroom(a.offers[e.me].limit, a.balance(e.me), a.admitted, false)
}

// headroom returns limit − owed − held, at least zero. owed is the balance as
// it is, or negated when the question is what I may owe.
func headroom(limit ledger.Amount, balance ledger.Balance, held ledger.Amount, negate bool) ledger.Amount {
	left := limit
	owes := balance.Sign() > 0
	if negate {
		owes = balance.Sign() < 0
	}
	if owes {
		left = left.SubFloor(balance.Magnitude())
	} else {
		left = add(left, balance.Magnitude())
	}
	return left.SubFloor(held)
}
