package engine

import (
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// absorb takes over what a ledger asks for and reacts to what happened in it.
// Parts are the sealed parts of the entry that were opened. An error is a
// programmer's: the shell fed what it must not.
func (s *step) absorb(f *friend, fx friendship.Effects, err error, parts map[ledger.Lock]*ledger.Part) {
	if err != nil {
		panic("engine: " + err.Error())
	}
	s.touch(f)
	for _, w := range fx.Writes {
		s.write(PutLedger{f.id, w})
	}
	for _, fr := range fx.Frames {
		if s.settings.Recovering == nil || !bearsSignature(fr) {
			s.fx.Frames = append(s.fx.Frames, Outgoing{f.id, f.link, fr})
		}
	}
	for _, c := range fx.Changes {
		s.happened(f, c, parts)
	}
	if fx.Drop != "" {
		s.fx.Drops = append(s.fx.Drops, Drop{f.id, f.link, fx.Drop})
	}
}

// happened reacts to one change of the ledger with f.
func (s *step) happened(f *friend, c friendship.Change, parts map[ledger.Lock]*ledger.Part) {
	switch c := c.(type) {
	case friendship.RequestArrived:
		s.arrived(f, c.Pending, parts[c.Request.PartLock])
	case friendship.RequestCollected:
		s.collected(f, c.Pending)
	case friendship.RequestCancelled:
		s.cancelled(f, c.Pending)
	case friendship.EpochOpened:
		s.reconcile(f)
		s.lostBeyond(f, false)
		s.partsLost(f)
	case friendship.BecameReady, friendship.CreditChanged:
		s.retryWaiting()
	case friendship.Acknowledged:
		return // touched: what the window held back may be signed
	case friendship.WithdrawAsked:
		s.withdrawAsked(f, c.Pending)
	case friendship.CommitArrived, friendship.Reserved:
		// Legal operations of reserved payments, which this node neither makes nor
		// takes: its own requests are express.
	case friendship.LostData:
		s.lostData(f, c.Opening)
	case friendship.BecameInconsistent, friendship.FriendLostData:
		// The ledger is not ready from here on; its status tells the user why.
	}
	s.change(f)
}
