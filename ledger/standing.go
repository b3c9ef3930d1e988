package ledger

import (
	"errors"
	"fmt"
)

// StandingPrefix begins the text of a standing code. The digit is the version.
const StandingPrefix = "offset:s1"

// StandingCode is one printed code for a shop (ledger.md 3.2): it says whom to
// ask for a fresh invoice, and perhaps for how much. It is no demand for payment
// itself: it never expires, names no lock, and nothing is paid to it. It is
// signed, so that an address in it is the seller's own word.
type StandingCode struct {
	Seller    NodeID
	Addresses []string  // multiaddrs of the seller, at most InvoiceAddressesMax
	Currency  *Currency // nil: the payer chooses, and the amount too
	Amount    Amount    // below 2^AmountBits; 0: the payer chooses
	Signature Signature // the seller's
}

const standingVersion = 1

var standingTag = NewTag("offset/standing-code/1")

// Body returns the bytes that the seller signs.
//
//	version u8 = 1 | seller 32 | addresses u8 × {u16 + bytes} |
//	priced u8 {currency, amount 12}
func (s *StandingCode) Body() []byte {
	var e Encoder
	e.U8(standingVersion)
	e.Raw(s.Seller[:])
	e.addresses(s.Addresses)
	e.Bool(s.Currency != nil)
	if s.Currency != nil {
		e.Currency(*s.Currency)
		e.Amount(s.Amount)
	}
	return e.Bytes()
}

// Hash returns what the seller signs.
func (s *StandingCode) Hash() Hash { return standingTag.Hash(s.Body()) }

// Encode returns the body followed by the signature.
func (s *StandingCode) Encode() []byte { return append(s.Body(), s.Signature[:]...) }

// Validate checks the bounds of every field, as DecodeStandingCode does.
func (s *StandingCode) Validate() error {
	switch {
	case s.Seller.IsZero():
		return errors.New("standing code names no seller")
	case s.Currency == nil && !s.Amount.IsZero():
		return errors.New("standing code names an amount and no currency: name both, or no amount")
	case !s.Amount.IsLimit():
		return errors.New("amount of a standing code must be below 2^96 of the smallest unit")
	}
	if s.Currency != nil {
		if err := s.Currency.Validate(); err != nil {
			return err
		}
	}
	return validateAddresses("standing code", s.Addresses)
}

// Verify checks the bounds and the seller's signature.
func (s *StandingCode) Verify() error {
	if err := s.Validate(); err != nil {
		return err
	}
	if !VerifyHash(s.Seller, s.Hash(), s.Signature) {
		return errors.New("standing code is not signed by the seller it names")
	}
	return nil
}

// DecodeStandingCode is the inverse of Encode and checks the bounds, not the
// signature: see Verify.
func DecodeStandingCode(b []byte) (*StandingCode, error) {
	d := NewDecoder(b)
	if d.U8() != standingVersion {
		d.Fail("standing code version is unknown")
	}
	s := &StandingCode{}
	d.Fixed(s.Seller[:])
	s.Addresses = d.addresses()
	if d.Bool() {
		c := d.Currency()
		s.Currency, s.Amount = &c, d.Amount()
	}
	d.Fixed(s.Signature[:])
	if err := d.Done(); err != nil {
		return nil, fmt.Errorf("reading standing code: %w", err)
	}
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("reading standing code: %w: %w", ErrBytes, err)
	}
	return s, nil
}

// Text returns the standing code as "offset:s1…".
func (s *StandingCode) Text() string { return encodeText(StandingPrefix, s.Encode()) }

// ParseStandingCode reads the text of a standing code and verifies it, signature
// included.
func ParseStandingCode(text string) (*StandingCode, error) {
	b, err := decodeText(StandingPrefix, "standing code", text)
	if err != nil {
		return nil, err
	}
	s, err := DecodeStandingCode(b)
	if err != nil {
		return nil, err
	}
	return s, s.Verify()
}

// Accepts reports why an invoice is not the answer to a request for one from
// this code, for an amount that the payer chose (0: what the code names): it is
// of another seller, currency or amount. The invoice is verified separately.
func (s *StandingCode) Accepts(v *Invoice, currency Currency, amount Amount) error {
	if s.Currency != nil {
		if currency = *s.Currency; !s.Amount.IsZero() {
			amount = s.Amount
		}
	}
	switch {
	case v.Seller != s.Seller:
		return errors.New("invoice is of another seller than the standing code")
	case v.Currency != currency:
		return fmt.Errorf("invoice is in %s, not in %s as asked", v.Currency, currency)
	case v.Amount != amount || amount.IsZero():
		return fmt.Errorf("invoice is of %s, not of %s as asked", v.Amount, amount)
	}
	return nil
}
