package node

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/apiserver"
	"github.com/offset-p2p/offset/node/engine"
	"github.com/offset-p2p/offset/p2p/address"
)

// MakeInvoice implements apiserver.Archive: a random id, the key derived from
// the identity and from what the sealed parts will name, this node's seal key
// and addresses, and its signature.
func (b backend) MakeInvoice(_ context.Context, spec apiserver.InvoiceSpec) (*ledger.Invoice, ledger.Key, error) {
	v := &ledger.Invoice{
		Currency:    spec.Currency,
		Amount:      spec.Amount,
		Seller:      b.id,
		SealKey:     b.keys.SealKey(),
		Description: spec.Description,
		Created:     spec.Created.Unix(),
		Expires:     spec.Expires.Unix(),
		Addresses:   b.invoiceAddresses(),
	}
	if _, err := rand.Read(v.ID[:]); err != nil {
		return nil, ledger.Key{}, fmt.Errorf("reading randomness: %w", err)
	}
	key := b.keys.InvoiceKey(v.ID, v.Currency, v.Amount, v.Expires)
	v.Lock = key.Lock()
	if err := v.Validate(); err != nil {
		return nil, ledger.Key{}, &engine.CommandError{Code: engine.Invalid, Reason: "bad_invoice", Text: err.Error()}
	}
	hash := v.Hash()
	v.Signature = ledger.Signature(b.identity.Sign(hash[:]))
	return v, key, nil
}

// invoiceAddresses are a few of the node's addresses, short enough each.
func (b backend) invoiceAddresses() []string {
	var out []string
	for _, a := range address.Tickets(b.host.AddrInfo()) {
		if len(a) <= ledger.AddressBytesMax && len(out) < invoiceAddressesMax {
			out = append(out, a)
		}
	}
	return out
}
