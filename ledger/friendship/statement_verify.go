package friendship

import (
	"errors"
	"fmt"

	"github.com/offset-p2p/offset/ledger"
)

// VerifiedStatement is what a statement proves: that both nodes have signed
// these balances, counting in the entries that First and Second name.
type VerifiedStatement struct {
	Low      ledger.NodeID         `json:"low"`
	High     ledger.NodeID         `json:"high"`
	Number   uint64                `json:"number"` // of the epoch
	Epoch    ledger.Hash           `json:"epoch"`
	First    StatedEntry           `json:"first"`
	Second   StatedEntry           `json:"second"`
	Balances []CurrencyOfStatement `json:"balances"` // by currency
}

// StatedEntry names one of the two entries of a statement.
type StatedEntry struct {
	Node ledger.NodeID `json:"node"` // who signed it
	Seq  uint64        `json:"seq"`
	Hash ledger.Hash   `json:"hash"`
}

// CurrencyOfStatement is what a statement says of one currency.
type CurrencyOfStatement struct {
	Currency ledger.Currency `json:"currency"`
	// Balance is seen from Low: positive means that High owes Low.
	Balance ledger.Balance `json:"balance"`
	// FrozenLow and FrozenHigh are in requests of Low and of High that were
	// neither collected nor cancelled: they may still change the balance.
	FrozenLow  ledger.Amount `json:"frozen_low"`
	FrozenHigh ledger.Amount `json:"frozen_high"`
}

// BalanceOf returns the balance in c as node sees it, positive: the other owes
// it; 0 in a currency that the statement does not name. An error means that node
// is neither of the two.
func (v *VerifiedStatement) BalanceOf(node ledger.NodeID, c ledger.Currency) (ledger.Balance, error) {
	if node != v.Low && node != v.High {
		return ledger.Balance{}, fmt.Errorf("statement is not of %s", node)
	}
	for _, b := range v.Balances {
		if b.Currency != c {
			continue
		}
		if node == v.High {
			return b.Balance.Neg()
		}
		return b.Balance, nil
	}
	return ledger.Balance{}, nil
}

// Owes returns who owes whom how much by a balance of v; both are zero when
// nobody owes anything.
func (v *VerifiedStatement) Owes(b CurrencyOfStatement) (debtor, creditor ledger.NodeID, amount ledger.Amount) {
	switch b.Balance.Sign() {
	case 1:
		return v.High, v.Low, b.Balance.Magnitude()
	case -1:
		return v.Low, v.High, b.Balance.Magnitude()
	default:
		return ledger.NodeID{}, ledger.NodeID{}, ledger.Amount{}
	}
}

// ErrOutdated reports a statement of an epoch that a newer one has replaced.
var ErrOutdated = errors.New("statement is outdated: both sides have opened a newer epoch since")

// Verify checks everything that a third party can: the opening and its two
// signatures, both entries and theirs, that they are of the two logs of that
// epoch, and that the second acknowledges the first by its hash. It needs
// nothing but the statement. It cannot know of anything newer: see
// VerifyAgainst.
func (s *Statement) Verify() (*VerifiedStatement, error) {
	v, err := s.verify()
	if err != nil {
		return nil, fmt.Errorf("verifying statement: %w", err)
	}
	return v, nil
}

func (s *Statement) verify() (*VerifiedStatement, error) {
	if s.Opening == nil || s.Opening.Terms == nil {
		return nil, errors.New("it has no opening")
	}
	terms := s.Opening.Terms
	if !terms.Low.Less(terms.High) {
		return nil, errors.New("its opening names the nodes in the wrong order")
	}
	if err := s.Opening.Verify(); err != nil {
		return nil, err
	}
	first, firstAt, err := s.entry(&s.First)
	if err != nil {
		return nil, fmt.Errorf("first entry: %w", err)
	}
	second, secondAt, err := s.entry(&s.Second)
	if err != nil {
		return nil, fmt.Errorf("second entry: %w", err)
	}
	switch {
	case first.Author == second.Author:
		return nil, errors.New("both entries are of one side")
	case second.Ack != (ledger.Head{Seq: first.Seq, Hash: firstAt.Hash}):
		return nil, errors.New("the second entry does not acknowledge the first")
	case second.Seq <= first.Ack.Seq:
		return nil, errors.New("the first entry acknowledges the second, too")
	}
	v := &VerifiedStatement{
		Low: terms.Low, High: terms.High, Number: terms.Number, Epoch: s.Opening.ID(),
		First: firstAt, Second: secondAt,
	}
	v.Balances, err = stated(terms, first.Totals)
	return v, err
}

// entry reads one of the entries and checks that it is of the epoch and signed
// by its author.
func (s *Statement) entry(signed *ledger.SignedEntry) (*ledger.Entry, StatedEntry, error) {
	n, err := ledger.DecodeEntry(signed.Body)
	if err != nil {
		return nil, StatedEntry{}, err
	}
	if n.Epoch != s.Opening.ID() {
		return nil, StatedEntry{}, errors.New("it is of another epoch than the opening")
	}
	at := StatedEntry{Node: nodeOf(s.Opening, n.Author), Seq: n.Seq, Hash: ledger.EntryHash(signed.Body)}
	if !ledger.VerifyHash(at.Node, at.Hash, signed.Signature) {
		return nil, StatedEntry{}, ErrSignature
	}
	return n, at, nil
}

// stated computes the balances of totals over an opening, seen from the lower
// node.
func stated(terms *ledger.Terms, totals []ledger.Totals) ([]CurrencyOfStatement, error) {
	opening := make(map[ledger.Currency]ledger.Balance, len(terms.Balances))
	for _, b := range terms.Balances {
		opening[b.Currency] = b.Balance
	}
	out := make([]CurrencyOfStatement, 0, len(totals))
	for _, t := range totals {
		b := CurrencyOfStatement{Currency: t.Currency}
		var errs [4]error
		b.Balance, errs[0] = opening[t.Currency].Plus(t.Logs[1].Collected)
		b.Balance, errs[1] = b.Balance.Minus(t.Logs[0].Collected)
		b.FrozenLow, errs[2] = frozenOf(t.Logs[0])
		b.FrozenHigh, errs[3] = frozenOf(t.Logs[1])
		if err := errors.Join(errs[:]...); err != nil {
			return nil, fmt.Errorf("totals of %s: %w", t.Currency, err)
		}
		delete(opening, t.Currency)
		out = append(out, b)
	}
	for c := range opening {
		return nil, fmt.Errorf("the first entry leaves out %s, which its epoch opened with", c)
	}
	return out, nil
}

func frozenOf(c ledger.Counters) (ledger.Amount, error) {
	left, err := c.Requested.Sub(c.Collected)
	if err != nil {
		return left, err
	}
	return left.Sub(c.Cancelled)
}

// VerifyAgainst is Verify for somebody who holds a later opening of the same two
// nodes: when its number is higher the error wraps ErrOutdated. An opening of the
// same number and another epoch, which honest nodes cannot both have signed, is
// an error too; an older one changes nothing.
func (s *Statement) VerifyAgainst(newer *ledger.Opening) (*VerifiedStatement, error) {
	v, err := s.Verify()
	if err != nil {
		return nil, err
	}
	switch {
	case newer.Terms.Low != v.Low || newer.Terms.High != v.High:
		return nil, errors.New("verifying statement: the other opening is of other nodes")
	case newer.Verify() != nil:
		return nil, errors.New("verifying statement: the other opening has a wrong signature")
	case newer.Terms.Number > v.Number:
		return nil, fmt.Errorf("verifying statement of epoch %d, epoch %d is open: %w", v.Number, newer.Terms.Number, ErrOutdated)
	case newer.Terms.Number == v.Number && newer.ID() != v.Epoch:
		return nil, fmt.Errorf("verifying statement: the two nodes have signed two openings with number %d", v.Number)
	}
	return v, nil
}
