package ledger

// Frame is one message on the friend link: *Hello, *SignedEntry, *Opened,
// *Supply, *Propose, *Accept, *Confirm, *Refuse, *Ping or *Pong. Package ledger/wire
// gives them their bytes. A frame that carries the sender's own signature is
// made without it by the pure core; the shell signs before sending.
type Frame interface{ frame() }

// HelloState is what a side says of its ledger with the friend.
type HelloState uint8

// The states of a ledger in Hello. 0 is invalid.
const (
	// Fresh: the side has no epoch with the friend.
	Fresh HelloState = iota + 1
	// Consistent: nothing is known against the friend's log.
	Consistent
	// Inconsistent: the friend signed something illegal; only a new epoch helps.
	Inconsistent
	// Recovering: the side lost data and signs nothing but openings.
	Recovering
)

// String returns the lower-case word.
func (s HelloState) String() string {
	switch s {
	case Fresh:
		return "fresh"
	case Consistent:
		return "consistent"
	case Inconsistent:
		return "inconsistent"
	case Recovering:
		return "recovering"
	default:
		return "invalid"
	}
}

// Hello is the first frame of each side on a new stream, said again after an
// opening is stored (ledger.md 2.5). Nothing is signed on a ledger before the
// friend's Hello has named my epoch and shown no more of my log than I have.
type Hello struct {
	Versions   []uint16   // protocol versions of the link that the side speaks
	Number     uint64     // of the open epoch; 0 when there is none
	Epoch      Hash       // id of the open epoch
	State      HelloState //
	Highest    uint64     // highest number of an opening this side has signed
	Mine       Head       // newest entry of the sender's own log
	Yours      Head       // newest entry of the receiver's log that the sender holds
	PeerRecord []byte     // libp2p signed peer record with the sender's addresses
}

// SignedEntry carries an entry's body and its author's signature over
// EntryHash(Body).
type SignedEntry struct {
	Body      []byte
	Signature Signature
}

// Opened carries a whole opening, for a friend that is in an older epoch.
type Opened struct{ Opening *Opening }

// Supply carries whole requests that the next Propose keeps and the friend may
// lack; terms name requests by their hashes only. There may be several of them.
type Supply struct{ Requests []*Request }

// Propose proposes terms.
type Propose struct{ Terms *Terms }

// Accept accepts terms: the acceptor's nonce and its signature over the id of
// the epoch.
type Accept struct {
	Terms     Hash // of the terms accepted
	Nonce     Nonce
	Highest   uint64 // highest number the acceptor had signed before
	Epoch     Hash   // what Signature signs
	Signature Signature
}

// Confirm closes the exchange: the proposer's signature over the same id.
type Confirm struct {
	Epoch     Hash
	Signature Signature
}

// RefuseReason says why terms were not accepted. 0 is invalid.
type RefuseReason uint8

// The reasons of a Refuse.
const (
	// RefuseStale: the number is not above what was signed, or a higher
	// proposal of the refuser is out.
	RefuseStale RefuseReason = iota + 1
	// RefuseClock: the number is too far ahead of the refuser's clock.
	RefuseClock
	// RefuseBase: the base is neither zero nor the refuser's epoch.
	RefuseBase
	// RefuseCost: accepting costs the refuser something; its user decides.
	RefuseCost
	// RefuseInvalid: the terms break a rule of the protocol.
	RefuseInvalid
	// RefuseBusy: the refuser cannot sign an opening now.
	RefuseBusy
	// RefuseMissing: the terms keep requests that the refuser does not have;
	// Missing names them. The proposer supplies them and proposes again.
	RefuseMissing
	// RefuseRetry: said later of terms that were refused: the refuser's user has
	// decided, propose again.
	RefuseRetry
)

// String returns a short phrase for people.
func (r RefuseReason) String() string {
	switch r {
	case RefuseStale:
		return "number is not new"
	case RefuseClock:
		return "number is ahead of the clock"
	case RefuseBase:
		return "other base epoch"
	case RefuseCost:
		return "waits for its user"
	case RefuseInvalid:
		return "terms are not valid"
	case RefuseBusy:
		return "cannot sign now"
	case RefuseMissing:
		return "lacks requests that the terms keep"
	case RefuseRetry:
		return "asks to propose again"
	default:
		return "unknown reason"
	}
}

// Refuse answers a proposal that is not accepted.
type Refuse struct {
	Terms   Hash
	Highest uint64 // highest number the refuser has signed
	Clock   uint64 // the refuser's clock, ms since 1970
	Reason  RefuseReason
	Missing []Hash // of RefuseMissing: the first of the requests that it lacks, at most MissingMax
}

// Ping asks for a sign of life; Pong answers with the same number.
type Ping struct{ Nonce uint64 }

// Pong answers a Ping.
type Pong struct{ Nonce uint64 }

func (*Hello) frame()       {}
func (*SignedEntry) frame() {}
func (*Opened) frame()      {}
func (*Supply) frame()      {}
func (*Propose) frame()     {}
func (*Accept) frame()      {}
func (*Confirm) frame()     {}
func (*Refuse) frame()      {}
func (*Ping) frame()        {}
func (*Pong) frame()        {}
