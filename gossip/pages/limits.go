package pages

import (
	"fmt"
	"time"

	"github.com/offset-p2p/offset/gossip/capacity"
)

const (
	// Memory is how long the order of a node's pages in a currency is
	// remembered after the last of them ended. No page can be accepted later
	// than capacity.TTLMax + capacity.FutureMax after one that was issued after
	// it was seen, so nothing older can come back.
	Memory = 20 * time.Minute
	// CurrenciesPerNode is the number of currencies of one node; a friendship
	// has at most 32 (ledger.CurrenciesMax), a node may have others elsewhere.
	CurrenciesPerNode = 64
	// Buckets is the number of parts of a shard in digests: of a million pages
	// of one currency 4,000 names stand in each.
	Buckets = 256
)

// Limits bound what a set holds. All are at least 1.
type Limits struct {
	Nodes      int // nodes with a page or a memory of one
	Pages      int // pages, memories of ended ones included
	Entries    int // entries of all pages: directed edges as declared by one side
	Currencies int // distinct currencies
}

// DefaultLimits suit a server with 2 GiB for its set: about 8 KB for each node
// of ten friends, bytes and signatures included.
func DefaultLimits() Limits {
	return Limits{Nodes: 200_000, Pages: 400_000, Entries: 4_000_000, Currencies: 10_000}
}

// Validate reports a limit below 1.
func (l Limits) Validate() error {
	for _, v := range []struct {
		name  string
		value int
	}{{"nodes", l.Nodes}, {"pages", l.Pages}, {"entries", l.Entries}, {"currencies", l.Currencies}} {
		if v.value < 1 {
			return fmt.Errorf("limit of %s is %d, at least 1 is needed", v.name, v.value)
		}
	}
	return nil
}

// A page must be forgotten later than it could be accepted.
const _ = uint(Memory - capacity.TTLMax - capacity.FutureMax)
