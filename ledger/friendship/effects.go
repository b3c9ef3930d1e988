package friendship

import "github.com/offset-p2p/offset/ledger"

// Effects are what a call asks of the caller, in this order: make all Writes
// durable in one batch, send Frames in order, react to Changes, and close the
// stream when Drop is not empty. Writes and Changes of one call belong in the
// same batch as whatever the caller derives from them.
type Effects struct {
	Writes  []Write
	Frames  []ledger.Frame
	Changes []Change
	Drop    string // why the stream must be closed; empty: it stays
}

// Merge appends g to e, for callers that collect the effects of one step. The
// first reason to drop stands.
func (e *Effects) Merge(g Effects) {
	e.Writes = append(e.Writes, g.Writes...)
	e.Frames = append(e.Frames, g.Frames...)
	e.Changes = append(e.Changes, g.Changes...)
	if e.Drop == "" {
		e.Drop = g.Drop
	}
}

// Write is one change of what the disk keeps of a friendship: PutEntry,
// PutSnapshot, DropEntries, PutOpening, PutHighest, PutAcceptance,
// DeleteAcceptance, PutBound or PutEvidence. Later writes of a batch win over earlier ones
// of the same kind and key.
type Write interface{ write() }

// PutEntry stores an entry of one log. Seq is unique per author and epoch and
// rises by one. Signature is the friend's for its entries and zero for mine.
type PutEntry struct {
	Author    ledger.Author
	Seq       uint64
	Body      []byte // must not be changed
	Signature ledger.Signature
}

// PutSnapshot stores the state that a Checkpoint covers, in place of the
// snapshot before it. What it covers goes in the same batch, by DropEntries.
type PutSnapshot struct{ Snapshot *Snapshot } // must not be changed

// DropEntries removes the entries From to Through of one log; those below From
// were removed before. My own ones among them were all acknowledged by a signed
// entry of the friend.
type DropEntries struct {
	Author        ledger.Author
	From, Through uint64
}

// PutOpening starts an epoch: it replaces the opening before it, and all stored
// entries of both logs of the earlier epoch, its snapshot and the evidence
// against it go in the same batch. My own signature in it is zero.
type PutOpening struct {
	Opening *ledger.Opening
	Kept    []KeptRequest // in the order of its terms
}

// PutHighest stores the highest number of an opening that this side has signed.
// It never falls, and outlives the friendship (tombstone).
type PutHighest struct{ Number uint64 }

// PutAcceptance stores terms that this side has accepted and that are not
// confirmed yet; it replaces the one before.
type PutAcceptance struct{ Acceptance *Acceptance }

// DeleteAcceptance removes the stored acceptance.
type DeleteAcceptance struct{}

// PutBound stores what the user allows terms of the friend to cost, in place of
// what was allowed before. An empty one deletes it.
type PutBound struct{ Bound []Cost }

// PutEvidence stores what the friend signed against the rules.
type PutEvidence struct{ Evidence *Evidence }

func (PutEntry) write()         {}
func (PutSnapshot) write()      {}
func (DropEntries) write()      {}
func (PutOpening) write()       {}
func (PutHighest) write()       {}
func (PutAcceptance) write()    {}
func (DeleteAcceptance) write() {}
func (PutBound) write()         {}
func (PutEvidence) write()      {}

// Change is something that happened to here because of the friend or the link;
// what Append does itself is not reported back. Those about a request carry its
// *Pending, whose fields the receiver must not change.
type Change interface{ change() }

// EpochOpened: an epoch is open on this side. Pending is what its opening keeps,
// with new ordinals. Offers of the epoch before are gone: this side's Credits
// must be said again. What it collected, cancelled, reserved, withdrew or
// committed before, and the opening keeps, the ledger says again by itself.
type EpochOpened struct {
	Number uint64
	Epoch  ledger.Hash
}

// RequestArrived: the friend asks to freeze an amount. When Admitted is false it
// does not fit below the limit of this side and must be cancelled with
// OverLimit. Every one that arrives must be resolved in the end.
type RequestArrived struct{ *Pending }

// RequestCollected: the friend collected my request; Collect holds the keys.
type RequestCollected struct{ *Pending }

// RequestCancelled: the friend cancelled my request; Cancel holds the reason.
type RequestCancelled struct{ *Pending }

// Reserved: the friend reserved my request; Reservation holds what the seller
// signed.
type Reserved struct{ *Pending }

// WithdrawAsked: the friend asks to cancel its request. It is advice.
type WithdrawAsked struct{ *Pending }

// CommitArrived: the friend passed on the commit for its request; Commit holds
// the sealed bytes.
type CommitArrived struct{ *Pending }

// CreditChanged: the friend offered a currency or set the limit that it grants
// me. Active says whether the currency can be used now.
type CreditChanged struct {
	Currency ledger.Currency
	Limit    ledger.Amount
	Active   bool
}

// Acknowledged: the friend has acknowledged my log up to Seq; the window may
// have opened.
type Acknowledged struct{ Seq uint64 }

// BecameReady: entries may be signed from now on (Ready is true, it was not).
type BecameReady struct{}

// BecameInconsistent: the friend signed something illegal. Here stands; nothing
// more is signed in this epoch.
type BecameInconsistent struct{ Evidence *Evidence }

// FriendLostData: the friend's Hello shows less than it signed or acknowledged.
// Nothing is signed until a new epoch.
type FriendLostData struct{}

// LostData: the friend proved that this node signed something that it does not
// have. The whole node must sign nothing until its user says so.
type LostData struct{ Opening *ledger.Opening }

func (EpochOpened) change()        {}
func (RequestArrived) change()     {}
func (RequestCollected) change()   {}
func (RequestCancelled) change()   {}
func (Reserved) change()           {}
func (WithdrawAsked) change()      {}
func (CommitArrived) change()      {}
func (CreditChanged) change()      {}
func (Acknowledged) change()       {}
func (BecameReady) change()        {}
func (BecameInconsistent) change() {}
func (FriendLostData) change()     {}
func (LostData) change()           {}
