package ledger

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// InvoiceID names an invoice; the seller's node draws it at random.
type InvoiceID [32]byte

// String returns the id in hexadecimal.
func (i InvoiceID) String() string { return Hash(i).String() }

// MarshalText implements encoding.TextMarshaler with hexadecimal.
func (i InvoiceID) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler with hexadecimal.
func (i *InvoiceID) UnmarshalText(b []byte) error { return unhex(i[:], b, "invoice ID") }

// Hint is an edge into the seller, for a seller whom no index server knows.
type Hint struct {
	Friend     NodeID
	Receivable Amount // below 2^AmountBits
	Rate       Rate   // what Friend charges on the last hop's amount, as the seller knows it
}

// Invoice is a seller's signed demand for payment (ledger.md 3.2).
type Invoice struct {
	ID          InvoiceID
	Currency    Currency
	Amount      Amount // 0: the payer chooses; such an invoice is never collected itself
	Seller      NodeID
	Lock        Lock
	SealKey     [32]byte // X25519 key that parts are sealed to
	Description string   // at most DescriptionBytesMax of UTF-8
	Created     int64    // seconds since 1970
	Expires     int64    // seconds since 1970, after Created
	Addresses   []string // multiaddrs of the seller, at most InvoiceAddressesMax
	Reserved    uint32   // hold in seconds of a reserved payment; 0: express
	Hints       []Hint   // at most InvoiceHintsMax
	Signature   Signature
}

const invoiceVersion = 1

var invoiceTag = NewTag("offset/invoice/1")

// Body returns the bytes that the seller signs.
//
//	version u8 = 1 | id 32 | currency | amount 12 | seller 32 | lock 32 |
//	seal key 32 | description u16 + bytes | created u64 | expires u64 |
//	addresses u8 × {u16 + bytes} | reserved u32 | hints u8 × {friend 32,
//	receivable 12, mul u32, add u64}
func (v *Invoice) Body() []byte {
	var e Encoder
	e.U8(invoiceVersion)
	e.Raw(v.ID[:])
	e.Currency(v.Currency)
	e.Amount(v.Amount)
	e.Raw(v.Seller[:])
	e.Raw(v.Lock[:])
	e.Raw(v.SealKey[:])
	e.Var16([]byte(v.Description))
	e.U64(uint64(v.Created))
	e.U64(uint64(v.Expires))
	e.addresses(v.Addresses)
	e.U32(v.Reserved)
	e.U8(uint8(len(v.Hints)))
	for _, h := range v.Hints {
		e.Raw(h.Friend[:])
		e.Amount(h.Receivable)
		e.U32(h.Rate.Mul)
		e.U64(h.Rate.Add)
	}
	return e.Bytes()
}

// Hash returns what the seller signs and what a reservation names.
func (v *Invoice) Hash() Hash { return invoiceTag.Hash(v.Body()) }

// Encode returns the body followed by the signature.
func (v *Invoice) Encode() []byte { return append(v.Body(), v.Signature[:]...) }

// Validate checks the bounds of every field, as DecodeInvoice does: what a
// seller makes must pass it before it is signed.
func (v *Invoice) Validate() error {
	if err := v.Currency.Validate(); err != nil {
		return err
	}
	switch {
	case !v.Amount.IsLimit():
		return errors.New("invoice amount must be below 2^96 of the smallest unit")
	case len(v.Description) > DescriptionBytesMax:
		return fmt.Errorf("invoice description has %d bytes, at most %d are allowed", len(v.Description), DescriptionBytesMax)
	case !utf8.ValidString(v.Description):
		return errors.New("invoice description is not UTF-8 text")
	case v.Created < 0 || v.Expires <= v.Created:
		return errors.New("invoice expires before it was created")
	case len(v.Hints) > InvoiceHintsMax:
		return fmt.Errorf("invoice has more than %d hints", InvoiceHintsMax)
	case time.Duration(v.Reserved)*time.Second > HoldMax:
		return fmt.Errorf("invoice reserves for longer than %v", HoldMax)
	}
	if err := validateAddresses("invoice", v.Addresses); err != nil {
		return err
	}
	for _, h := range v.Hints {
		if !h.Receivable.IsLimit() {
			return errors.New("invoice has a hint over 2^96")
		}
	}
	return nil
}

// Verify checks the bounds and the seller's signature.
func (v *Invoice) Verify() error {
	if err := v.Validate(); err != nil {
		return err
	}
	if !VerifyHash(v.Seller, v.Hash(), v.Signature) {
		return errors.New("invoice is not signed by the seller it names")
	}
	return nil
}

// ExpiredAt reports whether the invoice's time is over at now.
func (v *Invoice) ExpiredAt(now time.Time) bool { return now.Unix() >= v.Expires }

// DecodeInvoice is the inverse of Encode and checks the bounds, not the
// signature: see Verify.
func DecodeInvoice(b []byte) (*Invoice, error) {
	d := NewDecoder(b)
	if len(b) > InvoiceBytesMax {
		d.Fail("invoice over its bound")
	}
	if d.U8() != invoiceVersion {
		d.Fail("invoice version is unknown")
	}
	v := &Invoice{}
	d.Fixed(v.ID[:])
	v.Currency, v.Amount = d.Currency(), d.Amount()
	d.Fixed(v.Seller[:])
	d.Fixed(v.Lock[:])
	d.Fixed(v.SealKey[:])
	v.Description = string(d.Var16(DescriptionBytesMax))
	v.Created, v.Expires = int64(d.U64()), int64(d.U64())
	v.Addresses = d.addresses()
	v.Reserved = d.U32()
	for i := d.Count8(InvoiceHintsMax); i > 0 && d.Err() == nil; i-- {
		h := Hint{}
		d.Fixed(h.Friend[:])
		h.Receivable = d.Amount()
		h.Rate = Rate{Mul: d.U32(), Add: d.U64()}
		v.Hints = append(v.Hints, h)
	}
	d.Fixed(v.Signature[:])
	if err := d.Done(); err != nil {
		return nil, fmt.Errorf("reading invoice: %w", err)
	}
	if err := v.Validate(); err != nil {
		return nil, fmt.Errorf("reading invoice: %w: %w", ErrBytes, err)
	}
	return v, nil
}

// validateAddresses checks the seller's addresses in what names them.
func validateAddresses(what string, addresses []string) error {
	if len(addresses) > InvoiceAddressesMax {
		return fmt.Errorf("%s has more than %d addresses", what, InvoiceAddressesMax)
	}
	for _, a := range addresses {
		if len(a) > AddressBytesMax {
			return fmt.Errorf("%s has an address over %d bytes", what, AddressBytesMax)
		}
	}
	return nil
}

func (e *Encoder) addresses(addresses []string) {
	e.U8(uint8(len(addresses)))
	for _, a := range addresses {
		e.Var16([]byte(a))
	}
}

func (d *Decoder) addresses() []string {
	var out []string
	for i := d.Count8(InvoiceAddressesMax); i > 0 && d.Err() == nil; i-- {
		out = append(out, string(d.Var16(AddressBytesMax)))
	}
	return out
}
