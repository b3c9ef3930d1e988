package friendship_test

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
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
	switch kind := rng.IntN(8); {
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
	case kind == 6 && st.Acknowledged > 0: // of a request that it does not claim to have seen
		e.Ack = ledger.Head{Seq: st.Acknowledged, Hash: n.w.bodies[slot{st.Epoch, victim.me(), st.Acknowledged}]}
		e.Ops = []ledger.Op{&ledger.Reserve{Ordinal: victim.there.next[victim.i]}}
		e.Totals = victim.there.totals()
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
// other balances, a request left out, one kept that is over or that nobody made.
// The side's machine knows nothing of them; if they are accepted, the victim
// waits for a confirmation, which may come (see lieAgree). What they would cost
// the victim is weighed when it accepts.
func (n *node) lieInTerms(rng *rand.Rand) error {
	victim := n.w.other(n)
	f := victim.f
	t := &ledger.Terms{Low: n.w.sides[0].id, High: n.w.sides[1].id, Number: max(f.Highest(), n.f.Highest()) + 1}
	if t.Number%2 != uint64(1-n.i) {
		t.Number++
	}
	if f.Opening() != nil && rng.IntN(5) > 0 {
		t.Base = f.Epoch()
	}
	var extra []*ledger.Request
	if rng.IntN(3) > 0 {
		t.Balances = victim.here.terms(max(0, rng.Int64N(5)-2) - max(0, rng.Int64N(5)-3))
		t.Kept, extra = n.keptLies(victim, t, rng)
	}
	n.w.count.terms++
	before := victim.highest
	if len(extra) > 0 {
		if err := victim.hand(&ledger.Supply{Requests: extra}); err != nil {
			return err
		}
	}
	err := victim.hand(&ledger.Propose{Terms: t})
	n.forged = n.forged || victim.highest > before
	return err
}

// keptLies returns most of the requests that are pending at the victim, and
// some that are over or new.
func (n *node) keptLies(victim *node, t *ledger.Terms, rng *rand.Rand) (kept []ledger.Kept, extra []*ledger.Request) {
	for a := range ledger.Author(2) {
		for _, o := range sortedOrdinals(victim.here.held[a]) {
			if rng.IntN(8) > 0 {
				kept = append(kept, ledger.Kept{Author: a, Ordinal: o, Request: victim.here.hash(victim.here.held[a][o].req)})
			}
		}
		for _, r := range victim.over[a] {
			if rng.IntN(2) > 0 {
				continue
			}
			kept = append(kept, ledger.Kept{Author: a, Ordinal: r.ordinal, Request: r.req.Hash()})
			if rng.IntN(2) == 0 { // as if it had never been collected
				t.Balances = moved(t.Balances, r.req, a)
			}
		}
	}
	if c := t.Balances; len(c) > 0 && rng.IntN(3) == 0 {
		d := &deal{keys: len(n.w.deals), currency: c[0].Currency, amount: 1 + rng.Int64N(300)}
		r := ledgertest.Request(d.currency, uint64(d.amount), d.keys)
		n.w.deals[r.PartLock] = d
		extra = append(extra, r)
		kept = append(kept, ledger.Kept{Author: n.me(), Ordinal: 1 << 20, Request: r.Hash()})
	}
	slices.SortFunc(kept, func(x, y ledger.Kept) int {
		return cmp.Or(cmp.Compare(x.Author, y.Author), cmp.Compare(x.Ordinal, y.Ordinal))
	})
	return slices.CompactFunc(kept, func(x, y ledger.Kept) bool { return x.Author == y.Author && x.Ordinal == y.Ordinal }), extra
}

// moved gives back what a collected request of author a moved.
func moved(balances []ledger.TermsBalance, r *ledger.Request, a ledger.Author) []ledger.TermsBalance {
	back := units(r.Amount)
	if a == 1 {
		back = -back
	}
	for i, b := range balances {
		if b.Currency == r.Currency {
			balances[i].Balance = ledger.NewBalance(small(b.Balance) + back)
		}
	}
	return balances
}

// lieAgree confirms, in the name of the side, the terms that the victim has
// accepted, or accepts those that it has proposed. The side's own machine is of
// no use after that: its user removes the friend, and the tombstone covers what
// was signed.
func (n *node) lieAgree(rng *rand.Rand) error {
	victim := n.w.other(n)
	before, number := victim.here, uint64(0)
	switch a := victim.disk.Load().Acceptance; {
	case a != nil:
		number = a.Terms.Number
		err := victim.hand(&ledger.Confirm{Epoch: a.ID(), Signature: ledgertest.Sign(n.key, a.ID())})
		if err != nil {
			return err
		}
	case victim.proposed != nil:
		t := victim.proposed
		number = t.Number
		m := &ledger.Accept{Terms: t.Hash(), Nonce: ledger.Nonce{byte(rng.IntN(256))}, Highest: t.Number - 1}
		m.Epoch = t.EpochID(m.Nonce)
		m.Signature = ledgertest.Sign(n.key, m.Epoch)
		if err := victim.hand(m); err != nil {
			return err
		}
	}
	if victim.here == before || victim.f.Epoch() == n.f.Epoch() {
		return nil
	}
	n.w.count.betrayals++
	if number > n.highest {
		n.disk.Apply(n.me(), []friendship.Write{friendship.PutHighest{Number: number}})
		n.highest, n.signed = number, number
	}
	n.forgetAll()
	return n.restart()
}

// lieInHello says, in the name of the side, something else of its ledger.
func (n *node) lieInHello(rng *rand.Rand) error {
	victim := n.w.other(n)
	st := victim.f.Status()
	h := &ledger.Hello{
		Versions: []uint16{friendship.LinkVersion}, Number: st.Number, Epoch: st.Epoch, State: ledger.Inconsistent,
		Highest: st.Highest, Mine: st.Theirs, Yours: st.Mine,
	}
	switch rng.IntN(4) {
	case 0:
		h.State, h.Yours = ledger.Consistent, ledger.Head{}
	case 1:
		h.State, h.Mine = ledger.Consistent, ledger.Head{}
	case 2:
		h.Highest += rng.Uint64N(5)
	}
	return victim.hand(h)
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
