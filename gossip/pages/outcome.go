package pages

import "fmt"

// Outcome is what became of a page given to a set.
type Outcome uint8

// Outcomes. Only Admitted pages are worth passing on. None but a fault found
// by capacity.Verify is held against whoever sent the page.
const (
	_ Outcome = iota
	// Admitted: the page is now in the set.
	Admitted
	// Known: this very page is in the set, or was the last to be.
	Known
	// Stale: something newer is known, or the page's life is over.
	Stale
	// Future: issued too far ahead of now (capacity.FutureMax).
	Future
	// TooEarly: issued before this server started, and the set has not yet
	// been synchronised (see Set.RefuseBefore).
	TooEarly
	// Full: a limit of the set is reached. If the page was to replace one of
	// the same node, that one is gone: it is not true any more.
	Full
)

var outcomeNames = [...]string{"", "admitted", "known", "stale", "future", "too_early", "full"}

// String returns the outcome's name, for counters and logs.
func (o Outcome) String() string {
	if int(o) < len(outcomeNames) && o > 0 {
		return outcomeNames[o]
	}
	return fmt.Sprintf("outcome(%d)", uint8(o))
}
