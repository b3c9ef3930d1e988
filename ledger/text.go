package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
)

// Prefixes of the texts that people pass on. The digit is the version.
const (
	InvoicePrefix = "offset:i1"
	ReceiptPrefix = "offset:r1"
)

// checksumLen is the number of checksum bytes in a text: a random change
// passes with probability 2^-32, and a changed invoice fails its signature too.
const checksumLen = 4

// textMax bounds a text before it is decoded.
const textMax = 2*InvoiceBytesMax + 256

// base32 without padding, in lower case.
var textEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// encodeText renders b with a checksum over prefix and b.
func encodeText(prefix string, b []byte) string {
	return prefix + textEncoding.EncodeToString(append(bytes.Clone(b), textChecksum(prefix, b)...))
}

func textChecksum(prefix string, b []byte) []byte {
	sum := sha256.Sum256(append([]byte(prefix), b...))
	return sum[:checksumLen]
}

// decodeText is the inverse of encodeText. It reads lower case and upper case
// (QR codes in alphanumeric mode), not a mixture, and ignores white space
// around the text.
func decodeText(prefix, what, text string) ([]byte, error) {
	return decodeTextWithin(textMax, prefix, what, text)
}

// decodeTextWithin is decodeText with another bound on the text's characters.
func decodeTextWithin(limit int, prefix, what, text string) ([]byte, error) {
	text = strings.TrimSpace(text)
	if len(text) > limit {
		return nil, fmt.Errorf("%s text is too long: %d characters", what, len(text))
	}
	lower := strings.ToLower(text)
	if text != lower && text != strings.ToUpper(text) {
		return nil, fmt.Errorf("%s text mixes upper and lower case: copy it again", what)
	}
	body, ok := strings.CutPrefix(lower, prefix)
	if !ok {
		return nil, fmt.Errorf("this is no %s: it must begin with %s", what, prefix)
	}
	raw, err := textEncoding.DecodeString(body)
	if err != nil || len(raw) < checksumLen || textEncoding.EncodeToString(raw) != body {
		return nil, fmt.Errorf("%s text is damaged or cut off: copy it again", what)
	}
	b, sum := raw[:len(raw)-checksumLen], raw[len(raw)-checksumLen:]
	if !bytes.Equal(sum, textChecksum(prefix, b)) {
		return nil, fmt.Errorf("%s text has a wrong checksum, a character was changed: copy it again", what)
	}
	return b, nil
}

// Text returns the invoice as "offset:i1…".
func (v *Invoice) Text() string { return encodeText(InvoicePrefix, v.Encode()) }

// ParseInvoice reads the text of an invoice and verifies it, signature
// included. Expiry is not checked: see Invoice.ExpiredAt.
func ParseInvoice(text string) (*Invoice, error) {
	b, err := decodeText(InvoicePrefix, "invoice", text)
	if err != nil {
		return nil, err
	}
	v, err := DecodeInvoice(b)
	if err != nil {
		return nil, err
	}
	return v, v.Verify()
}

// MarshalText implements encoding.TextMarshaler with Text, for records.
func (v *Invoice) MarshalText() ([]byte, error) { return []byte(v.Text()), nil }

// UnmarshalText reads what MarshalText wrote. It checks no signature: records
// come from this node's own disk; use ParseInvoice for texts of strangers.
func (v *Invoice) UnmarshalText(text []byte) error {
	b, err := decodeText(InvoicePrefix, "invoice", string(text))
	if err != nil {
		return err
	}
	n, err := DecodeInvoice(b)
	if err != nil {
		return err
	}
	*v = *n
	return nil
}

// Receipt proves that an invoice was paid, not by whom: every mediator of the
// payment learns the key.
type Receipt struct {
	Invoice *Invoice
	Key     Key
}

// Verify checks the invoice's signature and that the key opens its lock. It
// needs nothing but the receipt: any third party can do it.
func (r *Receipt) Verify() error {
	if err := r.Invoice.Verify(); err != nil {
		return fmt.Errorf("verifying receipt: %w", err)
	}
	if r.Key.Lock() != r.Invoice.Lock {
		return errors.New("verifying receipt: the key does not open the invoice's lock")
	}
	return nil
}

// Encode returns the key followed by the encoded invoice.
func (r *Receipt) Encode() []byte { return append(bytes.Clone(r.Key[:]), r.Invoice.Encode()...) }

// DecodeReceipt is the inverse of Encode. It verifies nothing: see Verify.
func DecodeReceipt(b []byte) (*Receipt, error) {
	r := &Receipt{}
	if len(b) < len(r.Key) {
		return nil, fmt.Errorf("reading receipt: %w: truncated", ErrBytes)
	}
	copy(r.Key[:], b)
	v, err := DecodeInvoice(b[len(r.Key):])
	if err != nil {
		return nil, fmt.Errorf("reading receipt: %w", err)
	}
	r.Invoice = v
	return r, nil
}

// Text returns the receipt as "offset:r1…".
func (r *Receipt) Text() string { return encodeText(ReceiptPrefix, r.Encode()) }

// ParseReceipt reads the text of a receipt and verifies it.
func ParseReceipt(text string) (*Receipt, error) {
	b, err := decodeText(ReceiptPrefix, "receipt", text)
	if err != nil {
		return nil, err
	}
	r, err := DecodeReceipt(b)
	if err != nil {
		return nil, err
	}
	return r, r.Verify()
}
