package store

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/ipfs/go-datastore/query"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/ledger/friendship"
	"github.com/offset-p2p/offset/node/engine"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

const golden = "testdata/schema1.txt"

// The rows of schema 1, byte for byte: a change here is a change of the
// schema, and needs a migration and a new file beside this one.
func TestLayoutOfSchema1(t *testing.T) {
	s := newStore(t, Memory())
	key := ledger.Key{1}
	paid := sale(2, start, engine.InvoicePaid)
	paid.PaidAt, paid.Payment, paid.Paid, paid.Note = start, ledger.PaymentID{5}, ledger.NewAmount(3), "note"
	commit(t, s, append(openLedger(anna, opening(anna, 3, 1), 1),
		engine.PutFriend{Record: friendOf(anna, "Anna")},
		engine.PutSettings{Record: engine.Settings{Relays: []string{"r"}, IndexServers: []string{"i"}}},
		engine.PutAppRecord{Record: engine.AppRecord{Key: node(bert), Name: "till", Permissions: []string{"buyer"}}},
		engine.PutForward{Record: engine.ForwardRecord{PartLock: ledger.Lock{2}, From: node(anna), To: node(bert), Currency: eur, In: ledger.NewAmount(3), Out: ledger.NewAmount(2)}},
		engine.PutMark{Record: engine.MarkRecord{Friend: node(anna), PartLock: key.Lock(), Key: &ledger.Key{9}, PartKey: &key}},
		engine.PutMark{Record: engine.MarkRecord{Friend: node(anna), PartLock: ledger.Lock{3}, Reason: ledger.OverLimit, Reporter: node(bert)}},
		engine.PutInvoice{Record: paid},
		engine.PutPayment{Record: purchase(1, 1, start, engine.Settled)},
		engine.PutPayment{Record: purchase(2, 2, start, engine.Sending)},
		engine.PutLedger{Friend: node(bert), Write: friendship.PutHighest{Number: 8}},
	)...)
	forgetful := prunedLedger(opening(anna, 3, 1))
	commit(t, s, ledgerWrites(anna, slices.Concat(forgetful.before, forgetful.acknowledged, forgetful.later)...)...)
	if err := s.SaveEpoch(t.Context(), 4); err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	err := s.query(t.Context(), query.Query{Orders: []query.Order{query.OrderByKey{}}}, func(r string, value []byte) error {
		text := fmt.Sprintf("%x", value)
		if len(value) > 0 && value[0] == '{' || strings.Count(r, "/") == 1 || strings.HasPrefix(r, highestTable) {
			text = string(value)
		}
		_, err := fmt.Fprintf(&got, "%s = %s\n", r, text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if *rewrite {
		if err := os.WriteFile(golden, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got.String(), "\n")); diff != "" {
		t.Errorf("rows of schema 1 (-want +got):\n%s", diff)
	}
}
