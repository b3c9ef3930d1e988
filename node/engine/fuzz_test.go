package engine_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/engine"
)

// gambler drives a rig by bytes: three friends do anything that their ledgers
// let them sign, in any order, while the node restarts, loses links and has its
// settings changed.
type gambler struct {
	*rig
	data  []byte
	keys  map[ledger.Lock]keys // by part lock, of requests that puppets made
	mine  map[ledger.Lock]keys // by part lock, of the engine's own payments
	sales []*ledger.Invoice
	sold  map[ledger.InvoiceID]ledger.Key
	made  byte
	value ledger.Balance
	liars bool // friends break ledgers and propose what they like
	lied  int  // how often they did
	fresh int  // epochs that they opened
}

func (g *gambler) next() byte {
	if len(g.data) == 0 {
		return 0
	}
	b := g.data[0]
	g.data = g.data[1:]
	return b
}

func (g *gambler) pick() *puppet { return g.puppets[int(g.next())%len(g.puppets)] }

// FuzzFriends looks at what an honest node must keep whatever its friends do: it
// does not panic, its log stays legal in their eyes, what it has sent on is
// covered, and its worth never falls.
func FuzzFriends(f *testing.F) {
	f.Add([]byte{0, 1, 0, 2, 50, 1, 2, 3, 0})
	f.Add([]byte{8, 0, 1, 9, 0, 9, 1, 4, 0, 2, 1, 0, 60})
	for seed := range uint64(4) {
		f.Add(randomBytes(seed, 120))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 2_000 {
			return
		}
		gamble(t, data)
	})
}

// TestRandomFriends runs what the fuzz target does over random bytes.
func TestRandomFriends(t *testing.T) {
	seeds := uint64(150)
	if testing.Short() {
		seeds = 50
	}
	var sum luck
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			l := gamble(t, randomBytes(seed, 400))
			sum.forwarded += l.forwarded
			sum.bought += l.bought
			sum.sold += l.sold
			sum.marks += l.marks
		})
	}
	t.Logf("%+v", sum)
	if n := int(seeds); !t.Failed() && (sum.forwarded < n || sum.bought < n/3 || sum.sold < n/10 || sum.marks < n/3) {
		t.Errorf("the friends are too quiet: %+v in %d runs", sum, seeds)
	}
}

func randomBytes(seed uint64, n int) []byte {
	rnd := rand.New(rand.NewPCG(seed, 7))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rnd.Uint32())
	}
	return b
}

// luck counts what happened in a run, so that a quiet one is noticed.
type luck struct{ forwarded, bought, sold, marks int }

func gamble(t *testing.T, data []byte) luck { return newGambler(t, data).play() }

func newGambler(t *testing.T, data []byte) *gambler {
	return &gambler{
		rig: newRig(t, "ada", "ben", "cid"), data: data, keys: map[ledger.Lock]keys{},
		mine: map[ledger.Lock]keys{}, sold: map[ledger.InvoiceID]ledger.Key{},
	}
}

func (g *gambler) play() (l luck) {
	for len(g.data) > 0 {
		if g.liars && g.next()%6 == 0 {
			g.lie(g.pick())
		} else {
			g.act()
		}
		g.check()
		l.marks = max(l.marks, len(g.disk.marks))
	}
	for _, p := range g.puppets {
		for _, got := range p.got {
			if g.mine[got.Request.PartLock] == (keys{}) {
				l.forwarded++
			}
		}
	}
	for _, b := range g.disk.payments {
		if r := decode[engine.PaymentRecord](g.disk, b); r.State == engine.Settled {
			l.bought++
		}
	}
	for _, b := range g.disk.invoices {
		if v := decode[engine.InvoiceRecord](g.disk, b); v.State == engine.InvoicePaid {
			l.sold++
		}
	}
	return l
}

func (g *gambler) act() {
	switch p := g.pick(); g.next() % 12 {
	case 0, 1, 2:
		g.request(p)
	case 3, 4:
		g.resolve(p, true)
	case 5:
		g.resolve(p, false)
	case 6:
		if p.up {
			p.hangUp()
		} else {
			p.connect()
		}
	case 7:
		g.restart()
		g.open()
	case 8:
		g.pass(time.Duration(g.next()) * 300 * time.Millisecond)
	case 9:
		if p.deaf {
			p.hear()
		} else {
			p.deaf = true
		}
	case 10:
		g.settings(p)
	case 11:
		if g.next()%2 == 0 {
			g.pay(p)
		} else {
			g.sell()
		}
	}
	g.plan()
}

// request sends a request on to another friend, or pays a sale of the engine.
func (g *gambler) request(p *puppet) {
	if !p.book.Ready() || !p.book.WindowOpen() {
		return
	}
	kind, to, size := g.next(), g.pick(), uint64(g.next())+1
	g.made++
	k := keysOf("x", uint64(g.made%16)) // few, so that part locks come twice
	req := &ledger.Request{
		Currency: eur, Amount: amount(size * 20), Lock: k.lock.Lock(), PartLock: k.part.Lock(), Hold: 60,
		Path: ledger.NewPath(hop(to, size*20-uint64(kind%3))),
	}
	if kind%4 == 0 && len(g.sales) > 0 {
		v := g.sales[int(g.next())%len(g.sales)]
		k = keysOf("y", uint64(g.made))
		req.Path, req.Lock, req.PartLock = ledger.NewPath(), v.Lock, k.part.Lock()
		req.Amount = amount(500 * uint64(1+g.next()%2))
		g.parts[req.PartLock] = &ledger.Part{
			Payment: ledger.PaymentID{kind % 16}, Total: v.Amount, Amount: req.Amount, Invoice: v.ID,
			InvoiceAmount: v.Amount, Currency: eur, Expires: v.Expires, PartKey: &k.part,
		}
	}
	g.keys[req.PartLock] = k
	p.say(req)
}

// resolve ends the oldest request that the engine sent to the puppet.
func (g *gambler) resolve(p *puppet, collect bool) {
	if !p.book.Ready() || !p.book.WindowOpen() {
		return
	}
	for r := range p.book.AllPending(p.book.Me().Other()) {
		k, own := g.mine[r.Request.PartLock]
		if !own {
			k = g.keys[r.Request.PartLock]
		}
		if collect && k.lock.Lock() == r.Request.Lock {
			p.say(&ledger.Collect{Ordinal: r.Ordinal, Key: k.lock, PartKey: k.part})
		} else {
			p.say(&ledger.Cancel{Ordinal: r.Ordinal, Reason: ledger.Reason(1 + g.next()%17), Reporter: p.id})
		}
		return
	}
}

func (g *gambler) settings(p *puppet) {
	on, v := g.next()%3 > 0, uint64(g.next())
	for _, a := range []engine.Action{
		engine.EditFriend{Friend: p.id, Enabled: &on},
		engine.SetOpen{Friend: p.id, Currency: eur, Open: on},
		engine.SetCredit{Friend: p.id, Currency: eur, Limit: amount(v * 50)},
		engine.SetRate{Friend: p.id, Currency: eur, Rate: ledger.Rate{Add: v % 3}},
	}[g.next()%4:][:1] {
		g.must(a)
	}
}

func (g *gambler) sell() {
	g.made++
	key := ledger.Key{g.made, 0x55}
	v := &ledger.Invoice{
		ID: ledger.InvoiceID{g.made}, Currency: eur, Amount: amount(1000), Seller: g.id, Lock: key.Lock(),
		Created: g.wall().Unix(), Expires: g.wall().Add(5 * time.Minute).Unix(),
	}
	if _, err := g.do(engine.CreateInvoice{Invoice: v, Key: key}); err == nil {
		g.sales = append(g.sales, v)
	}
}

func (g *gambler) pay(seller *puppet) {
	g.made++
	key := ledger.Key{g.made, 0x77}
	v := &ledger.Invoice{
		ID: ledger.InvoiceID{g.made}, Currency: eur, Amount: amount(uint64(g.next()) + 2), Seller: seller.id, Lock: key.Lock(),
		Created: g.wall().Unix(), Expires: g.wall().Add(5 * time.Minute).Unix(),
	}
	g.sold[v.ID] = key
	g.do(engine.Pay{Payment: ledger.PaymentID{g.made}, Invoice: v, MaxFee: amount(5), Timeout: time.Minute})
}

// plan answers what is asked: in one part or two, through any friend.
func (g *gambler) plan() {
	for len(g.asked) > 0 {
		q, ok := g.asked[0].(*engine.PlanQuestion)
		g.asked = g.asked[1:]
		if !ok {
			continue
		}
		a := engine.Planned{Payment: q.Payment, Attempt: q.Attempt}
		shares := []ledger.Amount{q.Amount}
		if one := amount(1); g.next()%2 == 0 && one.Less(q.Amount) {
			shares = []ledger.Amount{one, q.Amount.SubFloor(one)}
		}
		for i, share := range shares {
			first := g.pick()
			k := keys{g.sold[q.Invoice.ID], ledger.Key{q.Invoice.ID[0], byte(q.Attempt), byte(i), 0x99}}
			part := engine.PlannedPart{Friend: first.id, Amount: share, Share: share, Path: ledger.NewPath(), PartLock: k.part.Lock()}
			if first.id != q.Invoice.Seller {
				part.Amount, _ = share.Add(amount(uint64(g.next() % 3)))
				part.Path = ledger.NewPath(ledger.Hop{Node: q.Invoice.Seller, Amount: share})
			}
			g.mine[part.PartLock] = k
			a.Parts = append(a.Parts, part)
		}
		if g.next()%8 == 0 {
			a.Parts, a.Failure = nil, &engine.PlanFailure{Reason: "no_route"}
		}
		g.step(a)
	}
}

// open answers the questions of a restart.
func (g *gambler) open() {
	for _, q := range g.asked {
		if q, ok := q.(*engine.OpenQuestion); ok {
			a := engine.PartsOpened{Friend: q.Friend, Parts: map[ledger.Lock]*ledger.Part{}}
			for _, r := range q.Requests {
				if part := g.parts[r.PartLock]; part != nil {
					a.Parts[r.PartLock] = part
				}
			}
			g.step(a)
		}
	}
}

func (g *gambler) check() {
	g.t.Helper()
	n := &node{w: &world{t: g.t}, name: "middle", id: g.id, eng: g.eng, caps: map[capKey]engine.Capacity{}}
	for _, c := range g.eng.Capacities() {
		n.caps[capKey{c.Friend, c.Currency}] = c
	}
	n.w.broken = g.lied > 0
	n.w.checkStep(n)
	value := g.worth(n)
	if value.Cmp(g.value) < 0 {
		g.t.Fatalf("the node's worth fell from %v to %v", g.value, value)
	}
	g.value = value
}

// worth is what the node has beside its own purchases and sales: balances, what
// it has decided to collect and cannot sign yet, less what friends may collect
// and nobody pays for. Only fees, and what friends give away, change it.
func (g *gambler) worth(n *node) ledger.Balance {
	sum := n.worth()
	for _, p := range g.puppets {
		again := map[ledger.Hash]bool{}
		for _, k := range g.disk.ledgers[p.id].Kept {
			if k.Collect != nil {
				again[k.Request.Hash()] = true
			}
		}
		claims, debts := g.eng.Position(p.id, again)
		sum, _ = sum.Plus(claims)
		sum, _ = sum.Minus(debts)
	}
	for _, b := range g.disk.payments {
		for _, part := range decode[engine.PaymentRecord](g.disk, b).Parts {
			if part.Collected {
				sum, _ = sum.Plus(part.Amount)
			}
		}
	}
	for _, b := range g.disk.invoices {
		sum, _ = sum.Minus(decode[engine.InvoiceRecord](g.disk, b).Paid)
	}
	return sum
}
