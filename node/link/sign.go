package link

import (
	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/p2p/identity"
)

// Sign returns a frame with this node's own signature: of entries over their
// hash, of Accept and Confirm over the epoch's id, of Opened in the node's own
// place of the opening. The frame that was given is not changed and may be
// shared; one that is signed, or carries no signature, is returned as it is.
// Signatures are deterministic: what is signed again has equal bytes.
func Sign(id *identity.Identity, f ledger.Frame) ledger.Frame {
	switch f := f.(type) {
	case *ledger.SignedEntry:
		if f.Signature == (ledger.Signature{}) {
			return &ledger.SignedEntry{Body: f.Body, Signature: sign(id, ledger.EntryHash(f.Body))}
		}
	case *ledger.Accept:
		if f.Signature == (ledger.Signature{}) {
			signed := *f
			signed.Signature = sign(id, f.Epoch)
			return &signed
		}
	case *ledger.Confirm:
		if f.Signature == (ledger.Signature{}) {
			return &ledger.Confirm{Epoch: f.Epoch, Signature: sign(id, f.Epoch)}
		}
	case *ledger.Opened:
		return signOpened(id, f)
	}
	return f
}

func signOpened(id *identity.Identity, f *ledger.Opened) ledger.Frame {
	opening := *f.Opening
	mine := opening.SignatureOf(ledger.NodeID(id.Raw()))
	if mine == nil || *mine != (ledger.Signature{}) {
		return f
	}
	*mine = sign(id, opening.ID())
	return &ledger.Opened{Opening: &opening}
}

func sign(id *identity.Identity, hash ledger.Hash) ledger.Signature {
	return ledger.Signature(id.Sign(hash[:]))
}
