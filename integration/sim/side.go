package sim

import (
	"fmt"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// side is one side's view of a friendship, in the plainest form: computed from
// what its disk was told, entry by entry, without any code of the ledger's.
type side struct {
	friend ledger.NodeID
	me     ledger.Author
	epoch  ledger.Hash
	number uint64
	heads  [2]uint64      // by author
	hashes [2]ledger.Hash // of the newest entries
	purses map[string]*purse
	reqs   [2]map[uint64]*req // pending, by author and ordinal
	next   [2]uint64          // next ordinal, by author
	past   [2][]*req          // resolved lately, by author: an opening may bring them back
}

// purse is a side's money in one currency.
type purse struct {
	balance  ledger.Balance // what the friend owes
	admitted ledger.Amount  // of the pending incoming requests that were not refused on arrival
	frozen   [2]ledger.Amount
	offered  [2]bool
	limit    [2]ledger.Amount // by author: what the other may owe it
}

// req is a request as one side sees it.
type req struct {
	side    *side
	author  ledger.Author
	ordinal uint64
	r       *ledger.Request
	state   reqState
	refused bool // incoming: refused in the batch in which it arrived
	own     bool // outgoing: part of an own payment
	link    *req // the other half of a forward
	// decided is the durable decision about an incoming request, which may have to
	// wait for the ledger: collected or cancelled.
	decided reqState
	// resolvedAs is what it was when an opening brought it back.
	resolvedAs reqState
}

type reqState uint8

const (
	pending reqState = iota
	collected
	cancelled
	gone // with its epoch or its friend
)

func newSide(self, friend ledger.NodeID) *side {
	d := &side{friend: friend, me: ledger.AuthorOf(self, friend)}
	d.reset()
	return d
}

func (d *side) reset() {
	for a := range d.reqs {
		for _, q := range d.reqs[a] {
			q.state = gone
		}
		d.reqs[a] = map[uint64]*req{}
	}
	d.heads, d.hashes, d.next = [2]uint64{}, [2]ledger.Hash{}, [2]uint64{1, 1}
	d.purses, d.past = map[string]*purse{}, [2][]*req{}
}

func (d *side) purse(name string) *purse {
	p := d.purses[name]
	if p == nil {
		p = &purse{}
		d.purses[name] = p
	}
	return p
}

// open begins an epoch with what its opening keeps: requests that are known get
// their new ordinals, those that are not have just arrived. It returns the ones
// that came back after they were resolved.
func (d *side) open(o *ledger.Opening, kept []friendship.KeptRequest) (back []*req, err error) {
	was := make([]*req, len(kept))
	for i, k := range o.Terms.Kept {
		was[i] = d.find(k)
	}
	limits := map[string]ledger.Amount{}
	for name, p := range d.purses {
		limits[name] = p.limit[d.me]
	}
	d.reset()
	d.epoch, d.number = o.ID(), o.Terms.Number
	for _, b := range o.Terms.Balances {
		v := b.Balance
		if d.me == 1 {
			v, _ = v.Neg()
		}
		d.purse(b.Currency.Name).balance = v
	}
	for i := range kept {
		k := &kept[i]
		q := was[i]
		if q == nil {
			if k.Author == d.me {
				return nil, fmt.Errorf("the opening keeps an own request that was never made")
			}
			q = &req{side: d, author: k.Author, r: k.Request}
		} else if q.resolvedAs != pending {
			back = append(back, q)
		}
		q.state, q.ordinal, q.refused = pending, d.next[k.Author], k.Author != d.me && !k.Admitted
		d.next[k.Author]++
		d.reqs[k.Author][q.ordinal] = q
		p := d.purse(k.Request.Currency.Name)
		p.frozen[k.Author] = plus(p.frozen[k.Author], k.Request.Amount)
		if q.refused || k.Author == d.me {
			continue
		}
		p.admitted = plus(p.admitted, k.Request.Amount)
		limit, _ := limits[k.Request.Currency.Name].Owed()
		if would, err := p.balance.Plus(p.admitted); was[i] == nil && (err != nil || would.Cmp(limit) > 0) {
			return nil, fmt.Errorf("the opening admits a request of %v over the limit", k.Request.Amount)
		}
	}
	return back, nil
}

// find returns a request of this epoch that terms keep.
func (d *side) find(k ledger.Kept) *req {
	q := d.reqs[k.Author][k.Ordinal]
	for _, o := range d.past[k.Author] {
		if o.ordinal == k.Ordinal {
			q = o
		}
	}
	if q == nil || q.r.Hash() != k.Request {
		return nil
	}
	q.resolvedAs = q.state
	return q
}

// incoming returns the oldest pending request of the friend with a part lock.
func (d *side) incoming(lock ledger.Lock) *req { return d.oldest(d.me.Other(), lock) }

// ours returns the oldest pending request to the friend with a part lock.
func (d *side) ours(lock ledger.Lock) *req { return d.oldest(d.me, lock) }

func (d *side) oldest(a ledger.Author, lock ledger.Lock) *req {
	var found *req
	for _, q := range d.reqs[a] {
		if q.r.PartLock == lock && (found == nil || q.ordinal < found.ordinal) {
			found = q
		}
	}
	return found
}

// follow applies an entry to the view and collects what happened in b.
func (d *side) follow(w friendship.PutEntry, n *ledger.Entry, b *batch) error {
	switch {
	case n.Epoch != d.epoch || n.Author != w.Author || n.Seq != w.Seq:
		return fmt.Errorf("entry %d is stored as what it is not", w.Seq)
	case n.Seq != d.heads[n.Author]+1 || n.Prev != d.hashes[n.Author]:
		return fmt.Errorf("entry %d of author %d does not follow entry %d", n.Seq, n.Author, d.heads[n.Author])
	case n.Author == d.me && (n.Ack.Seq != d.heads[d.me.Other()] || n.Ack.Hash != d.hashes[d.me.Other()]):
		return fmt.Errorf("own entry %d acknowledges %d, not the newest entry %d", n.Seq, n.Ack.Seq, d.heads[d.me.Other()])
	}
	d.heads[n.Author], d.hashes[n.Author] = n.Seq, ledger.EntryHash(w.Body)
	for _, op := range n.Ops {
		if err := d.apply(n.Author, op, b); err != nil {
			return fmt.Errorf("entry %d of author %d: %w", n.Seq, n.Author, err)
		}
	}
	return nil
}

func (d *side) apply(author ledger.Author, op ledger.Op, b *batch) error {
	switch o := op.(type) {
	case *ledger.Credit:
		p := d.purse(o.Currency.Name)
		p.offered[author], p.limit[author] = true, o.Limit
	case *ledger.Request:
		return d.request(author, o, b)
	case *ledger.Collect:
		q, err := d.resolve(author, o.Ordinal, collected, b)
		if err == nil && (o.Key.Lock() != q.r.Lock || o.PartKey.Lock() != q.r.PartLock) {
			err = fmt.Errorf("request %d is collected with a wrong key", o.Ordinal)
		}
		return err
	case *ledger.Cancel:
		_, err := d.resolve(author, o.Ordinal, cancelled, b)
		return err
	}
	return nil
}

func (d *side) request(author ledger.Author, r *ledger.Request, b *batch) error {
	p := d.purse(r.Currency.Name)
	if !p.offered[0] || !p.offered[1] {
		return fmt.Errorf("request in %s, which is not active", r.Currency)
	}
	q := &req{side: d, author: author, ordinal: d.next[author], r: r}
	d.next[author]++
	d.reqs[author][q.ordinal] = q
	p.frozen[author] = plus(p.frozen[author], r.Amount)
	if author == d.me {
		b.sent = append(b.sent, q)
		return nil
	}
	b.arrived = append(b.arrived, q)
	if q.refused = b.refuses(q); q.refused {
		return nil
	}
	// The limit at admission: owed + admitted + amount.
	p.admitted = plus(p.admitted, r.Amount)
	would, err := p.balance.Plus(p.admitted)
	if err != nil {
		return err
	}
	if limit, _ := p.limit[d.me].Owed(); would.Cmp(limit) > 0 {
		return fmt.Errorf("request %d of %v in %s is admitted: the friend would owe %v, its limit is %v",
			q.ordinal, r.Amount, r.Currency.Name, would, p.limit[d.me])
	}
	return nil
}

// resolve ends a request of the other side.
func (d *side) resolve(author ledger.Author, ordinal uint64, to reqState, b *batch) (*req, error) {
	q := d.reqs[author.Other()][ordinal]
	if q == nil {
		return nil, fmt.Errorf("request %d is resolved and not pending", ordinal)
	}
	delete(d.reqs[q.author], ordinal)
	q.state = to
	if d.past[q.author] = append(d.past[q.author], q); len(d.past[q.author]) > pastKept {
		d.past[q.author] = d.past[q.author][1:]
	}
	p := d.purse(q.r.Currency.Name)
	p.frozen[q.author] = minus(p.frozen[q.author], q.r.Amount)
	if q.author != d.me && !q.refused {
		p.admitted = minus(p.admitted, q.r.Amount)
	}
	if to == collected {
		var err error
		if q.author == d.me {
			p.balance, err = p.balance.Minus(q.r.Amount)
		} else {
			p.balance, err = p.balance.Plus(q.r.Amount)
		}
		if err != nil {
			return nil, err
		}
	}
	if q.author == d.me {
		b.ended = append(b.ended, q)
	} else {
		b.resolved = append(b.resolved, q)
	}
	return q, nil
}

// plus and minus are for sums that the rules keep in range.
func plus(a, b ledger.Amount) ledger.Amount {
	sum, err := a.Add(b)
	if err != nil {
		panic("sim: a sum left its range: " + err.Error())
	}
	return sum
}

func minus(a, b ledger.Amount) ledger.Amount {
	d, err := a.Sub(b)
	if err != nil {
		panic("sim: a sum fell below zero: " + err.Error())
	}
	return d
}
