package friendship

import "github.com/offset-p2p/offset/ledger"

// Pending is a request of either side, from the entry that makes it to the one
// that resolves it. The receiver of a *Pending must not change it. It stays
// readable after the request is resolved.
type Pending struct {
	Author      ledger.Author // who made it
	Ordinal     uint64        // in the author's log and epoch: 1, 2, …
	Request     *ledger.Request
	Admitted    bool            // incoming: it fitted below the limit when it arrived
	Reservation []byte          // of Reserve; nil: none yet
	Withdrawn   bool            // Withdraw was said
	Commit      []byte          // of Commit; nil: none yet
	Collect     *ledger.Collect // not nil: collected
	Cancel      *ledger.Cancel  // not nil: cancelled

	acct       *account
	size       int
	hash       ledger.Hash
	made       uint64 // my request: seq of my entry that made it
	said       uint64 // seq of my entry that reserved or withdrew it
	committed  uint64 // my request: seq of my entry that committed it
	prev, next *Pending
	sameLock   *Pending     // next younger pending request with the same part lock
	kept       *KeptRequest // not nil: by the opening
}

// Again reports whether this side collected or cancelled the friend's request in
// an epoch before, and must do so again because the opening keeps it. The ledger
// does that by itself in its first entries, so the caller must not decide about
// the request.
func (p *Pending) Again() bool {
	return p.kept != nil && (p.kept.Collect != nil || p.kept.Cancel != nil)
}

// Resolved reports whether the request is collected or cancelled.
func (p *Pending) Resolved() bool { return p.Collect != nil || p.Cancel != nil }

// pendingList holds one side's pending requests of here in order of their
// ordinals, which is the order of their arrival.
type pendingList struct {
	first, last *Pending
	count       int
	bytes       int
	locks       map[ledger.Lock]*Pending // oldest by part lock
}

func (l *pendingList) add(p *Pending) {
	if p.prev = l.last; l.last != nil {
		l.last.next = p
	} else {
		l.first = p
	}
	l.last = p
	if l.locks == nil {
		l.locks = make(map[ledger.Lock]*Pending)
	}
	if old := l.locks[p.Request.PartLock]; old != nil {
		p.sameLock, old.sameLock = old.sameLock, p
		return
	}
	l.locks[p.Request.PartLock] = p
}

func (l *pendingList) remove(p *Pending) {
	if p.prev != nil {
		p.prev.next = p.next
	} else {
		l.first = p.next
	}
	if p.next != nil {
		p.next.prev = p.prev
	} else {
		l.last = p.prev
	}
	lock := p.Request.PartLock
	if head := l.locks[lock]; head == p {
		if p.sameLock == nil {
			delete(l.locks, lock)
		} else {
			l.locks[lock] = p.sameLock
		}
	} else {
		for head.sameLock != p {
			head = head.sameLock
		}
		head.sameLock = p.sameLock
	}
	p.prev, p.next, p.sameLock = nil, nil, nil
}
