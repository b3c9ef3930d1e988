package store

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// What was made at the time of the cursor or before comes after it in the order
// of rows, everything later before it.
func TestCursorBefore(t *testing.T) {
	base := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		at := base.Add(time.Duration(rapid.Int64Range(-1<<60, 1<<60).Draw(t, "cursor")))
		made := at.Add(time.Duration(rapid.Int64Range(-5, 5).Draw(t, "later")))
		record := age(made) + "/" + rapid.StringMatching("[0-9a-f]{4}").Draw(t, "id")
		if got, want := CursorBefore(at) < record, !made.After(at); got != want {
			t.Fatalf("a record of %v comes after the cursor of %v: %v", made, at, got)
		}
	})
	if c := CursorBefore(time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)); c != "" {
		t.Errorf("a time that no row has gives %q, want the beginning", c)
	}
	old := CursorBefore(time.Date(1000, 1, 1, 0, 0, 0, 0, time.UTC))
	if _, err := (page{cursor: old, limit: 1}).after(paymentTimeTable); err != nil || strings.TrimRight(old, "f") != "/" && !strings.HasPrefix(old, "ffffffffffff") {
		t.Errorf("a time before all rows gives %q, %v; want the end", old, err)
	}
}
