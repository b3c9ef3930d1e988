package friendship

import "github.com/offset-p2p/offset/ledger"

// Status is what people and reports are told of a friendship's ledger.
type Status struct {
	LinkUp  bool
	State   ledger.HelloState // as my Hello says it
	Ready   bool
	Blocked string // why entries may not be signed; empty when Ready

	Number        uint64      // of the open epoch; 0: none
	Epoch         ledger.Hash // its id
	Mine, Theirs  ledger.Head // newest entries of both logs
	Acknowledged  uint64      // newest of my entries that the friend acknowledged
	Highest       uint64      // number of an opening that this side signed
	FriendHighest uint64      // that the friend says it signed
	// ClockAhead is set when the friend refused a number for this reason: one of
	// the two clocks is wrong. FriendClock is the friend's, in ms since 1970.
	ClockAhead  bool
	FriendClock uint64
}

// Status returns the present state.
func (f *Friendship) Status() Status {
	h := f.hello()
	s := Status{
		LinkUp: f.link.up, State: h.State, Ready: f.Ready(), Blocked: f.blocked(),
		Number: h.Number, Epoch: h.Epoch, Mine: h.Mine, Theirs: h.Yours,
		Highest: f.highest, FriendHighest: f.exch.friendHighest,
	}
	if f.epoch != nil {
		s.Acknowledged = f.epoch.acked.Seq
	}
	if r := f.exch.refused; r != nil && r.Reason == ledger.RefuseClock {
		s.ClockAhead, s.FriendClock = true, r.Clock
	}
	return s
}

// blocked says why the ledger may not sign, most lasting reason first.
func (f *Friendship) blocked() string {
	switch {
	case f.lostData:
		return "this node has lost data: the friend shows an opening that it signed and does not have"
	case f.evidence != nil:
		return "the friend signed something illegal: " + f.evidence.Why
	case f.link.problem != noProblem:
		return f.link.problem.String()
	case !f.link.up:
		return "not connected"
	case f.link.hello == nil:
		return "waits for the friend's hello"
	case f.acceptance != nil:
		return "waits for the friend to confirm the opening"
	case f.exch.proposal != nil:
		return "waits for the friend to accept the proposal"
	case f.epoch == nil && f.exch.refused != nil:
		return "the friend refused the proposal: " + f.exch.refused.Reason.String()
	case f.epoch == nil:
		return "no epoch is open yet"
	case !f.link.reconciled:
		return "waits for the friend's hello"
	default:
		return ""
	}
}

// State returns what my Hello says of the ledger: Fresh, Consistent,
// Inconsistent or Recovering.
func (f *Friendship) State() ledger.HelloState {
	switch {
	case f.lostData:
		return ledger.Recovering
	case f.evidence != nil:
		return ledger.Inconsistent
	case f.epoch != nil:
		return ledger.Consistent
	default:
		return ledger.Fresh
	}
}
