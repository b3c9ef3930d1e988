package friendship

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/ledger"
)

func rowsOf(ordinals []uint64) (rows []*Pending) {
	for _, n := range ordinals {
		rows = append(rows, &Pending{Ordinal: n})
	}
	return rows
}

// TestMergedRows: two lists in order make one in order, and lose nothing.
func TestMergedRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfNDistinct(rapid.Uint64Range(1, 1000), 0, 40, rapid.ID).Draw(t, "ordinals")
		var x, y []uint64
		for _, n := range all {
			if rapid.Bool().Draw(t, "first") {
				x = append(x, n)
			} else {
				y = append(y, n)
			}
		}
		slices.Sort(x)
		slices.Sort(y)
		var got []uint64
		for _, row := range merged(rowsOf(x), rowsOf(y)) {
			got = append(got, row.Ordinal)
		}
		if slices.Sort(all); !slices.Equal(got, all) {
			t.Fatalf("%v and %v make %v", x, y, got)
		}
	})
}

// TestViewDoesNotChange: what a view holds of a request is what its author saw,
// whatever is said of the request later.
func TestViewDoesNotChange(t *testing.T) {
	e := newTestEpoch(t)
	eur := ledger.Currency{Name: "EUR", Decimals: 2}
	for a := range ledger.Author(2) {
		if err := e.startOffers(a, []ledger.Credit{{Currency: eur, Limit: ledger.NewAmount(1000)}}); err != nil {
			t.Fatal(err)
		}
	}
	friend := e.me.Other()
	apply := func(ops ...ledger.Op) {
		t.Helper()
		if why := e.stage(friend, ops); why != "" {
			t.Fatal(why)
		}
		e.head[friend].Seq++
		e.commitTheirs(e.head[friend].Seq, nil, false)
	}
	request := func(n byte) *ledger.Request {
		return &ledger.Request{Currency: eur, Amount: ledger.NewAmount(1), PartLock: ledger.Lock{n}, Path: ledger.NewPath()}
	}
	apply(request(1), request(2), request(3))
	apply(&ledger.Commit{Ordinal: 2, Sealed: []byte("early")})
	v := e.view(friend)
	want := v.digest()
	apply(&ledger.Withdraw{Ordinal: 1}, &ledger.Withdraw{Ordinal: 2})
	if why := e.stage(e.me, []ledger.Op{&ledger.Cancel{Ordinal: 3, Reason: ledger.OverLimit}}); why != "" {
		t.Fatal(why)
	}
	e.commitMine(1)
	if again := e.view(friend).digest(); again != want {
		t.Error("the friend has not seen the cancel, and its view is another")
	}
	if e.view(e.me).digest() == want {
		t.Error("the cancel is not in the view of who made it")
	}
	c := candidate{snap: &Snapshot{}, sides: v.sides}
	s := c.snapshot()
	got := s.Pending[friend]
	if len(got) != 3 || len(s.Pending[e.me]) != 0 {
		t.Fatalf("%d and %d requests", len(got), len(s.Pending[e.me]))
	}
	for i, r := range got {
		if r.Ordinal != uint64(i+1) || r.Withdrawn || r.Reservation != nil || (r.Commit != nil) != (i == 1) {
			t.Errorf("request %d: %+v", i+1, r)
		}
	}
	if s.Digest() != want {
		t.Error("the snapshot has another digest")
	}
}

// newTestEpoch returns the epoch of a new friendship as its lower node has it.
func newTestEpoch(t *testing.T) *epoch {
	t.Helper()
	e, err := newEpoch(0, &ledger.Opening{Terms: &ledger.Terms{Low: ledger.NodeID{1}, High: ledger.NodeID{2}, Number: 1}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
