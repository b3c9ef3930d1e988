package store

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// What proves a fault of the friend outlives the epoch: with its entries, as
// they were before the opening that replaced it and in the batch of that one.
func TestProofOutlivesItsEpoch(t *testing.T) {
	backends(t, func(t *testing.T, open reopener) {
		s := open(t)
		if p, err := s.Proof(t.Context(), node(anna)); p != nil || err != nil {
			t.Fatalf("nothing stored: %v, %v", p, err)
		}
		o := opening(anna, 3, 1)
		commit(t, s, openLedger(anna, o, 3)...)
		if p, err := s.Proof(t.Context(), node(anna)); p != nil || err != nil {
			t.Fatalf("no evidence: %v, %v", p, err)
		}
		log := logOf(anna, me, o, 4)
		illegal := log[3].(friendship.PutEntry)
		evidence := &friendship.Evidence{
			Why: "a test says so", Entry: ledger.SignedEntry{Body: illegal.Body, Signature: illegal.Signature},
		}
		commit(t, s, ledgerWrites(anna, friendship.PutEvidence{Evidence: evidence})...)
		before, err := s.Proof(t.Context(), node(anna))
		if err != nil || before == nil || len(before.Ledger.Mine) != 3 || len(before.Ledger.Theirs) != 3 {
			t.Fatalf("%+v, %v", before, err)
		}
		commit(t, s, ledgerWrites(anna, friendship.PutHighest{Number: 5}, friendship.PutOpening{Opening: opening(anna, 5, 2)})...)
		s = open(t)
		after, err := s.Proof(t.Context(), node(anna))
		if err != nil || after == nil {
			t.Fatalf("%+v, %v", after, err)
		}
		if d := cmp.Diff(before.Encode(), after.Encode()); d != "" {
			t.Errorf("the proof changed:\n%s", d)
		}
		commit(t, s, ledgerWrites(anna, friendship.PutHighest{Number: 7}, friendship.PutOpening{Opening: opening(anna, 7, 3)})...)
		if p, err := s.Proof(t.Context(), node(anna)); err != nil || p == nil {
			t.Errorf("an epoch that ended well replaced the proof: %v, %v", p, err)
		}
	})
}

// A proof is of one epoch, whatever is committed while it is put together.
func TestProofBesideCommits(t *testing.T) {
	s := newStore(t, Memory())
	commit(t, s, openLedger(anna, opening(anna, 1, 1), 2)...)
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := uint64(1); n < 200; n += 2 {
			illegal := logOf(anna, me, opening(anna, n, byte(n)), 3)[2].(friendship.PutEntry)
			evidence := &friendship.Evidence{Why: "a test", Entry: ledger.SignedEntry{Body: illegal.Body, Signature: illegal.Signature}}
			commit(t, s, ledgerWrites(anna, friendship.PutEvidence{Evidence: evidence})...)
			commit(t, s, openLedger(anna, opening(anna, n+2, byte(n+2)), 2)...)
		}
	})
	for range 2000 {
		p, err := s.Proof(t.Context(), node(anna))
		if err != nil {
			t.Error(err)
			break
		}
		if p == nil {
			continue
		}
		if n, err := ledger.DecodeEntry(p.Ledger.Inconsistent.Entry.Body); err != nil || n.Epoch != p.Ledger.Opening.ID() {
			t.Errorf("the evidence is of another epoch than the opening: %v", err)
			break
		}
	}
	wg.Wait()
}
