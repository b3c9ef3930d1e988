package capacity

import (
	"errors"
	"fmt"
)

// Reasons that depend on the receiver's clock or program, so nobody's fault.
var (
	// ErrVersion reports a page of a version that this program does not know.
	// It is passed over, never punished: an upgrade must not cut neighbours.
	ErrVersion = errors.New("capacity page of an unknown version")
	// ErrStale reports a page whose life is over.
	ErrStale = errors.New("capacity page is over")
	// ErrFuture reports a page issued more than FutureMax from now.
	ErrFuture = errors.New("capacity page was issued in the future")
)

// FaultError reports a page that is wrong whatever the time and the state: its
// bytes do not decode, a bound is broken, or the signature is not the node's.
// Whoever passed it on could have seen that.
type FaultError struct {
	Why string // for the operator's log; never shown to strangers
}

// Error implements error.
func (e *FaultError) Error() string { return "faulty capacity page: " + e.Why }

func fault(format string, args ...any) error {
	return &FaultError{Why: fmt.Sprintf(format, args...)}
}
