package engine

import "github.com/offset-p2p/offset/ledger/friendship"

// This file is what a new epoch may cost (ledger.md 2.6): which incoming requests
// terms must keep, or pay for.

// atStake reports whether this node would lose the amount of a pending request of
// f if that vanished without a trace. A request that only waits is not: it is
// given up with the epoch.
func (e *Engine) atStake(f *friend, p *friendship.Pending) bool {
	if d := f.decided[p.Ordinal]; d != nil {
		return d.Key != nil
	}
	fw := e.forwards[p.Request.PartLock]
	return fw != nil && fw.From == f.id && !fw.waits && f.incoming(p.Request.PartLock) == p
}
