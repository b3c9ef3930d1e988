package capacity

import "github.com/offset-p2p/offset/ledger"

// SignedPage is a page as it travels: the body and the node's signature over
// Hash(Body). It is a stranger's word until Verify.
type SignedPage struct {
	Body      []byte // at most BodyBytesMax; must not change any more
	Signature ledger.Signature
}

// VerifiedPage is a page that is within every bound and signed by its node.
// Only Verify makes one (the zero value is none and IsZero says so). It is
// immutable and may be shared.
type VerifiedPage struct {
	page   *Page
	signed SignedPage
	hash   ledger.Hash
}

// Verify decodes s and checks the node's signature. Errors are those of
// Decode; a signature that is not the node's is a *FaultError. It costs about
// one Ed25519 verification and does not keep a copy of s.Body but s.Body.
func Verify(s SignedPage) (VerifiedPage, error) {
	p, err := Decode(s.Body)
	if err != nil {
		return VerifiedPage{}, err
	}
	hash := Hash(s.Body)
	if !ledger.VerifyHash(p.Node, hash, s.Signature) {
		return VerifiedPage{}, fault("signature is not the node's")
	}
	return VerifiedPage{page: &p, signed: s, hash: hash}, nil
}

// IsZero reports whether v is no page.
func (v VerifiedPage) IsZero() bool { return v.page == nil }

// Page returns what the page says. Its Entries are shared and must not be
// changed. The zero VerifiedPage has the zero Page.
func (v VerifiedPage) Page() Page {
	if v.page == nil {
		return Page{}
	}
	return *v.page
}

// Signed returns the page as it came; Body must not be changed.
func (v VerifiedPage) Signed() SignedPage { return v.signed }

// Hash returns the page's name, Hash(Body).
func (v VerifiedPage) Hash() ledger.Hash { return v.hash }

// Order returns the page's place among the pages of its node.
func (v VerifiedPage) Order() Order {
	if v.page == nil {
		return Order{}
	}
	return Order{Epoch: v.page.Epoch, Seq: v.page.Seq, Hash: v.hash}
}
