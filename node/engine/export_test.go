package engine

import (
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// ForgetEpoch puts a fresh ledger with a friend in place of the present one, so
// that tests see a new epoch open in which nothing is kept.
func (e *Engine) ForgetEpoch(id ledger.NodeID) {
	f := e.friends[id]
	book, err := friendship.New(e.self, id, friendship.Stored{Highest: f.book.Highest()})
	if err != nil {
		panic(err)
	}
	f.book = book
}

// Position is what the pending requests with a friend are worth whatever it does:
// those of the friend that this node has decided to collect, or collects again
// (by hash), and those to the friend for which it is not paid if they are
// collected: their incoming request, or payment, has ended.
func (e *Engine) Position(id ledger.NodeID, again map[ledger.Hash]bool) (claims, debts ledger.Amount) {
	f := e.friends[id]
	me := f.book.Me()
	for p := range f.book.AllPending(me.Other()) {
		if d := f.decided[p.Ordinal]; d != nil && d.Key != nil || p.Again() && again[p.Request.Hash()] {
			claims, _ = claims.Add(p.Request.Amount)
		}
	}
	newest := map[ledger.Lock]*friendship.Pending{}
	for p := range f.book.AllPending(me) {
		newest[p.Request.PartLock] = p
	}
	for p := range f.book.AllPending(me) {
		lock := p.Request.PartLock
		fw, part := e.forwards[lock], e.parts[lock]
		covered := part != nil
		if fw != nil && fw.To == id {
			from := e.friends[fw.From]
			covered = from != nil && from.incoming(lock) != nil && from.decided[from.incoming(lock).Ordinal] == nil
		}
		if !covered || newest[lock] != p { // what an opening has brought back is older
			debts, _ = debts.Add(p.Request.Amount)
		}
	}
	return claims, debts
}
