package friendship_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// lie changes the entry that side 1 would sign next into one that no honest
// side signs. again is its newest entry before, nil for none.
type lie func(n, again *ledger.Entry)

// lies are illegal whatever the two sides have said and seen, except the last
// three: whether those are depends on what the liar has acknowledged, and on
// nothing else.
func lies() map[string]lie {
	ops := func(ops ...ledger.Op) lie { return func(n, _ *ledger.Entry) { n.Ops = ops } }
	return map[string]lie{
		"key of another":      ops(ledgertest.Collect(1, 2)),
		"never requested":     ops(ledgertest.Collect(9, 1)),
		"twice":               ops(ledgertest.Cancel(1), ledgertest.Cancel(1)),
		"good, then bad":      ops(ledgertest.Credit(ledgertest.EUR, 3), request(5), &ledger.Reserve{Ordinal: 9}),
		"unknown currency":    ops(ledgertest.Request(ledger.Currency{Name: "USD"}, 1, 5)),
		"other decimals":      ops(ledgertest.Credit(ledger.Currency{Name: "EUR", Decimals: 9}, 1)),
		"another state":       ops(&ledger.Checkpoint{}),
		"another prev":        func(n, _ *ledger.Entry) { n.Prev[0]++ },
		"ack of another":      func(n, _ *ledger.Entry) { n.Ack.Hash[0]++ },
		"in the other's name": func(n, _ *ledger.Entry) { n.Author = 0 },
		"forged totals": func(n, _ *ledger.Entry) {
			n.Totals = slices.Clone(n.Totals)
			n.Totals[0].Logs[0].Collected = amount(1 << 40)
		},
		"another body for the entry before": func(n, again *ledger.Entry) {
			if again != nil {
				*n = *again
				n.Ops = append(slices.Clone(n.Ops), &ledger.Withdraw{Ordinal: 1})
			} else {
				n.Prev[1]++
			}
		},
		"collected unseen": ops(ledgertest.Collect(2, 7)),
		"cancelled unseen": ops(ledgertest.Cancel(2)),
		"nothing new":      func(n, _ *ledger.Entry) { n.Ops = nil },
	}
}

// honest is what side 0 signs beside a liar, and what the liar says as long as it
// is honest.
var honest = script{
	{entry(request(7)), entry(ledgertest.Credit(ledgertest.EUR, 50), &ledger.Withdraw{Ordinal: 2}), entry(&ledger.Commit{Ordinal: 2})},
	{entry(request(8)), entry(&ledger.Reserve{Ordinal: 1})},
}

// lieVerdict is what side 0 must come to whatever it did meanwhile itself.
type lieVerdict struct {
	why     string // of the evidence; empty: every entry was legal
	seq     uint64 // of the entry that the evidence contradicts; 0: none
	applied int    // entries of the liar
}

// TestEveryOrderWithALiar puts each lie at each place of side 1's log, in every
// order: side 0 comes to one verdict whatever it signed itself and when, the
// verdict is that of a plain replica, and here is what both logs say without the
// lie. The liar's later entries change nothing.
func TestEveryOrderWithALiar(t *testing.T) {
	o := newOrders(t, friendship.New)
	all := lies()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) {
			runs, caught := 0, 0
			for place := range len(honest[1]) + 1 {
				for _, liars := range merges(len(honest[1])+1, len(honest[0])) {
					r, c := whateverTheVictimDoes(t, o, all[name], place, liars)
					runs, caught = runs+r, caught+c
				}
			}
			if runs < 100 || caught < 10 {
				t.Fatalf("%d runs, evidence in %d: proves little", runs, caught)
			}
			t.Logf("%d runs, evidence in %d", runs, caught)
		})
	}
}

// whateverTheVictimDoes runs all orders in which the liar sees and says the same.
func whateverTheVictimDoes(t *testing.T, o *orders, lie lie, place int, liars string) (runs, caught int) {
	t.Helper()
	var want lieVerdict
	for _, victims := range merges(len(honest[0]), len(honest[1])+1) {
		l, err := newLying(o, lie, place)
		must(t, err)
		err = l.follow(order{victims, liars})
		if errors.Is(err, errNotLegal) || errors.Is(err, errNoSuchOrder) {
			continue
		}
		if err != nil {
			t.Fatalf("lie at %d, order %s %s: %v", place, victims, liars, err)
		}
		if runs++; runs == 1 {
			want = l.out
		}
		if l.out != want {
			t.Fatalf("lie at %d, order %s %s: %+v, in another order %+v", place, victims, liars, l.out, want)
		}
		if want.why != "" {
			caught++
		}
	}
	return runs, caught
}

// lying is a run in which side 1 has no machine and signs what it wants.
type lying struct {
	*run
	lie    lie
	place  int // of the lie in its log
	view   *replica
	log    []*ledger.Entry
	head   ledger.Head // of its log
	looked int         // entries of side 0 that it has seen
	ack    ledger.Head // the newest of them
	theirs ledger.Head // of its log, as side 0 has applied it
	acked  uint64      // of side 0's log, as those entries say
	out    lieVerdict
}

func newLying(o *orders, lie lie, place int) (*lying, error) {
	r, err := o.run()
	if err != nil {
		return nil, err
	}
	st := r.sides[0].f.Status()
	return &lying{
		run: r, lie: lie, place: place, view: o.base.clone(),
		head: st.Theirs, ack: st.Mine, theirs: st.Theirs, acked: st.Acknowledged,
	}, nil
}

// follow runs the order of side 0's machine and of the liar.
func (l *lying) follow(ord order) error {
	victim := l.sides[0]
	for i, j := 0, 0; i < len(ord[0]) || j < len(ord[1]); {
		before := i + j
		for ; j < len(ord[1]) && (ord[1][j] == 's' || l.looked < len(victim.log)); j++ {
			l.liarSteps(ord[1][j])
		}
		for ; i < len(ord[0]) && (ord[0][i] == 's' || victim.got < len(l.log)); i++ {
			if err := l.victimSteps(ord[0][i]); err != nil {
				return err
			}
		}
		if l.out.why != "" && i == len(ord[0]) {
			return nil // the liar waits for what the victim does not sign any more
		}
		if i+j == before {
			return errNoSuchOrder
		}
	}
	return nil
}

// liarSteps signs its next entry, or looks at side 0's next.
func (l *lying) liarSteps(step byte) {
	if step == 'r' {
		n := l.sides[0].log[l.looked]
		l.view.force(n)
		l.ack = ledger.Head{Seq: n.Seq, Hash: ledger.EntryHash(l.sides[0].bodies[l.looked])}
		l.looked++
		return
	}
	n := &ledger.Entry{Epoch: l.sides[0].f.Epoch(), Author: 1, Seq: l.head.Seq + 1, Prev: l.head.Hash, Ack: l.ack, Totals: l.view.totals()}
	var before *ledger.Entry
	k := len(l.log)
	switch {
	case k == l.place:
		if k > 0 {
			before = l.log[k-1]
		}
		l.lie(n, before)
	case k < l.place:
		n.Ops = honest[1][k]
	default:
		n.Ops = honest[1][k-1]
	}
	if after := l.view.clone(); n.Seq == l.head.Seq+1 && after.wouldTake(n) {
		l.view = after
		if n.Totals[0].Logs[0].Collected.Less(amount(1 << 40)) { // else they are the lie
			n.Totals = after.totals()
		}
	}
	l.log = append(l.log, n)
	if n.Seq == l.head.Seq+1 {
		l.head = ledger.Head{Seq: n.Seq, Hash: ledger.EntryHash(n.Encode())}
	}
}

// wouldTake applies the operations of an entry as far as they are legal, and
// reports whether all are.
func (r *replica) wouldTake(n *ledger.Entry) bool {
	for i, op := range n.Ops {
		if n.Author > 1 || !r.legal(n.Author, op, i == len(n.Ops)-1) {
			return false
		}
		r.do(n.Author, op)
	}
	return true
}

// victimSteps lets side 0 sign, which it must refuse once it has evidence, or
// receive the liar's next entry.
func (l *lying) victimSteps(step byte) error {
	s := l.sides[0]
	switch {
	case step == 's' && l.out.why == "":
		return l.sign(s, honest[0][len(s.log)])
	case step == 's':
		if _, err := s.f.Append(l.env(), honest[0][0]); !errors.Is(err, friendship.ErrNotReady) {
			return fmt.Errorf("signs on after the lie: %w", err)
		}
		return nil
	}
	n := l.log[s.got]
	s.got++
	v, err := friendship.Trusted(l.o.ids[1], n.Encode())
	if err != nil {
		return err
	}
	if l.out.why != "" {
		return l.tooLate(s, v)
	}
	legal := l.judge(s, n)
	eff, err := s.f.ReceiveEntry(l.env(), v)
	if err != nil {
		return err
	}
	s.disk.Apply(0, eff.Writes)
	e := s.f.Evidence()
	if legal != (e == nil) || legal != (eff.Drop == "") {
		return fmt.Errorf("entry %d: evidence %v, drop %q, the replica says legal=%t", n.Seq, e, eff.Drop, legal)
	}
	if e != nil {
		l.out.why, l.out.seq = e.Why, e.Held.Seq
		if string(e.Entry.Body) != string(n.Encode()) {
			return errors.New("evidence of another entry")
		}
		return s.here.sameHere(s.f)
	}
	l.out.applied++
	s.here.force(n)
	l.theirs, l.acked = ledger.Head{Seq: n.Seq, Hash: ledger.EntryHash(n.Encode())}, n.Ack.Seq
	return s.here.sameHere(s.f)
}

// judge is the replica's verdict: the header, then the operations and totals in
// there. It leaves there as the entry makes it.
func (l *lying) judge(s *orderly, n *ledger.Entry) bool {
	if n.Author != 1 || n.Seq != l.theirs.Seq+1 || n.Prev != l.theirs.Hash || n.Ack.Seq < l.acked || len(n.Ops) == 0 && n.Ack.Seq == l.acked {
		return false
	}
	for s.seen < len(s.log) && s.log[s.seen].Seq <= n.Ack.Seq {
		if s.log[s.seen].Seq == n.Ack.Seq && n.Ack.Hash != ledger.EntryHash(s.bodies[s.seen]) {
			return false
		}
		s.there.force(s.log[s.seen])
		s.seen++
	}
	if s.seen == 0 && n.Ack.Hash != l.base() {
		return false
	}
	return s.there.enter(n) == nil
}

// base is the hash of side 0's newest entry before the run.
func (l *lying) base() ledger.Hash {
	all := l.o.stored[0].Log(0)
	return ledger.EntryHash(all[len(all)-1].Encode())
}

// tooLate hands over an entry on a new stream after the verdict.
func (l *lying) tooLate(s *orderly, v friendship.VerifiedEntry) error {
	if err := l.link(0); err != nil {
		return err
	}
	eff, err := s.f.ReceiveEntry(l.env(), v)
	if err != nil || len(eff.Writes) > 0 || len(eff.Frames) > 0 {
		return fmt.Errorf("entry after the lie has effects %+v: %w", eff, err)
	}
	return s.here.sameHere(s.f)
}
