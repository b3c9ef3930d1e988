package ledgertest

import (
	"slices"

	"github.com/offset-p2p/offset/ledger"
)

// Proposer writes terms in its own favour: balances, bases, numbers, requests
// that are left out, kept twice, altered, invented or ended. What the victim
// accepts it confirms, at once, much later, or never.
type Proposer struct {
	*Rogue
	accepted []*ledger.Accept // not confirmed yet
}

// Move proposes, confirms, or accepts what the victim proposes.
func (m *Proposer) Move(dice Dice) error {
	if err := m.talks(); err != nil {
		return err
	}
	switch k := dice(8); {
	case k == 0 && len(m.accepted) > 0:
		i := dice(len(m.accepted))
		a := m.accepted[i]
		m.accepted = slices.Delete(m.accepted, i, i+1)
		return m.Confirm(a)
	case k == 1:
		return m.accept(dice)
	case k == 2:
		return m.legal(dice)
	}
	t := m.Terms()
	t.Nonce[dice(len(t.Nonce))]++
	supplied := m.twist(t, dice)
	answer, err := m.Propose(t, supplied...)
	if err != nil {
		return err
	}
	if a, ok := answer.(*ledger.Accept); ok {
		if dice(3) > 0 {
			return m.Confirm(a)
		}
		m.accepted = append(m.accepted, a)
	}
	return nil
}

// accept answers what the victim proposes.
func (m *Proposer) accept(dice Dice) error {
	for _, f := range m.Heard() {
		if p, is := f.(*ledger.Propose); is {
			nonce := ledger.Nonce{byte(dice(3))}
			return m.SendFrame(&ledger.Accept{Terms: p.Terms.Hash(), Nonce: nonce, Epoch: p.Terms.EpochID(nonce), Highest: uint64(dice(9))})
		}
	}
	return nil
}

// twist changes honest terms in none to three ways, and returns the requests
// that they need.
func (m *Proposer) twist(t *ledger.Terms, dice Dice) []*ledger.Request {
	var supplied []*ledger.Request
	for range dice(4) {
		switch dice(8) {
		case 0: // a balance that is not so
			if len(t.Balances) > 0 {
				b := &t.Balances[dice(len(t.Balances))]
				b.Balance = must(b.Balance.Add(ledger.NewBalance(int64(dice(400) - 200))))
			}
		case 1: // a currency of its own
			if dice(2) == 0 {
				t.Balances = []ledger.TermsBalance{{Currency: EUR, Balance: ledger.NewBalance(int64(dice(2000) - 1000))}}
			} else {
				t.Balances = nil
			}
		case 2: // a request left out
			if len(t.Kept) > 0 {
				i := dice(len(t.Kept))
				t.Kept = slices.Delete(t.Kept, i, i+1)
			}
		case 3: // one kept twice, under another number
			if len(t.Kept) > 0 {
				k := t.Kept[dice(len(t.Kept))]
				k.Ordinal += madeUpOrdinal
				t.Kept = append(t.Kept, k)
			}
		case 4, 5: // one invented, of either side
			supplied = append(supplied, m.invent(t, dice))
		case 6:
			t.Base = []ledger.Hash{{}, {1}}[dice(2)]
		case 7:
			t.Number += 2 * uint64(dice(3))
		}
	}
	return supplied
}

// invent keeps a request that nobody made, or in place of one that was.
func (m *Proposer) invent(t *ledger.Terms, dice Dice) *ledger.Request {
	q := m.request(1 + dice(300))
	k := ledger.Kept{Author: ledger.Author(dice(2)), Ordinal: 2*madeUpOrdinal + uint64(dice(1_000_000)), Request: q.Hash()}
	if len(t.Kept) > 0 && dice(2) == 0 {
		t.Kept[dice(len(t.Kept))].Request = q.Hash()
	} else {
		t.Kept = append(t.Kept, k)
	}
	return q
}
