package engine

import "fmt"

var invoiceStates = [...]string{
	InvoiceOpen: "open", InvoicePaid: "paid", InvoiceCancelled: "cancelled", InvoiceExpired: "expired",
}

// String returns the lower-case word that records and people see.
func (s InvoiceState) String() string { return stateName(invoiceStates[:], uint8(s)) }

// MarshalText implements encoding.TextMarshaler with String.
func (s InvoiceState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a word written by String.
func (s *InvoiceState) UnmarshalText(b []byte) error {
	v, err := parseState(invoiceStates[:], "invoice", b)
	*s = InvoiceState(v)
	return err
}

var paymentStates = [...]string{Planning: "planning", Sending: "sending", Settled: "settled", Failed: "failed"}

// String returns the lower-case word that records and people see.
func (s PaymentState) String() string { return stateName(paymentStates[:], uint8(s)) }

// IsFinal reports whether the state is Settled or Failed.
func (s PaymentState) IsFinal() bool { return s == Settled || s == Failed }

// MarshalText implements encoding.TextMarshaler with String.
func (s PaymentState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a word written by String.
func (s *PaymentState) UnmarshalText(b []byte) error {
	v, err := parseState(paymentStates[:], "payment", b)
	*s = PaymentState(v)
	return err
}

func stateName(names []string, v uint8) string {
	if v > 0 && int(v) < len(names) {
		return names[v]
	}
	return "invalid"
}

func parseState(names []string, what string, b []byte) (uint8, error) {
	for i, name := range names {
		if i > 0 && name == string(b) {
			return uint8(i), nil
		}
	}
	return 0, fmt.Errorf("%s state %.20q is unknown", what, b)
}
