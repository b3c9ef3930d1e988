package friendship

import (
	"errors"
	"fmt"

	"github.com/offset-p2p/offset/ledger"
)

// ErrSignature reports an entry that its supposed author has not signed: bytes
// damaged on the way, or a stranger's.
var ErrSignature = errors.New("signature does not match")

// VerifiedEntry is an entry that decodes and that its author has signed. Only
// Verify makes one; the zero value is refused by ReceiveEntry.
type VerifiedEntry struct {
	author ledger.NodeID
	entry  *ledger.Entry
	signed ledger.SignedEntry
	hash   ledger.Hash
}

// Entry returns the decoded entry, which must not be changed. It lets the
// caller look at sealed parts before the ledger sees the entry.
func (v VerifiedEntry) Entry() *ledger.Entry { return v.entry }

// Verify decodes e and checks author's signature. It may run on any goroutine.
// An error means damaged or foreign bytes, which prove nothing against the
// friend: the stream is to be dropped. e must not be changed afterwards.
func Verify(author ledger.NodeID, e *ledger.SignedEntry) (VerifiedEntry, error) {
	entry, err := ledger.DecodeEntry(e.Body)
	if err != nil {
		return VerifiedEntry{}, fmt.Errorf("reading entry: %w", err)
	}
	hash := ledger.EntryHash(e.Body)
	if !ledger.VerifyHash(author, hash, e.Signature) {
		return VerifiedEntry{}, fmt.Errorf("checking entry %d: %w", entry.Seq, ErrSignature)
	}
	return VerifiedEntry{author: author, entry: entry, signed: *e, hash: hash}, nil
}
