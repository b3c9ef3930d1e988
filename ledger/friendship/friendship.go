package friendship

import (
	"time"

	"github.com/offset-p2p/offset/ledger"
)

// Env is what a step of the caller knows of the world outside.
type Env struct {
	Wall  time.Time     // the node's clock, for numbers of openings
	Mono  time.Duration // monotonic since the start of the process, never negative
	Nonce ledger.Nonce  // fresh random bytes of this step

	// AtStake reports whether this node would lose the amount of a pending request
	// of the friend if that request vanished without a trace: it is forwarded in a
	// batch and not cancelled downstream, or decided to be collected, or its commit
	// is held. It must not change anything. nil: every one is.
	AtStake func(*Pending) bool
}

// Friendship is the machine of one friendship: the ledger of the open epoch, the
// state of the stream, the exchange of an opening. It is pure and not safe for
// concurrent use: one goroutine owns it.
type Friendship struct {
	self, friend ledger.NodeID
	me           ledger.Author

	highest    uint64      // number of an opening that I signed
	epoch      *epoch      // nil: none open
	acceptance *Acceptance // signed, not confirmed; it closes the epoch
	evidence   *Evidence   // not nil: the epoch is inconsistent
	lostData   bool        // the friend proved that I lost data
	bound      []Cost      // what the user allows the friend's terms to cost
	pace       pace        // of checkpoints

	link    linkState
	exch    exchange
	oweFrom time.Duration // when the oldest acknowledgement became owed
	ready   bool          // as last reported
}

// linkState is what the present stream has shown. It starts anew with each.
type linkState struct {
	up         bool
	record     []byte        // signed peer record that my Hellos carry
	hello      *ledger.Hello // the friend's newest
	reconciled bool          // a Hello of this stream agrees with the open epoch
	problem    problem       // why it does not
	shown      ledger.Hash   // epoch whose opening was sent on this stream

	supplied      requests // for the friend's next proposal
	suppliedBytes int
}

// New returns the machine that the stored writes describe, without checking
// signatures again. The error wraps ErrDamaged.
func New(self, friend ledger.NodeID, s Stored) (*Friendship, error) {
	return newPaced(self, friend, s, usualPace)
}

func newPaced(self, friend ledger.NodeID, s Stored, p pace) (*Friendship, error) {
	f := &Friendship{
		self: self, friend: friend, me: ledger.AuthorOf(self, friend),
		highest: s.Highest, acceptance: s.Acceptance, evidence: s.Inconsistent, bound: s.Bound, pace: p,
	}
	f.exch.proposals = newBucket(ProposalEvery, ProposalBurst)
	f.exch.signatures = newBucket(openingSignEvery, openingSignBurst)
	f.exch.weighed = newBucket(weighEvery, weighBurst)
	if err := f.replay(s); err != nil {
		return nil, err
	}
	return f, nil
}

// LinkUp tells that an authenticated stream to the friend is up; peerRecord is
// this node's signed peer record for the Hello. A stream that was up before is
// replaced. The Hello is among the frames.
func (f *Friendship) LinkUp(env Env, peerRecord []byte) Effects {
	f.LinkDown(env)
	f.link = linkState{up: true, record: peerRecord}
	var eff Effects
	eff.Frames = append(eff.Frames, f.hello())
	return eff
}

// LinkDown tells that the stream is gone. It drops a proposal that is out.
func (f *Friendship) LinkDown(Env) {
	f.link = linkState{problem: f.link.problem} // people want to know why, also later
	f.exch.proposal = nil
	f.exch.quietUntil = 0 // a new stream, a new try
	f.exch.acceptedHere = false
	f.ready = false
}

// Tick does what is due: a delayed acknowledgement, the end of a proposal, a
// new proposal. Call it when Wake says so; earlier calls do no harm.
func (f *Friendship) Tick(env Env) Effects {
	var eff Effects
	f.expireProposal(env)
	f.proposeIfWanted(env, &eff)
	f.settle(env, &eff)
	return eff
}

// Wake returns when Tick has something to do, in Env.Mono, and whether there is
// anything.
func (f *Friendship) Wake() (time.Duration, bool) {
	var at time.Duration
	ok := false
	earliest := func(t time.Duration) {
		if !ok || t < at {
			at, ok = t, true
		}
	}
	if f.Ready() && f.epoch.owed > 0 {
		earliest(f.oweFrom + AckDelay)
	}
	if t, due := f.exchangeWake(); due {
		earliest(t)
	}
	return at, ok
}

// Receive takes a frame of the friend other than an entry (see ReceiveEntry).
// Ping and Pong are the link's business and are ignored. The error is a
// programmer's: a *ledger.SignedEntry; what the friend does wrong is in
// Effects.Drop.
func (f *Friendship) Receive(env Env, fr ledger.Frame) (Effects, error) {
	var eff Effects
	if !f.link.up {
		return eff, nil
	}
	if _, isHello := fr.(*ledger.Hello); !isHello && f.link.hello == nil {
		switch fr.(type) {
		case *ledger.Ping, *ledger.Pong, *ledger.SignedEntry:
		default:
			eff.Drop = "frame before hello"
			f.settle(env, &eff)
			return eff, nil
		}
	}
	switch m := fr.(type) {
	case *ledger.Hello:
		f.onHello(env, m, &eff)
	case *ledger.Opened:
		f.onOpened(env, m, &eff)
	case *ledger.Supply:
		f.onSupply(m, &eff)
	case *ledger.Propose:
		f.onPropose(env, m, &eff)
	case *ledger.Accept:
		f.onAccept(env, m, &eff)
	case *ledger.Confirm:
		f.onConfirm(env, m, &eff)
	case *ledger.Refuse:
		f.onRefuse(env, m, &eff)
	case *ledger.SignedEntry:
		return eff, errEntryFrame
	}
	f.settle(env, &eff)
	return eff, nil
}

// settle ends every call: acknowledgements that are due, and the news that
// entries may be signed. After a reason to drop the stream counts as down.
func (f *Friendship) settle(env Env, eff *Effects) {
	if eff.Drop != "" {
		f.LinkDown(env)
		return
	}
	ready := f.Ready()
	if ready {
		f.again(eff)
	}
	if ready && !f.ready {
		eff.Changes = append(eff.Changes, BecameReady{})
	}
	f.ready = ready
	if ready && f.epoch.owed > 0 && (f.epoch.owed >= AckBatch || env.Mono >= f.oweFrom+AckDelay) {
		f.appendEntry(nil, eff)
	}
}
