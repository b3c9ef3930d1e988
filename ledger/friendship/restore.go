package friendship

import (
	"errors"
	"fmt"

	"github.com/offset-p2p/offset/ledger"
)

// startFrom brings an epoch without entries to the state of a snapshot, as here
// and as there. The entries that follow are those above its heads. Some of them
// were signed before their author saw the Checkpoint (they stand beside it):
// replay takes them as they are, for they were judged when they came, and what
// they judged by is gone. From the entry on that acknowledges the Checkpoint,
// there is exact again.
func (e *epoch) startFrom(s *Snapshot) error {
	n, err := s.Entry()
	if err != nil {
		return err
	}
	digest := n.Ops[len(n.Ops)-1].(*ledger.Checkpoint).Digest
	if n.Epoch != e.id || digest != s.Digest() {
		return errors.New("its digest is not that of its checkpoint")
	}
	e.startHeads(n, s)
	for a := range ledger.Author(2) {
		if err := e.startOffers(a, s.Offers[a]); err != nil {
			return err
		}
	}
	for _, t := range n.Totals {
		a := e.accounts.find(t.Currency.Name)
		if a == nil {
			return fmt.Errorf("totals in %s, which nobody has offered", t.Currency)
		}
		a.here, a.there = t.Logs, t.Logs
	}
	if !e.totalsMatch(n.Totals) {
		return errors.New("totals of other currencies than its offers make")
	}
	for a := range ledger.Author(2) {
		if err := e.startPending(a, s.Pending[a]); err != nil {
			return err
		}
	}
	return e.checkFrozen()
}

// startHeads sets where the logs stand.
func (e *epoch) startHeads(n *ledger.Entry, s *Snapshot) {
	var heads [2]ledger.Head
	heads[n.Author] = ledger.Head{Seq: n.Seq, Hash: ledger.EntryHash(s.Checkpoint.Body)}
	heads[n.Author.Other()] = n.Ack
	friend := e.me.Other()
	k := &e.kept
	k.miles[n.Author] = mileage{checkpoint: n.Seq}
	k.miles[n.Author.Other()] = mileage{checkpoint: s.OtherCheckpoint, at: -int(s.OtherBytes)}
	k.cut = [2]uint64{heads[0].Seq, heads[1].Seq}
	e.ownAck, e.lastAck = s.OtherAck, n.Ack.Seq
	if n.Author == e.me {
		e.ownAck, e.lastAck = e.lastAck, e.ownAck
	}
	e.head, e.acked = heads, heads[e.me]
	e.sent[0] = sentEntry{hash: heads[e.me].Hash, ack: e.ownAck, miles: k.miles[e.me]}
	if heads[friend].Seq > 0 {
		e.recent = []ledger.Hash{heads[friend].Hash}
	}
	e.next, e.nextThere = s.Next, s.Next[e.me]
}

func (e *epoch) startOffers(author ledger.Author, offers []ledger.Credit) error {
	for i := range offers {
		s := staged{}
		if why := e.stageCredit(author, &offers[i], &s); why != "" {
			return errors.New(why)
		}
		if author == e.me {
			s.acct.mineThere = s.acct.offers[author]
		}
	}
	return nil
}

func (e *epoch) startPending(author ledger.Author, requests []SnapshotRequest) error {
	last, l := uint64(0), &e.lists[author]
	for i := range requests {
		r := &requests[i]
		a := e.accounts.find(r.Request.Currency.Name)
		if a == nil || !a.counts(e.me, r.Request.Currency) || r.Ordinal <= last || r.Ordinal >= e.next[author] {
			return fmt.Errorf("request %d is out of place", r.Ordinal)
		}
		last = r.Ordinal
		row := &Pending{
			Author: author, Ordinal: r.Ordinal, Request: r.Request,
			Reservation: r.Reservation, Withdrawn: r.Withdrawn, Commit: r.Commit,
			acct: a, size: r.Request.EncodedLen(), hash: e.hash(r.Request),
		}
		e.rows[author][row.Ordinal] = row
		l.add(row)
		l.count++
		l.bytes += row.size
		if author == e.me {
			continue
		}
		row.Admitted = true
		e.thereBytes += row.size
		sum, err := a.admitted.Add(r.Request.Amount)
		if err != nil {
			return fmt.Errorf("request %d: %w", r.Ordinal, err)
		}
		a.admitted = sum
	}
	return nil
}

// checkFrozen wants that the totals are those of the pending requests.
func (e *epoch) checkFrozen() error {
	for author := range ledger.Author(2) {
		sums := make(map[*account]ledger.Amount, len(e.accounts))
		for row := e.lists[author].first; row != nil; row = row.next {
			sum, err := sums[row.acct].Add(row.Request.Amount)
			if err != nil {
				return fmt.Errorf("pending requests: %w", err)
			}
			sums[row.acct] = sum
		}
		for _, a := range e.accounts {
			sum := sums[a]
			var err error
			for _, done := range []ledger.Amount{a.here[author].Collected, a.here[author].Cancelled} {
				if sum, err = sum.Add(done); err != nil {
					return fmt.Errorf("totals in %s: %w", a.name, err)
				}
			}
			if sum != a.here[author].Requested {
				return fmt.Errorf("totals in %s are not those of the pending requests", a.name)
			}
		}
	}
	return nil
}
