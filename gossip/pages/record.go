package pages

import (
	"container/list"
	"time"

	"github.com/offset-p2p/offset/gossip/capacity"
	"github.com/offset-p2p/offset/ledger"
)

// node is what the set knows of one node. It has at least one series.
type node struct {
	id         ledger.NodeID
	epoch, seq uint64 // the highest pair seen
	series     map[ledger.Currency]*series
}

// series is the pages of one node in one currency.
type series struct {
	node     *node
	currency ledger.Currency
	// head is the newest page seen; count is its count of pages.
	head  capacity.Order
	count uint16
	// floor is the newest page seen with another count: what is not newer is
	// stale.
	floor capacity.Order
	// slots holds by number the newest page of this count above floor.
	slots map[uint16]*slot
	live  int // slots with a page
	// idle is the series' place in Set.idle while live is 0, since idleSince.
	idle      *list.Element
	idleSince time.Time
}

// slot is the place of one page. When the page's life is over the slot stays,
// to remember its order.
type slot struct {
	series *series
	number uint16
	order  capacity.Order
	page   capacity.VerifiedPage // zero when its life is over
	due    int64                 // end of the page's life, milliseconds since 1970
	index  int                   // in Set.due while there is a page
}

// dueHeap orders slots with a page by the end of its life (container/heap).
type dueHeap []*slot

func (h dueHeap) Len() int { return len(h) }

func (h dueHeap) Less(i, j int) bool {
	return h[i].due < h[j].due
}

func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements heap.Interface.
func (h *dueHeap) Push(x any) {
	s := x.(*slot)
	s.index = len(*h)
	*h = append(*h, s)
}

// Pop implements heap.Interface.
func (h *dueHeap) Pop() any {
	last := len(*h) - 1
	s := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return s
}
