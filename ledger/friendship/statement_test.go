package friendship_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

var update = flag.Bool("update", false, "rewrite testdata/statement.json from the code")

// keyOf is the key of one side.
func keyOf(id ledger.NodeID) ed25519.PrivateKey {
	for n := range 2 {
		if other, key := ledgertest.Key(n); other == id {
			return key
		}
	}
	panic("no such side")
}

// export makes the newest statement from what a side has on its disk.
func export(s *ledgertest.Party) (*friendship.Statement, error) {
	stored := s.Disk.Load()
	logs := [2]map[uint64]*ledger.SignedEntry{{}, {}}
	var heads [2]uint64
	keep := func(e ledger.SignedEntry) {
		n, err := ledger.DecodeEntry(e.Body)
		if err != nil {
			panic(err)
		}
		logs[n.Author][n.Seq] = &e
		heads[n.Author] = max(heads[n.Author], n.Seq)
	}
	if stored.Snapshot != nil {
		keep(stored.Snapshot.Checkpoint)
	}
	for _, body := range stored.Mine {
		keep(ledger.SignedEntry{Body: body})
	}
	for _, e := range stored.Theirs {
		keep(e)
	}
	st, err := friendship.NewestStatement(stored.Opening, heads, func(a ledger.Author, seq uint64) (*ledger.SignedEntry, error) {
		return logs[a][seq], nil
	})
	if err != nil {
		return nil, err
	}
	return st, st.Complete(s.ID, func(h ledger.Hash) ledger.Signature { return ledgertest.Sign(keyOf(s.ID), h) })
}

func exported(t *testing.T, s *ledgertest.Party) (*friendship.Statement, *friendship.VerifiedStatement) {
	t.Helper()
	st, err := export(s)
	ok(t, err)
	v, err := st.Verify()
	ok(t, err)
	return st, v
}

// traded returns two friends of whom the higher owes the lower 300 and has 50
// frozen, everything acknowledged.
func traded(t *testing.T) *ledgertest.Pair {
	t.Helper()
	p := opened(t, 10_000)
	ok(t, p.Append(1, ledgertest.Request(ledgertest.EUR, 300, 1), ledgertest.Request(ledgertest.EUR, 50, 2)))
	ok(t, p.Settle())
	ok(t, p.Append(0, ledgertest.Collect(1, 1)))
	ok(t, p.Advance(10*time.Second))
	return p
}

func TestBothFriendsExportOppositeBalances(t *testing.T) {
	p := traded(t)
	for i, s := range p.Sides {
		_, v := exported(t, s)
		want := []friendship.CurrencyOfStatement{{Currency: ledgertest.EUR, Balance: ledger.NewBalance(300), FrozenHigh: amount(50)}}
		if d := cmp.Diff(want, v.Balances, cmp.Comparer(func(a, b ledger.Amount) bool { return a == b }),
			cmp.Comparer(func(a, b ledger.Balance) bool { return a == b })); d != "" {
			t.Errorf("side %d (-want +got)\n%s", i, d)
		}
		mine, err := v.BalanceOf(s.ID, ledgertest.EUR)
		ok(t, err)
		if mine != s.F.Balance(ledgertest.EUR) {
			t.Errorf("side %d: the statement says %s, its ledger %s", i, mine, s.F.Balance(ledgertest.EUR))
		}
		debtor, creditor, owed := v.Owes(v.Balances[0])
		if debtor != p.Sides[1].ID || creditor != p.Sides[0].ID || owed != amount(300) {
			t.Errorf("side %d: %s owes %s to %s", i, debtor, owed, creditor)
		}
	}
	_, v := exported(t, p.Sides[0])
	stranger, _ := ledgertest.Key(7)
	if _, err := v.BalanceOf(stranger, ledgertest.EUR); err == nil {
		t.Error("a stranger has a balance")
	}
	if b, err := v.BalanceOf(p.Sides[0].ID, ledger.Currency{Name: "XXX"}); err != nil || b.Sign() != 0 {
		t.Errorf("unknown currency: %s, %v", b, err)
	}
}

// What is not acknowledged is not stated; without any acknowledgement there is
// no statement, and the error says what to do.
func TestNewestAcknowledgedPairIsStated(t *testing.T) {
	p := ledgertest.NewPair()
	if _, err := export(p.Sides[0]); !errors.Is(err, friendship.ErrNoStatement) {
		t.Errorf("no epoch: %v", err)
	}
	ok(t, p.Open())
	ok(t, p.Append(0, ledgertest.Credit(ledgertest.EUR, 10_000)))
	if _, err := export(p.Sides[0]); !errors.Is(err, friendship.ErrNoStatement) || !strings.Contains(err.Error(), "try again") {
		t.Errorf("nothing acknowledged: %v", err)
	}

	p = traded(t)
	before, want := exported(t, p.Sides[1])
	ok(t, p.Append(1, ledgertest.Request(ledgertest.EUR, 7, 3))) // in the stream, not delivered
	after, got := exported(t, p.Sides[1])
	if d := cmp.Diff(want.Balances, got.Balances, cmp.Comparer(func(a, b ledger.Amount) bool { return a == b }),
		cmp.Comparer(func(a, b ledger.Balance) bool { return a == b })); d != "" || !bytes.Equal(before.First.Body, after.First.Body) {
		t.Errorf("an entry that the friend has not seen is stated: %s", d)
	}
	ok(t, p.Advance(10*time.Second))
	if _, v := exported(t, p.Sides[1]); v.Balances[0].FrozenHigh != amount(57) {
		t.Errorf("after the acknowledgement %s is frozen, want 57", v.Balances[0].FrozenHigh)
	}
}

// What is forgotten behind a checkpoint is never what a statement is made of:
// after every step there is one, and it says what the ledger says of what is
// acknowledged.
func TestStatementsSurviveCheckpoints(t *testing.T) {
	p := opened(t, 1_000_000)
	for i, s := range p.Sides {
		s.New = friendship.NewPaced(3, 6)
		ok(t, p.Restart(i))
	}
	ok(t, p.Connect())
	ok(t, p.Settle())
	ok(t, p.Advance(10*time.Second))
	pruned := 0
	for n := 1; n <= 60; n++ {
		ok(t, p.Append(n%2, ledgertest.Request(ledgertest.EUR, 10, n)))
		ok(t, p.Settle())
		if n%4 == 0 {
			ok(t, p.Advance(10*time.Second))
		}
		for i, s := range p.Sides {
			if s.Disk.Load().Snapshot != nil {
				pruned++
			}
			if _, v := exported(t, s); len(v.Balances) != 1 {
				t.Fatalf("step %d, side %d: %+v", n, i, v)
			}
		}
	}
	if pruned == 0 {
		t.Error("nothing was forgotten: the test does not test")
	}
}

func TestStatementSourceFails(t *testing.T) {
	p := traded(t)
	trouble := errors.New("disk")
	_, err := friendship.NewestStatement(p.Sides[0].Disk.Load().Opening, [2]uint64{1, 1}, func(ledger.Author, uint64) (*ledger.SignedEntry, error) {
		return nil, trouble
	})
	if !errors.Is(err, trouble) {
		t.Errorf("got %v", err)
	}
	_, err = friendship.NewestStatement(p.Sides[0].Disk.Load().Opening, [2]uint64{1, 1}, func(ledger.Author, uint64) (*ledger.SignedEntry, error) {
		return nil, nil
	})
	if !errors.Is(err, friendship.ErrNoStatement) {
		t.Errorf("nothing kept: %v", err)
	}
}

// Every single changed byte is detected, in the bytes and in the text.
func TestEveryChangedByteIsDetected(t *testing.T) {
	p := traded(t)
	st, _ := exported(t, p.Sides[0])
	good := st.Encode()
	accepted := func(b []byte) bool {
		s, err := friendship.DecodeStatement(b)
		if err != nil {
			return false
		}
		_, err = s.Verify()
		return err == nil
	}
	if !accepted(good) {
		t.Fatal("the unchanged statement is refused")
	}
	for i := range good {
		for _, x := range []byte{1, 0x80, 0xff} {
			b := bytes.Clone(good)
			b[i] ^= x
			if accepted(b) {
				t.Fatalf("byte %d changed by %#x is not noticed", i, x)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		b := bytes.Clone(good)
		switch i := rapid.IntRange(0, len(b)-1).Draw(t, "at"); rapid.IntRange(0, 2).Draw(t, "how") {
		case 0:
			b[i] ^= rapid.ByteRange(1, 255).Draw(t, "by")
		case 1:
			b = b[:i]
		default:
			b = append(b, rapid.SliceOfN(rapid.Byte(), 1, 9).Draw(t, "more")...)
		}
		if accepted(b) {
			t.Fatal("a changed statement is accepted")
		}
	})
	text := st.Text()
	for i := range text {
		for _, c := range []byte{'a', '7'} {
			if text[i] == c {
				continue
			}
			if _, err := friendship.ParseStatement(text[:i] + string(c) + text[i+1:]); err == nil {
				t.Fatalf("character %d of the text changed is not noticed", i)
			}
		}
	}
	if again, err := friendship.ParseStatement(strings.ToUpper(text)); err != nil || !bytes.Equal(again.Encode(), good) {
		t.Errorf("upper case: %v", err)
	}
}

// A liar who holds one key puts its own invented entry beside what the friend
// signed, or an entry that acknowledges something else.
func TestForgedStatements(t *testing.T) {
	p := traded(t)
	st, v := exported(t, p.Sides[0])
	resign := func(st *friendship.Statement, e *ledger.SignedEntry, change func(*ledger.Entry)) {
		n, err := ledger.DecodeEntry(e.Body)
		ok(t, err)
		change(n)
		e.Body = n.Encode()
		e.Signature = ledgertest.Sign(keyOf([]ledger.NodeID{v.Low, v.High}[n.Author]), ledger.EntryHash(e.Body))
	}
	other := ledgertest.NewPair()
	ok(t, other.OpenWith(5))
	ok(t, other.Advance(10*time.Second))
	for name, tc := range map[string]struct {
		forge func(s *friendship.Statement)
		want  string
	}{
		"invented totals": {func(s *friendship.Statement) {
			resign(s, &s.First, func(n *ledger.Entry) { n.Totals[0].Logs[1].Collected = amount(999) })
		}, "does not acknowledge"},
		"acknowledges other":    {func(s *friendship.Statement) { resign(s, &s.Second, func(n *ledger.Entry) { n.Ack.Hash[0] ^= 1 }) }, "does not acknowledge"},
		"acknowledges nothing":  {func(s *friendship.Statement) { resign(s, &s.Second, func(n *ledger.Entry) { n.Ack = ledger.Head{} }) }, "does not acknowledge"},
		"acknowledges earlier":  {func(s *friendship.Statement) { resign(s, &s.Second, func(n *ledger.Entry) { n.Ack.Seq-- }) }, "does not acknowledge"},
		"swapped":               {func(s *friendship.Statement) { s.First, s.Second = s.Second, s.First }, "does not acknowledge"},
		"one side twice":        {func(s *friendship.Statement) { s.Second = s.First }, "of one side"},
		"of another epoch":      {func(s *friendship.Statement) { resign(s, &s.First, func(n *ledger.Entry) { n.Epoch[3] ^= 1 }) }, "another epoch"},
		"signed by the wrong":   {func(s *friendship.Statement) { s.First.Signature = s.Second.Signature }, "signature"},
		"opening not signed":    {func(s *friendship.Statement) { o := *s.Opening; o.High = ledger.Signature{}; s.Opening = &o }, "signature"},
		"opening of other time": {func(s *friendship.Statement) { o := *s.Opening; o.Acceptor[0] ^= 1; s.Opening = &o }, "signature"},
		"no opening":            {func(s *friendship.Statement) { s.Opening = nil }, "no opening"},
		"mutual": {func(s *friendship.Statement) {
			resign(s, &s.First, func(n *ledger.Entry) { n.Ack.Seq = 99 })
			hash := ledger.EntryHash(s.First.Body)
			resign(s, &s.Second, func(n *ledger.Entry) { n.Ack.Hash = hash })
		}, "acknowledges the second, too"},
		"impossible totals": {func(s *friendship.Statement) {
			resign(s, &s.First, func(n *ledger.Entry) { n.Totals[0].Logs[1].Cancelled = amount(9999) })
			hash := ledger.EntryHash(s.First.Body)
			resign(s, &s.Second, func(n *ledger.Entry) { n.Ack.Hash = hash })
		}, "totals of EUR/2"},
	} {
		t.Run(name, func(t *testing.T) {
			forged := *st
			tc.forge(&forged)
			if _, err := forged.Verify(); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
	if err := st.Complete(ledger.NodeID{1}, nil); err == nil {
		t.Error("a stranger completes a statement")
	}
}

// signedOpening makes an opening of both sides.
func signedOpening(p *ledgertest.Pair, terms ledger.Terms) *ledger.Opening {
	terms.Low, terms.High = p.Sides[0].ID, p.Sides[1].ID
	o := &ledger.Opening{Terms: &terms}
	o.Low = ledgertest.Sign(keyOf(terms.Low), o.ID())
	o.High = ledgertest.Sign(keyOf(terms.High), o.ID())
	return o
}

// Opening balances count, and none may be left out.
func TestStatementCountsTheOpening(t *testing.T) {
	p := ledgertest.NewPair()
	hour := ledger.Currency{Name: "HOUR"}
	o := signedOpening(p, ledger.Terms{Number: 1, Balances: []ledger.TermsBalance{
		{Currency: ledgertest.EUR, Balance: ledger.NewBalance(-500)}, {Currency: hour, Balance: ledger.NewBalance(3)},
	}})
	sign := func(n *ledger.Entry, side int) ledger.SignedEntry {
		body := n.Encode()
		return ledger.SignedEntry{Body: body, Signature: ledgertest.Sign(keyOf(p.Sides[side].ID), ledger.EntryHash(body))}
	}
	state := func(totals ...ledger.Totals) (*friendship.VerifiedStatement, error) {
		first := sign(&ledger.Entry{Epoch: o.ID(), Seq: 1, Totals: totals}, 0)
		second := sign(&ledger.Entry{Epoch: o.ID(), Author: 1, Seq: 1, Ack: ledger.Head{Seq: 1, Hash: ledger.EntryHash(first.Body)}}, 1)
		return (&friendship.Statement{Opening: o, First: first, Second: second}).Verify()
	}
	moved := ledger.Counters{Requested: amount(120), Collected: amount(120)}
	v, err := state(ledger.Totals{Currency: ledgertest.EUR, Logs: [2]ledger.Counters{moved, {}}}, ledger.Totals{Currency: hour})
	ok(t, err)
	if v.Balances[0].Balance != ledger.NewBalance(-620) || v.Balances[1].Balance != ledger.NewBalance(3) {
		t.Errorf("balances %+v", v.Balances)
	}
	if b, err := v.BalanceOf(p.Sides[1].ID, ledgertest.EUR); err != nil || b != ledger.NewBalance(620) {
		t.Errorf("the higher side sees %s, %v", b, err)
	}
	if debtor, _, _ := v.Owes(friendship.CurrencyOfStatement{}); !debtor.IsZero() {
		t.Error("somebody owes nothing")
	}
	if _, err := state(ledger.Totals{Currency: ledgertest.EUR}); err == nil || !strings.Contains(err.Error(), "leaves out HOUR/0") {
		t.Errorf("a currency of the opening left out: %v", err)
	}
}

func TestOutdatedStatement(t *testing.T) {
	p := traded(t)
	st, v := exported(t, p.Sides[0])
	against := func(o *ledger.Opening) error { _, err := st.VerifyAgainst(o); return err }
	ok(t, against(st.Opening))
	ok(t, against(signedOpening(p, ledger.Terms{Number: v.Number - 1})))
	if err := against(signedOpening(p, ledger.Terms{Number: v.Number + 1})); !errors.Is(err, friendship.ErrOutdated) {
		t.Errorf("newer epoch: %v", err)
	}
	if err := against(signedOpening(p, ledger.Terms{Number: v.Number})); err == nil || errors.Is(err, friendship.ErrOutdated) {
		t.Errorf("two openings of one number: %v", err)
	}
	forged := signedOpening(p, ledger.Terms{Number: v.Number + 1})
	forged.High[0] ^= 1
	if err := against(forged); err == nil || errors.Is(err, friendship.ErrOutdated) {
		t.Errorf("an opening that one side made up: %v", err)
	}
	foreign := *forged
	foreign.Terms = &ledger.Terms{Low: p.Sides[0].ID, High: ledger.NodeID{0xff}, Number: 9}
	if err := against(&foreign); err == nil {
		t.Error("an opening of others is taken")
	}
	forgedStatement := *st
	forgedStatement.First.Signature[0] ^= 1
	if _, err := forgedStatement.VerifyAgainst(st.Opening); err == nil {
		t.Error("VerifyAgainst does not verify")
	}
}

// statementVector is a statement for implementers in other languages.
type statementVector struct {
	Name     string                        `json:"name"`
	Bytes    string                        `json:"bytes"`
	Text     string                        `json:"text"`
	Verified *friendship.VerifiedStatement `json:"verified"`
}

// The bytes and the text are pinned: a change of them is one of the protocol.
func TestStatementVector(t *testing.T) {
	const file = "testdata/statement.json"
	p := ledgertest.NewPair()
	o := signedOpening(p, ledger.Terms{Number: 3, Base: ledger.Hash{5}, Balances: []ledger.TermsBalance{{Currency: ledgertest.EUR, Balance: ledger.NewBalance(-500)}}})
	st := &friendship.Statement{Opening: o}
	moved := ledger.Counters{Requested: amount(900), Collected: amount(800), Cancelled: amount(30)}
	st.First.Body = (&ledger.Entry{Epoch: o.ID(), Author: 1, Seq: 1, Totals: []ledger.Totals{{Currency: ledgertest.EUR, Logs: [2]ledger.Counters{{}, moved}}}}).Encode()
	st.Second.Body = (&ledger.Entry{Epoch: o.ID(), Author: 0, Seq: 2, Prev: ledger.Hash{6}, Ack: ledger.Head{Seq: 1, Hash: ledger.EntryHash(st.First.Body)}}).Encode()
	for _, s := range p.Sides {
		ok(t, st.Complete(s.ID, func(h ledger.Hash) ledger.Signature { return ledgertest.Sign(keyOf(s.ID), h) }))
	}
	v, err := st.Verify()
	ok(t, err)
	got, err := json.MarshalIndent(statementVector{"the higher node owes 3.00", hex.EncodeToString(st.Encode()), st.Text(), v}, "", "  ")
	ok(t, err)
	got = append(got, '\n')
	if *update {
		ok(t, os.WriteFile(file, got, 0o644))
	}
	want, err := os.ReadFile(file)
	ok(t, err)
	if !bytes.Equal(got, want) {
		t.Fatalf("the bytes changed; if that is meant, the version must change too (go test -update)\n%s", got)
	}
}

func FuzzDecodeStatement(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1, 0, 0, 0, 0})
	if b, err := os.ReadFile("testdata/statement.json"); err == nil {
		var v statementVector
		if json.Unmarshal(b, &v) == nil {
			raw, _ := hex.DecodeString(v.Bytes)
			f.Add(raw)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := friendship.DecodeStatement(b)
		if err != nil {
			return
		}
		if !bytes.Equal(s.Encode(), b) {
			t.Fatal("decode and encode is not the identity")
		}
		_, _ = s.Verify()
	})
}
