package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/node/engine"
)

func jsonOf(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Every damaged row is found by Load and named in its error.
func TestDamageIsNamed(t *testing.T) {
	o := opening(anna, 1, 1)
	a := node(anna).String()
	mine, theirs := ledger.AuthorOf(node(me), node(anna)), ledger.AuthorOf(node(anna), node(me))
	entry := func(by ledger.Author, seq uint64) string { return entryRow(node(anna), 1, by, seq) }
	foreign := sale(1, start, engine.InvoiceOpen)
	foreign.Key[5] ^= 1
	unsigned := sale(1, start, engine.InvoiceOpen)
	bad := *unsigned.Invoice
	bad.Description = "more"
	unsigned.Invoice = &bad
	settled := purchase(1, 1, start, engine.Sending)
	settled.Key = &ledger.Key{1}
	twice := purchase(1, 1, start, engine.Sending)
	twice.Parts = append(twice.Parts, twice.Parts[0])
	other := logOf(anna, me, opening(anna, 1, 2), 2)[1].(friendship.PutEntry)

	cases := map[string]struct {
		row   string
		value func(old []byte) []byte // nil: the row goes
	}{
		"settings":              {settingsRow, func([]byte) []byte { return []byte("{") }},
		"app under another key": {row(appTable, a), func([]byte) []byte { return jsonOf(t, engine.AppRecord{Key: node(bert)}) }},
		"friend of itself":      {row(friendTable, node(me).String()), func([]byte) []byte { return jsonOf(t, friendOf(me, "me")) }},
		"friend's limit": {row(friendTable, a), func(old []byte) []byte {
			return bytes.Replace(old, []byte(`"limit":"1000"`), []byte(`"limit":"79228162514264337593543950336"`), 1)
		}},
		"forward that earns a loss": {row(forwardTable, ledger.Lock{1}.String()), func([]byte) []byte {
			return jsonOf(t, engine.ForwardRecord{PartLock: ledger.Lock{1}, From: node(anna), To: node(bert), Currency: eur, In: ledger.NewAmount(1), Out: ledger.NewAmount(2)})
		}},
		"mark with one key": {row(markTable, a, ledger.Lock{1}.String()), func([]byte) []byte {
			return jsonOf(t, engine.MarkRecord{Friend: node(anna), PartLock: ledger.Lock{1}, Key: &ledger.Key{1}})
		}},
		"mark with a wrong key": {row(markTable, a, ledger.Lock{1}.String()), func([]byte) []byte {
			return jsonOf(t, engine.MarkRecord{Friend: node(anna), PartLock: ledger.Lock{1}, Key: &ledger.Key{1}, PartKey: &ledger.Key{1}})
		}},
		"mark that decides nothing": {row(markTable, a, ledger.Lock{1}.String()), func([]byte) []byte {
			return jsonOf(t, engine.MarkRecord{Friend: node(anna), PartLock: ledger.Lock{1}})
		}},
		"invoice with a wrong key": {row(invoiceTable, foreign.Invoice.ID.String()), func([]byte) []byte { return jsonOf(t, foreign) }},
		"invoice that was changed": {row(invoiceTable, foreign.Invoice.ID.String()), func([]byte) []byte { return jsonOf(t, unsigned) }},
		"invoice missing":          {row(invoiceOpenTable, foreign.Invoice.ID.String()), nil},
		"payment with a key":       {row(paymentTable, settled.ID.String()), func([]byte) []byte { return jsonOf(t, settled) }},
		"payment of a part twice":  {row(paymentTable, settled.ID.String()), func([]byte) []byte { return jsonOf(t, twice) }},
		"payment missing":          {row(paymentOpenTable, settled.ID.String()), nil},
		"highest":                  {row(highestTable, a), func([]byte) []byte { return []byte("-1") }},
		"acceptance":               {row(acceptanceTable, a), func([]byte) []byte { return []byte{1, 2} }},
		"evidence":                 {row(evidenceTable, a), func([]byte) []byte { return []byte{1, 2} }},
		"opening": {row(openingTable, a), func(old []byte) []byte {
			old[len(old)/2] ^= 1
			return old
		}},
		"own entry changed":       {entry(mine, 2), func(old []byte) []byte { old[len(old)-1] ^= 1; return old }},
		"friend's entry changed":  {entry(theirs, 2), func(old []byte) []byte { old[len(old)-1] ^= 1; return old }},
		"friend's signature":      {entry(theirs, 3), func(old []byte) []byte { old[0] ^= 1; return old }},
		"entry truncated":         {entry(theirs, 1), func(old []byte) []byte { return old[:10] }},
		"entry of another epoch":  {entry(theirs, 4), func([]byte) []byte { return append(other.Signature[:], other.Body...) }},
		"entry of no friend":      {entryRow(node(bert), 1, 0, 1), func([]byte) []byte { return []byte{} }},
		"entry with a false name": {row(entryTable, a, "x"), func([]byte) []byte { return []byte{} }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStore(t, Memory())
			commit(t, s, append(openLedger(anna, o, 3),
				engine.PutFriend{Record: friendOf(anna, "Anna")},
				engine.PutInvoice{Record: sale(1, start, engine.InvoiceOpen)},
				engine.PutPayment{Record: purchase(1, 1, start, engine.Sending)})...)
			mustLoad(t, s)
			r := tc.row
			rows := map[string][]byte{}
			if tc.value == nil { // the record behind an index row goes
				n := strings.Split(r, "/")
				rows[row(invoiceTable, n[len(n)-1])], rows[row(paymentTable, n[len(n)-1])] = nil, nil
			} else {
				old, err := s.get(t.Context(), r)
				if err != nil {
					t.Fatal(err)
				}
				rows[r] = tc.value(bytes.Clone(old))
			}
			if err := s.write(t.Context(), rows); err != nil {
				t.Fatal(err)
			}
			_, err := s.Load(t.Context(), start)
			if err == nil || !strings.Contains(err.Error(), r) && !strings.Contains(fmt.Sprint(err), row(entryTable, a)) {
				t.Errorf("error %v, want one that names %s", err, r)
			}
		})
	}
}

func TestGapInALogIsFound(t *testing.T) {
	for _, seq := range []uint64{1, 2} {
		s := newStore(t, Memory())
		commit(t, s, append(openLedger(anna, opening(anna, 1, 1), 3), engine.PutFriend{Record: friendOf(anna, "Anna")})...)
		gone := entryRow(node(anna), 1, ledger.AuthorOf(node(me), node(anna)), seq)
		if err := s.write(t.Context(), map[string][]byte{gone: nil}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Load(t.Context(), start); err == nil {
			t.Errorf("entry %d is gone and nobody noticed", seq)
		}
	}
}

// A scan that a fault of the disk cuts short must not pass for a short table.
func TestCutTableIsFound(t *testing.T) {
	for _, table := range tables {
		if table == closedTable || table == paymentTable || table == invoiceTable || table == paymentTimeTable || table == invoiceTimeTable || table == paymentInvoiceTable {
			continue // read row by row, or by the page
		}
		s := newStore(t, Memory())
		if err := s.write(t.Context(), map[string][]byte{row(table, endName): nil}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Load(t.Context(), start); err == nil || !strings.Contains(err.Error(), table) {
			t.Errorf("%s: %v", table, err)
		}
	}
}
