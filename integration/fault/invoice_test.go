package fault

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/p2p/identity"
)

// strangersInvoice is a valid invoice of somebody whom no node of a lab knows,
// in any currency.
func strangersInvoice(t *testing.T, c ledger.Currency) string {
	t.Helper()
	seller, err := identity.Generate()
	if err != nil {
		t.Fatal(err)
	}
	var key ledger.Key
	v := &ledger.Invoice{
		Currency: c, Amount: ledger.NewAmount(1000), Seller: seller.Raw(),
		Created: time.Now().Unix(), Expires: time.Now().Add(time.Hour).Unix(),
	}
	_, _ = rand.Read(key[:]) // Never fails.
	_, _ = rand.Read(v.ID[:])
	v.Lock = key.Lock()
	hash := v.Hash()
	copy(v.Signature[:], seller.Sign(hash[:]))
	if _, err := ledger.ParseInvoice(v.Text()); err != nil {
		t.Fatalf("the invoice of the test is not valid: %v", err)
	}
	return v.Text()
}

// changed returns a text with the character at a position replaced by another
// one of the same alphabet.
func changed(text string, at int) string {
	b := []byte(text)
	if at < 0 {
		at += len(b)
	}
	if b[at] == 'q' {
		b[at] = 'p'
	} else {
		b[at] = 'q'
	}
	return string(b)
}
