package store

import (
	"math"
	"time"
)

// CursorBefore returns a cursor with which Payments and Invoices go on with what
// was made at t or before.
func CursorBefore(t time.Time) string {
	switch {
	case t.After(time.Unix(0, math.MaxInt64)):
		return "" // from the beginning: no row can say such a time
	case t.Before(time.Unix(0, math.MinInt64)):
		t = time.Unix(0, math.MinInt64)
	}
	return age(t) + "/" // before all ids
}
