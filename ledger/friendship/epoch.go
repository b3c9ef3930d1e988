package friendship

import (
	"github.com/offset-p2p/offset/ledger"
)

// epoch is the ledger of one open epoch: both logs' heads, both replicas.
type epoch struct {
	me      ledger.Author
	id      ledger.Hash
	opening *ledger.Opening

	head    [2]ledger.Head
	acked   ledger.Head   // newest of my entries that the friend's newest entry acknowledges
	lastAck uint64        // acked.Seq, but while replay takes entries beside the cut: what the newest of them acknowledges
	sent    []sentEntry   // sent[i] is my entry acked.Seq+i; sent[0] has no body any more
	ackTold uint64        // acked.Seq as last reported
	ownAck  uint64        // what my newest entry acknowledges
	owed    int           // the friend's entries with operations above ownAck
	recent  []ledger.Hash // of the friend's newest entries, the last is its head
	offered [2]int        // currencies offered, by author

	accounts accounts
	next     [2]uint64              // next ordinal, by author; mine as of here
	lists    [2]pendingList         // pending in here, by author
	rows     [2]map[uint64]*Pending // mine: pending in here, or in endedList; theirs: pending in there

	thereBytes int // size of rows of the friend
	deltas     deltaQueue
	over       endedList
	keeps      []KeptRequest // of the opening
	nextThere  uint64        // my next ordinal as of there

	kept   retention
	beside bool // replay: the entry at hand was signed before its author saw the cut

	staged  []staged // operations of the entry at hand, reused
	scratch []byte   // for hashes, reused
}

// sentEntry is an entry of mine that the friend has not acknowledged.
type sentEntry struct {
	hash  ledger.Hash
	ack   uint64
	body  []byte
	miles mileage // of my log after it
}

// newEpoch returns the state at the opening, without entries: its balances, and
// the requests that it keeps.
func newEpoch(me ledger.Author, o *ledger.Opening, kept []KeptRequest) (*epoch, error) {
	e := &epoch{me: me, id: o.ID(), opening: o, sent: make([]sentEntry, 1), next: [2]uint64{1, 1}, nextThere: 1}
	e.kept.pace = usualPace
	var count [2]int
	for i := range kept {
		count[kept[i].Author]++
	}
	for i := range e.rows {
		e.rows[i] = make(map[uint64]*Pending, count[i])
	}
	for _, b := range o.Terms.Balances {
		a := e.accounts.ensure(b.Currency.Name)
		a.inOpening, a.decimals, a.start = true, b.Currency.Decimals, b.Balance
		if me == 1 {
			neg, err := b.Balance.Neg()
			if err != nil {
				return nil, err
			}
			a.start = neg
		}
	}
	if err := e.startKept(kept); err != nil {
		return nil, err
	}
	return e, nil
}

// counters returns the replica that operations of author are judged on: here
// for mine, there for the friend's.
func (e *epoch) counters(a *account, author ledger.Author) *[2]ledger.Counters {
	if author == e.me {
		return &a.here
	}
	return &a.there
}

func (e *epoch) active(a *account, author ledger.Author) bool {
	if author == e.me {
		return a.activeHere()
	}
	return a.activeThere(e.me)
}

// totals returns what an entry of mine says after its operations.
func (e *epoch) totals() []ledger.Totals {
	n := 0
	for _, a := range e.accounts {
		if a.inOpening || a.activeHere() {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	t := make([]ledger.Totals, 0, n)
	for _, a := range e.accounts {
		if a.inOpening || a.activeHere() {
			t = append(t, ledger.Totals{Currency: a.currency(e.me), Logs: a.here})
		}
	}
	return t
}

// totalsMatch compares what the friend says with there.
func (e *epoch) totalsMatch(t []ledger.Totals) bool {
	i := 0
	for _, a := range e.accounts {
		if !a.inOpening && !a.activeThere(e.me) {
			continue
		}
		if i == len(t) || t[i].Currency != a.currency(e.me) || t[i].Logs != a.there {
			return false
		}
		i++
	}
	return i == len(t)
}

// windowOpen reports whether my next entry may hold operations.
func (e *epoch) windowOpen() bool {
	return e.head[e.me].Seq+1 <= e.acked.Seq+ledger.EntryWindow
}

// delta is an operation of mine that there has not seen.
type delta struct {
	seq    uint64
	acct   *account
	row    *Pending // request made, or resolved
	credit offer    // row is nil
}

// deltaQueue holds deltas in the order of my log.
type deltaQueue struct {
	q    []delta
	from int
}

func (d *deltaQueue) push(x delta) { d.q = append(d.q, x) }

// pop returns the oldest delta at or below seq.
func (d *deltaQueue) pop(seq uint64) (delta, bool) {
	if d.from == len(d.q) || d.q[d.from].seq > seq {
		return delta{}, false
	}
	x := d.q[d.from]
	d.q[d.from] = delta{}
	if d.from++; d.from == len(d.q) {
		if d.q, d.from = d.q[:0], 0; cap(d.q) > stagedKept {
			d.q = nil
		}
	} else if d.from > len(d.q)/2 && d.from >= ledger.EntryOpsMax {
		n := copy(d.q, d.q[d.from:])
		clear(d.q[n:])
		d.q, d.from = d.q[:n], 0
	}
	return x, true
}

// advance applies my entries up to ack to there; ack names an entry of sent.
func (e *epoch) advance(ack ledger.Head) {
	k := int(ack.Seq - e.acked.Seq)
	if k == 0 {
		return
	}
	n := copy(e.sent, e.sent[k:])
	clear(e.sent[n:])
	e.sent = e.sent[:n]
	e.sent[0].body = nil
	e.acked = ack
	e.forgetEnded()
	for {
		d, ok := e.deltas.pop(ack.Seq)
		if !ok {
			return
		}
		e.applyThere(d)
	}
}

func (e *epoch) applyThere(d delta) {
	switch row := d.row; {
	case row == nil:
		d.acct.mineThere = d.credit
	case row.Author == e.me:
		c := &d.acct.there[e.me]
		c.Requested = add(c.Requested, row.Request.Amount)
		e.nextThere++
	default:
		c := &d.acct.there[row.Author]
		if row.Collect != nil {
			c.Collected = add(c.Collected, row.Request.Amount)
		} else {
			c.Cancelled = add(c.Cancelled, row.Request.Amount)
		}
		delete(e.rows[row.Author], row.Ordinal)
		e.thereBytes -= row.size
	}
}
