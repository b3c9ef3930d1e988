package apiserver

import (
	"sync"

	"github.com/offset-p2p/offset/p2p/rpc"
)

// streams counts the open streams, in all and of each caller. The zero value is
// ready.
type streams struct {
	mu  sync.Mutex // guards all below
	all int
	of  map[rpc.Caller]int
}

// open counts one more, unless a bound is reached.
func (s *streams) open(c rpc.Caller) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= streamsMax || s.of[c] >= streamsPerCaller {
		return false
	}
	if s.of == nil {
		s.of = make(map[rpc.Caller]int)
	}
	s.all++
	s.of[c]++
	return true
}

// close takes back one open.
func (s *streams) close(c rpc.Caller) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	if s.of[c]--; s.of[c] == 0 {
		delete(s.of, c)
	}
}
