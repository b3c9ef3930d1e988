package friendship

import "github.com/offset-p2p/offset/ledger"

// Trusted is Verify without the signature: for tests in which the order of
// entries matters and who signed them does not.
func Trusted(author ledger.NodeID, body []byte) (VerifiedEntry, error) {
	n, err := ledger.DecodeEntry(body)
	if err != nil {
		return VerifiedEntry{}, err
	}
	return VerifiedEntry{author: author, entry: n, signed: ledger.SignedEntry{Body: body}, hash: ledger.EntryHash(body)}, nil
}
