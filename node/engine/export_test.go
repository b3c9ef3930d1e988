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
