package friendship_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

func TestNewFindsDamage(t *testing.T) {
	p, _ := victim(t)
	s := p.Sides[0]
	load := func(edit func(*friendship.Stored)) error {
		stored := s.Disk.Load()
		edit(&stored)
		_, err := friendship.New(s.ID, p.Sides[1].ID, stored)
		return err
	}
	ok(t, load(func(*friendship.Stored) {}))
	stranger, _ := ledgertest.Key(8)
	for name, edit := range map[string]func(*friendship.Stored){
		"no opening":        func(d *friendship.Stored) { d.Opening = nil },
		"other nodes":       func(d *friendship.Stored) { d.Opening.Terms.Low = stranger },
		"other epoch":       func(d *friendship.Stored) { d.Opening.Acceptor[0]++ },
		"first of mine":     func(d *friendship.Stored) { d.Mine = d.Mine[1:] },
		"one of mine twice": func(d *friendship.Stored) { d.Mine = append(d.Mine, d.Mine[len(d.Mine)-1]) },
		"all of mine":       func(d *friendship.Stored) { d.Mine = nil },
		"first of theirs":   func(d *friendship.Stored) { d.Theirs = d.Theirs[1:] },
		"all of theirs":     func(d *friendship.Stored) { d.Theirs = nil },
		"swapped":           func(d *friendship.Stored) { d.Theirs[0], d.Theirs[1] = d.Theirs[1], d.Theirs[0] },
		"cut body of mine":  func(d *friendship.Stored) { d.Mine[1] = d.Mine[1][:20] },
		"cut body of theirs": func(d *friendship.Stored) {
			d.Theirs[1].Body = d.Theirs[1].Body[:20]
		},
		"logs exchanged": func(d *friendship.Stored) {
			d.Mine[0], d.Theirs[0].Body = d.Theirs[0].Body, d.Mine[0]
		},
		"bit in a total": func(d *friendship.Stored) {
			b := slices.Clone(d.Theirs[1].Body)
			b[len(b)-1] ^= 1
			d.Theirs[1].Body = b
		},
		"bit in an offer": func(d *friendship.Stored) {
			n, _ := ledger.DecodeEntry(d.Mine[0])
			n.Ops[0].(*ledger.Credit).Currency.Decimals = 7
			d.Mine[0] = n.Encode()
		},
	} {
		if err := load(edit); !errors.Is(err, friendship.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAcceptanceBytes(t *testing.T) {
	p := ledgertest.NewPair()
	a := &friendship.Acceptance{Terms: terms(p, 6), Nonce: ledger.Nonce{1, 2, 3}}
	b := a.Encode()
	got, err := friendship.DecodeAcceptance(b)
	ok(t, err)
	if d := cmp.Diff(a, got); d != "" || got.ID() != a.Terms.EpochID(a.Nonce) {
		t.Fatal(d)
	}
	for n := range b {
		if _, err := friendship.DecodeAcceptance(b[:n]); err == nil {
			t.Fatalf("%d of %d bytes decode", n, len(b))
		}
	}
	if _, err := friendship.DecodeAcceptance(append(b, 0)); err == nil {
		t.Fatal("trailing bytes decode")
	}
}

func TestEvidenceBytes(t *testing.T) {
	v := &friendship.Evidence{
		Why:   "totals differ",
		Entry: ledger.SignedEntry{Body: []byte("body"), Signature: ledger.Signature{4}},
		Held:  ledger.Head{Seq: 5, Hash: ledger.Hash{6}},
	}
	b := v.Encode()
	got, err := friendship.DecodeEvidence(b)
	ok(t, err)
	if d := cmp.Diff(v, got); d != "" {
		t.Fatal(d)
	}
	if clear(b); string(got.Entry.Body) != "body" {
		t.Fatal("evidence aliases its bytes")
	}
	b = v.Encode()
	for n := range b {
		if _, err := friendship.DecodeEvidence(b[:n]); err == nil {
			t.Fatalf("%d of %d bytes decode", n, len(b))
		}
	}
	v.Why = strings.Repeat("x", friendship.WhyBytesMax+1)
	if _, err := friendship.DecodeEvidence(v.Encode()); err == nil {
		t.Fatal("an explanation over its bound decodes")
	}
}

func FuzzDecodeEvidence(f *testing.F) {
	f.Add((&friendship.Evidence{Why: "w", Entry: ledger.SignedEntry{Body: []byte{1}}}).Encode())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if v, err := friendship.DecodeEvidence(b); err == nil && !bytes.Equal(v.Encode(), b) {
			t.Fatalf("%x encodes to %x", b, v.Encode())
		}
	})
}

func FuzzDecodeAcceptance(f *testing.F) {
	f.Add((&friendship.Acceptance{Terms: terms(ledgertest.NewPair(), 2)}).Encode())
	f.Add([]byte{0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, err := friendship.DecodeAcceptance(b); err == nil && !bytes.Equal(a.Encode(), b) {
			t.Fatalf("%x encodes to %x", b, a.Encode())
		}
	})
}

func TestMergeEffects(t *testing.T) {
	var e friendship.Effects
	e.Merge(friendship.Effects{Writes: []friendship.Write{friendship.PutHighest{Number: 1}}, Drop: "first"})
	e.Merge(friendship.Effects{
		Writes:  []friendship.Write{friendship.DeleteAcceptance{}},
		Frames:  []ledger.Frame{&ledger.Ping{}},
		Changes: []friendship.Change{friendship.BecameReady{}},
		Drop:    "second",
	})
	if len(e.Writes) != 2 || len(e.Frames) != 1 || len(e.Changes) != 1 || e.Drop != "first" {
		t.Fatalf("%+v", e)
	}
}
