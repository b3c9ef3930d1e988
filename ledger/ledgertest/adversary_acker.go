package ledgertest

import (
	"slices"

	"github.com/offset-p2p/offset/ledger"
)

// Acker lies about what it has of the victim's log: in entries, which sign it,
// and in Hellos, which do not.
type Acker struct{ *Rogue }

// Move sends an entry or a Hello with a false head.
func (a *Acker) Move(dice Dice) error {
	if dice(2) == 0 {
		return a.greetFalsely(dice)
	}
	if err := a.talks(); err != nil {
		return err
	}
	if a.Victim().F.Opening() == nil {
		return nil
	}
	mine := a.Victim().F.Status().Mine.Seq
	n, err := a.EntryAt(uint64(dice(int(mine)+1)), Credit(EUR, uint64(dice(100)))) // most of them fall
	if err != nil {
		return err
	}
	switch dice(4) {
	case 0:
		n.Ack.Seq += uint64(1 + dice(100))
	case 1:
		n.Ack.Hash[dice(len(n.Ack.Hash))]++
	case 2:
		n.Ack = ledger.Head{Seq: 1<<64 - 1, Hash: n.Ack.Hash}
	}
	if n.Ack.Seq > 0 && n.Ack.Hash.IsZero() {
		n.Ack.Hash[0] = 1 // else it does not decode
	}
	return a.Send(n)
}

func (a *Acker) greetFalsely(dice Dice) error {
	if err := a.pair.Connect(); err != nil {
		return err
	}
	a.pair.Discard(a.victim)
	h := a.Hello()
	log := a.Victim().Disk.Log(ledger.Author(a.victim))
	head := func() ledger.Head {
		switch k := dice(4); {
		case k == 0:
			return ledger.Head{}
		case k == 1:
			return ledger.Head{Seq: uint64(1 + dice(200)), Hash: ledger.Hash{1}}
		case k == 2 && len(log) > 0:
			n := log[dice(len(log))]
			return ledger.Head{Seq: n.Seq, Hash: ledger.EntryHash(n.Encode())}
		default:
			return ledger.Head{Seq: 1<<64 - 1, Hash: ledger.Hash{1}}
		}
	}
	states := []ledger.HelloState{ledger.Consistent, ledger.Inconsistent, ledger.Recovering, ledger.Consistent}
	h.State = states[dice(len(states))]
	for _, field := range []*ledger.Head{&h.Mine, &h.Yours} {
		if dice(2) == 0 {
			*field = head()
		}
	}
	if h.Number == 0 {
		h.Mine, h.Yours, h.State = ledger.Head{}, ledger.Head{}, ledger.Fresh
	}
	h.Versions = slices.Clone(h.Versions)
	if dice(20) == 0 {
		h.Versions[0]++
	}
	return a.SendFrame(h)
}
