package link

import (
	"testing"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/p2p/identity"
)

func TestSign(t *testing.T) {
	id, friend := identity.FromSeed([32]byte{1}), identity.FromSeed([32]byte{2})
	self, other := ledger.NodeID(id.Raw()), ledger.NodeID(friend.Raw())
	terms := &ledger.Terms{Low: self, High: other, Number: 1}
	if other.Less(self) {
		terms.Low, terms.High = other, self
	}
	opening := &ledger.Opening{Terms: terms}
	epoch := ledger.Hash{3}
	body := []byte("body")

	entry := &ledger.SignedEntry{Body: body}
	if s := Sign(id, entry).(*ledger.SignedEntry); !ledger.VerifyHash(self, ledger.EntryHash(body), s.Signature) {
		t.Error("entry is not signed")
	} else if Sign(friend, s) != ledger.Frame(s) {
		t.Error("a signed entry was signed again")
	}
	accept := &ledger.Accept{Epoch: epoch, Highest: 7}
	if s := Sign(id, accept).(*ledger.Accept); !ledger.VerifyHash(self, epoch, s.Signature) || s.Highest != 7 {
		t.Error("accept is not signed, or changed")
	} else if Sign(friend, s) != ledger.Frame(s) {
		t.Error("a signed accept was signed again")
	}
	confirm := &ledger.Confirm{Epoch: epoch}
	if s := Sign(id, confirm).(*ledger.Confirm); !ledger.VerifyHash(self, epoch, s.Signature) {
		t.Error("confirm is not signed")
	} else if Sign(friend, s) != ledger.Frame(s) {
		t.Error("a signed confirm was signed again")
	}
	opened := &ledger.Opened{Opening: opening}
	half := Sign(id, opened).(*ledger.Opened)
	if half.Opening.Verify() == nil {
		t.Error("one signature makes an opening")
	}
	if whole := Sign(friend, half).(*ledger.Opened); whole.Opening.Verify() != nil {
		t.Error("opening is not signed by both")
	} else if Sign(id, whole) != ledger.Frame(whole) {
		t.Error("a signed opening was signed again")
	}
	if stranger := identity.FromSeed([32]byte{9}); Sign(stranger, opened) != ledger.Frame(opened) {
		t.Error("a stranger signed an opening")
	}
	// What was given may be shared with the engine: it stays as it was.
	if entry.Signature != (ledger.Signature{}) || accept.Signature != (ledger.Signature{}) ||
		confirm.Signature != (ledger.Signature{}) || *opening.SignatureOf(self) != (ledger.Signature{}) {
		t.Error("Sign changed what it was given")
	}
	hello := &ledger.Hello{}
	if Sign(id, hello) != ledger.Frame(hello) {
		t.Error("a frame without a signature was copied")
	}
}
