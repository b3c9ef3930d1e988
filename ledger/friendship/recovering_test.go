package friendship_test

import (
	"testing"
	"time"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// TestStopSigning: nothing is signed any more, neither entries nor openings, and
// the friend hears why on the next stream.
func TestStopSigning(t *testing.T) {
	p := opened(t, 100)
	stopped, friend := p.Sides[1], p.Sides[0]
	if !stopped.F.Ready() {
		t.Fatal("not ready before")
	}
	fx := stopped.F.StopSigning(friendship.Env{})
	if fx.Drop == "" || len(fx.Writes)+len(fx.Frames)+len(fx.Changes) != 0 {
		t.Errorf("effects: %+v", fx)
	}
	if again := stopped.F.StopSigning(friendship.Env{}); again.Drop != "" {
		t.Errorf("the second time: %+v", again)
	}
	if _, err := stopped.F.Append(friendship.Env{}, []ledger.Op{&ledger.Credit{Currency: ledgertest.EUR}}); err == nil {
		t.Error("it signs an entry")
	}
	before, highest := stopped.F.Status(), stopped.F.Highest()
	ok(t, p.Connect())
	ok(t, p.Advance(5*time.Minute))
	ok(t, p.Settle())
	after := stopped.F.Status()
	if after.State != ledger.Recovering || after.Ready || after.Mine != before.Mine || stopped.F.Highest() != highest {
		t.Errorf("it is %+v, was %+v", after, before)
	}
	if st := friend.F.Status(); st.Ready || st.Blocked != "the friend's node is recovering lost data" {
		t.Errorf("the friend is ready=%v, %q", st.Ready, st.Blocked)
	}
}

// TestStopSigningBeforeTheOpening: a new friendship of such a node opens nothing.
func TestStopSigningBeforeTheOpening(t *testing.T) {
	p := ledgertest.NewPair()
	for _, s := range p.Sides {
		if fx := s.F.StopSigning(friendship.Env{}); fx.Drop != "" {
			t.Errorf("no stream is up, yet it drops one: %q", fx.Drop)
		}
	}
	ok(t, p.Connect())
	ok(t, p.Advance(5*time.Minute))
	for _, s := range p.Sides {
		if st := s.F.Status(); st.Highest != 0 || st.Number != 0 {
			t.Errorf("signed an opening: %+v", st)
		}
	}
}
