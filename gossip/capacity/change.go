package capacity

import "github.com/offset-p2p/offset/ledger"

// Change is what the coming or going of a page does to what a node says in a
// currency: friends in Before that are not in After are said no more, entries
// in After are what is said now. Both rise strictly by friend, are shared and
// must not be changed. It is how gossip/pages tells gossip/graph.
type Change struct {
	Node     ledger.NodeID
	Currency ledger.Currency
	Before   []Entry
	After    []Entry
}
