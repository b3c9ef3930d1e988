package graph

import "github.com/offset-p2p/offset/ledger"

// none is the index of no declaration.
const none = ^uint32(0)

// indexFrom is the number of declarations from which a block keeps an index.
// Below it a scan over a few cache lines is quicker than a map and takes no
// memory; most nodes have fewer friends.
const indexFrom = 32

// decl is one node's word about one friend, without pointers so that the
// garbage collector has nothing to scan.
type decl struct {
	peer ID
	// twin is the index of the friend's declaration about this node in the
	// friend's block, or none.
	twin       uint32
	canSend    ledger.Amount
	canReceive ledger.Amount
	transit    ledger.Amount
	rate       ledger.Rate
}

// block is the declarations of one node, in no order, one for each peer.
type block struct {
	decls []decl
	index map[ID]uint32 // by peer; nil below indexFrom
}

// find returns the index of the declaration about peer, or none.
func (b *block) find(peer ID) uint32 {
	if b.index != nil {
		if i, ok := b.index[peer]; ok {
			return i
		}
		return none
	}
	for i := range b.decls {
		if b.decls[i].peer == peer {
			return uint32(i)
		}
	}
	return none
}

// add appends a declaration about a peer that has none and returns its index.
func (b *block) add(d decl) uint32 {
	i := uint32(len(b.decls))
	b.decls = append(b.decls, d)
	switch {
	case b.index != nil:
		b.index[d.peer] = i
	case len(b.decls) >= indexFrom:
		b.index = make(map[ID]uint32, 2*indexFrom)
		for j := range b.decls {
			b.index[b.decls[j].peer] = uint32(j)
		}
	}
	return i
}

// remove takes out the declaration at i and reports whether the last one moved
// into its place, so that its twin has to be told.
func (b *block) remove(i uint32) (moved bool) {
	last := uint32(len(b.decls) - 1)
	if b.index != nil {
		delete(b.index, b.decls[i].peer)
	}
	if i != last {
		b.decls[i] = b.decls[last]
		if b.index != nil {
			b.index[b.decls[i].peer] = i
		}
	}
	b.decls = b.decls[:last]
	if len(b.decls) < indexFrom/2 {
		b.index = nil
	}
	return i != last
}
