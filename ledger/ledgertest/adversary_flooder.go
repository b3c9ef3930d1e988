package ledgertest

import "github.com/offset-p2p/offset/ledger"

// Flooder sends frames as fast as it can: of every kind, large ones, some damaged.
type Flooder struct{ *Rogue }

// Move sends a burst.
func (f *Flooder) Move(dice Dice) error {
	for range 1 + dice(10) {
		if err := f.talks(); err != nil {
			return err
		}
		frame := f.frame(dice)
		if frame == nil {
			continue
		}
		if err := f.SendFrame(frame); err != nil {
			return err
		}
		f.Heard()
	}
	return nil
}

func (f *Flooder) frame(dice Dice) ledger.Frame {
	t := f.Terms()
	t.Nonce[0] = byte(dice(256))
	switch dice(9) {
	case 0:
		return f.Hello()
	case 1:
		return &ledger.Propose{Terms: t}
	case 2:
		t.Number += 2 * uint64(1+dice(1_000))
		t.Base = ledger.Hash{byte(dice(2))}
		return &ledger.Propose{Terms: t}
	case 3:
		return &ledger.Supply{Requests: []*ledger.Request{f.large(), f.large(), f.large()}}
	case 4:
		return &ledger.Refuse{Terms: t.Hash(), Reason: ledger.RefuseReason(1 + dice(8)), Highest: uint64(dice(1000)), Missing: f.missing(dice)}
	case 5:
		return &ledger.Accept{Terms: t.Hash(), Epoch: ledger.Hash{byte(dice(256)), 1}}
	case 6:
		return &ledger.Confirm{Epoch: ledger.Hash{byte(dice(256)), 1}}
	case 7:
		return &ledger.Ping{Nonce: uint64(dice(9))}
	default: // a body that says nothing, validly signed or not
		body := make([]byte, 1+dice(4000))
		body[0] = byte(dice(3))
		if dice(2) == 0 {
			return &ledger.SignedEntry{Body: body}
		}
		if n, err := f.Entry(Credit(EUR, uint64(dice(100)))); err == nil {
			return &ledger.SignedEntry{Body: n.Encode()}
		}
		return nil
	}
}

func (f *Flooder) large() *ledger.Request {
	q := f.request(1)
	q.Sealed = make([]byte, ledger.SealedBytesMax)
	return q
}

func (f *Flooder) missing(dice Dice) []ledger.Hash {
	var out []ledger.Hash
	for i := range dice(20) {
		out = append(out, ledger.Hash{byte(i), 1})
	}
	return out
}
