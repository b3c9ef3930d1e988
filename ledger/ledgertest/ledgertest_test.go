package ledgertest_test

import (
	"strings"
	"testing"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// A harness that cannot fail proves nothing: each of its checks must notice the
// fault that it is for.

func open(t *testing.T) *ledgertest.Pair {
	t.Helper()
	p := ledgertest.NewPair()
	if err := p.OpenWith(100); err != nil {
		t.Fatal(err)
	}
	return p
}

func wants(t *testing.T, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Fatalf("error %v, want %q", err, text)
	}
}

func TestModelNoticesAnotherLog(t *testing.T) {
	p := open(t)
	for _, op := range []ledger.Op{ledgertest.Request(ledgertest.EUR, 30, 1), ledgertest.Request(ledgertest.EUR, 4, 2)} {
		if err := p.Append(0, op); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Settle(); err != nil {
		t.Fatal(err)
	}
	if err := p.Append(1, ledgertest.Collect(1, 1)); err != nil {
		t.Fatal(err)
	}
	if err := p.Settle(); err != nil {
		t.Fatal(err)
	}
	s := p.Sides[0]
	for name, edit := range map[string]func(*[2][]*ledger.Entry){
		"nothing collected": func(l *[2][]*ledger.Entry) { l[1] = l[1][:len(l[1])-1] },
		"cancelled instead": func(l *[2][]*ledger.Entry) { l[1][len(l[1])-1].Ops = []ledger.Op{ledgertest.Cancel(1)} },
		"other amount":      func(l *[2][]*ledger.Entry) { l[0][2].Ops[0].(*ledger.Request).Amount = ledger.NewAmount(5) },
		"other request":     func(l *[2][]*ledger.Entry) { l[0][2].Ops[0].(*ledger.Request).Hold++ },
		"other limit":       func(l *[2][]*ledger.Entry) { l[0][0].Ops[0].(*ledger.Credit).Limit = ledger.NewAmount(7) },
		"collected twice":   func(l *[2][]*ledger.Entry) { l[1] = append(l[1], l[1][len(l[1])-1]) },
	} {
		logs := [2][]*ledger.Entry{s.Disk.Log(0), s.Disk.Log(1)}
		m, err := ledgertest.NewModel(s.F.Opening(), logs)
		if err != nil || m.Check(s.F) != nil {
			t.Fatalf("the logs as they are: %v, %v", err, m.Check(s.F))
		}
		edit(&logs)
		if m, err = ledgertest.NewModel(s.F.Opening(), logs); err == nil {
			err = m.Check(s.F)
		}
		if err == nil {
			t.Errorf("%s: not noticed", name)
		}
	}
}

func TestPairNoticesTwoBodies(t *testing.T) {
	p := open(t)
	s := p.Sides[0]
	before := s.Disk.Clone()
	if err := p.Append(0, ledgertest.Request(ledgertest.EUR, 1, 1)); err != nil {
		t.Fatal(err)
	}
	s.Disk = *before // a disk that forgets what it acknowledged
	if err := p.Restart(0); err != nil {
		t.Fatal(err)
	}
	// The next entry it signs, an acknowledgement, has a number that was used.
	wants(t, p.Open(), "signed entry 2 twice")
}

func TestPairNoticesANumberSignedAgain(t *testing.T) {
	p := open(t)
	for _, s := range p.Sides {
		s.Disk.Wipe(false) // both forget, so neither can tell the other
	}
	for i := range p.Sides {
		if err := p.Restart(i); err != nil {
			t.Fatal(err)
		}
	}
	wants(t, p.Open(), "signed number")
}

func TestPairNoticesSidesThatDiffer(t *testing.T) {
	p := open(t)
	if err := p.Append(0, ledgertest.Request(ledgertest.EUR, 1, 1)); err != nil {
		t.Fatal(err)
	}
	wants(t, p.CheckAgreed(), "different logs")
	wants(t, ledgertest.NewPair().CheckReady(), "not ready")
}

func TestDiskNoticesAFallingNumber(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Fatal("not noticed")
		}
	}()
	var d ledgertest.Disk
	d.Apply(0, []friendship.Write{friendship.PutHighest{Number: 4}, friendship.PutHighest{Number: 3}})
}

func TestWipeKeepsTheTombstone(t *testing.T) {
	p := open(t)
	d := p.Sides[0].Disk.Clone()
	d.Wipe(true)
	if s := d.Load(); s.Highest != 2 || s.Opening != nil || len(s.Mine)+len(s.Theirs) != 0 {
		t.Fatalf("%+v", s)
	}
	d.Wipe(false)
	if s := d.Load(); s.Highest != 0 {
		t.Fatalf("%+v", s)
	}
}

func TestKeysAreStable(t *testing.T) {
	a, _ := ledgertest.Key(1)
	b, _ := ledgertest.Key(1)
	if c, _ := ledgertest.Key(2); a != b || a == c {
		t.Fatal("keys change, or are shared")
	}
	key, part := ledgertest.Keys(3)
	if r := ledgertest.Request(ledgertest.EUR, 1, 3); r.Lock != key.Lock() || r.PartLock != part.Lock() || key == part {
		t.Fatal("a request has other locks than its keys")
	}
}
