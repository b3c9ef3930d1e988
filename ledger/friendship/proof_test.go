package friendship_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// proofOf returns the proof that side i holds, with its own signature.
func proofOf(p *ledgertest.Pair, i int) *friendship.Proof {
	s := p.Sides[i]
	l := s.Disk.Load()
	o := *l.Opening
	*o.SignatureOf(s.ID) = signedBy(s.ID, o.ID())
	l.Opening = &o
	return &friendship.Proof{Witness: s.ID, Ledger: l}
}

// TestProofOfEveryLie: each illegal entry convinces a third party, from bytes
// alone, but the one that would rest on the witness's own log.
func TestProofOfEveryLie(t *testing.T) {
	for name, tt := range illegalEntries() {
		t.Run(name, func(t *testing.T) {
			p, liar := victim(t)
			n, err := liar.Next()
			ok(t, err)
			tt.edit(n)
			ok(t, liar.Send(n))
			b := proofOf(p, 0).Encode()
			got, err := friendship.DecodeProof(b)
			ok(t, err)
			if !bytes.Equal(got.Encode(), b) || got.Accused() != p.Sides[1].ID {
				t.Fatal("does not read back")
			}
			why, err := got.Check()
			if err == nil && strings.Contains(why, tt.why) {
				return
			}
			if tt.why != "acknowledgement of another" || err == nil {
				t.Fatalf("%q, %v; want %q", why, err, tt.why)
			}
		})
	}
}

// TestNobodyIsFramed: what an honest side signed proves nothing against it,
// whatever a witness says of its own log.
func TestNobodyIsFramed(t *testing.T) {
	fresh := func() *friendship.Proof {
		p, liar := victim(t)
		n, err := liar.Next()
		ok(t, err)
		n.Ops = []ledger.Op{ledgertest.Collect(1, 1)}
		ok(t, liar.Send(n)) // illegal: the totals are those of before
		return proofOf(p, 0)
	}
	edits := map[string]func(*friendship.Proof){
		"a legal entry": func(p *friendship.Proof) {
			last := len(p.Ledger.Theirs) - 1
			p.Ledger.Inconsistent.Entry = p.Ledger.Theirs[last]
			p.Ledger.Theirs = p.Ledger.Theirs[:last]
		},
		"another log of the witness": func(p *friendship.Proof) {
			for i, body := range p.Ledger.Mine {
				n, err := ledger.DecodeEntry(body)
				ok(t, err)
				if i > 0 {
					n.Prev = ledger.EntryHash(p.Ledger.Mine[i-1])
				}
				n.Ops = []ledger.Op{ledgertest.Credit(ledgertest.EUR, 7)}
				p.Ledger.Mine[i] = n.Encode()
			}
		},
		"no log of the witness":      func(p *friendship.Proof) { p.Ledger.Mine = nil },
		"no log of the accused":      func(p *friendship.Proof) { p.Ledger.Theirs = nil },
		"an unsigned entry":          func(p *friendship.Proof) { p.Ledger.Inconsistent.Entry.Signature[3]++ },
		"an unsigned log":            func(p *friendship.Proof) { p.Ledger.Theirs[len(p.Ledger.Theirs)-1].Signature[3]++ },
		"an unsigned opening":        func(p *friendship.Proof) { p.Ledger.Opening.High[3]++ },
		"another witness":            func(p *friendship.Proof) { p.Witness[3]++ },
		"an opening that keeps more": func(p *friendship.Proof) { p.Ledger.Opening.Terms.Kept = []ledger.Kept{{Ordinal: 1}} },
	}
	if _, err := fresh().Check(); err != nil {
		t.Fatal(err)
	}
	for name, edit := range edits {
		p := fresh()
		edit(p)
		if why, err := p.Check(); err == nil {
			t.Errorf("%s: convinces: %s", name, why)
		}
	}
}

func FuzzDecodeProof(f *testing.F) {
	p := ledgertest.NewPair()
	if err := p.OpenWith(100); err != nil {
		f.Fatal(err)
	}
	n, err := p.Liar(1).Next()
	if err != nil {
		f.Fatal(err)
	}
	n.Ops = []ledger.Op{ledgertest.Cancel(9)}
	if err := p.Liar(1).Send(n); err != nil {
		f.Fatal(err)
	}
	f.Add(proofOf(p, 0).Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := friendship.DecodeProof(b)
		if err != nil {
			return
		}
		if !bytes.Equal(p.Encode(), b) {
			t.Fatal("decoding and encoding changes the bytes")
		}
		_, _ = p.Check()
	})
}

// signedBy signs h as one of the two parties of a pair.
func signedBy(id ledger.NodeID, h ledger.Hash) ledger.Signature {
	n := 0
	if other, _ := ledgertest.Key(1); other == id {
		n = 1
	}
	_, key := ledgertest.Key(n)
	return ledgertest.Sign(key, h)
}

// TestNobodyIsFramedByASnapshot: a witness makes up a Checkpoint of its own that
// the accused never acknowledged, far ahead of what the accused's honest entry
// acknowledges.
func TestNobodyIsFramedByASnapshot(t *testing.T) {
	p, _ := victim(t)
	proof := proofOf(p, 0)
	theirs := proof.Ledger.Theirs
	last := len(theirs) - 1
	before, err := ledger.DecodeEntry(theirs[last-1].Body)
	ok(t, err)
	snapshot := &friendship.Snapshot{OtherAck: 100, Next: [2]uint64{1, 1}}
	checkpoint := &ledger.Entry{
		Epoch: proof.Ledger.Opening.ID(), Author: 0, Seq: 100, Prev: ledger.Hash{1},
		Ack: ledger.Head{Seq: before.Seq, Hash: ledger.EntryHash(theirs[last-1].Body)},
		Ops: []ledger.Op{&ledger.Checkpoint{Digest: snapshot.Digest()}},
	}
	snapshot.Checkpoint.Body = checkpoint.Encode()
	proof.Ledger.Snapshot, proof.Ledger.Mine, proof.Ledger.Theirs = snapshot, nil, nil
	proof.Ledger.Inconsistent = &friendship.Evidence{Why: "it is not", Entry: theirs[last]}
	forged, err := friendship.DecodeProof(proof.Encode())
	ok(t, err)
	if why, err := forged.Check(); err == nil {
		t.Fatalf("an honest entry convinces: %s", why)
	} else if !strings.Contains(err.Error(), "never acknowledged") {
		t.Fatalf("refused for another reason: %v", err)
	}
}

// TestProofFromASnapshot: a proof that begins with a Checkpoint of either side
// convinces, because honest logs always hold what binds the accused to it.
func TestProofFromASnapshot(t *testing.T) {
	var authors [2]int
	for rounds := range 12 {
		p := ledgertest.NewPair()
		for i, s := range p.Sides {
			s.New = friendship.NewPaced(ledger.CheckpointGap, ledger.CheckpointGap+uint64(3*((i+rounds)%2)))
			ok(t, p.Restart(i))
		}
		ok(t, p.OpenWith(1000))
		for k := range 140 + 23*rounds {
			ok(t, p.Append(k%2, ledgertest.Credit(ledgertest.EUR, uint64(100+k))))
			ok(t, p.Settle())
		}
		liar := p.Liar(1)
		n, err := liar.Next()
		ok(t, err)
		n.Ops = []ledger.Op{ledgertest.Cancel(99)}
		ok(t, liar.Send(n))
		proof := proofOf(p, 0)
		if proof.Ledger.Snapshot == nil {
			continue
		}
		first, err := proof.Ledger.Snapshot.Entry()
		ok(t, err)
		authors[first.Author]++
		if why, err := proof.Check(); err != nil || !strings.Contains(why, "not pending") {
			t.Fatalf("%d rounds, checkpoint of author %d: %q, %v", rounds, first.Author, why, err)
		}
	}
	if authors[0] == 0 || authors[1] == 0 {
		t.Fatalf("snapshots by author: %v, want some of both", authors)
	}
}
