package pages

import (
	"crypto/ed25519"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/ledger"
)

var (
	eur = ledger.Currency{Name: "EUR", Decimals: 2}
	usd = ledger.Currency{Name: "USD", Decimals: 2}
	// start is the wall time at which the tests begin.
	start = time.UnixMilli(1_700_000_000_000)
)

// failer is what the helpers need of *testing.T and *rapid.T.
type failer interface {
	Helper()
	Fatal(args ...any)
}

type author struct {
	id  ledger.NodeID
	key ed25519.PrivateKey
}

func authorOf(i int) author {
	seed := make([]byte, ed25519.SeedSize)
	seed[0], seed[1] = byte(i), byte(i>>8)
	key := ed25519.NewKeyFromSeed(seed)
	return author{ledger.NodeID(key.Public().(ed25519.PublicKey)), key}
}

// draft is a page to be: zero fields stand for usual values.
type draft struct {
	author        int
	epoch, seq    uint64
	currency      ledger.Currency
	number, count int
	issued        time.Time
	ttl           time.Duration
	friends       int    // how many
	amount        uint64 // of all entries, to make content differ
}

// signed keeps the pages made, because signatures are what tests spend their
// time on.
var signed sync.Map // of draft to capacity.VerifiedPage

// sign makes a page; its friends are invented for the place they stand on.
func (d draft) sign(t failer) capacity.VerifiedPage {
	t.Helper()
	if v, ok := signed.Load(d); ok {
		return v.(capacity.VerifiedPage)
	}
	v := d.signAnew(t)
	signed.Store(d, v)
	return v
}

func (d draft) signAnew(t failer) capacity.VerifiedPage {
	t.Helper()
	a := authorOf(d.author)
	p := capacity.Page{
		Node: a.id, Epoch: max(d.epoch, 1), Seq: max(d.seq, 1), Currency: d.currency,
		Number: uint16(d.number), Count: uint16(max(d.count, 1)), TTL: d.ttl,
	}
	if p.Currency.Name == "" {
		p.Currency = eur
	}
	if d.issued.IsZero() {
		d.issued = start
	}
	p.Issued = capacity.Millis(d.issued)
	if p.TTL == 0 {
		p.TTL = 10 * time.Minute
	}
	for i := 1; len(p.Entries) < d.friends; i++ {
		f := ledger.NodeID{0: byte(i), 1: byte(i >> 8), 2: 1}
		if capacity.PlaceOf(f, int(p.Count)) == d.number {
			p.Entries = append(p.Entries, capacity.Entry{Friend: f, CanSend: ledger.NewAmount(d.amount)})
		}
	}
	slices.SortFunc(p.Entries, func(x, y capacity.Entry) int { return slices.Compare(x.Friend[:], y.Friend[:]) })
	body := p.Body()
	h := capacity.Hash(body)
	v, err := capacity.Verify(capacity.SignedPage{Body: body, Signature: ledger.Signature(ed25519.Sign(a.key, h[:]))})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// mirror keeps what OnChange tells: what a graph would know.
type mirror map[ledger.NodeID]map[ledger.Currency]map[ledger.NodeID]capacity.Entry

func (m mirror) apply(c capacity.Change) {
	if m[c.Node] == nil {
		m[c.Node] = map[ledger.Currency]map[ledger.NodeID]capacity.Entry{}
	}
	says := m[c.Node][c.Currency]
	if says == nil {
		says = map[ledger.NodeID]capacity.Entry{}
		m[c.Node][c.Currency] = says
	}
	for _, e := range c.Before {
		delete(says, e.Friend)
	}
	for _, e := range c.After {
		says[e.Friend] = e
	}
}

func (m mirror) entries() int {
	n := 0
	for _, byCurrency := range m {
		for _, says := range byCurrency {
			n += len(says)
		}
	}
	return n
}

func newSet(t failer, limits Limits) (*Set, mirror) {
	t.Helper()
	m := mirror{}
	s, err := New(Config{Limits: limits, OnChange: m.apply})
	if err != nil {
		t.Fatal(err)
	}
	return s, m
}

// held lists the names of all pages in the set.
func held(s *Set) []ledger.Hash {
	var out []ledger.Hash
	for shard := range capacity.Shards {
		for bucket := range Buckets {
			out = append(out, s.Names(Range{uint8(shard), uint8(bucket)}, all)...)
		}
	}
	slices.SortFunc(out, func(a, b ledger.Hash) int { return slices.Compare(a[:], b[:]) })
	return out
}

// all is the window of every page issued near start.
var all = Window{AsOf: start.Add(capacity.FutureMax)}

// step is a page given to a set, and what should become of it.
type step struct {
	draft draft
	at    time.Duration // after start; the set is told to expire first
	want  Outcome
	held  int // pages in the set afterwards
}

func run(t *testing.T, s *Set, steps []step) {
	t.Helper()
	for i, st := range steps {
		now := start.Add(st.at)
		s.Expire(now)
		if got := s.Add(st.draft.sign(t), now); got != st.want {
			t.Errorf("step %d: %v, want %v", i, got, st.want)
		}
		if got := s.Stats().Pages; got != st.held {
			t.Errorf("step %d: %d pages held, want %d", i, got, st.held)
		}
	}
}
