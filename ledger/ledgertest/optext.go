package ledgertest

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// opText returns an operation in words: those of a scenario as far as one
// operation alone has them all.
func opText(op ledger.Op) string {
	switch o := op.(type) {
	case *ledger.Credit:
		return fmt.Sprintf("offers %s %s", o.Currency, o.Limit)
	case *ledger.Request:
		name := short(o.Hash())
		if n, ok := KeyNumber(o); ok {
			name = fmt.Sprintf("#%d", n)
		}
		return fmt.Sprintf("requests %s %s as %s", o.Amount, o.Currency, name)
	case *ledger.Collect:
		return fmt.Sprintf("collects %d", o.Ordinal)
	case *ledger.Cancel:
		return fmt.Sprintf("cancels %d %s", o.Ordinal, o.Reason)
	case *ledger.Reserve:
		return fmt.Sprintf("reserves %d %q", o.Ordinal, o.Reservation)
	case *ledger.Withdraw:
		return fmt.Sprintf("withdraws %d", o.Ordinal)
	case *ledger.Commit:
		return fmt.Sprintf("commits %d %q", o.Ordinal, o.Sealed)
	case *ledger.Checkpoint:
		return "checkpoint " + short(o.Digest)
	default:
		return fmt.Sprintf("%T", op)
	}
}

// KeyNumber returns the number of the keys with which Request has made r, and
// false when it has not.
func KeyNumber(r *ledger.Request) (int, bool) {
	var n int
	if _, err := fmt.Sscanf(string(r.Sealed), "part %d", &n); err != nil {
		return 0, false
	}
	plain := Request(r.Currency, 0, n)
	plain.Amount = r.Amount
	return n, plain.Hash() == r.Hash()
}

// appendStep returns the step that appends these operations again: in words, or
// as bytes when words cannot say it all.
func appendStep(i int, f *friendship.Friendship, ops []ledger.Op) string {
	parts := make([]string, len(ops))
	for k, op := range ops {
		part, ok := sayOp(f, op)
		if !ok {
			return fmt.Sprintf("%s appends %s", sideNames[i], hex.EncodeToString(opsBytes(ops)))
		}
		parts[k] = part
	}
	return sideNames[i] + " " + strings.Join(parts, " and ")
}

// sayOp returns an operation as a scenario says it: requests by the names of
// their keys.
func sayOp(f *friendship.Friendship, op ledger.Op) (string, bool) {
	them, me := f.Me().Other(), f.Me()
	switch o := op.(type) {
	case *ledger.Credit:
		return opText(o), true
	case *ledger.Request:
		_, ok := KeyNumber(o)
		return opText(o), ok
	case *ledger.Collect:
		name, ok := pendingName(f, them, o.Ordinal)
		p := f.Pending(them, o.Ordinal)
		return "collects " + name, ok && o.Key.Lock() == p.Request.Lock && o.PartKey.Lock() == p.Request.PartLock
	case *ledger.Cancel:
		name, ok := pendingName(f, them, o.Ordinal)
		return "cancels " + name + " " + o.Reason.String(), ok && o.Reporter.IsZero()
	case *ledger.Reserve:
		name, ok := pendingName(f, them, o.Ordinal)
		return fmt.Sprintf("reserves %s %q", name, o.Reservation), ok
	case *ledger.Withdraw:
		name, ok := pendingName(f, me, o.Ordinal)
		return "withdraws " + name, ok
	case *ledger.Commit:
		name, ok := pendingName(f, me, o.Ordinal)
		return fmt.Sprintf("commits %s %q", name, o.Sealed), ok
	default:
		return "", false
	}
}

// pendingName returns the name by which a scenario finds a pending request.
func pendingName(f *friendship.Friendship, author ledger.Author, ordinal uint64) (string, bool) {
	p := f.Pending(author, ordinal)
	if p == nil || f.PendingByPartLock(author, p.Request.PartLock) != p {
		return "", false
	}
	n, ok := KeyNumber(p.Request)
	return fmt.Sprintf("#%d", n), ok
}

// opsBytes packs operations into the bytes of an entry that says nothing else.
func opsBytes(ops []ledger.Op) []byte { return (&ledger.Entry{Seq: 1, Ops: ops}).Encode() }
