package seal

import (
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/sha256"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/p2p/identity"
)

// Labels of the identity's secrets. They never change: a changed label loses
// the keys of everything that is pending.
const (
	invoiceSecret = "seal/invoice"
	partSecret    = "seal/part"
	sealSecret    = "seal/x25519"
)

var (
	invoiceKeyTag = ledger.NewTag("offset/invoice-key/1")
	partKeyTag    = ledger.NewTag("offset/part-key/1")
)

// Keys are the derived keys of one node. They are immutable and safe for
// concurrent use. Make them with NewKeys; the zero value is not usable.
type Keys struct {
	invoice, part [32]byte
	seal          hpke.PrivateKey
	public        [32]byte
}

// NewKeys derives the keys of a node from its identity. Equal identities have
// equal keys.
func NewKeys(id *identity.Identity) *Keys {
	secret := id.Secret(sealSecret)
	priv, err := kem().DeriveKeyPair(secret[:])
	if err != nil {
		panic("seal: X25519 refuses a 32-byte secret: " + err.Error())
	}
	return &Keys{
		invoice: id.Secret(invoiceSecret),
		part:    id.Secret(partSecret),
		seal:    priv,
		public:  [32]byte(priv.PublicKey().Bytes()),
	}
}

// SealKey returns the public X25519 key that parts for this node are sealed
// to. It is the same for all its invoices.
func (k *Keys) SealKey() [32]byte { return k.public }

// InvoiceKey returns the key of an invoice's lock. It depends on everything
// that makes the invoice worth something, so that a restored seller derives it
// from a sealed part and can only collect for the full amount.
func (k *Keys) InvoiceKey(id ledger.InvoiceID, currency ledger.Currency, amount ledger.Amount, expires int64) ledger.Key {
	var e ledger.Encoder
	e.Raw(id[:])
	e.Currency(currency)
	e.Amount(amount)
	e.U64(uint64(expires))
	return derive(k.invoice, invoiceKeyTag.Bytes(e.Bytes()))
}

// PartKey returns the key of a part's lock: of this node as buyer, for an
// invoice's lock and the salt that stands before the sealed part. A salt is
// drawn at random and used for one part only.
func (k *Keys) PartKey(lock ledger.Lock, salt ledger.PartSalt) ledger.Key {
	return derive(k.part, partKeyTag.Bytes(append(lock[:], salt[:]...)))
}

// GoString hides the keys from formatted output.
func (k *Keys) GoString() string { return "seal.Keys(hidden)" }

// String hides the keys from formatted output.
func (k *Keys) String() string { return k.GoString() }

func derive(secret [32]byte, info []byte) ledger.Key {
	out, err := hkdf.Key(sha256.New, secret[:], nil, string(info), sha256.Size)
	if err != nil {
		panic("seal: HKDF refuses its own digest length: " + err.Error())
	}
	return ledger.Key(out)
}
