package friendship_test

import (
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// fork returns what side 1 signed as entry back before its newest, changed, in
// its own hand.
func fork(t *testing.T, p *ledgertest.Pair, back int) []byte {
	t.Helper()
	log := p.Sides[1].Disk.Log(1)
	n := log[len(log)-1-back]
	n.Ops = []ledger.Op{ledgertest.Credit(ledgertest.EUR, 1)}
	return n.Encode()
}

// talk lets side 1 append so many entries, all of which arrive.
func talk(t *testing.T, p *ledgertest.Pair, entries int) {
	t.Helper()
	for n := range entries {
		ok(t, p.Append(1, ledgertest.Credit(ledgertest.EUR, uint64(1000+n))))
	}
	ok(t, p.Settle())
}

// A friendship at rest remembers fewer of the friend's entries than a busy one: a
// contradiction of one of those is evidence, older ones are ignored as they are
// beyond the window, and neither changes anything here.
func TestForkAtRest(t *testing.T) {
	for name, tt := range map[string]struct {
		entries, back int
		rest, found   bool
	}{
		"busy, newest":       {entries: 30, back: 0, found: true},
		"busy, a window ago": {entries: 30, back: 25, found: true},
		"at rest, newest":    {entries: 30, back: 0, rest: true, found: true},
		"at rest, recent":    {entries: 30, back: 15, rest: true, found: true},
		"at rest, old":       {entries: 30, back: 20, rest: true},
	} {
		t.Run(name, func(t *testing.T) {
			p := opened(t, 1000)
			ok(t, p.Advance(10*time.Second))
			talk(t, p, tt.entries)
			if tt.rest {
				ok(t, p.Advance(10*time.Second))
			}
			before := p.Sides[0].F.Status()
			ok(t, p.Liar(1).SendBody(fork(t, p, tt.back)))
			if found := p.Sides[0].F.Evidence() != nil; found != tt.found {
				t.Fatalf("evidence %v", found)
			}
			if now := p.Sides[0].F.Status(); now.Theirs != before.Theirs || now.Mine != before.Mine {
				t.Error("the contradiction changed the state")
			}
			if !tt.found {
				ok(t, p.CheckReady())
				return
			}
			if _, err := proofOf(p, 0).Check(); err != nil {
				t.Errorf("the evidence convinces nobody: %v", err)
			}
		})
	}
}

// What rest gives back is not missed: pending requests, their locks and entries
// that wait for an acknowledgement are as they were.
func TestWorkAfterRest(t *testing.T) {
	p := opened(t, 1_000_000)
	for round := range 3 {
		base := 300 * round
		for i := range p.Sides {
			var ops []ledger.Op
			for n := range 100 {
				ops = append(ops, ledgertest.Request(ledgertest.EUR, 1, base+100*i+n))
			}
			ok(t, p.Append(i, ops...))
		}
		ok(t, p.Advance(10*time.Second))
		for i := range p.Sides {
			author := ledger.Author(1 - i)
			left := 30
			if round == 2 {
				left = 0
			}
			var ops []ledger.Op
			count, _ := p.Sides[i].F.PendingCount(author)
			for r := range p.Sides[i].F.AllPending(author) {
				if p.Sides[i].F.PendingByPartLock(author, r.Request.PartLock) != r || p.Sides[i].F.Pending(author, r.Ordinal) != r {
					t.Fatalf("request %d cannot be found", r.Ordinal)
				}
				if len(ops) < count-left {
					ops = append(ops, ledgertest.Cancel(r.Ordinal))
				}
			}
			ok(t, p.Append(i, ops...))
		}
		ok(t, p.Advance(10*time.Second))
		ok(t, p.CheckAgreed())
		ok(t, p.Restart(round%2))
		ok(t, p.Connect())
		ok(t, p.Advance(10*time.Second))
		ok(t, p.CheckAgreed())
	}
	for i, s := range p.Sides {
		if count, bytes := s.F.PendingCount(ledger.Author(1 - i)); count != 0 || bytes != 0 {
			t.Errorf("side %d: %d requests, %d bytes are left", i, count, bytes)
		}
	}
}
