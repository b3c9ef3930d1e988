package main

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/node/apiclient"
)

var eurosOnly = ledger.Currency{Name: "EUR", Decimals: 2}

// What a person writes as a bound is read as it is printed, with or without a
// blank, whatever the currency's name begins with.
func TestParseCost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := ledger.Currency{
			Name: rapid.StringMatching("[A-Z0-9._-]{1,16}").Draw(t, "name"), Decimals: uint8(rapid.IntRange(0, 18).Draw(t, "decimals")),
		}
		amount := ledger.NewAmount(rapid.Uint64().Draw(t, "amount"))
		got, err := parseCost(decimal(c, amount) + " " + c.String())
		if err != nil || got.Currency != c || got.Amount.Magnitude() != amount || got.Amount.Sign() < 0 {
			t.Fatalf("%v of %v is read as %+v, %v", amount, c, got, err)
		}
	})
	for text, want := range map[string]uint64{"12.50EUR": 1250, "12.5EUR/2": 1250, " 0EUR": 0, "3 EUR": 300} {
		if got, err := parseCost(text); err != nil || got.Currency != eurosOnly || got.Amount.Magnitude() != ledger.NewAmount(want) {
			t.Errorf("%q is %+v, %v", text, got, err)
		}
	}
	for _, bad := range []string{"", " ", "EUR", "12", "12 ", "-1EUR", "1,5EUR", "1EUR/99", "1e3EUR"} {
		if got, err := parseCost(bad); err == nil || exitCode(err) != exitBadInput {
			t.Errorf("%q is %+v, %v", bad, got, err)
		}
	}
}

// The bound of who says nothing is what it costs, never less, and never empty
// where a currency is named: an empty one would take a decision back.
func TestCostsNowIsABound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &apiclient.Disagreement{Theirs: &apiclient.Terms{}}
		names := rapid.SliceOfDistinct(rapid.StringMatching("[A-Z]{3}"), func(s string) string { return s }).Draw(t, "currencies")
		for _, name := range names {
			d.Costs = append(d.Costs, apiclient.Cost{
				Currency: ledger.Currency{Name: name, Decimals: 2}, Amount: ledger.NewBalance(rapid.Int64Range(-9, 9).Draw(t, "cost")),
			})
		}
		bound := make(map[ledger.Currency]ledger.Balance)
		for _, b := range costsNow(d) {
			if b.Amount.Sign() < 0 {
				t.Fatalf("bound %+v is below 0", b)
			}
			bound[b.Currency] = b.Amount
		}
		for _, cost := range d.Costs {
			if cost.Amount.Sign() > 0 && bound[cost.Currency] != cost.Amount {
				t.Fatalf("%+v costs more or less than %v", cost, bound)
			}
		}
		if len(d.Costs) > 0 && len(bound) == 0 {
			t.Fatal("the bound is empty")
		}
	})
}

// Every way in which two friends can stand to each other is said in words, with
// every amount and a next step, and no name steers the terminal.
func TestTermsTextSaysEverything(t *testing.T) {
	owes := func(n int64) *apiclient.Terms {
		return &apiclient.Terms{Number: 4, Base: "01", Balances: []apiclient.TermsBalance{{Currency: eurosOnly, Balance: ledger.NewBalance(n)}}}
	}
	costs := []apiclient.Cost{{Currency: eurosOnly, Amount: ledger.NewBalance(700)}}
	for name, tc := range map[string]struct {
		friend apiclient.Friend
		want   []string
	}{
		"fork": {
			apiclient.Friend{Disagreement: &apiclient.Disagreement{Mine: owes(300)}, Fault: &apiclient.Fault{Seq: 9, Fork: true}},
			[]string{"two different entries with number 9", "eve\uFFFD owes you 3.00 EUR", "has proposed nothing", "--at-most"},
		},
		"my own view does not fit": {
			apiclient.Friend{Disagreement: &apiclient.Disagreement{Theirs: owes(-400), Costs: costs}},
			[]string{"you owe eve\uFFFD 4.00 EUR", "costs you 7.00 EUR", "not the same any more"},
		},
		"it begins anew": {
			apiclient.Friend{Disagreement: &apiclient.Disagreement{Mine: owes(7), Theirs: &apiclient.Terms{Number: 3}, Costs: costs}},
			[]string{"begins anew", "nobody owes anything", "cannot accept yours"},
		},
		"it gives": {
			apiclient.Friend{Disagreement: &apiclient.Disagreement{
				Theirs: owes(1), Costs: []apiclient.Cost{{Currency: eurosOnly, Amount: ledger.NewBalance(-100)}},
			}},
			[]string{"gives you 1.00 EUR"},
		},
		"it costs nothing by now": {
			apiclient.Friend{Disagreement: &apiclient.Disagreement{Mine: owes(1), Theirs: owes(1)}},
			[]string{"costs you nothing now: your node does it by itself"},
		},
		"decided": {
			apiclient.Friend{Disagreement: &apiclient.Disagreement{Mine: owes(1), Theirs: owes(2), Costs: costs, Allowed: costs}},
			[]string{"You have decided", "at most 7.00 EUR", "--withdraw"},
		},
		"refused for another reason": {
			apiclient.Friend{Link: apiclient.Link{Connected: true}, Disagreement: &apiclient.Disagreement{Mine: owes(1), Refused: "clock"}},
			[]string{"did not take your proposal yet (clock)", "says that the ledger is not in order"},
		},
	} {
		f := tc.friend
		f.Name = "eve\x1b"
		var out bytes.Buffer
		table := newTable(&out)
		termsText(table, &f)
		if err := table.w.Flush(); err != nil {
			t.Fatal(err)
		}
		for _, want := range tc.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: %q is not in\n%s", name, want, out.String())
			}
		}
		if strings.Contains(out.String(), "\x1b") {
			t.Errorf("%s: a name steers the terminal", name)
		}
	}
}

func TestQuotedName(t *testing.T) {
	for name, want := range map[string]string{"bob": "bob", "b.o_b-1": "b.o_b-1", "dear carol": "'dear carol'", "o'neil": `'o'\''neil'`, "$(x)": "'$(x)'"} {
		if got := quotedName(name); got != want {
			t.Errorf("%q is quoted as %s, want %s", name, got, want)
		}
	}
}
