package link

import (
	"fmt"
	"sync"

	"github.com/offset-p2p/offset/ledger"
)

// sequence follows the numbers of a friend's entries on one link, so that an
// entry whose signature was checked once, and its sealed parts opened, is not
// paid for again: a friend could repeat it for nothing. It is safe for
// concurrent use.
//
// Entries count only in the epoch that this node's newest Hello names: nothing
// is signed before a Hello of the other side has named the same epoch, and the
// ledger ignores entries of others. Within it a friend sends each entry of its
// log once, in order: from the one after the last that Hello says this node
// has.
type sequence struct {
	mu    sync.Mutex // guards the fields below
	epoch ledger.Hash
	last  uint64 // seq of the newest entry in epoch; 0: there was none
}

// say notes what epoch a Hello of this node names, before it is sent.
func (s *sequence) say(epoch ledger.Hash) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch != epoch {
		s.epoch, s.last = epoch, 0
	}
}

// next reports whether an entry is to be looked at; one of another epoch is
// not. The error is the friend's fault.
func (s *sequence) next(n ledger.EntryNumber) (due bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case n.Epoch != s.epoch:
		return false, nil
	case s.last != 0 && n.Seq != s.last+1:
		return false, fmt.Errorf("entry %d follows entry %d", n.Seq, s.last)
	}
	s.last = n.Seq
	return true, nil
}
