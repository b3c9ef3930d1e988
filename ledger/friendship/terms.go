package friendship

import "github.com/offset-p2p/offset/ledger"

// ownTerms returns what this side proposes: its view here, except that its own
// Collects which the friend has not acknowledged return to kept (ledger.md 2.6).
// Everything pending is kept; what this side cancelled is not, whether the
// friend knows it or not. It is false when the view does not fit into terms.
func (f *Friendship) ownTerms(nonce ledger.Nonce) (*ledger.Terms, bool) {
	low, high := f.order()
	t := &ledger.Terms{Low: low, High: high, Nonce: nonce, Number: f.nextNumber()}
	e := f.epoch
	if e == nil {
		return t, true
	}
	t.Base = e.id
	rows := e.keepable()
	returned, keeps := map[*account]ledger.Amount{}, map[*account]bool{}
	for _, row := range rows {
		t.Kept = append(t.Kept, ledger.Kept{Author: row.Author, Ordinal: row.Ordinal, Request: row.hash})
		keeps[row.acct] = true
		if row.Collect != nil {
			returned[row.acct] = add(returned[row.acct], row.Request.Amount)
		}
	}
	for _, a := range e.accounts {
		b := minus(a.balance(f.me), returned[a])
		if b.Sign() == 0 && !keeps[a] {
			continue
		}
		if f.me == 1 {
			b = negated(b)
		}
		if !b.IsCounter() || len(t.Balances) == 2*ledger.CurrenciesMax {
			return nil, false
		}
		t.Balances = append(t.Balances, ledger.TermsBalance{Currency: a.currency(f.me), Balance: b})
	}
	return t, true
}

// keepable returns the requests that terms of mine keep, by author and ordinal:
// all that are pending here, and those of the friend that I collected without
// its acknowledgement.
func (e *epoch) keepable() []*Pending {
	var rows []*Pending
	for author := range ledger.Author(2) {
		if author == e.me {
			for row := e.lists[author].first; row != nil; row = row.next {
				rows = append(rows, row)
			}
			continue
		}
		from := len(rows)
		for _, row := range e.rows[author] {
			if row.Cancel == nil {
				rows = append(rows, row)
			}
		}
		sortRows(rows[from:])
	}
	return rows
}

// supplies returns frames with the whole requests among the kept ones that the
// friend lacks: those that it has not acknowledged and those that it named.
func (f *Friendship) supplies(rows []*Pending) []ledger.Frame {
	var frames []ledger.Frame
	size := supplyBytes // the first one starts a frame
	for _, row := range rows {
		if !(row.Author == f.me && row.made > f.epoch.acked.Seq) && !f.exch.lacks[row.hash] {
			continue
		}
		n := row.Request.EncodedLen() + supplyOverhead
		if size+n > supplyBytes {
			frames, size = append(frames, &ledger.Supply{}), 0
		}
		size += n
		last := frames[len(frames)-1].(*ledger.Supply)
		last.Requests = append(last.Requests, row.Request)
	}
	return frames
}

// onSupply keeps whole requests for the proposal that follows, at most as many
// as may be pending.
func (f *Friendship) onSupply(m *ledger.Supply, eff *Effects) {
	for _, r := range m.Requests {
		f.link.suppliedBytes += r.EncodedLen()
		if len(f.link.supplied) == ledger.PendingMax || f.link.suppliedBytes > ledger.PendingBytesMax {
			eff.Drop = "more requests supplied than may be pending"
			return
		}
		if f.link.supplied == nil {
			f.link.supplied = make(requests)
		}
		f.link.supplied[r.Hash()] = r
	}
}

// negated is for balances of an epoch, which are far from the range's ends.
func negated(b ledger.Balance) ledger.Balance { return inRange(b.Neg()) }

func minus(b ledger.Balance, a ledger.Amount) ledger.Balance { return inRange(b.Minus(a)) }

func plus(b ledger.Balance, a ledger.Amount) ledger.Balance { return inRange(b.Plus(a)) }

func inRange(b ledger.Balance, err error) ledger.Balance {
	if err != nil {
		panic("friendship: balance left its range: " + err.Error())
	}
	return b
}
