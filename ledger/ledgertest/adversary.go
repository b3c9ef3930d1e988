package ledgertest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
)

// Dice returns a number from 0 to n−1: what makes a run random, or repeats one.
type Dice func(n int) int

// Adversary is a friend that obeys no rule but follows a plan. Move makes one
// move; an error means that the harness or an invariant is broken, not that the
// move was refused.
type Adversary interface{ Move(dice Dice) error }

// Adversaries returns one of each kind in the name of side, by name.
func (p *Pair) Adversaries(side int) map[string]Adversary {
	r := p.Rogue(side)
	return map[string]Adversary{
		"forger": &Forger{r}, "forker": &Forker{r}, "acker": &Acker{r}, "replayer": &Replayer{Rogue: r},
		"hoarder": &Hoarder{r}, "proposer": &Proposer{Rogue: r}, "flooder": &Flooder{r}, "clock": &ClockLiar{r},
	}
}

// Rogue is what adversaries are made of: one side's key, and a view of all that
// the victim holds. The machine of its own side is not used any more.
type Rogue struct {
	*Liar
	victim int
	keys   int // that its requests have used
}

// rogueKeys is where the numbers of a Rogue's keys begin.
const rogueKeys = 100_000

// request returns a new request in EUR, whose keys nobody else has.
func (r *Rogue) request(amount int) *ledger.Request {
	r.keys++
	return Request(EUR, uint64(amount), rogueKeys+r.keys)
}

// Rogue takes over side.
func (p *Pair) Rogue(side int) *Rogue { return &Rogue{Liar: p.Liar(side), victim: 1 - side} }

// Victim returns the honest side.
func (r *Rogue) Victim() *Party { return r.pair.Sides[r.victim] }

// Heard returns what the victim has said since the last call.
func (r *Rogue) Heard() []ledger.Frame {
	frames := slices.Clone(r.pair.Waiting(r.side))
	r.pair.Discard(r.side)
	return frames
}

// Greet opens a new stream and says a Hello that fits what the victim holds.
func (r *Rogue) Greet() error {
	if err := r.pair.Connect(); err != nil {
		return err
	}
	r.pair.Discard(r.victim)
	return r.SendFrame(r.Hello())
}

// Hello returns one that agrees with the victim's state.
func (r *Rogue) Hello() *ledger.Hello {
	st := r.Victim().F.Status()
	h := &ledger.Hello{
		Versions: []uint16{friendship.LinkVersion}, Number: st.Number, Epoch: st.Epoch, State: ledger.Consistent,
		Highest: st.Highest, Mine: st.Theirs, Yours: st.Mine,
	}
	if st.Number == 0 {
		h.State = ledger.Fresh
	}
	return h
}

// talks makes sure that the victim listens, on a new stream if it has dropped
// the last.
func (r *Rogue) talks() error {
	if r.Victim().F.Status().LinkUp {
		return nil
	}
	return r.Greet()
}

// Entry returns a legal next entry in the view of everything that the victim has
// signed.
func (r *Rogue) Entry(ops ...ledger.Op) (*ledger.Entry, error) {
	return r.EntryAt(r.Victim().F.Status().Mine.Seq, ops...)
}

// EntryAt returns a next entry that acknowledges the victim's log up to ack: a
// legal one if the operations are legal in that view.
func (r *Rogue) EntryAt(ack uint64, ops ...ledger.Op) (*ledger.Entry, error) {
	s := r.Victim()
	if s.F.Opening() == nil {
		return nil, errors.New("no epoch is open")
	}
	var logs [2][]*ledger.Entry
	logs[r.side] = s.Disk.Log(ledger.Author(r.side))
	logs[r.victim] = s.Disk.Log(ledger.Author(r.victim))[:ack]
	st := s.F.Status()
	n := &ledger.Entry{
		Epoch: st.Epoch, Author: ledger.Author(r.side), Seq: st.Theirs.Seq + 1, Prev: st.Theirs.Hash, Ops: ops,
	}
	if ack > 0 {
		n.Ack = ledger.Head{Seq: ack, Hash: ledger.EntryHash(logs[r.victim][ack-1].Encode())}
	}
	logs[r.side] = append(slices.Clip(logs[r.side]), n)
	m, err := NewModel(s.F.Opening(), logs, s.Disk.Kept()...)
	if err != nil { // its own log has seen more than ack: a lie, with any totals
		logs[r.victim] = s.Disk.Log(ledger.Author(r.victim))
		if m, err = NewModel(s.F.Opening(), logs, s.Disk.Kept()...); err != nil {
			return nil, fmt.Errorf("view of the next entry: %w", err)
		}
	}
	n.Totals = m.Totals()
	return n, nil
}

// Terms returns what an honest friend with the victim's view would propose: its
// balances and everything pending.
func (r *Rogue) Terms() *ledger.Terms {
	f := r.Victim().F
	t := &ledger.Terms{Low: r.pair.Sides[0].ID, High: r.pair.Sides[1].ID, Base: f.Epoch()}
	if t.Number = f.Highest() + 1; t.Number%2 != uint64(1-r.side) {
		t.Number++
	}
	kept := map[string]bool{}
	for a := range ledger.Author(2) {
		for p := range f.AllPending(a) {
			kept[p.Request.Currency.Name] = true
			t.Kept = append(t.Kept, ledger.Kept{Author: a, Ordinal: p.Ordinal, Request: p.Request.Hash()})
		}
	}
	for _, v := range f.Currencies() {
		if v.Balance.Sign() != 0 || kept[v.Currency.Name] {
			t.Balances = append(t.Balances, ledger.TermsBalance{Currency: v.Currency, Balance: asLow(v.Balance, f.Me())})
		}
	}
	return t
}

// asLow turns a balance seen by author into one seen by the lower side.
func asLow(b ledger.Balance, author ledger.Author) ledger.Balance {
	if author == 0 {
		return b
	}
	return must(b.Neg())
}

// Propose sends terms, with whole requests before them, and returns the victim's
// answer: *ledger.Accept, *ledger.Refuse, or nil.
func (r *Rogue) Propose(t *ledger.Terms, supplied ...*ledger.Request) (ledger.Frame, error) {
	slices.SortFunc(t.Kept, func(x, y ledger.Kept) int {
		return cmp.Or(cmp.Compare(x.Author, y.Author), cmp.Compare(x.Ordinal, y.Ordinal))
	})
	t.Kept = slices.CompactFunc(t.Kept, func(x, y ledger.Kept) bool { return x.Author == y.Author && x.Ordinal == y.Ordinal })
	r.Heard()
	if len(supplied) > 0 {
		if err := r.SendFrame(&ledger.Supply{Requests: supplied}); err != nil {
			return nil, err
		}
	}
	if err := r.SendFrame(&ledger.Propose{Terms: t}); err != nil {
		return nil, err
	}
	for _, f := range slices.Backward(r.Heard()) {
		switch f.(type) {
		case *ledger.Accept, *ledger.Refuse:
			return f, nil
		}
	}
	return nil, nil
}

// Confirm confirms an acceptance of the victim, and greets in the new epoch.
func (r *Rogue) Confirm(a *ledger.Accept) error {
	if err := r.SendFrame(&ledger.Confirm{Epoch: a.Epoch}); err != nil {
		return err
	}
	if err := r.talks(); err != nil {
		return err
	}
	return r.SendFrame(r.Hello())
}
