package link

import (
	"sync/atomic"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/p2p"
)

// Status is how things stand with the link to one friend.
type Status struct {
	// Connected: a link is up and the friend has said Hello. The other fields
	// are zero when it is not.
	Connected bool
	Relayed   bool // the connection runs through a relay
	Since     time.Time
	Address   string        // the multiaddr of the other end
	RTT       time.Duration // of the newest ping; 0: none was needed yet
}

// Status returns how things stand with a friend; the zero Status for a node
// that is none.
func (m *Manager) Status(friend ledger.NodeID) Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.friends[friend]
	if f == nil || f.link == nil || !f.link.answered {
		return Status{}
	}
	conn := f.link.stream.Raw().Conn()
	return Status{
		Connected: true,
		Relayed:   p2p.Relayed(conn),
		Since:     f.link.start,
		Address:   conn.RemoteMultiaddr().String(),
		RTT:       time.Duration(f.link.rtt.Load()),
	}
}

// Stats counts what has happened since New.
type Stats struct {
	DialFailures uint64 // friends that were not reached
	Replaced     uint64 // links that a newer stream of the friend replaced
	Crossed      uint64 // streams that lost to one dialled at the same time
	Hasty        uint64 // streams of friends that opened them too often
	Dead         uint64 // links that ended in silence
	Overflows    uint64 // links whose friend did not take what was sent
	Faults       uint64 // links that bytes, frames or signatures out of order ended
	Panics       uint64 // panics on dialled streams
}

type counters struct {
	dialFailures, replaced, crossed, hasty, dead, overflows, faults, panics atomic.Uint64
}

// Stats returns the counters as of now.
func (m *Manager) Stats() Stats {
	return Stats{
		DialFailures: m.counts.dialFailures.Load(),
		Replaced:     m.counts.replaced.Load(),
		Crossed:      m.counts.crossed.Load(),
		Hasty:        m.counts.hasty.Load(),
		Dead:         m.counts.dead.Load(),
		Overflows:    m.counts.overflows.Load(),
		Faults:       m.counts.faults.Load(),
		Panics:       m.counts.panics.Load(),
	}
}
