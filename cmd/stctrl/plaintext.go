package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/offset-p2p/offset/ledger"
)

// The accounts of plain-text accounting.
const (
	accountAssets    = "Assets:Offset"
	accountPurchases = "Expenses:Offset:Purchases"
	accountFees      = "Expenses:Offset:Fees"
	accountSales     = "Income:Offset:Sales"
)

// plainText writes deals that moved credit as transactions.
type plainText struct {
	w    io.Writer
	form plainForm
}

// plainForm is what the programs for plain-text accounting differ in.
type plainForm struct {
	// head stands at the beginning; each %s is an account.
	head string
	// title is what follows the date: party, then text.
	title func(party, text string) string
	// meta is a line of a transaction that is for people and programs.
	meta      func(key, value string) string
	commodity func(name string) string
}

// ledgerForm is for ledger and hledger.
var ledgerForm = plainForm{
	head: "; payments and sales of an Offset node, from stctrl history --export ledger\n" +
		"account %s\naccount %s\naccount %s\naccount %s\n",
	title: func(party, text string) string {
		return strings.TrimSpace(party + " " + strings.ReplaceAll(text, ";", ","))
	},
	meta:      func(key, value string) string { return "    ; " + key + ": " + value },
	commodity: ledgerCommodity,
}

// beancountForm is for beancount, which wants its accounts opened.
var beancountForm = plainForm{
	head: "; payments and sales of an Offset node, from stctrl history --export beancount\n" +
		"1970-01-01 open %s\n1970-01-01 open %s\n1970-01-01 open %s\n1970-01-01 open %s\n",
	title:     func(party, text string) string { return quoted(party) + " " + quoted(text) },
	meta:      func(key, value string) string { return "  " + key + ": " + quoted(value) },
	commodity: beancountCommodity,
}

func (e *plainText) begin() error {
	_, err := fmt.Fprintf(e.w, e.form.head, accountAssets, accountPurchases, accountFees, accountSales)
	return err
}

func (e *plainText) deal(d *deal) error {
	if !d.moved() {
		return nil
	}
	b := new(strings.Builder)
	party := "Offset payment"
	if d.Kind == kindSale {
		party = "Offset sale"
	}
	fmt.Fprintf(b, "\n%s * %s\n", d.Time.Local().Format(time.DateOnly), e.form.title(party, oneLine(d.Description)))
	for _, m := range [][2]string{
		{"offset-id", d.ID}, {"offset-time", d.Time.UTC().Format(time.RFC3339)}, {"offset-seller", d.Seller}, {"offset-note", oneLine(d.Note)},
	} {
		if m[1] != "" {
			fmt.Fprintln(b, e.form.meta(m[0], m[1]))
		}
	}
	if d.Kind == kindSale {
		e.posting(b, accountAssets, d, "", d.Amount)
		e.posting(b, accountSales, d, "-", d.Amount)
	} else {
		spent, err := d.Amount.Add(d.Fee)
		if err != nil {
			return fmt.Errorf("adding up payment %s: %w", d.ID, err)
		}
		e.posting(b, accountPurchases, d, "", d.Amount)
		if !d.Fee.IsZero() {
			e.posting(b, accountFees, d, "", d.Fee)
		}
		e.posting(b, accountAssets, d, "-", spent)
	}
	_, err := io.WriteString(e.w, b.String())
	return err
}

func (e *plainText) end() error { return nil }

// posting is one line of a transaction: a with a sign, in the deal's currency.
func (e *plainText) posting(b *strings.Builder, account string, d *deal, sign string, a ledger.Amount) {
	fmt.Fprintf(b, "    %-28s  %s%s %s\n", account, sign, decimal(d.Currency, a), e.form.commodity(d.Currency.Name))
}

// oneLine makes text of strangers one line with single blanks, of which no
// program takes a part for something else.
func oneLine(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }

// quoted is a string of beancount.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

var plainLetters = regexp.MustCompile(`^[A-Z]+$`)

// ledgerCommodity puts a name in quotes unless it is letters only.
func ledgerCommodity(name string) string {
	if plainLetters.MatchString(name) {
		return name
	}
	return `"` + name + `"`
}

var beancountName = regexp.MustCompile(`^[A-Z][A-Z0-9._-]*[A-Z0-9]$`)

// beancountCommodity puts letters around a name that beancount would not read.
func beancountCommodity(name string) string {
	if beancountName.MatchString(name) {
		return name
	}
	return "X-" + name + "-X"
}
