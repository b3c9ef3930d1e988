package friendship_test

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// replica is the state of one view of one epoch in the plainest form (ledger.md
// 2.2): operations are judged by legal and applied by do, one after the other.
// It shares no code and no shortcut with the machine, knows both authors alike,
// and counts in int64, so tests that use it stay far below that.
type replica struct {
	start  map[string]opened1              // of the opening, by name
	money  map[string]*sums                // by name
	offers [2]map[string]ledger.Credit     // newest, by author and name
	held   [2]map[uint64]*held             // pending, by author and ordinal
	next   [2]uint64                       // ordinal of the next request
	hashes map[*ledger.Request]ledger.Hash // shared with clones
}

// opened1 is what an opening says of one currency.
type opened1 struct {
	decimals uint8
	balance  int64 // seen from author 0
}

// sums are cumulative, by author of the requests.
type sums struct{ requested, collected, cancelled [2]int64 }

// held is a pending request and what was said of it.
type held struct {
	req                            *ledger.Request
	reserved, withdrawn, committed bool
}

func newReplica() *replica {
	r := &replica{start: map[string]opened1{}, money: map[string]*sums{}, next: [2]uint64{1, 1}, hashes: map[*ledger.Request]ledger.Hash{}}
	for a := range r.held {
		r.offers[a], r.held[a] = map[string]ledger.Credit{}, map[uint64]*held{}
	}
	return r
}

// replicaOf returns the state at an opening that keeps these requests, by
// author and in order.
func replicaOf(o *ledger.Opening, kept [2][]*ledger.Request) *replica {
	r := newReplica()
	for _, b := range o.Terms.Balances {
		r.start[b.Currency.Name] = opened1{b.Currency.Decimals, small(b.Balance)}
	}
	for a := range kept {
		for _, req := range kept[a] {
			r.add(ledger.Author(a), req)
		}
	}
	return r
}

// small returns a balance that fits into int64.
func small(b ledger.Balance) int64 {
	v, fits := b.Magnitude().Uint64()
	if !fits || v >= 1<<62 {
		panic("balance is too large for this test")
	}
	if b.Sign() < 0 {
		return -int64(v)
	}
	return int64(v)
}

func units(a ledger.Amount) int64 {
	v, fits := a.Uint64()
	if !fits || v >= 1<<62 {
		panic("amount is too large for this test")
	}
	return int64(v)
}

func (r *replica) clone() *replica {
	c := *r
	c.money = make(map[string]*sums, len(r.money))
	for name, s := range r.money {
		copied := *s
		c.money[name] = &copied
	}
	for a := range r.held {
		c.offers[a] = maps.Clone(r.offers[a])
		c.held[a] = make(map[uint64]*held, len(r.held[a]))
		for o, h := range r.held[a] {
			copied := *h
			c.held[a][o] = &copied
		}
	}
	return &c
}

func (r *replica) sums(name string) *sums {
	s := r.money[name]
	if s == nil {
		s = &sums{}
		r.money[name] = s
	}
	return s
}

func (r *replica) add(a ledger.Author, req *ledger.Request) {
	r.held[a][r.next[a]] = &held{req: req}
	r.next[a]++
	r.sums(req.Currency.Name).requested[a] += units(req.Amount)
}

// active returns the currency that both sides have offered under this name.
func (r *replica) active(name string) (ledger.Currency, bool) {
	x, y := r.offers[0][name], r.offers[1][name]
	return x.Currency, x.Currency == y.Currency && x.Currency.Name != ""
}

// legal judges one operation of author a in this view; the last is of its entry.
func (r *replica) legal(a ledger.Author, op ledger.Op, last bool) bool {
	switch o := op.(type) {
	case *ledger.Credit:
		old, offered := r.offers[a][o.Currency.Name]
		first, named := r.start[o.Currency.Name]
		return (!offered || old.Currency == o.Currency) && (!named || first.decimals == o.Currency.Decimals) &&
			(offered || len(r.offers[a]) < ledger.CurrenciesMax)
	case *ledger.Request:
		c, active := r.active(o.Currency.Name)
		return active && c == o.Currency && o.Amount.IsRequestable() && len(r.held[a]) < ledger.PendingMax
	case *ledger.Collect:
		h := r.held[1-a][o.Ordinal]
		return h != nil && o.Key.Lock() == h.req.Lock && o.PartKey.Lock() == h.req.PartLock
	case *ledger.Cancel:
		return r.held[1-a][o.Ordinal] != nil
	case *ledger.Reserve:
		h := r.held[1-a][o.Ordinal]
		return h != nil && !h.reserved
	case *ledger.Withdraw:
		h := r.held[a][o.Ordinal]
		return h != nil && !h.withdrawn
	case *ledger.Commit:
		h := r.held[a][o.Ordinal]
		return h != nil && !h.committed
	case *ledger.Checkpoint:
		return last && o.Digest == r.digest()
	}
	return false
}

// do applies one operation; on a request that the other side has resolved
// meanwhile it has no effect.
func (r *replica) do(a ledger.Author, op ledger.Op) {
	switch o := op.(type) {
	case *ledger.Credit:
		r.offers[a][o.Currency.Name] = *o
	case *ledger.Request:
		r.add(a, o)
	case *ledger.Collect:
		h := r.held[1-a][o.Ordinal]
		r.sums(h.req.Currency.Name).collected[1-a] += units(h.req.Amount)
		delete(r.held[1-a], o.Ordinal)
	case *ledger.Cancel:
		h := r.held[1-a][o.Ordinal]
		r.sums(h.req.Currency.Name).cancelled[1-a] += units(h.req.Amount)
		delete(r.held[1-a], o.Ordinal)
	case *ledger.Reserve:
		if h := r.held[1-a][o.Ordinal]; h != nil {
			h.reserved = true
		}
	case *ledger.Withdraw:
		if h := r.held[a][o.Ordinal]; h != nil {
			h.withdrawn = true
		}
	case *ledger.Commit:
		if h := r.held[a][o.Ordinal]; h != nil {
			h.committed = true
		}
	}
}

// enter judges the operations and the totals of an entry and applies them. On
// an illegal one the replica is spoilt.
func (r *replica) enter(n *ledger.Entry) error {
	for i, op := range n.Ops {
		if !r.legal(n.Author, op, i == len(n.Ops)-1) {
			return fmt.Errorf("entry %d of author %d: %T is illegal", n.Seq, n.Author, op)
		}
		r.do(n.Author, op)
	}
	if !slices.Equal(n.Totals, r.totals()) {
		return fmt.Errorf("entry %d of author %d: totals %v, want %v", n.Seq, n.Author, n.Totals, r.totals())
	}
	return nil
}

// force applies an entry that was judged elsewhere.
func (r *replica) force(n *ledger.Entry) {
	for _, op := range n.Ops {
		r.do(n.Author, op)
	}
}

func (r *replica) names() []string {
	all := map[string]bool{}
	for name := range r.start {
		all[name] = true
	}
	for a := range r.offers {
		for name := range r.offers[a] {
			all[name] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func (r *replica) totals() []ledger.Totals {
	var out []ledger.Totals
	for _, name := range r.names() {
		c, active := r.active(name)
		if o, named := r.start[name]; named {
			c, active = ledger.Currency{Name: name, Decimals: o.decimals}, true
		}
		if !active {
			continue
		}
		t, s := ledger.Totals{Currency: c}, r.sums(name)
		for a := range t.Logs {
			t.Logs[a] = ledger.Counters{
				Requested: ledger.NewAmount(uint64(s.requested[a])), Collected: ledger.NewAmount(uint64(s.collected[a])),
				Cancelled: ledger.NewAmount(uint64(s.cancelled[a])),
			}
		}
		out = append(out, t)
	}
	return out
}

func (r *replica) digest() ledger.Hash {
	var sides [2]ledger.CheckpointSide
	for a := range sides {
		s := &sides[a]
		s.Next = r.next[a]
		for _, name := range slices.Sorted(maps.Keys(r.offers[a])) {
			s.Offers = append(s.Offers, r.offers[a][name])
		}
		for _, o := range slices.Sorted(maps.Keys(r.held[a])) {
			s.Pending = append(s.Pending, ledger.PendingHash{Ordinal: o, Request: r.hash(r.held[a][o].req)})
		}
	}
	return ledger.CheckpointDigest(&sides)
}

func (r *replica) hash(req *ledger.Request) ledger.Hash {
	h, known := r.hashes[req]
	if !known {
		h = req.Hash()
		r.hashes[req] = h
	}
	return h
}

// balance returns what the other side owes author a.
func (r *replica) balance(a ledger.Author, name string) int64 {
	b := r.start[name].balance
	if s := r.money[name]; s != nil {
		b += s.collected[1] - s.collected[0]
	}
	if a == 1 {
		return -b
	}
	return b
}

// frozen returns the sum of author's pending requests.
func (r *replica) frozen(a ledger.Author, name string) (sum int64) {
	for _, h := range r.held[a] {
		if h.req.Currency.Name == name {
			sum += units(h.req.Amount)
		}
	}
	return sum
}

// state returns all of the state as bytes, for comparing.
func (r *replica) state() string {
	b := make([]byte, 0, 512)
	num := func(v ...int64) {
		for _, x := range v {
			b = binary.AppendVarint(b, x)
		}
	}
	for _, name := range r.names() {
		s := r.sums(name)
		b = append(append(b, name...), 0)
		num(r.balance(0, name), s.requested[0], s.requested[1], s.collected[0], s.collected[1], s.cancelled[0], s.cancelled[1])
		for a := range r.offers {
			o, offered := r.offers[a][name]
			b = strconv.AppendBool(b, offered)
			num(int64(o.Currency.Decimals), units(o.Limit))
		}
	}
	for a := range r.held {
		num(int64(r.next[a]))
		for _, o := range slices.Sorted(maps.Keys(r.held[a])) {
			h := r.held[a][o]
			hash := r.hash(h.req)
			num(int64(o))
			b = append(b, hash[:]...)
			for _, said := range [...]bool{h.reserved, h.withdrawn, h.committed} {
				b = strconv.AppendBool(b, said)
			}
		}
	}
	return string(b)
}

// String returns the state for people.
func (r *replica) String() string {
	var b strings.Builder
	for _, name := range r.names() {
		fmt.Fprintf(&b, "\n%s %d %v", name, r.balance(0, name), *r.sums(name))
		for a := range r.offers {
			if o, offered := r.offers[a][name]; offered {
				fmt.Fprintf(&b, " %d:%d.%s", a, o.Currency.Decimals, o.Limit)
			}
		}
	}
	for a := range r.held {
		fmt.Fprintf(&b, "\n%d next %d:", a, r.next[a])
		for _, o := range slices.Sorted(maps.Keys(r.held[a])) {
			h := r.held[a][o]
			fmt.Fprintf(&b, " %d=%s/%t/%t/%t", o, r.hash(h.req), h.reserved, h.withdrawn, h.committed)
		}
	}
	return b.String()
}

// sameHere compares what a machine says of here with the replica.
func (r *replica) sameHere(f *friendship.Friendship) error {
	me := f.Me()
	for _, v := range f.Currencies() {
		name := v.Currency.Name
		mine, friends := r.offers[me][name], r.offers[1-me][name]
		_, active := r.active(name)
		switch {
		case small(v.Balance) != r.balance(me, name):
			return fmt.Errorf("%s: balance %s, want %d", name, v.Balance, r.balance(me, name))
		case units(v.FrozenOut) != r.frozen(me, name) || units(v.FrozenIn) != r.frozen(1-me, name):
			return fmt.Errorf("%s: frozen %s and %s, want %d and %d", name, v.FrozenOut, v.FrozenIn, r.frozen(me, name), r.frozen(1-me, name))
		case v.Limit != mine.Limit || v.FriendLimit != friends.Limit || v.Active != active:
			return fmt.Errorf("%s: limits %s and %s, active %t, want %s and %s, %t",
				name, v.Limit, v.FriendLimit, v.Active, mine.Limit, friends.Limit, active)
		case v.FrozenIn.Less(v.Admitted):
			return fmt.Errorf("%s: %s admitted of %s", name, v.Admitted, v.FrozenIn)
		}
	}
	for a := range ledger.Author(2) {
		n, last := 0, uint64(0)
		for p := range f.AllPending(a) {
			h := r.held[a][p.Ordinal]
			if h == nil || p.Request != h.req && r.hash(p.Request) != r.hash(h.req) || p.Ordinal <= last {
				return fmt.Errorf("request %d of author %d is not that of the replica", p.Ordinal, a)
			}
			if (p.Reservation != nil) != h.reserved || p.Withdrawn != h.withdrawn || (p.Commit != nil) != h.committed {
				return fmt.Errorf("request %d of author %d: reserved %t, withdrawn %t, committed %t, want %+v",
					p.Ordinal, a, p.Reservation != nil, p.Withdrawn, p.Commit != nil, *h)
			}
			n, last = n+1, p.Ordinal
		}
		if n != len(r.held[a]) {
			return fmt.Errorf("%d requests of author %d are pending, want %d", n, a, len(r.held[a]))
		}
	}
	if f.Opening() != nil && f.NextOrdinal() != r.next[me] {
		return fmt.Errorf("next ordinal %d, want %d", f.NextOrdinal(), r.next[me])
	}
	return nil
}

// sameThere compares a machine's there with the replica.
func (r *replica) sameThere(f *friendship.Friendship) error {
	there, me := f.There(), f.Me()
	size := 0
	for _, h := range r.held[1-me] {
		size += h.req.EncodedLen()
	}
	if there.Bytes != size {
		return fmt.Errorf("%d bytes pending, want %d", there.Bytes, size)
	}
	for a := range there.Pending {
		if len(there.Pending[a]) != len(r.held[a]) {
			return fmt.Errorf("requests %v of author %d are pending, want %d", there.Pending[a], a, len(r.held[a]))
		}
		for _, o := range there.Pending[a] {
			if r.held[a][o] == nil {
				return fmt.Errorf("request %d of author %d is pending", o, a)
			}
		}
	}
	for name, got := range there.Sums {
		s := r.sums(name)
		for a := range got {
			if units(got[a].Requested) != s.requested[a] || units(got[a].Collected) != s.collected[a] || units(got[a].Cancelled) != s.cancelled[a] {
				return fmt.Errorf("%s of author %d: %v, want %v", name, a, got[a], *s)
			}
		}
	}
	for name, limit := range there.Limits {
		if r.offers[me][name].Limit != limit {
			return fmt.Errorf("%s: limit %s, want %s", name, limit, r.offers[me][name].Limit)
		}
	}
	return nil
}
