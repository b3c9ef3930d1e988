package friendship

// endedList holds my requests that the friend resolved by entries of which it
// does not know yet that I hold them. If that knowledge never reaches it, its
// next terms keep the requests that it collected, and it collects them again: a
// friend's unacknowledged Collects return to kept (ledger.md 2.6). Their rows
// stay until then; the window bounds them.
type endedList struct{ q []endedRow }

type endedRow struct{ seq, ordinal uint64 } // of the friend's entry, of my request

// ended remembers that an entry of the friend has resolved a request of mine.
func (e *epoch) ended(seq uint64, row *Pending) {
	e.over.q = append(e.over.q, endedRow{seq, row.Ordinal})
}

// forgetEnded lets go of what the friend knows that I know: entries that the
// newest entry it has acknowledged has acknowledged.
func (e *epoch) forgetEnded() {
	q, known := e.over.q, e.sent[0].ack
	n := 0
	for n < len(q) && q[n].seq <= known {
		delete(e.rows[e.me], q[n].ordinal)
		n++
	}
	switch {
	case n == 0:
	case n < len(q):
		e.over.q = q[:copy(q, q[n:])]
	case cap(q) > stagedKept:
		e.over.q = nil
	default:
		e.over.q = q[:0]
	}
}
