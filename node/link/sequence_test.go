package link

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/wire"
	"github.com/offset-p2p/offset/node/seal"
	"github.com/offset-p2p/offset/p2p/p2ptest"
)

func TestSequence(t *testing.T) {
	a, b := ledger.Hash{1}, ledger.Hash{2}
	type step struct {
		say   ledger.Hash // when it is not zero, else:
		epoch ledger.Hash
		seq   uint64
		due   bool
		fault bool
	}
	for name, steps := range map[string][]step{
		"no epoch yet":             {{epoch: a, seq: 1}},
		"from the beginning":       {{say: a}, {epoch: a, seq: 1, due: true}, {epoch: a, seq: 2, due: true}},
		"from what is missing":     {{say: a}, {epoch: a, seq: 70, due: true}, {epoch: a, seq: 71, due: true}},
		"again":                    {{say: a}, {epoch: a, seq: 7, due: true}, {epoch: a, seq: 7, fault: true}},
		"back":                     {{say: a}, {epoch: a, seq: 7, due: true}, {epoch: a, seq: 6, fault: true}},
		"gap":                      {{say: a}, {epoch: a, seq: 7, due: true}, {epoch: a, seq: 9, fault: true}},
		"hello says the same":      {{say: a}, {epoch: a, seq: 7, due: true}, {say: a}, {epoch: a, seq: 7, fault: true}},
		"a new epoch begins anew":  {{say: a}, {epoch: a, seq: 7, due: true}, {say: b}, {epoch: b, seq: 1, due: true}},
		"on its way from the old":  {{say: a}, {epoch: a, seq: 7, due: true}, {say: b}, {epoch: a, seq: 8}, {epoch: b, seq: 1, due: true}},
		"an epoch that is not yet": {{say: a}, {epoch: b, seq: 1}, {epoch: a, seq: 7, due: true}, {epoch: b, seq: 2}, {epoch: a, seq: 8, due: true}},
	} {
		var s sequence
		for i, st := range steps {
			if st.say != (ledger.Hash{}) {
				s.say(st.say)
				continue
			}
			due, err := s.next(ledger.EntryNumber{Epoch: st.epoch, Seq: st.seq})
			if due != st.due || (err != nil) != st.fault {
				t.Errorf("%s, step %d: due %v, %v", name, i, due, err)
			}
		}
	}
}

// Whatever a friend sends, no number is looked at twice while this node stays
// in one epoch.
func TestNoNumberIsDueTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s sequence
		s.say(ledger.Hash{1})
		seen := map[uint64]bool{}
		for range rapid.IntRange(0, 50).Draw(t, "entries") {
			n := ledger.EntryNumber{
				Epoch: ledger.Hash{rapid.ByteRange(1, 2).Draw(t, "epoch")}, Seq: rapid.Uint64Range(1, 6).Draw(t, "seq"),
			}
			due, err := s.next(n)
			switch {
			case err != nil:
				return // the link has ended
			case due && (seen[n.Seq] || n.Epoch != ledger.Hash{1}):
				t.Fatalf("%+v is due", n)
			case due:
				seen[n.Seq] = true
			}
		}
	})
}

// An entry that comes again, or belongs to no epoch of ours, costs neither the
// check of a signature nor the opening of its parts.
func TestRepeatedEntriesAreNotOpenedAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		epoch  ledger.Hash
		opened int64
		faults uint64
	}{
		"repeated":      {ourEpoch, 1, 1},
		"another epoch": {ledger.Hash{99}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p2ptest.Run(t, func(t *testing.T, n *p2ptest.Net) {
				us, peer := pair(t, n)
				defer us.stop()
				peer.stop()
				us.befriend(peer)
				lock, salt := ledger.Lock{1}, ledger.PartSalt{2}
				key := us.keys.PartKey(lock, salt)
				eur := ledger.Currency{Name: "EUR", Decimals: 2}
				sealed, err := seal.Part(us.keys.SealKey(), lock, key.Lock(), salt, &ledger.Part{Currency: eur, PartKey: &key})
				if err != nil {
					t.Fatal(err)
				}
				body := (&ledger.Entry{Epoch: tc.epoch, Seq: 5, Ops: []ledger.Op{&ledger.Request{
					Currency: eur, Amount: ledger.NewAmount(1), Lock: lock, PartLock: key.Lock(), Path: ledger.NewPath(), Sealed: sealed,
				}}}).Encode()
				entry := wire.Encode(Sign(peer.id, &ledger.SignedEntry{Body: body}))
				s := dialAs(t, peer, us)
				write(t, s, hello, entry, entry, entry)
				time.Sleep(time.Second)
				if got := us.opens.Load(); got != tc.opened || us.count("entry") != int(tc.opened) {
					t.Errorf("%d parts opened of %d entries, want %d", got, us.count("entry"), tc.opened)
				}
				if got := us.m.Stats().Faults; got != tc.faults || us.m.Status(peer.node()).Connected != (tc.faults == 0) {
					t.Errorf("%d faults, want %d", got, tc.faults)
				}
				s.Reset()
			})
		})
	}
}
