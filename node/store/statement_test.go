package store

import (
	"errors"
	"testing"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// acknowledged writes an entry of anna's that acknowledges an entry of this
// node, as the one after her log of count entries.
func acknowledged(o *ledger.Opening, count int, mine []byte, seq uint64) friendship.Write {
	author := ledger.AuthorOf(node(anna), node(me))
	var prev ledger.Hash
	if count > 0 {
		last := logOf(anna, me, o, count)[count-1].(friendship.PutEntry)
		prev = ledger.EntryHash(last.Body)
	}
	body := (&ledger.Entry{
		Epoch: o.ID(), Author: author, Seq: uint64(count) + 1, Prev: prev,
		Ack: ledger.Head{Seq: seq, Hash: ledger.EntryHash(mine)},
	}).Encode()
	return friendship.PutEntry{Author: author, Seq: uint64(count) + 1, Body: body, Signature: signed(anna, ledger.EntryHash(body))}
}

// The newest pair is found on every backend, also among more entries than one
// digit counts.
func TestStatement(t *testing.T) {
	backends(t, func(t *testing.T, open reopener) {
		s := open(t)
		if _, err := s.Statement(t.Context(), node(anna)); !errors.Is(err, friendship.ErrNoStatement) {
			t.Errorf("no epoch: %v", err)
		}
		o := opening(anna, 3, 1)
		commit(t, s, openLedger(anna, o, 17)...)
		commit(t, s, openLedger(bert, opening(bert, 4, 2), 3)...) // a neighbour of whom nothing is said
		if _, err := s.Statement(t.Context(), node(anna)); !errors.Is(err, friendship.ErrNoStatement) {
			t.Errorf("nothing acknowledged: %v", err)
		}
		mine := logOf(me, anna, o, 17)[16].(friendship.PutEntry)
		commit(t, s, ledgerWrites(anna, acknowledged(o, 17, mine.Body, 17))...)
		s = open(t)
		st, err := s.Statement(t.Context(), node(anna))
		if err != nil {
			t.Fatal(err)
		}
		if err := st.Complete(node(me), func(h ledger.Hash) ledger.Signature { return signed(me, h) }); err != nil {
			t.Fatal(err)
		}
		v, err := st.Verify()
		if err != nil {
			t.Fatal(err)
		}
		if v.First.Node != node(me) || v.First.Seq != 17 || v.Second.Node != node(anna) || v.Second.Seq != 18 || v.Number != 3 {
			t.Errorf("stated %+v", v)
		}
		if _, err := s.Statement(t.Context(), node(bert)); !errors.Is(err, friendship.ErrNoStatement) {
			t.Errorf("bert acknowledged nothing: %v", err)
		}
	})
}

func TestStatementOfDamagedRows(t *testing.T) {
	s := newStore(t, Memory())
	o := opening(anna, 3, 1)
	commit(t, s, openLedger(anna, o, 1)...)
	r := entryRow(node(anna), 3, ledger.AuthorOf(node(me), node(anna)), 1)
	if err := s.write(t.Context(), map[string][]byte{r: {1, 2, 3}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Statement(t.Context(), node(anna)); err == nil || errors.Is(err, friendship.ErrNoStatement) {
		t.Errorf("a truncated entry: %v", err)
	}
	if err := s.write(t.Context(), map[string][]byte{row(openingTable, node(anna).String()): {1}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Statement(t.Context(), node(anna)); err == nil || errors.Is(err, friendship.ErrNoStatement) {
		t.Errorf("a damaged opening: %v", err)
	}
}

// The entry that a snapshot keeps is one of the pair while nothing follows it.
func TestStatementFromASnapshot(t *testing.T) {
	backends(t, func(t *testing.T, open reopener) {
		s := open(t)
		p := prunedLedger(opening(anna, 1, 1))
		commit(t, s, p.start()...)
		commit(t, s, ledgerWrites(anna, p.acknowledged...)...)
		state := func() *friendship.VerifiedStatement {
			st, err := s.Statement(t.Context(), node(anna))
			if err != nil {
				t.Fatal(err)
			}
			if err := st.Complete(node(me), func(h ledger.Hash) ledger.Signature { return signed(me, h) }); err != nil {
				t.Fatal(err)
			}
			v, err := st.Verify()
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		if v := state(); v.First.Node != node(anna) || v.First.Seq != 3 || v.Second.Node != node(me) || v.Second.Seq != 3 {
			t.Errorf("stated %+v, want the checkpoint", v)
		}
		commit(t, s, ledgerWrites(anna, p.later...)...)
		if v := state(); v.First.Node != node(me) || v.First.Seq != 3 || v.Second.Seq != 4 {
			t.Errorf("stated %+v, want what came after the checkpoint", v)
		}
		if err := s.write(t.Context(), map[string][]byte{row(snapshotTable, node(anna).String()): {1}}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Statement(t.Context(), node(anna)); err == nil || errors.Is(err, friendship.ErrNoStatement) {
			t.Errorf("a damaged snapshot: %v", err)
		}
	})
}
