package protocol

import (
	"errors"
	"fmt"
)

// ErrVersion reports a message of a version that this program does not know;
// nobody is to blame.
var ErrVersion = errors.New("index protocol of an unknown version")

// FaultError reports a message that the peer should not have sent: it does not
// decode, or breaks a bound.
type FaultError struct {
	Why string // for the log; never shown to the peer
}

// Error implements error.
func (e *FaultError) Error() string { return "faulty index message: " + e.Why }

func fault(format string, args ...any) error {
	return &FaultError{Why: fmt.Sprintf(format, args...)}
}
