package friendship

import (
	"errors"
	"fmt"

	"github.com/offset-p2p/offset/ledger"
)

// Errors of Append and Receive that a caller may branch on. All but ErrNotReady
// and ErrWindow are mistakes of the caller.
var (
	// ErrNotReady: Ready is false.
	ErrNotReady = errors.New("ledger may not sign now")
	// ErrWindow: WindowOpen is false; Acknowledged tells when to try again.
	ErrWindow = errors.New("window of unacknowledged entries is full")
	// ErrTooLarge: the operations do not fit into one entry; see Fit.
	ErrTooLarge = errors.New("operations do not fit into one entry")
	// ErrIllegal: an operation is illegal in the view of this side.
	ErrIllegal = errors.New("operation is illegal")

	errEntryFrame  = errors.New("entries go through Verify and ReceiveEntry")
	errNotVerified = errors.New("entry was not verified as this friend's")
)

// Append makes one entry of my log from at least one operation and applies it
// to here. The entry is among the writes and the frames. On an error nothing
// has changed. The operations must not be changed afterwards.
func (f *Friendship) Append(env Env, ops []ledger.Op) (Effects, error) {
	var eff Effects
	switch {
	case len(ops) == 0:
		return eff, fmt.Errorf("appending entry without operations: %w", ErrIllegal)
	case !f.Ready():
		return eff, ErrNotReady
	case !f.epoch.windowOpen():
		return eff, ErrWindow
	case f.Fit(ops) < len(ops):
		return eff, ErrTooLarge
	}
	for _, op := range ops {
		if why := sendable(op); why != "" {
			return eff, fmt.Errorf("appending %T: %s: %w", op, why, ErrIllegal)
		}
	}
	if why := f.epoch.stage(f.me, ops); why != "" {
		return eff, fmt.Errorf("appending entry: %s: %w", why, ErrIllegal)
	}
	f.appendEntry(ops, &eff)
	f.settle(env, &eff)
	return eff, nil
}

// sendable checks the bounds that a decoder checks, so that nothing is signed
// that the friend cannot read.
func sendable(op ledger.Op) string {
	switch o := op.(type) {
	case *ledger.Request:
		if len(o.Sealed) > ledger.SealedBytesMax {
			return "sealed part over its bound"
		}
		if _, err := ledger.DecodeRequest(ledger.EncodeRequest(o)); err != nil {
			return err.Error()
		}
	case *ledger.Cancel:
		if o.Reason == 0 {
			return "no reason"
		}
	case *ledger.Reserve:
		if len(o.Reservation) > ledger.SealedBytesMax {
			return "reservation over its bound"
		}
	case *ledger.Commit:
		if len(o.Sealed) > ledger.SealedBytesMax {
			return "sealed commit over its bound"
		}
	case *ledger.Checkpoint:
		return "checkpoints are made by the ledger itself"
	}
	return ""
}

// appendEntry writes the entry of the staged operations.
func (f *Friendship) appendEntry(ops []ledger.Op, eff *Effects) {
	e := f.epoch
	ops = f.withCheckpoint(ops)
	seq := e.head[e.me].Seq + 1
	e.commitMine(seq)
	n := &ledger.Entry{
		Epoch: e.id, Author: e.me, Seq: seq, Prev: e.head[e.me].Hash,
		Ack: e.head[e.me.Other()], Ops: ops, Totals: e.totals(),
	}
	body := n.Encode()
	e.sign(n, body)
	eff.Writes = append(eff.Writes, PutEntry{Author: e.me, Seq: seq, Body: body})
	eff.Frames = append(eff.Frames, &ledger.SignedEntry{Body: body})
}

// sign makes n the head of my log.
func (e *epoch) sign(n *ledger.Entry, body []byte) {
	hash := ledger.EntryHash(body)
	e.head[e.me] = ledger.Head{Seq: n.Seq, Hash: hash}
	e.ownAck = n.Ack.Seq
	e.owed = 0
	e.keeps = nil // whatever is due again of it stands in my first entries
	e.counted(n, ledger.SignedEntry{Body: body})
	e.sent = append(e.sent, sentEntry{hash: hash, ack: n.Ack.Seq, body: body, miles: e.kept.miles[e.me]})
}

// entryOverhead bounds the bytes of an entry beside its operations: the header
// and the totals of every currency that the protocol allows.
const entryOverhead = 128 + 3*ledger.CurrenciesMax*(2+ledger.CurrencyNameMax+6*16)

// Fit returns how many of the leading operations fit into one entry.
func (f *Friendship) Fit(ops []ledger.Op) int {
	size := entryOverhead
	for i, op := range ops {
		if size += opBytes(op); size > ledger.EntryBytesMax || i == ledger.EntryOpsMax {
			return i
		}
	}
	return len(ops)
}

// opBytes bounds the encoded size of an operation.
func opBytes(op ledger.Op) int {
	const fixed = 128 // more than the fixed fields of any operation but Request
	switch o := op.(type) {
	case *ledger.Request:
		return 1 + o.EncodedLen()
	case *ledger.Reserve:
		return fixed + len(o.Reservation)
	case *ledger.Commit:
		return fixed + len(o.Sealed)
	default:
		return fixed
	}
}
