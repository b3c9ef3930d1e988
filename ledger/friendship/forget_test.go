package friendship_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
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

func TestNewFindsADamagedSnapshot(t *testing.T) {
	p := ledgertest.NewPair()
	start := friendship.NewPaced(2, 6)
	for i, s := range p.Sides {
		s.New = start
		ok(t, p.Restart(i))
	}
	ok(t, p.OpenWith(1000))
	ok(t, p.Append(0, ledgertest.Request(ledgertest.EUR, 30, 1)))
	ok(t, p.Settle())
	for n := range 10 {
		pay(t, p, n%2, n+2)
	}
	for i, s := range p.Sides {
		load := func(edit func(*friendship.Stored)) error {
			stored := s.Disk.Load()
			edit(&stored)
			_, err := start(s.ID, p.Sides[1-i].ID, stored)
			return err
		}
		ok(t, load(func(*friendship.Stored) {}))
		if len(s.Disk.Load().Snapshot.Pending[0]) == 0 {
			t.Fatal("nothing is pending in the snapshot")
		}
		for name, edit := range map[string]func(d *friendship.Stored){
			"gone":           func(d *friendship.Stored) { d.Snapshot = nil },
			"no opening":     func(d *friendship.Stored) { d.Opening, d.Mine, d.Theirs = nil, nil, nil },
			"other epoch":    func(d *friendship.Stored) { d.Opening.Acceptor[0]++ },
			"next":           func(d *friendship.Stored) { d.Snapshot.Next[0]++ },
			"an offer less":  func(d *friendship.Stored) { d.Snapshot.Offers[1] = nil },
			"a request less": func(d *friendship.Stored) { d.Snapshot.Pending[0] = d.Snapshot.Pending[0][1:] },
			"another request": func(d *friendship.Stored) {
				d.Snapshot.Pending[0][0].Request = ledgertest.Request(ledgertest.EUR, 31, 1)
			},
			"totals": func(d *friendship.Stored) {
				n, _ := d.Snapshot.Entry()
				n.Totals[0].Logs[0].Requested = amount(1 << 30)
				d.Snapshot.Checkpoint.Body = n.Encode()
			},
			"other hash": func(d *friendship.Stored) {
				n, _ := d.Snapshot.Entry()
				n.Prev[0]++
				d.Snapshot.Checkpoint.Body = n.Encode()
			},
			"no checkpoint": func(d *friendship.Stored) {
				n, _ := d.Snapshot.Entry()
				n.Ops = n.Ops[:len(n.Ops)-1]
				d.Snapshot.Checkpoint.Body = n.Encode()
			},
			"never acknowledged": func(d *friendship.Stored) { d.Mine, d.Theirs = nil, nil },
			"gap": func(d *friendship.Stored) {
				d.Mine, d.Theirs = slices.Delete(d.Mine, 0, 1), slices.Delete(d.Theirs, 0, 1)
			},
		} {
			if err := load(edit); !errors.Is(err, friendship.ErrDamaged) {
				t.Errorf("side %d, %s: %v", i, name, err)
			}
		}
	}
}
