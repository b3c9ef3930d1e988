package ledgertest

import "github.com/offset-p2p/offset/ledger"

// Replayer says again what was ever said: its own frames of all epochs and
// streams, and the victim's back to it. In between it keeps the ledger going, so
// that there is something to repeat.
type Replayer struct {
	*Rogue
	old []ledger.Frame
}

// replayMax bounds how much a Replayer remembers.
const replayMax = 500

func (r *Replayer) remember(frames ...ledger.Frame) {
	if len(r.old) < replayMax {
		r.old = append(r.old, frames...)
	}
}

// Move repeats a frame, or says something new.
func (r *Replayer) Move(dice Dice) error {
	r.remember(r.Heard()...)
	if len(r.old) > 0 && dice(3) > 0 {
		return r.pair.Hand(r.victim, r.old[dice(len(r.old))])
	}
	if err := r.talks(); err != nil {
		return err
	}
	r.remember(r.Hello())
	if dice(5) == 0 {
		return r.reopen()
	}
	op := r.op(dice)
	if op == nil || r.Victim().F.Opening() == nil {
		return nil
	}
	n, err := r.Entry(op)
	if err != nil {
		return err
	}
	body := n.Encode()
	r.remember(&ledger.SignedEntry{Body: body, Signature: Sign(r.pair.Sides[r.side].key, ledger.EntryHash(body))})
	return r.SendBody(body)
}

// reopen agrees on a new epoch, so that there are openings to repeat.
func (r *Replayer) reopen() error {
	t := r.Terms()
	r.remember(&ledger.Propose{Terms: t})
	answer, err := r.Propose(t)
	if err != nil {
		return err
	}
	a, accepted := answer.(*ledger.Accept)
	if !accepted {
		return nil
	}
	r.remember(a, r.pair.Sides[r.side].signed(&ledger.Confirm{Epoch: a.Epoch}))
	return r.Confirm(a)
}
