package friendship

import (
	"bytes"
	"fmt"

	"github.com/offset-p2p/offset/ledger"
)

// KeptRequest is a request that an opening keeps, whole: terms have its hash
// only. What its author or payee said of it in the epochs before is kept by who
// said it, and said again in the first entries of the new one.
type KeptRequest struct {
	Author   ledger.Author // whose request
	Request  *ledger.Request
	Admitted bool // incoming: it fitted below the limit

	Reservation []byte         // incoming: of my Reserve; nil: none
	Collect     *KeptCollect   // incoming: I collected it, and the friend may not know
	Cancel      *ledger.Cancel // incoming: I cancelled it, and the friend does not know
	Withdrawn   bool           // outgoing: I asked to cancel it
	Commit      []byte         // outgoing: of my Commit; nil: none
}

// KeptCollect holds the keys of a Collect that is due again.
type KeptCollect struct{ Key, PartKey ledger.Key }

// Bits of the flags of an encoded KeptRequest.
const (
	keptAuthor = 1 << iota // 1: the higher node's
	keptAdmitted
	keptReservation
	keptCollect
	keptCancel
	keptWithdrawn
	keptCommit
	keptEnd
)

// EncodeKept returns the bytes of the kept requests of an opening, in the order
// of its terms.
//
//	count u16 × {flags u8, request with its length in 2, what is flagged:
//	reservation with its length in 2 | key 32, part key 32 | reason u8, reporter
//	32 | commit with its length in 2}
func EncodeKept(kept []KeptRequest) []byte {
	var e ledger.Encoder
	e.U16(uint16(len(kept)))
	for i := range kept {
		kept[i].encode(&e)
	}
	return e.Bytes()
}

func (k *KeptRequest) flags() uint8 {
	flags := uint8(k.Author) * keptAuthor
	for _, f := range [...]struct {
		bit uint8
		set bool
	}{
		{keptAdmitted, k.Admitted},
		{keptReservation, k.Reservation != nil},
		{keptCollect, k.Collect != nil},
		{keptCancel, k.Cancel != nil},
		{keptWithdrawn, k.Withdrawn},
		{keptCommit, k.Commit != nil},
	} {
		if f.set {
			flags |= f.bit
		}
	}
	return flags
}

func (k *KeptRequest) encode(e *ledger.Encoder) {
	e.U8(k.flags())
	e.Request(k.Request)
	if k.Reservation != nil {
		e.Var16(k.Reservation)
	}
	if k.Collect != nil {
		e.Raw(k.Collect.Key[:])
		e.Raw(k.Collect.PartKey[:])
	}
	if k.Cancel != nil {
		e.U8(uint8(k.Cancel.Reason))
		e.Raw(k.Cancel.Reporter[:])
	}
	if k.Commit != nil {
		e.Var16(k.Commit)
	}
}

// DecodeKept is the inverse of EncodeKept. It does not alias b.
func DecodeKept(b []byte) ([]KeptRequest, error) {
	d := ledger.NewDecoder(b)
	var kept []KeptRequest
	for i := d.Count16(2 * ledger.PendingMax); i > 0 && d.Err() == nil; i-- {
		k, err := decodeKept(d)
		if err != nil {
			return nil, fmt.Errorf("reading kept request %d: %w", len(kept), err)
		}
		kept = append(kept, k)
	}
	if err := d.Done(); err != nil {
		return nil, fmt.Errorf("reading kept requests: %w", err)
	}
	return kept, nil
}

func decodeKept(d *ledger.Decoder) (KeptRequest, error) {
	flags := d.U8()
	if flags >= keptEnd {
		d.Fail("flags are unknown")
	}
	k := KeptRequest{Author: ledger.Author(flags & keptAuthor), Admitted: flags&keptAdmitted != 0, Withdrawn: flags&keptWithdrawn != 0}
	request := d.Var16(requestBytesMax)
	if flags&keptReservation != 0 {
		k.Reservation = nonNil(bytes.Clone(d.Var16(ledger.SealedBytesMax)))
	}
	if flags&keptCollect != 0 {
		k.Collect = &KeptCollect{}
		d.Fixed(k.Collect.Key[:])
		d.Fixed(k.Collect.PartKey[:])
	}
	if flags&keptCancel != 0 {
		k.Cancel = &ledger.Cancel{Reason: ledger.Reason(d.U8())}
		d.Fixed(k.Cancel.Reporter[:])
	}
	if flags&keptCommit != 0 {
		k.Commit = nonNil(bytes.Clone(d.Var16(ledger.SealedBytesMax)))
	}
	if err := d.Err(); err != nil {
		return k, err
	}
	var err error
	k.Request, err = ledger.DecodeRequest(request)
	return k, err
}

// keep returns what a new epoch keeps of a pending row of this one, with what I
// said of it.
func (e *epoch) keep(row *Pending) KeptRequest {
	k := KeptRequest{Author: row.Author, Request: row.Request}
	if row.Author == e.me {
		k.Withdrawn, k.Commit = row.Withdrawn, row.Commit
		return k
	}
	k.Admitted, k.Reservation, k.Cancel = row.Admitted, row.Reservation, row.Cancel
	if row.Collect != nil {
		k.Collect = &KeptCollect{Key: row.Collect.Key, PartKey: row.Collect.PartKey}
		k.Admitted = true // it was within the limit, and comes back as what the friend owes
	}
	return k
}

// startKept makes the kept requests of the opening pending, with the first
// ordinals. The terms were judged: their currencies are those of its balances.
func (e *epoch) startKept(kept []KeptRequest) error {
	for i := range kept {
		k := &kept[i]
		a := e.accounts.find(k.Request.Currency.Name)
		if a == nil || !a.inOpening || a.decimals != k.Request.Currency.Decimals {
			return fmt.Errorf("kept request %d is in %s, which the terms do not name", i, k.Request.Currency)
		}
		row := &Pending{
			Author: k.Author, Ordinal: e.next[k.Author], Request: k.Request,
			acct: a, size: k.Request.EncodedLen(), hash: e.hash(k.Request), kept: k,
		}
		for _, c := range []*ledger.Counters{&a.here[k.Author], &a.there[k.Author]} {
			sum, err := c.Requested.Add(k.Request.Amount)
			if err != nil || !sum.IsCounter() {
				return fmt.Errorf("kept requests in %s are over the bound", k.Request.Currency)
			}
			c.Requested = sum
		}
		e.next[k.Author]++
		e.rows[k.Author][row.Ordinal] = row
		l := &e.lists[k.Author]
		l.add(row)
		l.count++
		l.bytes += row.size
		if k.Author == e.me {
			continue
		}
		e.thereBytes += row.size
		if row.Admitted = k.Admitted; row.Admitted {
			a.admitted = add(a.admitted, k.Request.Amount)
		}
	}
	e.nextThere = e.next[e.me]
	e.keeps = kept
	return nil
}

// sayAgain returns what I said of the kept requests in the epoch before and
// must say again in this one. It is due as long as I have signed nothing here,
// because all of it goes into my first entries, which are stored in one batch.
func (e *epoch) sayAgain() []ledger.Op {
	if e.head[e.me].Seq > 0 {
		return nil
	}
	var ops []ledger.Op
	var ordinal [2]uint64
	for i := range e.keeps {
		k := &e.keeps[i]
		ordinal[k.Author]++
		n := ordinal[k.Author]
		if row := e.rows[k.Author][n]; row == nil || row.Resolved() {
			continue // mine, resolved by the friend already
		}
		switch {
		case k.Collect != nil:
			ops = append(ops, &ledger.Collect{Ordinal: n, Key: k.Collect.Key, PartKey: k.Collect.PartKey})
			continue
		case k.Cancel != nil:
			ops = append(ops, &ledger.Cancel{Ordinal: n, Reason: k.Cancel.Reason, Reporter: k.Cancel.Reporter})
			continue
		case k.Reservation != nil:
			ops = append(ops, &ledger.Reserve{Ordinal: n, Reservation: k.Reservation})
		}
		if k.Withdrawn {
			ops = append(ops, &ledger.Withdraw{Ordinal: n})
		}
		if k.Commit != nil {
			ops = append(ops, &ledger.Commit{Ordinal: n, Sealed: k.Commit})
		}
	}
	return ops
}

// again signs what is due again, as soon as the new epoch may be signed in and
// before anything else.
func (f *Friendship) again(eff *Effects) {
	ops := f.epoch.sayAgain()
	for len(ops) > 0 {
		n := f.Fit(ops)
		if why := f.epoch.stage(f.me, ops[:n]); why != "" {
			panic("friendship: what is due again is illegal: " + why)
		}
		f.appendEntry(ops[:n:n], eff)
		ops = ops[n:]
	}
}
