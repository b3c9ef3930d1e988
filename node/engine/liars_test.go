package engine_test

import (
	"fmt"
	"testing"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// lie lets a friend do what its own ledger would not: sign something illegal, or
// propose terms of its choice, and confirm those that the engine accepts or not.
func (g *gambler) lie(p *puppet) {
	if !p.up || p.deaf || !p.book.Ready() {
		return
	}
	g.lied++
	if g.next()%4 == 0 {
		p.cheat()
		p.hangUp()
		p.connect()
		g.credit(p)
		return
	}
	owes, kept := g.whim(p)
	t := p.terms(owes, kept...)
	m, accepted := p.propose(t).(*ledger.Accept)
	if accepted && g.next()%4 > 0 {
		g.fresh++
		o := &ledger.Opening{Terms: t, Acceptor: m.Nonce}
		*o.SignatureOf(g.id) = m.Signature
		p.confirm(o, kept...)
		return
	}
	p.hangUp() // what the engine said meanwhile is resent
	p.manual = false
	p.connect()
	g.credit(p)
}

// credit offers the currency again, in an epoch that has opened by itself.
func (g *gambler) credit(p *puppet) {
	if v, known := p.book.Currency(eur); p.book.Ready() && !(known && v.Offered) {
		p.say(&ledger.Credit{Currency: eur, Limit: amount(10_000)})
	}
}

// whim is terms near to the friend's view: requests are left out and brought
// back, paid for or not.
func (g *gambler) whim(p *puppet) (owes int64, kept []*friendship.Pending) {
	balance := p.book.Balance(eur)
	owes = int64(low(balance.Magnitude()))
	if balance.Sign() > 0 {
		owes = -owes
	}
	for q := range p.book.AllPending(p.book.Me()) {
		switch g.next() % 8 {
		case 0: // left out
		case 1: // left out and paid for
			owes += int64(low(q.Request.Amount))
		default:
			kept = append(kept, q)
		}
	}
	for q := range p.book.AllPending(p.book.Me().Other()) {
		if g.next()%8 > 0 {
			kept = append(kept, q)
		}
	}
	for _, q := range p.got {
		if q.Collect != nil && p.book.Pending(q.Author, q.Ordinal) == nil && g.next()%2 == 0 {
			kept = append(kept, q) // brought back, and not paid yet
			owes += int64(low(q.Request.Amount))
		}
	}
	if g.next()%8 == 0 {
		owes += int64(g.next()) - 128
	}
	return owes, kept
}

func low(a ledger.Amount) uint64 {
	n, _ := a.Uint64()
	return n
}

// FuzzLiars is FuzzFriends with friends that break ledgers and propose terms: the
// node accepts by itself nothing that makes it worth less.
func FuzzLiars(f *testing.F) {
	for seed := range uint64(4) {
		f.Add(randomBytes(seed, 200))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 2_000 {
			return
		}
		g := newGambler(t, data)
		g.liars = true
		g.play()
	})
}

// TestRandomLiars runs what the fuzz target does over random bytes.
func TestRandomLiars(t *testing.T) {
	seeds := uint64(150)
	if testing.Short() {
		seeds = 50
	}
	var lied, fresh int
	var sum luck
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			g := newGambler(t, randomBytes(seed, 400))
			g.liars = true
			l := g.play()
			lied, fresh = lied+g.lied, fresh+g.fresh
			sum.forwarded, sum.bought, sum.marks = sum.forwarded+l.forwarded, sum.bought+l.bought, sum.marks+l.marks
		})
	}
	t.Logf("%d lies, %d epochs by them, %+v", lied, fresh, sum)
	if n := int(seeds); !t.Failed() && (lied < n || fresh < n/2 || sum.forwarded < n || sum.bought < n/6) {
		t.Errorf("the liars are too quiet: %d lies, %d epochs by them, %+v in %d runs", lied, fresh, sum, seeds)
	}
}
