package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/node/engine"
	"github.com/offset-p2p/offset/p2p/identity"
)

// pruned is a ledger that dropped its history: anna's entry 3 is a checkpoint
// that covers this node's entries 1 and 2, and this node's entry 3 acknowledges
// it.
type pruned struct {
	opening      *ledger.Opening
	before       []friendship.Write // entries 1 and 2 of both, and anna's 3
	acknowledged []friendship.Write // own entry 3, the snapshot, what is dropped
	later        []friendship.Write // anna's entry 4
}

func prunedLedger(o *ledger.Opening) pruned {
	mine, theirs := logOf(me, anna, o, 2), logOf(anna, me, o, 2)
	head := func(w friendship.Write) ledger.Head {
		p := w.(friendship.PutEntry)
		return ledger.Head{Seq: p.Seq, Hash: ledger.EntryHash(p.Body)}
	}
	next := func(by *identity.Identity, last, ack friendship.Write, ops ...ledger.Op) friendship.PutEntry {
		other := me
		if by == me {
			other = anna
		}
		w := friendship.PutEntry{Author: ledger.AuthorOf(node(by), node(other)), Seq: head(last).Seq + 1}
		w.Body = (&ledger.Entry{
			Epoch: o.ID(), Author: w.Author, Seq: w.Seq, Prev: head(last).Hash, Ack: head(ack), Ops: ops,
		}).Encode()
		if by != me {
			w.Signature = signed(by, ledger.EntryHash(w.Body))
		}
		return w
	}
	snap := &friendship.Snapshot{Next: [2]uint64{1, 1}}
	checkpoint := next(anna, theirs[1], mine[1], &ledger.Checkpoint{Digest: snap.Digest()})
	snap.Checkpoint = ledger.SignedEntry{Body: checkpoint.Body, Signature: checkpoint.Signature}
	ack := next(me, mine[1], checkpoint)
	return pruned{
		opening: o,
		before:  append(append(mine, theirs...), checkpoint),
		acknowledged: []friendship.Write{
			ack,
			friendship.PutSnapshot{Snapshot: snap},
			friendship.DropEntries{Author: ack.Author, From: 1, Through: 2},
			friendship.DropEntries{Author: checkpoint.Author, From: 1, Through: 3},
		},
		later: []friendship.Write{next(anna, checkpoint, ack)},
	}
}

func (p pruned) start() []engine.Write {
	return append(ledgerWrites(anna, friendship.PutHighest{Number: p.opening.Terms.Number}, friendship.PutOpening{Opening: p.opening}),
		ledgerWrites(anna, p.before...)...)
}

// count returns how many rows of a table there are beside its end.
func count(t *testing.T, s *Store, table string) (n int) {
	t.Helper()
	if err := s.scan(t.Context(), table, func(string, []byte) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSnapshotReplacesEntries(t *testing.T) {
	backends(t, func(t *testing.T, open reopener) {
		s := open(t)
		p := prunedLedger(opening(anna, 1, 1))
		commit(t, s, engine.PutFriend{Record: friendOf(anna, "Anna")})
		commit(t, s, p.start()...)
		if l := mustLoad(t, s).Friends[0].Ledger; l.Snapshot != nil || len(l.Mine) != 2 || len(l.Theirs) != 3 {
			t.Fatalf("%+v before the checkpoint was acknowledged", l)
		}
		commit(t, s, ledgerWrites(anna, p.acknowledged...)...)
		s = open(t)
		if n := count(t, s, entryTable); n != 1 {
			t.Fatalf("%d entries are left, want 1", n)
		}
		l := mustLoad(t, s).Friends[0].Ledger
		want := p.acknowledged[1].(friendship.PutSnapshot).Snapshot
		if len(l.Mine) != 1 || len(l.Theirs) != 0 || l.Snapshot == nil || string(l.Snapshot.Encode()) != string(want.Encode()) {
			t.Fatalf("loaded %+v", l)
		}
		f, err := friendship.New(node(me), node(anna), l)
		if err != nil {
			t.Fatal(err)
		}
		if st := f.Status(); st.Mine.Seq != 3 || st.Theirs.Seq != 3 || st.Acknowledged != 2 {
			t.Fatalf("ledger starts with %+v", st)
		}
		commit(t, s, ledgerWrites(anna, p.later...)...)
		if l := mustLoad(t, open(t)).Friends[0].Ledger; len(l.Mine) != 1 || len(l.Theirs) != 1 {
			t.Fatalf("loaded %d and %d entries", len(l.Mine), len(l.Theirs))
		}
	})
}

// All in one batch, as after a restart that finds much to do.
func TestEntryWrittenAndDroppedInOneBatch(t *testing.T) {
	s := newStore(t, Memory())
	p := prunedLedger(opening(anna, 1, 1))
	commit(t, s, append(append([]engine.Write{engine.PutFriend{Record: friendOf(anna, "Anna")}}, p.start()...),
		ledgerWrites(anna, append(p.acknowledged, p.later...)...)...)...)
	if n := count(t, s, entryTable); n != 2 {
		t.Fatalf("%d entries are left, want 2", n)
	}
	mustLoad(t, s)
}

func TestSnapshotGoesWithItsEpochAndFriend(t *testing.T) {
	for name, writes := range map[string][]engine.Write{
		"new epoch": openLedger(anna, opening(anna, 20, 2), 2),
		"removed":   {engine.DeleteFriend{Friend: node(anna)}},
	} {
		s := newStore(t, Memory())
		p := prunedLedger(opening(anna, 1, 1))
		commit(t, s, engine.PutFriend{Record: friendOf(anna, "Anna")})
		commit(t, s, p.start()...)
		commit(t, s, ledgerWrites(anna, p.acknowledged...)...)
		commit(t, s, writes...)
		if n := count(t, s, snapshotTable); n != 0 {
			t.Errorf("%s: the snapshot is still there", name)
		}
		mustLoad(t, s)
	}
}

func TestDroppingNeedsAnEpoch(t *testing.T) {
	s := newStore(t, Memory())
	commit(t, s, engine.PutFriend{Record: friendOf(anna, "Anna")})
	err := s.Commit(t.Context(), ledgerWrites(anna, friendship.DropEntries{Author: 0, From: 1, Through: 2}))
	if err == nil || !strings.Contains(err.Error(), "no epoch is open") {
		t.Fatal(err)
	}
}

func TestDamagedSnapshotIsNamed(t *testing.T) {
	p := prunedLedger(opening(anna, 1, 1))
	r := row(snapshotTable, node(anna).String())
	good := *p.acknowledged[1].(friendship.PutSnapshot).Snapshot
	edited := func(edit func(s *friendship.Snapshot)) []byte {
		s := good
		edit(&s)
		return s.Encode()
	}
	other := prunedLedger(opening(anna, 3, 7)).acknowledged[1].(friendship.PutSnapshot).Snapshot
	for name, tc := range map[string]struct {
		row   string
		value []byte
	}{
		"gone":             {r, nil},
		"truncated":        {r, good.Encode()[:40]},
		"empty":            {r, []byte{}},
		"next ordinal":     {r, edited(func(s *friendship.Snapshot) { s.Next[0] = 2 })},
		"an offer more":    {r, edited(func(s *friendship.Snapshot) { s.Offers[0] = []ledger.Credit{{Currency: eur}} })},
		"signature":        {r, edited(func(s *friendship.Snapshot) { s.Checkpoint.Signature[3] ^= 1 })},
		"no checkpoint":    {r, edited(func(s *friendship.Snapshot) { s.Checkpoint.Body = p.later[0].(friendship.PutEntry).Body })},
		"of another epoch": {r, other.Encode()},
		"of no friend":     {row(snapshotTable, node(bert).String()), good.Encode()},
		"malformed key":    {row(snapshotTable, "x"), good.Encode()},
	} {
		s := newStore(t, Memory())
		commit(t, s, engine.PutFriend{Record: friendOf(anna, "Anna")})
		commit(t, s, p.start()...)
		commit(t, s, ledgerWrites(anna, p.acknowledged...)...)
		if err := s.write(t.Context(), map[string][]byte{tc.row: tc.value}); err != nil {
			t.Fatal(err)
		}
		named := tc.row
		if tc.value == nil {
			named = row(entryTable, node(anna).String()) // its first entry follows nothing
		}
		if _, err := s.Load(t.Context(), start); err == nil || !strings.Contains(fmt.Sprint(err), named) {
			t.Errorf("%s: error %v, want one that names %s", name, err, named)
		}
	}
}

// Dropped entries go with the batch that replaces them, or not at all.
func TestFailedCommitDropsNothing(t *testing.T) {
	db := &faulty{Backend: Memory()}
	s := newStore(t, db)
	p := prunedLedger(opening(anna, 1, 1))
	commit(t, s, engine.PutFriend{Record: friendOf(anna, "Anna")})
	commit(t, s, p.start()...)
	db.commit = errDisk
	if err := s.Commit(t.Context(), ledgerWrites(anna, p.acknowledged...)); !errors.Is(err, errDisk) {
		t.Fatal(err)
	}
	db.commit = nil
	l := mustLoad(t, newStore(t, db.Backend)).Friends[0].Ledger
	if l.Snapshot != nil || len(l.Mine) != 2 || len(l.Theirs) != 3 {
		t.Fatalf("%+v", l)
	}
}
