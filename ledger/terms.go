package ledger

import (
	"fmt"
	"slices"
)

// Nonce is 16 random bytes that make an epoch's id one that nobody can bring
// back.
type Nonce [16]byte

// TermsBalance is a currency's balance at the start of an epoch, seen from the
// lower NodeID: positive means that the higher one owes it.
type TermsBalance struct {
	Currency Currency
	Balance  Balance // magnitude below 2^CounterBits
}

// Kept names a request of the base epoch that stays pending in the next one.
type Kept struct {
	Author  Author // whose request
	Ordinal uint64 // in the base epoch
	Request Hash   // Request.Hash
}

// Terms are what one side proposes as the start of a new epoch (ledger.md 2.6).
type Terms struct {
	Low, High NodeID // the two friends, Low.Less(High)
	Number    uint64 // odd: proposed by Low; even: by High
	Base      Hash   // id of the epoch before; zero for none
	Nonce     Nonce  // the proposer's
	Balances  []TermsBalance
	Kept      []Kept
}

// Proposer returns who may propose these terms, by the parity of their number.
func (t *Terms) Proposer() NodeID {
	if t.Number%2 == 1 {
		return t.Low
	}
	return t.High
}

// keptMax bounds the kept requests of both directions.
const keptMax = 2 * PendingMax

const termsVersion = 1

// Tags of the terms themselves and of the epoch that they open.
var (
	termsTag = NewTag("offset/terms/1")
	epochTag = NewTag("offset/epoch/1")
)

// Encode returns the bytes of the terms.
//
//	version u8 = 1 | low 32 | high 32 | number u64 | base 32 | nonce 16 |
//	balances u8 × {currency, balance 16} | kept u16 × {author u8, ordinal u64,
//	request hash 32}
func (t *Terms) Encode() []byte {
	var e Encoder
	e.Grow(termsFixedBytes + len(t.Balances)*termsBalanceBytes + len(t.Kept)*keptBytes)
	e.U8(termsVersion)
	e.Raw(t.Low[:])
	e.Raw(t.High[:])
	e.U64(t.Number)
	e.Raw(t.Base[:])
	e.Raw(t.Nonce[:])
	e.U8(uint8(len(t.Balances)))
	for _, b := range t.Balances {
		e.Currency(b.Currency)
		e.Balance(b.Balance)
	}
	e.U16(uint16(len(t.Kept)))
	for _, k := range t.Kept {
		e.U8(uint8(k.Author))
		e.U64(k.Ordinal)
		e.Raw(k.Request[:])
	}
	return e.Bytes()
}

// Sizes of encoded terms, for one allocation: all fields but the lists, with room
// for a nonce behind, the longest balance, a kept request.
const (
	termsFixedBytes   = 1 + 2*len(NodeID{}) + 8 + len(Hash{}) + 2*len(Nonce{}) + 1 + 2
	termsBalanceBytes = 2 + CurrencyNameMax + 16
	keptBytes         = 1 + 8 + len(Hash{})
)

// Hash identifies the terms in Accept and Refuse.
func (t *Terms) Hash() Hash { return termsTag.Hash(t.Encode()) }

// EpochID returns the id of the epoch that these terms open with the
// acceptor's nonce: what both sides sign.
func (t *Terms) EpochID(acceptor Nonce) Hash {
	return epochTag.Hash(append(t.Encode(), acceptor[:]...))
}

// DecodeTerms is the inverse of Encode. It refuses terms whose nodes or lists
// are out of order or over their bounds.
func DecodeTerms(b []byte) (*Terms, error) {
	d := NewDecoder(b)
	t := d.terms()
	if err := d.Done(); err != nil {
		return nil, fmt.Errorf("reading terms: %w", err)
	}
	return t, nil
}

func (d *Decoder) terms() *Terms {
	if d.U8() != termsVersion {
		d.Fail("terms version is unknown")
	}
	t := &Terms{}
	d.Fixed(t.Low[:])
	d.Fixed(t.High[:])
	if d.Err() == nil && !t.Low.Less(t.High) {
		d.Fail("terms name their nodes in the wrong order")
	}
	if t.Number = d.U64(); t.Number == 0 {
		d.Fail("terms have number 0")
	}
	d.Fixed(t.Base[:])
	d.Fixed(t.Nonce[:])
	for i := d.Count8(2 * CurrenciesMax); i > 0 && d.Err() == nil; i-- {
		t.Balances = append(t.Balances, TermsBalance{d.Currency(), d.Balance()})
		if k := len(t.Balances); k > 1 && t.Balances[k-2].Currency.Name >= t.Balances[k-1].Currency.Name {
			d.Fail("balances are not sorted")
		}
	}
	n := d.Count16(keptMax)
	t.Kept = slices.Grow(t.Kept, min(n, d.Rest()/keptBytes))
	for i := n; i > 0 && d.Err() == nil; i-- {
		t.Kept = append(t.Kept, d.kept())
		if k := len(t.Kept); k > 1 && !keptLess(t.Kept[k-2], t.Kept[k-1]) {
			d.Fail("kept requests are not sorted")
		}
	}
	return t
}

func (d *Decoder) kept() Kept {
	k := Kept{Author: Author(d.U8()), Ordinal: d.ordinal()}
	if k.Author > 1 {
		d.Fail("author is neither 0 nor 1")
	}
	d.Fixed(k.Request[:])
	return k
}

func keptLess(a, b Kept) bool {
	if a.Author != b.Author {
		return a.Author < b.Author
	}
	return a.Ordinal < b.Ordinal
}
