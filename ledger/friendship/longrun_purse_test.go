package friendship_test

import (
	"fmt"
	"slices"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// purse is what a side has from a friendship beside the ledger, over all epochs:
// the keys that it learned and the amounts that it is owed for. From it follows
// what the side is worth:
//
//	  balance
//	+ requests of mine whose keys I learned: I was paid for them upstream
//	− requests of the friend that I decided to collect: I paid for them downstream
//	+ those of the latter that are pending: I will collect them
//	− requests of mine that are pending though I know the keys already, or have
//	  let go upstream because they were cancelled: what the friend collects of
//	  them brings nothing more
//
// No entry of either side changes that, so keys learned = balance paid, once,
// whatever is repeated, thrown back and collected again. Only an opening may,
// by what the user of the side allowed it to cost.
type purse struct {
	learned map[ledger.Lock]bool // mine, collected; but for those let go before
	freed   map[ledger.Lock]bool // mine, cancelled before they were collected
	decided map[ledger.Lock]bool // the friend's
	refused map[ledger.Lock]bool // the friend's, cancelled by me
	outside map[ledger.Currency]int64
	worth   map[ledger.Currency]int64 // as it was
}

func newPurse() purse {
	return purse{
		learned: map[ledger.Lock]bool{}, freed: map[ledger.Lock]bool{}, decided: map[ledger.Lock]bool{},
		refused: map[ledger.Lock]bool{}, outside: map[ledger.Currency]int64{}, worth: map[ledger.Currency]int64{},
	}
}

// learn notes what an entry of the friend resolves, before here applies it.
func (n *node) learn(e *ledger.Entry) {
	n.resolves(e)
	for _, op := range e.Ops {
		switch o := op.(type) {
		case *ledger.Collect:
			if h := n.here.held[n.i][o.Ordinal]; h != nil {
				d := n.w.deals[h.req.PartLock]
				n.w.count.collects++
				if lock := h.req.PartLock; !n.purse.learned[lock] && !n.purse.freed[lock] {
					n.purse.learned[lock] = true
					n.purse.outside[d.currency] += d.amount
				}
			}
		case *ledger.Cancel:
			if h := n.here.held[n.i][o.Ordinal]; h != nil && !n.purse.learned[h.req.PartLock] {
				n.purse.freed[h.req.PartLock] = true
			}
		}
	}
}

// resolves remembers requests that an entry resolves, for lies about them.
func (n *node) resolves(e *ledger.Entry) {
	for _, op := range e.Ops {
		var ordinal uint64
		switch o := op.(type) {
		case *ledger.Collect:
			ordinal = o.Ordinal
		case *ledger.Cancel:
			ordinal = o.Ordinal
		default:
			continue
		}
		a := e.Author.Other()
		if h := n.here.held[a][ordinal]; h != nil {
			n.over[a] = append(n.over[a], overRequest{ordinal, h.req})
			n.over[a] = n.over[a][max(0, len(n.over[a])-overMax):]
		}
	}
}

// overMax is how many resolved requests of a side are remembered.
const overMax = 6

// decide is the durable mark that a request of the friend is to be collected.
func (n *node) decide(lock ledger.Lock) {
	if !n.purse.decided[lock] {
		d := n.w.deals[lock]
		n.purse.decided[lock] = true
		n.purse.outside[d.currency] -= d.amount
	}
}

// own checks what an entry of this side resolves: a decision to collect is never
// thrown away, and nothing else is collected.
func (n *node) own(e *ledger.Entry) error {
	n.resolves(e)
	for _, op := range e.Ops {
		switch o := op.(type) {
		case *ledger.Collect:
			if lock := n.here.held[1-n.i][o.Ordinal].req.PartLock; !n.purse.decided[lock] {
				return fmt.Errorf("collects request %d, which nobody decided", o.Ordinal)
			}
		case *ledger.Cancel:
			lock := n.here.held[1-n.i][o.Ordinal].req.PartLock
			if n.purse.decided[lock] {
				return fmt.Errorf("cancels request %d, which it decided to collect", o.Ordinal)
			}
			n.purse.refused[lock] = true
		}
	}
	return nil
}

// value returns what the side is worth now, by currency.
func (n *node) value() map[ledger.Currency]int64 {
	out := make(map[ledger.Currency]int64, len(n.purse.outside))
	for c, v := range n.purse.outside {
		out[c] = v
	}
	for _, name := range n.here.names() {
		if b := n.here.balance(n.me(), name); b != 0 {
			out[n.here.currency(name)] += b
		}
	}
	for _, h := range n.here.held[1-n.i] {
		if n.purse.decided[h.req.PartLock] {
			out[h.req.Currency] += units(h.req.Amount)
		}
	}
	for _, h := range n.here.held[n.i] {
		if n.purse.learned[h.req.PartLock] || n.purse.freed[h.req.PartLock] {
			out[h.req.Currency] -= units(h.req.Amount)
		}
	}
	return out
}

// currency returns what a name with a balance counts in.
func (r *replica) currency(name string) ledger.Currency {
	if o, named := r.start[name]; named {
		return ledger.Currency{Name: name, Decimals: o.decimals}
	}
	return r.offers[0][name].Currency
}

// weigh compares what the side is worth with what it was before a batch, which
// may have cost this much. A friend that cancels what it collected before makes
// the side richer, nothing else does without an opening.
func (n *node) weigh(opened bool, cost []friendship.Cost) error {
	now := n.value()
	for _, c := range ledgerCurrencies(now, n.purse.worth) {
		if n.purse.worth[c]-now[c] > allowedIn(cost, c) {
			return fmt.Errorf("is worth %d in %s after %d (opened %t, allowed %v)", now[c], c, n.purse.worth[c], opened, cost)
		}
		if opened && now[c] < n.purse.worth[c] {
			n.w.count.costly++
		}
	}
	n.purse.worth = now
	return nil
}

func ledgerCurrencies(maps ...map[ledger.Currency]int64) []ledger.Currency {
	var out []ledger.Currency
	for _, m := range maps {
		for c := range m {
			if !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	return out
}

// write makes one batch durable and leads the replicas after it.
func (n *node) write(writes []friendship.Write) error {
	if len(writes) == 0 {
		return nil
	}
	n.disk.Apply(n.me(), writes)
	opened, cost := false, []friendship.Cost(nil)
	for _, w := range writes {
		switch w := w.(type) {
		case friendship.PutEntry:
			if err := n.entry(w); err != nil {
				return err
			}
		case friendship.PutOpening:
			opened = true
			if n.accepting {
				cost = n.allowed
			} else if n.here.state() != n.seenThen {
				return fmt.Errorf("opens what it proposed of another state:\n%s", n.here)
			}
			n.accepting = false
			n.opening(w)
		case friendship.PutHighest:
			if w.Number <= n.highest {
				return fmt.Errorf("highest number falls from %d to %d", n.highest, w.Number)
			}
			n.highest = w.Number
		case friendship.PutAcceptance:
			n.accepting, n.allowed = true, n.bound
			if err := n.accepted(w.Acceptance); err != nil {
				return err
			}
		case friendship.PutBound:
			n.bound = w.Bound
		case friendship.PutEvidence:
			if err := n.accused(w.Evidence); err != nil {
				return err
			}
		}
	}
	if opened && len(n.bound) > 0 {
		return fmt.Errorf("the user's decision outlives the opening: %v", n.bound)
	}
	for _, w := range writes {
		if _, is := w.(friendship.DeleteAcceptance); is {
			n.accepting = false
		}
	}
	return n.weigh(opened, cost)
}

// opening starts the replicas of a new epoch.
func (n *node) opening(w friendship.PutOpening) {
	var kept [2][]*ledger.Request
	for _, k := range w.Kept {
		kept[k.Author] = append(kept[k.Author], k.Request)
	}
	n.w.count.openings++
	n.w.count.kept += len(w.Kept)
	n.here, n.there, n.unseen = replicaOf(w.Opening, kept), replicaOf(w.Opening, kept), nil
	n.proposed, n.over = nil, [2][]overRequest{}
}

// valueIn returns what the side would be worth in an epoch with these terms.
func (n *node) valueIn(t *ledger.Terms, kept [2][]*ledger.Request) map[ledger.Currency]int64 {
	before := n.here
	defer func() { n.here = before }()
	n.here = replicaOf(&ledger.Opening{Terms: t}, kept)
	return n.value()
}

// accepted weighs what an acceptance would cost if it were confirmed now.
func (n *node) accepted(a *friendship.Acceptance) error {
	var kept [2][]*ledger.Request
	for _, k := range a.Kept {
		kept[k.Author] = append(kept[k.Author], k.Request)
	}
	now := n.valueIn(a.Terms, kept)
	for _, c := range ledgerCurrencies(now, n.purse.worth) {
		if lost := n.purse.worth[c] - now[c] - allowedIn(n.bound, c); lost > 0 {
			return fmt.Errorf("accepts terms that cost %d too much in %s, allowed %v", lost, c, n.bound)
		}
	}
	return nil
}

// proposes checks terms of this side: they are what it sees, with all that is
// pending and with its own collects that the friend has not acknowledged. (An
// illegal entry may have acknowledged more than the replicas know.) They must
// be that still when they open.
func (n *node) proposes(t *ledger.Terms) error {
	byHash := map[ledger.Hash]*ledger.Request{}
	var want int
	for a := range n.here.held {
		for _, h := range n.here.held[a] {
			byHash[n.here.hash(h.req)] = h.req
			want++
		}
	}
	back := map[ledger.Hash]*ledger.Request{}
	for _, e := range n.unseen {
		for _, op := range e.Ops {
			if o, is := op.(*ledger.Collect); is {
				r := n.there.held[1-n.i][o.Ordinal].req
				back[r.Hash()] = r
			}
		}
	}
	var kept [2][]*ledger.Request
	for _, k := range t.Kept {
		r := byHash[k.Request]
		if r == nil {
			r = back[k.Request]
		}
		if r == nil {
			return fmt.Errorf("proposes to keep request %d of author %d, which is over", k.Ordinal, k.Author)
		}
		kept[k.Author] = append(kept[k.Author], r)
	}
	if k := len(t.Kept); k < want || k > want+len(back) || k < want+len(back) && n.f.Evidence() == nil {
		return fmt.Errorf("proposes to keep %d requests, of %d pending and %d that the friend may not know as collected", k, want, len(back))
	}
	now := n.valueIn(t, kept)
	for _, c := range ledgerCurrencies(now, n.purse.worth) {
		if now[c] != n.purse.worth[c] {
			return fmt.Errorf("proposes terms in which it is worth %d in %s, not %d", now[c], c, n.purse.worth[c])
		}
	}
	n.proposed, n.seenThen = t, n.here.state()
	return nil
}

func allowedIn(bound []friendship.Cost, c ledger.Currency) int64 {
	for _, b := range bound {
		if b.Currency == c {
			return max(0, small(b.Amount))
		}
	}
	return 0
}

// entry leads the replicas after an entry of either side. What an honest side
// signs is legal in its own view; what is stored of the friend's was legal in
// the friend's view, which was exactly what there is now.
func (n *node) entry(w friendship.PutEntry) error {
	e, err := ledger.DecodeEntry(w.Body)
	if err != nil {
		return err
	}
	at, hash := slot{e.Epoch, e.Author, e.Seq}, ledger.EntryHash(w.Body)
	if n.accepting {
		return fmt.Errorf("stores entry %d of author %d in an epoch that it has closed by an acceptance", e.Seq, e.Author)
	}
	if w.Author == n.me() {
		if old, known := n.w.bodies[at]; known && old != hash {
			return fmt.Errorf("stores a second entry %d", e.Seq)
		}
		n.w.bodies[at] = hash
		n.w.count.entries++
		if err := n.own(e); err != nil {
			return err
		}
		if err := n.here.enter(e); err != nil {
			return fmt.Errorf("signs what is illegal here: %w", err)
		}
		n.w.views[at] = n.here.state()
		n.unseen = append(n.unseen, e)
		return nil
	}
	for len(n.unseen) > 0 && n.unseen[0].Seq <= e.Ack.Seq {
		n.there.force(n.unseen[0])
		n.unseen = n.unseen[1:]
	}
	if err := n.there.enter(e); err != nil {
		return fmt.Errorf("stores what is illegal there: %w", err)
	}
	if !n.w.hostile && n.there.state() != n.w.views[at] {
		return fmt.Errorf("there after entry %d of the friend is not what the friend saw:\n%s", e.Seq, n.there)
	}
	n.learn(e)
	n.here.force(e)
	return nil
}

// accused checks evidence against the friend: it is signed, and the friend did
// lie.
func (n *node) accused(e *friendship.Evidence) error {
	if _, err := friendship.Verify(n.friend, &e.Entry); err != nil {
		return fmt.Errorf("evidence that proves nothing: %w", err)
	}
	if !n.w.lies[ledger.EntryHash(e.Entry.Body)] {
		return fmt.Errorf("accuses an honest friend: %s", e.Why)
	}
	n.w.count.evidence++
	return nil
}

// keys returns the Collect that opens a pending request.
func (n *node) keys(p *friendship.Pending) *ledger.Collect {
	return ledgertest.Collect(p.Ordinal, n.w.deals[p.Request.PartLock].keys)
}
