package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"iter"
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/apiclient"
)

// drawDeal draws a deal with whatever text a stranger may have written.
func drawDeal(t *rapid.T) deal {
	return deal{
		Time:  time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "time"), 0),
		Kind:  rapid.SampledFrom([]string{kindPayment, kindSale}).Draw(t, "kind"),
		State: rapid.SampledFrom([]string{string(apiclient.PaymentSettled), string(apiclient.PaymentFailed)}).Draw(t, "state"),
		Currency: ledger.Currency{
			Name: rapid.StringMatching("[A-Z0-9._-]{1,16}").Draw(t, "currency"), Decimals: uint8(rapid.IntRange(0, 18).Draw(t, "decimals")),
		},
		Amount:      ledger.NewAmount(rapid.Uint64().Draw(t, "amount")),
		Fee:         ledger.NewAmount(rapid.Uint64Range(0, 99).Draw(t, "fee")),
		Description: rapid.String().Draw(t, "description"), Note: rapid.String().Draw(t, "note"), Seller: "12D3KooW", ID: "05",
	}
}

func seqOf(deals []deal, end error) iter.Seq2[deal, error] {
	return func(yield func(deal, error) bool) {
		for _, d := range deals {
			if !yield(d, nil) {
				return
			}
		}
		if end != nil {
			yield(deal{}, end)
		}
	}
}

func exported(t *rapid.T, form string, deals []deal) string {
	var out bytes.Buffer
	if err := exportTo(exporters[form](&out), seqOf(deals, nil)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Whatever strangers wrote: each deal that moved credit is one transaction, its
// postings sum to nothing, and no line is taken for something else.
func TestPlainTextBalances(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		deals := rapid.SliceOfN(rapid.Custom(drawDeal), 0, 4).Draw(t, "deals")
		form := rapid.SampledFrom([]string{"ledger", "beancount"}).Draw(t, "form")
		moved := 0
		for i := range deals {
			if deals[i].moved() {
				moved++
			}
		}
		blocks := strings.Split(exported(t, form, deals), "\n\n")
		if len(blocks) != moved+1 {
			t.Fatalf("%d transactions for %d deals that moved credit", len(blocks)-1, moved)
		}
		for _, block := range blocks[1:] {
			checkTransaction(t, block)
		}
	})
}

func checkTransaction(t *rapid.T, block string) {
	lines := strings.Split(strings.TrimRight(block, "\n"), "\n")
	if _, err := time.Parse(time.DateOnly, strings.SplitN(lines[0], " ", 2)[0]); err != nil || !strings.Contains(lines[0], " * ") {
		t.Fatalf("a transaction begins with %q", lines[0])
	}
	sum, postings := new(big.Rat), 0
	for _, line := range lines[1:] {
		switch fields := strings.Fields(line); {
		case !strings.HasPrefix(line, "  "):
			t.Fatalf("a line of a transaction is not indented: %q", line)
		case strings.HasPrefix(fields[0], ";"), strings.HasPrefix(fields[0], "offset-"):
		default:
			v, ok := new(big.Rat).SetString(fields[1])
			if !ok || len(fields) != 3 {
				t.Fatalf("posting %q has no amount and commodity", line)
			}
			sum.Add(sum, v)
			postings++
		}
	}
	if sum.Sign() != 0 || postings < 2 {
		t.Fatalf("%d postings sum to %v:\n%s", postings, sum, block)
	}
}

// Every text comes back out of the file as it is shown, one deal in each record.
func TestTablesReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		deals := rapid.SliceOfN(rapid.Custom(drawDeal), 0, 5).Draw(t, "deals")
		rows, err := csv.NewReader(strings.NewReader(exported(t, "csv", deals))).ReadAll()
		if err != nil || len(rows) != len(deals)+1 {
			t.Fatalf("%d rows for %d deals, %v", len(rows), len(deals), err)
		}
		var read []deal
		if err := json.Unmarshal([]byte(exported(t, "json", deals)), &read); err != nil || len(read) != len(deals) {
			t.Fatalf("%d values for %d deals, %v", len(read), len(deals), err)
		}
		for i, row := range rows[1:] {
			if text := row[7]; strings.TrimPrefix(text, "'") != strings.TrimPrefix(clean(deals[i].Description), "'") || text != "" && strings.ContainsAny(text[:1], "=+-@") {
				t.Fatalf("description %q stands there as %q", deals[i].Description, text)
			}
			if back, err := deals[i].Currency.Parse(row[3]); err != nil || back != deals[i].Amount || read[i].Amount != deals[i].Amount {
				t.Fatalf("amount %v of %v stands there as %q", deals[i].Amount, deals[i].Currency, row[3])
			}
		}
	})
}

func TestCommodities(t *testing.T) {
	for name, want := range map[string]string{"EUR": "EUR", "A": "X-A-X", "1A": "X-1A-X", "A-": "X-A--X", "A.B": "A.B", "H2O": "H2O"} {
		if got := beancountCommodity(name); got != want {
			t.Errorf("beancount commodity of %s is %s, want %s", name, got, want)
		}
	}
	for name, want := range map[string]string{"EUR": "EUR", "H2O": `"H2O"`, "A.B": `"A.B"`} {
		if got := ledgerCommodity(name); got != want {
			t.Errorf("ledger commodity of %s is %s, want %s", name, got, want)
		}
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

// An error of the node or of the disk ends an export and is told.
func TestExportFails(t *testing.T) {
	lost := errors.New("node lost")
	for name, start := range exporters {
		var out bytes.Buffer
		if err := exportTo(start(&out), seqOf(nil, lost)); !errors.Is(err, lost) || out.Len() > 0 {
			t.Errorf("%s: refused with %v after %q", name, err, out.String())
		}
		sale := deal{Kind: kindSale, Currency: ledger.Currency{Name: "EUR", Decimals: 2}}
		if err := exportTo(start(brokenWriter{}), seqOf([]deal{sale}, nil)); err == nil || !strings.Contains(err.Error(), "disk full") {
			t.Errorf("%s: a full disk is %v", name, err)
		}
	}
}

func TestParseTime(t *testing.T) {
	t.Setenv("TZ", "UTC")
	for text, want := range map[string]int64{
		"1970-01-02": 86400, "1970-01-01 00:01": 60, "1970-01-01 00:00:07": 7, "1970-01-01T01:00:07+01:00": 7,
	} {
		got, err := parseTime("--since", text)
		if _, offset := got.Zone(); err != nil || got.Unix() != want-int64(offset)*boolInt(!strings.Contains(text, "+")) {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	if got, err := parseTime("--since", ""); err != nil || !got.IsZero() {
		t.Errorf("no time is %v, %v", got, err)
	}
	for _, bad := range []string{"x", "24h", "2026-13-01", "2026-02-30", "12:00"} {
		if got, err := parseTime("--since", bad); err == nil || exitCode(err) != exitBadInput {
			t.Errorf("%q is %v, %v", bad, got, err)
		}
	}
}

func boolInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Deals of both kinds come out by time, and no more of them are fetched than are
// wanted.
func TestFirstStops(t *testing.T) {
	asked := 0
	endless := func(yield func(deal, error) bool) {
		for yield(deal{}, nil) {
			asked++
		}
	}
	n := 0
	for range first(3, endless) {
		n++
	}
	if n != 3 || asked > 3 {
		t.Errorf("%d deals, %d asked for; want 3", n, asked)
	}
}
