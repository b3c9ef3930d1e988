package friendship_test

import (
	"fmt"

	"github.com/google/go-cmp/cmp"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// same compares a machine that started from a snapshot with one that replayed
// all entries since the opening: they must be one to whoever asks.
func same(pruned, full *friendship.Friendship) error {
	opts := cmp.Options{
		cmp.AllowUnexported(ledger.Amount{}, ledger.Balance{}),
		cmp.AllowUnexported(ledger.Hop{}),
	}
	if d := cmp.Diff(full.Status(), pruned.Status(), opts); d != "" {
		return fmt.Errorf("status is another after dropping:\n%s", d)
	}
	if full.Opening() == nil {
		return nil
	}
	if d := cmp.Diff(full.Currencies(), pruned.Currencies(), opts); d != "" {
		return fmt.Errorf("here is another after dropping:\n%s", d)
	}
	if d := cmp.Diff(sorted(full.There()), sorted(pruned.There()), opts); d != "" {
		return fmt.Errorf("there is another after dropping:\n%s", d)
	}
	if full.WindowOpen() != pruned.WindowOpen() || full.NextOrdinal() != pruned.NextOrdinal() {
		return fmt.Errorf("window %t, next ordinal %d, want %t and %d", pruned.WindowOpen(), pruned.NextOrdinal(), full.WindowOpen(), full.NextOrdinal())
	}
	for a := range ledger.Author(2) {
		if got, want := said(pruned, a), said(full, a); got != want {
			return fmt.Errorf("requests of author %d are\n%s after dropping, want\n%s", a, got, want)
		}
		gotSeq, got := pruned.Mileage(a)
		wantSeq, want := full.Mileage(a)
		if gotSeq != wantSeq || got != want {
			return fmt.Errorf("log %d is %d bytes after checkpoint %d, want %d after %d", a, got, gotSeq, want, wantSeq)
		}
	}
	return nil
}

// said returns all that was said of an author's pending requests.
func said(f *friendship.Friendship, a ledger.Author) string {
	var s string
	for p := range f.AllPending(a) {
		s += fmt.Sprintf("%d %s admitted=%t reservation=%x withdrawn=%t commit=%x\n",
			p.Ordinal, p.Request.Hash(), p.Admitted, p.Reservation, p.Withdrawn, p.Commit)
	}
	return s
}
