package friendship_test

import (
	"math/rand/v2"
	"slices"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/ledgertest"
)

// lie signs, in the name of the side, an entry that breaks a rule, and hands it
// to the friend. The side's own machine knows nothing of it. (Somebody else has
// its key, or its program is changed.)
func (n *node) lie(rng *rand.Rand) error {
	victim := n.w.other(n)
	f := victim.f
	if f.Opening() == nil || f.Evidence() != nil {
		return nil
	}
	st := f.Status()
	e := &ledger.Entry{
		Epoch: st.Epoch, Author: n.me(), Seq: st.Theirs.Seq + 1, Prev: st.Theirs.Hash, Ack: st.Mine, Totals: victim.here.totals(),
	}
	switch kind := rng.IntN(7); {
	case kind == 0 && st.Theirs.Seq > 0: // two bodies for one number
		e.Seq, e.Prev = st.Theirs.Seq, ledger.Hash{1}
		e.Ops = []ledger.Op{ledgertest.Credit(ledgertest.EUR, rng.Uint64N(1<<40))}
	case kind == 1:
		e.Prev = ledger.Hash{7}
	case kind == 2:
		e.Author = victim.me()
	case kind == 3:
		e.Ops = []ledger.Op{ledgertest.Credit(ledgertest.EUR, 1_000_000), &ledger.Withdraw{Ordinal: 1 << 40}}
	case kind == 4:
		for _, o := range sortedOrdinals(victim.here.held[victim.i]) {
			wrong := ledgertest.Collect(o, -1)
			e.Ops = append(e.Ops, wrong)
		}
		e.Ops = append(e.Ops, ledgertest.Cancel(1<<41))
	case kind == 5:
		e.Ops = []ledger.Op{&ledger.Checkpoint{Digest: ledger.Hash{9}}}
	default:
		e.Ops = []ledger.Op{ledgertest.Request(ledger.Currency{Name: "GOLD"}, 5, 0)}
	}
	body := e.Encode()
	n.w.lies[ledger.EntryHash(body)] = true
	n.w.count.lies++
	if victim.stream == 0 {
		return nil
	}
	return victim.hand(&ledger.SignedEntry{Body: body, Signature: ledgertest.Sign(n.key, ledger.EntryHash(body))})
}

func sortedOrdinals(held map[uint64]*held) []uint64 {
	var out []uint64
	for o := range held {
		out = append(out, o)
	}
	slices.Sort(out)
	return out
}

// lieInTerms proposes, in the name of the side, terms that its machine would not:
// other balances, a request left out, one kept that is over. Nothing confirms
// them. If they are accepted, the victim waits for a confirmation of which the
// side's machine knows nothing; that may end in a state that only the side's user
// can end (see heal), who is the one to blame.
func (n *node) lieInTerms(rng *rand.Rand) error {
	victim := n.w.other(n)
	f := victim.f
	low, high := n.w.sides[0].id, n.w.sides[1].id
	t := &ledger.Terms{Low: low, High: high, Number: max(f.Highest(), n.f.Highest()) + 1}
	if t.Number%2 != uint64(1-n.i) {
		t.Number++
	}
	if f.Opening() != nil && rng.IntN(5) > 0 {
		t.Base = f.Epoch()
	}
	if rng.IntN(3) > 0 {
		t.Balances = victim.here.terms(rng.Int64N(3) - 1)
		for a := range ledger.Author(2) {
			for _, o := range sortedOrdinals(victim.here.held[a]) {
				if rng.IntN(6) > 0 {
					t.Kept = append(t.Kept, ledger.Kept{Author: a, Ordinal: o, Request: victim.here.hash(victim.here.held[a][o].req)})
				}
			}
		}
		if rng.IntN(4) == 0 && len(t.Kept) > 0 {
			t.Kept[len(t.Kept)-1].Ordinal++ // no such request
		}
	}
	n.w.count.terms++
	before := victim.highest
	err := victim.hand(&ledger.Propose{Terms: t})
	n.forged = n.forged || victim.highest > before
	return err
}

// terms returns the balances, and those that matter moved by so much.
func (r *replica) terms(by int64) []ledger.TermsBalance {
	var out []ledger.TermsBalance
	for _, name := range r.names() {
		b, kept := r.balance(0, name), r.frozen(0, name)+r.frozen(1, name) > 0
		if b == 0 && !kept {
			continue
		}
		out = append(out, ledger.TermsBalance{Currency: r.currency(name), Balance: ledger.NewBalance(b + by)})
	}
	return out
}
