package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

// CommitPrefix begins the text of a sealed commit. The digit is the version.
const CommitPrefix = "offset:c1"

// CommitKeys is the commit of a reserved payment before it is sealed: the keys
// of exactly the parts that the seller reserved (ledger.md 3.1). With it the
// payment is final: the seller may collect every part, and the buyer never
// withdraws.
type CommitKeys struct {
	Payment PaymentID
	Invoice InvoiceID
	Keys    []Key // 1 to PartsMax, ascending as bytes, none twice
}

// NewCommitKeys returns the commit of these part keys, in whatever order they
// come. keys is not changed.
func NewCommitKeys(payment PaymentID, invoice InvoiceID, keys []Key) *CommitKeys {
	sorted := slices.Clone(keys)
	slices.SortFunc(sorted, compareKeys)
	return &CommitKeys{Payment: payment, Invoice: invoice, Keys: sorted}
}

func compareKeys(x, y Key) int { return bytes.Compare(x[:], y[:]) }

const commitKeysVersion = 1

var commitTag = NewTag("offset/commit/1")

// CommitInfo returns the HPKE info of a sealed commit: tag ‖ lock of the
// invoice ‖ payment. A commit of another payment does not open.
func CommitInfo(lock Lock, payment PaymentID) []byte {
	return commitTag.Bytes(append(lock[:], payment[:]...))
}

// Encode returns the plaintext of the commit: what is sealed.
//
//	version u8 = 1 | payment 16 | invoice 32 | keys u8 × {32}
func (c *CommitKeys) Encode() []byte {
	var e Encoder
	e.U8(commitKeysVersion)
	e.Raw(c.Payment[:])
	e.Raw(c.Invoice[:])
	e.U8(uint8(len(c.Keys)))
	for i := range c.Keys {
		e.Raw(c.Keys[i][:])
	}
	return e.Bytes()
}

// DecodeCommitKeys is the inverse of Encode.
func DecodeCommitKeys(b []byte) (*CommitKeys, error) {
	d := NewDecoder(b)
	if d.U8() != commitKeysVersion {
		d.Fail("commit version is unknown")
	}
	c := &CommitKeys{}
	d.Fixed(c.Payment[:])
	d.Fixed(c.Invoice[:])
	n := d.Count8(PartsMax)
	if n == 0 {
		d.Fail("commit without keys")
	}
	for ; n > 0 && d.Err() == nil; n-- {
		var k Key
		d.Fixed(k[:])
		if last := len(c.Keys) - 1; last >= 0 && compareKeys(c.Keys[last], k) >= 0 {
			d.Fail("keys of a commit are not ascending")
		}
		c.Keys = append(c.Keys, k)
	}
	if err := d.Done(); err != nil {
		return nil, fmt.Errorf("reading commit: %w", err)
	}
	return c, nil
}

// KeysOf returns the keys of the reserved parts with these locks, in their
// order. The error reports that the commit is not of exactly these parts: the
// seller collects all or none.
func (c *CommitKeys) KeysOf(locks []Lock) ([]Key, error) {
	if len(locks) != len(c.Keys) {
		return nil, fmt.Errorf("commit has keys of %d parts, %d are reserved", len(c.Keys), len(locks))
	}
	byLock := make(map[Lock]Key, len(c.Keys))
	for _, k := range c.Keys {
		byLock[k.Lock()] = k
	}
	out := make([]Key, 0, len(locks))
	for _, l := range locks {
		k, ok := byLock[l]
		if !ok {
			return nil, errors.New("commit has no key of a reserved part")
		}
		delete(byLock, l)
		out = append(out, k)
	}
	return out, nil
}

// SealedCommit is a commit outside of the ledger: what the buyer hands to the
// seller as a QR code, a link or a file, with what the seller needs to find the
// payment. Whoever else sees it learns no key.
type SealedCommit struct {
	Lock    Lock // of the invoice
	Payment PaymentID
	Sealed  []byte // 1 to SealedBytesMax, the same as in Commit
}

const sealedCommitVersion = 1

// Encode returns the bytes of the sealed commit.
//
//	version u8 = 1 | lock 32 | payment 16 | sealed u16 + bytes
func (c *SealedCommit) Encode() []byte {
	var e Encoder
	e.U8(sealedCommitVersion)
	e.Raw(c.Lock[:])
	e.Raw(c.Payment[:])
	e.Var16(c.Sealed)
	return e.Bytes()
}

// DecodeSealedCommit is the inverse of Encode. The commit does not alias b.
func DecodeSealedCommit(b []byte) (*SealedCommit, error) {
	d := NewDecoder(b)
	if d.U8() != sealedCommitVersion {
		d.Fail("commit version is unknown")
	}
	c := &SealedCommit{}
	d.Fixed(c.Lock[:])
	d.Fixed(c.Payment[:])
	if c.Sealed = bytes.Clone(d.Var16(SealedBytesMax)); len(c.Sealed) == 0 {
		d.Fail("commit is empty")
	}
	if err := d.Done(); err != nil {
		return nil, fmt.Errorf("reading commit: %w", err)
	}
	return c, nil
}

// Text returns the sealed commit as "offset:c1…".
func (c *SealedCommit) Text() string { return encodeText(CommitPrefix, c.Encode()) }

// ParseCommit reads the text of a sealed commit. Only the seller can tell
// whether it opens.
func ParseCommit(text string) (*SealedCommit, error) {
	b, err := decodeText(CommitPrefix, "commit", text)
	if err != nil {
		return nil, err
	}
	return DecodeSealedCommit(b)
}
