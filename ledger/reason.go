package ledger

import "fmt"

// Reason says why a request was cancelled. The numbers are on the wire and
// never change; 0 is invalid.
type Reason uint8

// The reasons of a Cancel. A buyer's node retries around the edge of the
// reporter for those that speak of an edge, and gives up for those that speak of
// the invoice when they are surely the seller's.
const (
	// OverLimit: the friend's credit limit does not allow the amount.
	OverLimit Reason = iota + 1
	// NoRoute: the next node on the path is not a friend, or there is no path.
	NoRoute
	// FriendOffline: the link to the next node is down or not ready.
	FriendOffline
	// FeeTooLow: the difference between what arrives and what is forwarded is
	// below the mediator's rate.
	FeeTooLow
	// TooManyPending: the friendship has too many pending requests or bytes.
	TooManyPending
	// Quota: the mediator's quotas against freezing are used up.
	Quota
	// CurrencyClosed: the currency is not active there, or closed by its user.
	CurrencyClosed
	// HoldTooLong: the hold is over the bound.
	HoldTooLong
	// DuplicateLock: the mediator forwards a request with this part lock already.
	DuplicateLock
	// UnknownInvoice: the seller has no such invoice, or cannot open the part.
	UnknownInvoice
	// AlreadyPaid: the seller has collected another payment of this invoice.
	AlreadyPaid
	// WrongAmount: the parts do not match the invoice or one another.
	WrongAmount
	// Expired: the invoice's time or the request's hold is over.
	Expired
	// Withdrawn: the buyer asked for it.
	Withdrawn
	// Refunded: the seller gave the payment back.
	Refunded
	// BadPath: the path cannot be read or breaks a rule.
	BadPath
	reasonEnd
)

var reasonNames = [reasonEnd]string{
	OverLimit: "over_limit", NoRoute: "no_route", FriendOffline: "friend_offline", FeeTooLow: "fee_too_low",
	TooManyPending: "too_many_pending", Quota: "quota", CurrencyClosed: "currency_closed", HoldTooLong: "hold_too_long",
	DuplicateLock: "duplicate_lock", UnknownInvoice: "unknown_invoice", AlreadyPaid: "already_paid",
	WrongAmount: "wrong_amount", Expired: "expired", Withdrawn: "withdrawn", Refunded: "refunded",
	BadPath: "bad_path",
}

// String returns the machine-readable name, such as "over_limit". A number
// from a newer version is "reason_N".
func (r Reason) String() string {
	if r > 0 && r < reasonEnd {
		return reasonNames[r]
	}
	return fmt.Sprintf("reason_%d", uint8(r))
}

// IsOfInvoice reports whether the reason speaks of the invoice, so that a seller
// who gives it would refuse any other route just the same. Reason and reporter
// are the word of whoever signed the Cancel, not the seller's.
func (r Reason) IsOfInvoice() bool {
	switch r {
	case UnknownInvoice, AlreadyPaid, WrongAmount, Expired, Withdrawn, Refunded:
		return true
	default:
		return false
	}
}

// MarshalText implements encoding.TextMarshaler with String.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a name written by String.
func (r *Reason) UnmarshalText(b []byte) error {
	for i, name := range reasonNames {
		if i > 0 && name == string(b) {
			*r = Reason(i)
			return nil
		}
	}
	var n uint8
	if _, err := fmt.Sscanf(string(b), "reason_%d", &n); err != nil || n == 0 {
		return fmt.Errorf("reason %.40q is unknown", b)
	}
	*r = Reason(n)
	return nil
}
