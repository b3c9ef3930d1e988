package ledgertest

import (
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// Model is the state that two logs of one epoch describe, in the plainest form:
// no rows shared, no order between the logs, big integers. What an honest side
// signs is legal, so the model only adds up.
type Model struct {
	Pending [2]map[uint64]*ledger.Request // by author and ordinal
	Offers  [2]map[string]ledger.Credit   // newest, by author and name
	Next    [2]uint64                     // ordinal of the next request, by author
	Sums    map[string]*Sums              // by name of the currency
	Start   map[string]*big.Int           // of the opening, by name, seen from author 0

	opening map[string]ledger.Currency // of the opening, by name
}

// Sums are cumulative amounts of one currency, by author of the requests.
type Sums struct{ Requested, Collected, Cancelled [2]*big.Int }

// NewModel computes the state of the two logs after an opening that keeps these
// requests.
func NewModel(o *ledger.Opening, logs [2][]*ledger.Entry, kept ...friendship.KeptRequest) (*Model, error) {
	m := &Model{Sums: map[string]*Sums{}, Start: map[string]*big.Int{}, opening: map[string]ledger.Currency{}}
	for _, b := range o.Terms.Balances {
		start, ok := new(big.Int).SetString(b.Balance.String(), 10)
		if !ok {
			return nil, fmt.Errorf("balance %s is no number", b.Balance)
		}
		m.Start[b.Currency.Name], m.opening[b.Currency.Name] = start, b.Currency
	}
	all := [2]map[uint64]*ledger.Request{}
	for a := range logs {
		m.Pending[a] = make(map[uint64]*ledger.Request)
		m.Offers[a] = make(map[string]ledger.Credit)
		all[a] = make(map[uint64]*ledger.Request)
		made := func(r *ledger.Request) {
			ordinal := uint64(len(all[a]) + 1)
			all[a][ordinal], m.Pending[a][ordinal] = r, r
			sum(&m.sums(r.Currency.Name).Requested[a], r.Amount)
		}
		for i := range kept {
			if kept[i].Author == ledger.Author(a) {
				made(kept[i].Request)
			}
		}
		for _, n := range logs[a] {
			for _, op := range n.Ops {
				switch o := op.(type) {
				case *ledger.Credit:
					m.Offers[a][o.Currency.Name] = *o
				case *ledger.Request:
					made(o)
				}
			}
		}
	}
	for a := range logs {
		m.Next[a] = uint64(len(all[a]) + 1)
		for _, n := range logs[a] {
			if err := m.resolve(1-a, all[1-a], n.Ops); err != nil {
				return nil, err
			}
		}
	}
	return m, nil
}

// resolve applies what the other side's operations do to author's requests.
func (m *Model) resolve(author int, all map[uint64]*ledger.Request, ops []ledger.Op) error {
	for _, op := range ops {
		var ordinal uint64
		switch o := op.(type) {
		case *ledger.Collect:
			ordinal = o.Ordinal
		case *ledger.Cancel:
			ordinal = o.Ordinal
		default:
			continue
		}
		r := all[ordinal]
		if r == nil || m.Pending[author][ordinal] == nil {
			return fmt.Errorf("request %d of author %d is resolved and was not pending", ordinal, author)
		}
		delete(m.Pending[author], ordinal)
		s := m.sums(r.Currency.Name)
		if op.Kind() == ledger.KindCollect {
			sum(&s.Collected[author], r.Amount)
		} else {
			sum(&s.Cancelled[author], r.Amount)
		}
	}
	return nil
}

func (m *Model) sums(name string) *Sums {
	s := m.Sums[name]
	if s == nil {
		s = &Sums{}
		for i := range 2 {
			s.Requested[i], s.Collected[i], s.Cancelled[i] = new(big.Int), new(big.Int), new(big.Int)
		}
		m.Sums[name] = s
	}
	return s
}

func sum(to **big.Int, a ledger.Amount) { (*to).Add(*to, Big(a)) }

// Big returns an amount as a big integer.
func Big(a ledger.Amount) *big.Int {
	hi, lo := a.Parts()
	b := new(big.Int).Lsh(new(big.Int).SetUint64(hi), 64)
	return b.Or(b, new(big.Int).SetUint64(lo))
}

// Balance returns what the other side owes author.
func (m *Model) Balance(author int, name string) *big.Int {
	s := m.sums(name)
	b := new(big.Int).Sub(s.Collected[1], s.Collected[0])
	if start := m.Start[name]; start != nil {
		b.Add(b, start)
	}
	if author == 1 {
		b.Neg(b)
	}
	return b
}

// Frozen returns the sum of author's pending requests.
func (m *Model) Frozen(author int, name string) *big.Int {
	total := new(big.Int)
	for _, r := range m.Pending[author] {
		if r.Currency.Name == name {
			total.Add(total, Big(r.Amount))
		}
	}
	return total
}

// Totals returns what an entry says that is signed in this state.
func (m *Model) Totals() []ledger.Totals {
	counted := maps.Clone(m.opening)
	for name, mine := range m.Offers[0] {
		if friends, offered := m.Offers[1][name]; offered && friends.Currency == mine.Currency {
			counted[name] = mine.Currency
		}
	}
	var out []ledger.Totals
	for _, name := range slices.Sorted(maps.Keys(counted)) {
		t := ledger.Totals{Currency: counted[name]}
		s := m.sums(name)
		for a := range t.Logs {
			t.Logs[a] = ledger.Counters{
				Requested: small(s.Requested[a]), Collected: small(s.Collected[a]), Cancelled: small(s.Cancelled[a]),
			}
		}
		out = append(out, t)
	}
	return out
}

func small(b *big.Int) ledger.Amount {
	return ledger.AmountFromParts(new(big.Int).Rsh(b, 64).Uint64(), new(big.Int).And(b, new(big.Int).SetUint64(1<<64-1)).Uint64())
}

// Check compares what a machine says of here with the model.
func (m *Model) Check(f *friendship.Friendship) error {
	me := int(f.Me())
	for _, c := range f.Currencies() {
		name := c.Currency.Name
		if got, want := c.Balance.String(), m.Balance(me, name).String(); got != want {
			return fmt.Errorf("%s: balance %s, want %s", name, got, want)
		}
		if got, want := c.FrozenOut.String(), m.Frozen(me, name).String(); got != want {
			return fmt.Errorf("%s: frozen out %s, want %s", name, got, want)
		}
		if got, want := c.FrozenIn.String(), m.Frozen(1-me, name).String(); got != want {
			return fmt.Errorf("%s: frozen in %s, want %s", name, got, want)
		}
		if c.FrozenIn.Less(c.Admitted) {
			return fmt.Errorf("%s: more admitted than frozen", name)
		}
		mine, friends := m.Offers[me][name], m.Offers[1-me][name]
		if c.Limit != mine.Limit || c.FriendLimit != friends.Limit {
			return fmt.Errorf("%s: limits %s and %s, want %s and %s", name, c.Limit, c.FriendLimit, mine.Limit, friends.Limit)
		}
	}
	for a := range 2 {
		if err := m.checkPending(f, ledger.Author(a)); err != nil {
			return fmt.Errorf("requests of author %d: %w", a, err)
		}
	}
	return nil
}

func (m *Model) checkPending(f *friendship.Friendship, a ledger.Author) error {
	count, size, last := 0, 0, uint64(0)
	for p := range f.AllPending(a) {
		want := m.Pending[a][p.Ordinal]
		if want == nil || want.Hash() != p.Request.Hash() {
			return fmt.Errorf("%d is pending and should not be, or is another", p.Ordinal)
		}
		if p.Ordinal <= last {
			return fmt.Errorf("%d is out of order", p.Ordinal)
		}
		if f.Pending(a, p.Ordinal) != p || f.PendingByPartLock(a, p.Request.PartLock) == nil {
			return fmt.Errorf("%d is not found", p.Ordinal)
		}
		last = p.Ordinal
		count++
		size += len(ledger.EncodeRequest(p.Request))
	}
	if n, b := f.PendingCount(a); n != count || b != size || n != len(m.Pending[a]) {
		return fmt.Errorf("%d pending of %d bytes, counted %d of %d, want %d", n, b, count, size, len(m.Pending[a]))
	}
	return nil
}
