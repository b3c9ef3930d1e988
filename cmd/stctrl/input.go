package main

import (
	"errors"
	"io"
	"os"
	"strings"

	"github.com/offset-p2p/offset/ledger"
	"github.com/offset-p2p/offset/p2p/address"
)

// text is what an argument stands for: itself, the content of a file (@FILE),
// or standard input (-). White space around it is cut off.
func (c *cli) text(arg string) (string, error) {
	var r io.Reader
	switch {
	case arg == "-":
		r = c.in
	case strings.HasPrefix(arg, "@"):
		f, err := os.Open(arg[1:])
		if err != nil {
			return "", badInput("reading %s: %w", arg, errors.Unwrap(err))
		}
		defer func() { _ = f.Close() }()
		r = f
	default:
		return strings.TrimSpace(arg), nil
	}
	b, err := io.ReadAll(io.LimitReader(r, inputBytesMax+1))
	switch {
	case err != nil:
		return "", badInput("reading %s: %w", arg, err)
	case len(b) > inputBytesMax:
		return "", badInput("%s is longer than %d bytes: it is not what is wanted here", arg, inputBytesMax)
	}
	return strings.TrimSpace(string(b)), nil
}

// tickets reads arguments that are tickets, and checks them before any node is
// asked.
func (c *cli) tickets(args []string) ([]string, error) {
	var out []string
	for _, arg := range args {
		text, err := c.text(arg)
		if err != nil {
			return nil, err
		}
		peers, err := address.Parse(text)
		if err != nil {
			return nil, badInput("%w", err)
		}
		out = append(out, address.Tickets(peers...)...)
	}
	return out, nil
}

// invoiceText reads an argument that is an invoice, and verifies it.
func (c *cli) invoiceText(arg string) (*ledger.Invoice, error) {
	text, err := c.text(arg)
	if err != nil {
		return nil, err
	}
	v, err := ledger.ParseInvoice(text)
	if err != nil {
		return nil, badInput("%w", err)
	}
	return v, nil
}

func parseCurrency(s string) (ledger.Currency, error) {
	c, err := ledger.ParseCurrency(s)
	if err != nil {
		return ledger.Currency{}, badInput("%w", err)
	}
	return c, nil
}

// parseAmount reads an amount of a currency below 2^96 of its smallest unit.
func parseAmount(c ledger.Currency, s string) (ledger.Amount, error) {
	a, err := c.Parse(s)
	if err != nil && !errors.Is(err, ledger.ErrOverflow) {
		return ledger.Amount{}, badInput("%w", err)
	}
	if err != nil || !a.IsLimit() {
		return ledger.Amount{}, badInput("amount %.50q is too large: it must be below 2^%d of the smallest unit", s, ledger.AmountBits)
	}
	return a, nil
}

// parsePositive is parseAmount for what must not be 0.
func parsePositive(c ledger.Currency, s string) (ledger.Amount, error) {
	a, err := parseAmount(c, s)
	if err == nil && a.IsZero() {
		return ledger.Amount{}, badInput("amount is 0: write how much it is")
	}
	return a, err
}
