package ledger

import (
	"fmt"
	"unicode/utf8"
)

// PartSalt is the 16 random bytes before a sealed part from which, with the
// buyer's secret and the lock, the part key is derived: a restored buyer knows
// its own parts.
type PartSalt [16]byte

// Part is what a buyer seals to the seller with every request chain of a
// payment (ledger.md 3.1). Mediators see only its ciphertext.
type Part struct {
	Payment PaymentID
	Total   Amount // of all parts of the payment
	Amount  Amount // of this part: what must arrive at least
	// The invoice as the buyer saw it, so that a seller that lost it can derive
	// its key again, and only for its full amount.
	Invoice       InvoiceID
	InvoiceAmount Amount
	Currency      Currency
	Expires       int64 // of the invoice, seconds since 1970
	// PartKey opens the request's part lock; nil when the payment is reserved.
	PartKey *Key
	Note    string // at most NoteBytesMax of UTF-8
}

const partVersion = 1

var sealedPartTag = NewTag("offset/part/1")

// PartInfo returns the HPKE info of a sealed part: tag ‖ lock ‖ part lock. A
// ciphertext moved to a request with other locks does not open.
func PartInfo(lock Lock, part Lock) []byte {
	return sealedPartTag.Bytes(append(lock[:], part[:]...))
}

// Encode returns the plaintext of the part.
//
//	version u8 = 1 | payment 16 | total 12 | amount 12 | invoice 32 | invoice
//	amount 12 | currency | expires u64 | express u8 {part key 32} | note u16 + bytes
func (p *Part) Encode() []byte {
	var e Encoder
	e.U8(partVersion)
	e.Raw(p.Payment[:])
	e.Amount(p.Total)
	e.Amount(p.Amount)
	e.Raw(p.Invoice[:])
	e.Amount(p.InvoiceAmount)
	e.Currency(p.Currency)
	e.U64(uint64(p.Expires))
	e.Bool(p.PartKey != nil)
	if p.PartKey != nil {
		e.Raw(p.PartKey[:])
	}
	e.Var16([]byte(p.Note))
	return e.Bytes()
}

// DecodePart is the inverse of Encode.
func DecodePart(b []byte) (*Part, error) {
	d := NewDecoder(b)
	if d.U8() != partVersion {
		d.Fail("part version is unknown")
	}
	p := &Part{}
	d.Fixed(p.Payment[:])
	p.Total, p.Amount = d.Amount(), d.Amount()
	d.Fixed(p.Invoice[:])
	p.InvoiceAmount, p.Currency = d.Amount(), d.Currency()
	p.Expires = int64(d.U64())
	if d.Bool() {
		p.PartKey = new(Key)
		d.Fixed(p.PartKey[:])
	}
	p.Note = string(d.Var16(NoteBytesMax))
	if !utf8.ValidString(p.Note) {
		d.Fail("note is not UTF-8 text")
	}
	if err := d.Done(); err != nil {
		return nil, fmt.Errorf("reading part: %w", err)
	}
	return p, nil
}
