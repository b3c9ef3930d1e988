package ledgertest

import (
	"errors"

	"github.com/offset-p2p/offset/ledger"
)

// Liar signs entries in the name of one side, whatever they say: a friend that
// knows its own key and obeys no rule. Its honest machine stays where it is.
type Liar struct {
	pair *Pair
	side int
}

// Liar returns the adversary on side i.
func (p *Pair) Liar(i int) *Liar { return &Liar{pair: p, side: i} }

// Next returns the entry that an honest side would sign next, without
// operations: for a test to change.
func (l *Liar) Next() (*ledger.Entry, error) {
	s := l.pair.Sides[l.side]
	if s.F.Opening() == nil {
		return nil, errors.New("no epoch is open")
	}
	m, err := NewModel(s.F.Opening(), [2][]*ledger.Entry{s.Disk.Log(0), s.Disk.Log(1)}, s.Disk.Kept()...)
	if err != nil {
		return nil, err
	}
	st := s.F.Status()
	return &ledger.Entry{
		Epoch: st.Epoch, Author: ledger.Author(l.side), Seq: st.Mine.Seq + 1, Prev: st.Mine.Hash, Ack: st.Theirs,
		Totals: m.Totals(),
	}, nil
}

// Send signs n and hands it to the victim, in place of the honest machine.
func (l *Liar) Send(n *ledger.Entry) error {
	return l.SendBody(n.Encode())
}

// SendBody signs a body and hands it to the victim.
func (l *Liar) SendBody(body []byte) error {
	sig := Sign(l.pair.Sides[l.side].key, ledger.EntryHash(body))
	return l.pair.Hand(1-l.side, &ledger.SignedEntry{Body: body, Signature: sig})
}

// SendFrame hands the victim a frame signed by the liar, as it stands.
func (l *Liar) SendFrame(f ledger.Frame) error {
	return l.pair.Hand(1-l.side, l.pair.Sides[l.side].signed(f))
}
