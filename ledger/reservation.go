package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"
)

// ReservedPart is one part of a reserved payment as its buyer and its seller
// both know it: the lock of its request and the amount that its sealed part
// names, which is what must arrive at least.
type ReservedPart struct {
	Lock   Lock   // the part's, not the invoice's
	Amount Amount // 0 < Amount < 2^AmountBits
}

// Reservation is the seller's signed word that all parts of a payment have
// arrived and wait for the buyer's commit (ledger.md 3.2). It travels back along
// every part in Reserve. The buyer gives the part keys away only for one that
// Verify accepts.
type Reservation struct {
	Invoice   Hash // Invoice.Hash
	Payment   PaymentID
	Currency  Currency
	Total     Amount    // sum of the parts
	Parts     Hash      // ReservedPartsHash
	Hold      uint32    // seconds for which the seller waits for the commit, from when it signed
	Signature Signature // the seller's
}

const reservationVersion = 1

var (
	reservationTag   = NewTag("offset/reservation/1")
	reservedPartsTag = NewTag("offset/reserved-parts/1")
)

// ReservedPartsHash returns the hash that a reservation names its parts by:
// SHA-256 over the tag "offset/reserved-parts/1" with its length in front, then
//
//	parts u8 × {part lock 32, amount 12}
//
// sorted by lock. The order of parts does not matter and is not changed. The
// error reports no part or more than PartsMax, an amount out of bounds, or a
// lock that occurs twice.
func ReservedPartsHash(parts []ReservedPart) (Hash, error) {
	hash, _, err := reservedParts(parts)
	return hash, err
}

// reservedParts returns the hash and the sum of parts.
func reservedParts(parts []ReservedPart) (Hash, Amount, error) {
	if len(parts) == 0 || len(parts) > PartsMax {
		return Hash{}, Amount{}, fmt.Errorf("reservation of %d parts, 1 to %d are allowed", len(parts), PartsMax)
	}
	sorted := slices.Clone(parts)
	slices.SortFunc(sorted, func(x, y ReservedPart) int { return bytes.Compare(x.Lock[:], y.Lock[:]) })
	var e Encoder
	var sum Amount
	e.U8(uint8(len(sorted)))
	for i, p := range sorted {
		if !p.Amount.IsRequestable() {
			return Hash{}, Amount{}, errors.New("reservation of a part whose amount is out of bounds")
		}
		if i > 0 && p.Lock == sorted[i-1].Lock {
			return Hash{}, Amount{}, errors.New("reservation of two parts with one lock")
		}
		var err error
		if sum, err = sum.Add(p.Amount); err != nil {
			return Hash{}, Amount{}, fmt.Errorf("summing reserved parts: %w", err)
		}
		e.Raw(p.Lock[:])
		e.Amount(p.Amount)
	}
	return reservedPartsTag.Hash(e.Bytes()), sum, nil
}

// NewReservation returns what the seller of an invoice that asks for a reserved
// payment signs when exactly these parts have arrived. The caller sets the
// Signature over Hash. The error reports parts out of bounds, a sum below the
// invoice's amount or not below 2^AmountBits, or an express invoice.
func NewReservation(v *Invoice, payment PaymentID, parts []ReservedPart) (*Reservation, error) {
	hash, total, err := reservedParts(parts)
	if err != nil {
		return nil, err
	}
	r := &Reservation{
		Invoice: v.Hash(), Payment: payment, Currency: v.Currency, Total: total, Parts: hash, Hold: v.Reserved,
	}
	if total.Less(v.Amount) {
		return nil, fmt.Errorf("reservation of %s for an invoice of %s", total, v.Amount)
	}
	return r, r.Validate()
}

// Body returns the bytes that the seller signs.
//
//	version u8 = 1 | invoice hash 32 | payment 16 | currency | total 12 |
//	parts hash 32 | hold u32
func (r *Reservation) Body() []byte {
	var e Encoder
	e.U8(reservationVersion)
	e.Raw(r.Invoice[:])
	e.Raw(r.Payment[:])
	e.Currency(r.Currency)
	e.Amount(r.Total)
	e.Raw(r.Parts[:])
	e.U32(r.Hold)
	return e.Bytes()
}

// Hash returns what the seller signs.
func (r *Reservation) Hash() Hash { return reservationTag.Hash(r.Body()) }

// Encode returns the body followed by the signature: at most SealedBytesMax, as
// Reserve carries it.
func (r *Reservation) Encode() []byte { return append(r.Body(), r.Signature[:]...) }

// Validate checks the bounds of every field, as DecodeReservation does.
func (r *Reservation) Validate() error {
	if err := r.Currency.Validate(); err != nil {
		return err
	}
	switch {
	case !r.Total.IsRequestable():
		return errors.New("reservation of a total out of bounds")
	case r.Hold == 0:
		return errors.New("reservation without a hold: the invoice is express")
	case time.Duration(r.Hold)*time.Second > HoldMax:
		return fmt.Errorf("reservation for longer than %v", HoldMax)
	}
	return nil
}

// DecodeReservation is the inverse of Encode and checks the bounds, not what the
// reservation says: see Verify.
func DecodeReservation(b []byte) (*Reservation, error) {
	d := NewDecoder(b)
	if d.U8() != reservationVersion {
		d.Fail("reservation version is unknown")
	}
	r := &Reservation{}
	d.Fixed(r.Invoice[:])
	d.Fixed(r.Payment[:])
	r.Currency, r.Total = d.Currency(), d.Amount()
	d.Fixed(r.Parts[:])
	r.Hold = d.U32()
	d.Fixed(r.Signature[:])
	if err := d.Done(); err != nil {
		return nil, fmt.Errorf("reading reservation: %w", err)
	}
	if err := r.Validate(); err != nil {
		return nil, fmt.Errorf("reading reservation: %w: %w", ErrBytes, err)
	}
	return r, nil
}

// Verify compares everything that the seller signed with what the buyer knows:
// the invoice that it pays, its payment and exactly the parts that it has out.
// Only after that may the buyer commit; any error is the fault of the seller or
// of a node on the way.
func (r *Reservation) Verify(v *Invoice, payment PaymentID, parts []ReservedPart) error {
	want, err := NewReservation(v, payment, parts)
	if err != nil {
		return fmt.Errorf("verifying reservation: %w", err)
	}
	what := ""
	switch {
	case r.Invoice != want.Invoice:
		what = "invoice"
	case r.Payment != want.Payment:
		what = "payment"
	case r.Currency != want.Currency:
		what = "currency"
	case r.Total != want.Total:
		what = "total"
	case r.Parts != want.Parts:
		what = "list of parts"
	case r.Hold != want.Hold:
		what = "hold"
	case !VerifyHash(v.Seller, r.Hash(), r.Signature):
		return errors.New("verifying reservation: it is not signed by the invoice's seller")
	default:
		return nil
	}
	return fmt.Errorf("verifying reservation: it names another %s", what)
}
