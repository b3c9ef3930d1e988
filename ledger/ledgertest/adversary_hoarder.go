package ledgertest

import "github.com/offset-p2p/offset/ledger"

// Hoarder makes the victim keep things: it never acknowledges more than it must,
// asks for requests that it never ends, and offers currencies that nobody wants.
type Hoarder struct{ *Rogue }

// Move asks for more, as far as the rules allow it or beyond.
func (h *Hoarder) Move(dice Dice) error {
	if err := h.talks(); err != nil {
		return err
	}
	f := h.Victim().F
	if f.Opening() == nil {
		return nil
	}
	var ops []ledger.Op
	for range 1 + dice(4) {
		if len(f.Currencies()) > 0 && dice(4) > 0 {
			q := h.request(1 + dice(5))
			q.Sealed = make([]byte, 1+dice(ledger.SealedBytesMax))
			ops = append(ops, q)
		} else {
			ops = append(ops, Credit(ledger.Currency{Name: string(rune('A' + dice(26)))}, 1))
		}
	}
	n, err := h.EntryAt(f.Status().Acknowledged, ops...)
	if err != nil {
		return err
	}
	return h.Send(n)
}
